public import HTTP
public import Platform
public import Portal

/// The portal on the web: one handler for browsers, one for the agents of its sessions.
public struct PortalWeb: Sendable {
    /// For the front door: pages, launches, sign-in.
    public let browsers: any HTTPHandler
    /// For the portal's own socket, which only session agents reach: tokens, schedule, extension, end.
    public let agents: any HTTPHandler
    /// For a port that only operators reach: metrics and what exactly is wrong.
    public let operators: any HTTPHandler

    /// - Parameters:
    ///   - version: of the program, for metrics.
    ///   - logsAccess: whether each request is noted in the log.
    public init(service: PortalService, log: Log, version: String = "", logsAccess: Bool = false) {
        let sites = PortalSites(service)
        let operating = OperatingEndpoints(
            service: service, requests: RequestMeasures(accessLog: logsAccess ? log.about("access") : nil),
            version: version)
        browsers = BrowserHandler(
            service: service, sites: sites, operating: operating,
            oauth: OAuthEndpoints(service: service, sites: sites, log: log),
            api: APIHandler(service: service, clock: service.clock, log: log), live: LiveFeed(service, log: log),
            clock: service.clock, log: log)
        agents = AgentHandler(service: service, sites: sites, requests: operating.requests, log: log)
        operators = OperatorHandler(endpoints: operating)
    }
}
