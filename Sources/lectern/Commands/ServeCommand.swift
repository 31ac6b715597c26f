internal import Portal

/// `lectern serve`: the portal.
enum ServeCommand: Command {
    static let name = "serve"
    static let summary = "Runs a portal."
    static let operands = "PATH…"
    static let options = ServeConfiguration.options

    static func run(_ arguments: ParsedOptions) throws -> Int32 {
        let configuration = try ServeConfiguration(arguments)
        let load = DefinitionLoader.load(paths: configuration.paths, portal: configuration.portalName)
        for finding in load.problems { printError(finding.text) }
        guard !load.hasErrors, let portal = load.portal else {
            printError(
                "lectern serve: the definitions have errors; `lectern check` lists all there is to say about them")
            return 1
        }
        let definitions = PortalDefinitions(portal: portal, workshops: Array(load.workshops.values))
        return try PortalProcess(configuration, definitions: definitions, watching: load.watchedPaths).run()
    }
}
