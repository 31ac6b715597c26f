internal import Platform

/// One option of a command: declared once, then parsed, shown by `--help` and read from the environment.
struct CommandOption: Sendable {
    /// Without the dashes, for example `public-url`.
    let name: String
    /// What stands for the value in the help, `nil` for a switch.
    let placeholder: String?
    let help: String
    /// The default as shown in the help; empty when there is none to show.
    let shownDefault: String
    let mayRepeat: Bool

    init(
        _ name: String, _ placeholder: String?, _ help: String, default shownDefault: String = "",
        mayRepeat: Bool = false
    ) {
        self.name = name
        self.placeholder = placeholder
        self.help = help
        self.shownDefault = shownDefault
        self.mayRepeat = mayRepeat
    }

    /// `LECTERN_PUBLIC_URL` for `public-url`.
    var variable: String { "LECTERN_" + name.uppercased().replacing("-", with: "_") }
}

/// What a user typed wrong: printed as it is, exit status 2.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A command's arguments after parsing.
struct ParsedOptions: Sendable {
    private var values: [String: [String]] = [:]
    private(set) var operands: [String] = []

    /// Parses `--name value`, `--name=value`, switches and operands; `--` ends the options. An option that is not given is
    /// looked up in the environment.
    /// - Throws: `UsageError` for an unknown option (with the nearest known one), a missing value or a repeated option.
    init(_ arguments: [String], options: [CommandOption], environment: [String: String]) throws {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                break
            }
            guard argument.hasPrefix("--") else {
                guard !argument.hasPrefix("-") || argument == "-" else {
                    throw UsageError("\(argument): options begin with two dashes; see --help")
                }
                operands.append(argument)
                continue
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let option = options.first(where: { $0.name == name }) else {
                let hint = NearestName.of(name, in: options.map(\.name)).map { "; did you mean --\($0)?" } ?? ""
                throw UsageError("--\(name): unknown option\(hint)")
            }
            let value: String
            if option.placeholder == nil {
                guard parts.count == 1 else { throw UsageError("--\(name) takes no value") }
                value = "yes"
            } else if parts.count == 2 {
                value = String(parts[1])
            } else if let next = rest.popFirst() {
                value = next
            } else {
                throw UsageError("--\(name) needs a value: --\(name) \(option.placeholder ?? "")")
            }
            if values[name] != nil, !option.mayRepeat { throw UsageError("--\(name) is given twice") }
            values[name, default: []].append(value)
        }
        for option in options where values[option.name] == nil {
            guard let value = environment[option.variable], !value.isEmpty else { continue }
            if option.placeholder == nil, ["0", "no", "false", "off"].contains(value.lowercased()) { continue }
            values[option.name] = [value]
        }
    }

    subscript(name: String) -> String? { values[name]?.last }
    func all(_ name: String) -> [String] { values[name] ?? [] }
    func has(_ name: String) -> Bool { values[name] != nil }

    /// - Throws: `UsageError` when the value is not a whole number in the range.
    func integer(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws -> Int {
        guard let text = self[name] else { return fallback }
        guard let value = Int(text), range.contains(value) else {
            throw UsageError(
                "--\(name) \(text): a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return value
    }

    /// - Throws: `UsageError` when the value is none of the choices.
    func choice(_ name: String, of choices: [String], default fallback: String) throws -> String {
        guard let text = self[name] else { return fallback }
        guard choices.contains(text) else {
            throw UsageError("--\(name) \(text): one of \(choices.joined(separator: ", ")) is expected")
        }
        return text
    }
}
