internal import Glibc

/// Structured logging to standard error: one line an event, as text for people or JSON for machines.
///
/// Values are printed as given: callers pass no secrets (a `SecretToken` prints as `(secret)`).
public struct Log: Sendable {
    public enum Level: Int, Sendable, Comparable, CaseIterable {
        case debug, info, warning, error
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
        public var name: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }
    }
    public enum Format: String, Sendable, CaseIterable { case text, json }

    /// One `key=value` of an event.
    public typealias Field = (key: String, value: any CustomStringConvertible & Sendable)

    private let subject: String
    private let minimum: Level
    private let format: Format
    private let clock: WallClock
    private let write: @Sendable (String) -> Void
    /// The id of the request that the lines belong to.
    private var request: String?

    /// - Parameters:
    ///   - subject: the part of the program that speaks, for example `portal`.
    ///   - write: where a finished line goes, without its line break.
    public init(
        subject: String, minimum: Level = .info, format: Format = .text, clock: WallClock = .system,
        write: @escaping @Sendable (String) -> Void = Log.toStandardError
    ) {
        self.subject = subject
        self.minimum = minimum
        self.format = format
        self.clock = clock
        self.write = write
    }

    /// A log that keeps nothing.
    public static let silent = Log(subject: "", minimum: .error, write: { _ in })

    /// The same log for another part of the program.
    public func about(_ subject: String) -> Log {
        var log = Log(subject: subject, minimum: minimum, format: format, clock: clock, write: write)
        log.request = request
        return log
    }

    /// The same log for what belongs to one request: each line ends with its id.
    public func of(request: String) -> Log {
        var log = self
        log.request = request
        return log
    }

    public func debug(_ event: String, _ fields: Field...) { record(.debug, event, fields) }
    public func info(_ event: String, _ fields: Field...) { record(.info, event, fields) }
    public func warning(_ event: String, _ fields: Field...) { record(.warning, event, fields) }
    public func error(_ event: String, _ fields: Field...) { record(.error, event, fields) }

    private func record(_ level: Level, _ event: String, _ fields: [Field]) {
        guard level >= minimum else { return }
        var fields = fields
        if let request { fields.append(("request", request)) }
        switch format {
        case .text:
            var line = "\(clock.now().iso8601) \(level.name) \(subject): \(Log.oneLine(event))"
            for field in fields { line += " \(field.key)=\(Log.quotedIfNeeded(field.value.description))" }
            write(line)
        case .json:
            var line = "{\"time\":\"\(clock.now().iso8601)\",\"level\":\"\(level.name)\",\"subject\":"
            line += JSONText.quoted(subject) + ",\"event\":" + JSONText.quoted(event)
            for field in fields { line += ",\(JSONText.quoted(field.key)):\(JSONText.quoted(field.value.description))" }
            write(line + "}")
        }
    }

    private static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
    }

    private static func quotedIfNeeded(_ text: String) -> String {
        let plain = !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\"") }
        return plain ? text : JSONText.quoted(text)
    }

    /// Writes a whole line in one call, so that lines of several threads and processes do not mix.
    public static let toStandardError: @Sendable (String) -> Void = { line in
        var bytes = Array((line + "\n").utf8)
        _ = Glibc.write(STDERR_FILENO, &bytes, bytes.count)
    }
}
