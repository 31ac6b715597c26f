/// One command of the program.
protocol Command {
    static var name: String { get }
    /// One line for the list of commands.
    static var summary: String { get }
    /// What stands behind the name in the usage line, for example `PATH…`.
    static var operands: String { get }
    static var options: [CommandOption] { get }
    /// Runs to the end.
    /// - Returns: the exit status, 0 or 1.
    /// - Throws: `UsageError` (exit status 2), anything else (exit status 1).
    static func run(_ arguments: ParsedOptions) throws -> Int32
}

extension Command {
    static var helpText: String {
        var text =
            "\(summary)\n\nUsage: lectern \(name)\(operands.isEmpty ? "" : " " + operands) [options]\n\nOptions:\n"
        let rows = options.map { option in
            ("--\(option.name)" + (option.placeholder.map { " \($0)" } ?? ""), option)
        }
        let width = (rows.map(\.0.count) + ["--help".count]).max() ?? 0
        for (left, option) in rows {
            let fallback = option.shownDefault.isEmpty ? "" : " (default \(option.shownDefault))"
            text += "  \(left.padded(to: width))  \(option.help)\(fallback)\n"
            text += "  \("".padded(to: width))  [\(option.variable)]\n"
        }
        return text + "  \("--help".padded(to: width))  Shows this.\n"
    }
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
