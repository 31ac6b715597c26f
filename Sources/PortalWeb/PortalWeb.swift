public import HTTP
public import Platform
public import Portal

/// The portal on the web: one handler for browsers, one for the agents of its sessions.
public struct PortalWeb: Sendable {
    /// For the front door: pages, launches, sign-in.
    public let browsers: any HTTPHandler
    /// For the portal's own socket, which only session agents reach: tokens, schedule, extension, end.
    public let agents: any HTTPHandler

    public init(service: PortalService, log: Log) {
        let sites = PortalSites(service)
        browsers = BrowserHandler(service: service, sites: sites, clock: service.clock, log: log)
        agents = AgentHandler(service: service, sites: sites, log: log)
    }
}
