internal import Platform

/// One thing that is wrong with, or worth knowing about, a definition.
public struct DefinitionFinding: Sendable, Equatable {
    public enum Severity: String, Sendable, CaseIterable {
        /// The definitions cannot be used.
        case error
        /// They can be used, but perhaps not as they were meant.
        case warning
        /// Nothing is wrong; shown by `lectern check` only.
        case note
    }

    public var severity: Severity
    /// The path as it was given or found; empty when the finding concerns no file in particular.
    public var file: String
    /// 1-based; 0 when the finding concerns the file as a whole.
    public var line: Int
    /// 1-based; 0 when the finding concerns the file as a whole.
    public var column: Int
    /// For example `spec.portal.sessions.maximum`, or empty.
    public var field: String
    /// What was found and what is expected. Holds no secret.
    public var message: String

    public init(
        _ severity: Severity, file: String, line: Int = 0, column: Int = 0, field: String = "", message: String
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.field = field
        self.message = message
    }

    /// One line for people and editors: `file.yaml:12:7: error: spec.portal.title: message`.
    public var text: String {
        var line = file
        if self.line > 0 { line += ":\(self.line):\(column)" }
        if !line.isEmpty { line += ": " }
        line += "\(severity.rawValue): "
        if !field.isEmpty { line += "\(field): " }
        return DefinitionFinding.printable(line + message)
    }

    /// Files, keys and values are strangers' texts: none may break the line or speak to the terminal.
    static func printable(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 32 || (scalar.value >= 127 && scalar.value < 160)
            let movesText = scalar.properties.isBidiControl || scalar == "\u{2028}" || scalar == "\u{2029}"
            line.append(isControl || movesText ? " " : scalar)
        }
        return String(line)
    }

    /// One JSON object with the members `severity`, `file`, `line`, `column`, `field` and `message`.
    public var json: String {
        "{\"severity\":\"\(severity.rawValue)\",\"file\":\(JSONText.quoted(file)),\"line\":\(line),\"column\":\(column),"
            + "\"field\":\(JSONText.quoted(field)),\"message\":\(JSONText.quoted(message))}"
    }

    /// By file, then place, then field.
    static func isBefore(_ left: DefinitionFinding, _ right: DefinitionFinding) -> Bool {
        (left.file, left.line, left.column, left.field, left.message)
            < (right.file, right.line, right.column, right.field, right.message)
    }
}
