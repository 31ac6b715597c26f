internal import Portal

/// `lectern check`: every mistake in definitions and workshops, before a portal or a learner meets it.
enum CheckCommand: Command {
    static let name = "check"
    static let summary = "Finds mistakes in workshops and portals."
    static let operands = "PATH…"
    static let options = [
        CommandOption("format", "text|json|sarif", "For people, for programs, for code reviews.", default: "text"),
        CommandOption("strict", nil, "Warnings count as errors."),
        CommandOption("portal", "NAME", "Which TrainingPortal is meant when the files hold several."),
    ]

    static func run(_ arguments: ParsedOptions) throws -> Int32 {
        guard !arguments.operands.isEmpty else { throw UsageError("what? Name files or folders with definitions") }
        let format = try arguments.choice(
            "format", of: CheckReport.Format.allCases.map(\.rawValue), default: CheckReport.Format.text.rawValue)
        // Somebody who writes a workshop checks it alone, before there is a portal for it.
        let load = DefinitionLoader.load(
            paths: arguments.operands, portal: arguments["portal"], requiresPortal: false)
        let report = CheckReport(
            load.findings.map(CheckFinding.init), files: load.files.count, portals: load.portal == nil ? 0 : 1,
            workshops: load.workshops.count, isStrict: arguments.has("strict"))
        print(report.written(as: CheckReport.Format(rawValue: format) ?? .text), terminator: "")
        return report.exitCode
    }
}
