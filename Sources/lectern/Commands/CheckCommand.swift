internal import Portal

/// `lectern check`: every mistake in definitions, before a portal or a learner meets it.
enum CheckCommand: Command {
    static let name = "check"
    static let summary = "Finds mistakes in TrainingPortal and Workshop files."
    static let operands = "PATH…"
    static let options = [
        CommandOption("format", "text|json", "For people or for machines.", default: "text"),
        CommandOption("portal", "NAME", "Which TrainingPortal is meant when the files hold several."),
    ]

    static func run(_ arguments: ParsedOptions) throws -> Int32 {
        guard !arguments.operands.isEmpty else { throw UsageError("what? Name files or folders with definitions") }
        let format = try arguments.choice("format", of: ["text", "json"], default: "text")
        // Somebody who writes a workshop checks it alone, before there is a portal for it.
        let load = DefinitionLoader.load(
            paths: arguments.operands, portal: arguments["portal"], requiresPortal: false)
        let report = CheckReport(load)
        print(format == "json" ? report.json : report.text, terminator: "")
        return report.exitCode
    }
}
