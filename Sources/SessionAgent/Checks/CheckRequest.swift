package import HTTP

/// What a page asks of a check (spec/dashboard.md section 8).
package struct CheckRequest: Sendable, Equatable {
    /// Seconds that a check gets when nothing else is said.
    package static let standardTimeout = 15.0
    /// Arguments that a check may be given, and the bytes of all of them.
    static let argumentLimit = 64
    static let argumentBytes = 32 * 1024
    /// Bytes of a form as JSON.
    static let formLimit = 64 * 1024

    /// As in the address: `files/recipe-exists`.
    package var name: String
    package var arguments: [String]
    /// What the learner filled in: an object.
    package var form: JSONValue
    /// Seconds; `nil` for the standard, infinity for as long as the workshop allows.
    package var timeout: Double?
    /// Names this run for those who want to stop it; empty for nobody.
    package var run: String

    package init(
        name: String, arguments: [String] = [], form: JSONValue = .object([]), timeout: Double? = nil, run: String = ""
    ) {
        self.name = name
        self.arguments = arguments
        self.form = form
        self.timeout = timeout
        self.run = run
    }

    /// What is wrong with a request.
    enum Problem: Error, Equatable {
        case notJSON, arguments, form, timeout, run
    }

    /// Letters, digits and `._/:@+-`, in parts that are neither empty nor begin with a dot.
    static func isName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 200 else { return false }
        let isMade = name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "._/:@+-".utf8.contains(byte)
        }
        return isMade
            && name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && !$0.hasPrefix(".")
            }
    }

    /// - Parameter body: `{args[], form{}, timeout}`, each of which may be missing; nothing at all counts as `{}`.
    init(name: String, body: [UInt8]) throws(Problem) {
        self.init(name: name)
        guard !body.isEmpty else { return }
        guard let json = JSONValue(parsing: body), case .object = json else { throw .notJSON }
        arguments = try CheckRequest.arguments(json["args"])
        if let form = json["form"], !form.isNull {
            guard case .object = form, form.encoded.count <= CheckRequest.formLimit else { throw .form }
            self.form = form
        }
        if let timeout = json["timeout"], !timeout.isNull {
            guard let seconds = timeout.double else { throw .timeout }
            self.timeout = seconds < 0 ? .infinity : seconds
        }
        if let run = json["run"], !run.isNull {
            guard let text = run.string, text.utf8.count <= 64 else { throw .run }
            self.run = text
        }
    }

    /// Numbers and switches are taken for their text, as YAML gives them without quotes.
    static func arguments(_ value: JSONValue?) throws(Problem) -> [String] {
        guard let value, !value.isNull else { return [] }
        guard let items = value.array, items.count <= argumentLimit else { throw .arguments }
        var bytes = 0
        var result: [String] = []
        for item in items {
            let text: String
            switch item {
            case .string(let given): text = given
            case .int, .double, .bool: text = item.text
            case .null, .array, .object: throw .arguments
            }
            bytes += text.utf8.count
            guard !text.utf8.contains(0), bytes <= argumentBytes else { throw .arguments }
            result.append(text)
        }
        return result
    }
}

/// What became of a check.
package struct CheckAnswer: Sendable, Equatable {
    /// As of the HTTP answer: 200 when it ran, 400 for a request that makes no sense, 404 for a check that does not exist,
    /// 503 when it could not run now.
    package var status: Int
    package var isPassed: Bool
    /// What the check said, for the learner.
    package var message: String

    package init(status: Int, isPassed: Bool, message: String) {
        self.status = status
        self.isPassed = isPassed
        self.message = message
    }
}
