import Platform
import Portal
import Testing

/// What a paper session is started with.
struct PaperLaunch {
    let environment: EnvironmentName
    let workshop = WorkshopDefinition(name: "paper", title: "Paper", description: "")

    init() throws { environment = try #require(EnvironmentName(rawValue: "paper-w01")) }

    func launch(_ name: SessionName) -> SessionLaunch {
        SessionLaunch(
            session: name, environment: environment, workshop: workshop,
            manifest: SessionManifest(
                session: name.rawValue, environment: environment.rawValue, workshop: workshop.name, title: "",
                description: "", portalName: "", portalURL: "", sessionURL: "", portalSocket: "", listenSocket: "",
                clientSecret: "", cookieKey: "", contentFolder: "", home: "", terminalLayout: "default",
                workshopLayout: "default", variables: [], parameters: [:], frameAncestors: [], hasExpiry: false))
    }
}
