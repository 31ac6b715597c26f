internal import Platform
internal import Portal

/// One thing that `lectern check` has to say about a workshop or a portal.
struct CheckFinding: Equatable, Sendable {
    typealias Severity = DefinitionFinding.Severity

    var rule: CheckRule
    var severity: Severity
    /// As it was given or found; empty when the finding concerns no file in particular.
    var file: String
    /// 1-based; 0 when the finding concerns the file as a whole.
    var line = 0
    /// 1-based; 0 when only the line is known, or not even that.
    var column = 0
    /// For example `spec.title`, or empty.
    var field = ""
    /// What was found and what is expected. Holds no secret.
    var message: String

    /// - Parameter severity: `nil` for the usual one of the rule.
    init(
        _ rule: CheckRule, _ severity: Severity? = nil, file: String, line: Int = 0, column: Int = 0,
        field: String = "", message: String
    ) {
        self.rule = rule
        self.severity = severity ?? rule.severity
        self.file = file
        self.line = line
        self.column = column
        self.field = field
        self.message = message
    }

    init(_ finding: DefinitionFinding) {
        self.init(
            .definition, finding.severity, file: finding.file, line: finding.line, column: finding.column,
            field: finding.field, message: finding.message)
    }

    /// One line for people and editors: `page.md:12:7: error: message [dead-link]`.
    var text: String {
        let plain = DefinitionFinding(
            severity, file: file, line: line, column: max(1, column), field: field, message: message)
        return rule == .definition ? plain.text : "\(plain.text) [\(rule.rawValue)]"
    }

    /// By file, then place.
    static func isBefore(_ left: CheckFinding, _ right: CheckFinding) -> Bool {
        (left.file, left.line, left.column, left.field, left.message)
            < (right.file, right.line, right.column, right.field, right.message)
    }
}
