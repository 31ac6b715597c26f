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
    /// For a socket that only the program's own commands reach.
    public let control: any HTTPHandler

    /// - Parameters:
    ///   - version: of the program, for metrics.
    ///   - logsAccess: whether each request is noted in the log.
    ///   - client: asks login providers; without it there are none.
    public init(
        service: PortalService, log: Log, version: String = "", logsAccess: Bool = false,
        client: (any HTTPClient)? = nil
    ) {
        let sites = PortalSites(service)
        let operating = OperatingEndpoints(
            service: service, requests: RequestMeasures(accessLog: logsAccess ? log.about("access") : nil),
            version: version)
        browsers = BrowserHandler(
            service: service, sites: sites, operating: operating,
            oauth: OAuthEndpoints(service: service, sites: sites, log: log),
            api: APIHandler(service: service, clock: service.clock, log: log), live: LiveFeed(service, log: log),
            providers: client.map {
                ProviderLogin(
                    client: $0, key: MessageKey(secret: service.secret(for: "provider logins").text),
                    clock: service.clock)
            }, clock: service.clock, log: log)
        agents = AgentHandler(service: service, sites: sites, requests: operating.requests, log: log)
        operators = OperatorHandler(endpoints: operating)
        control = ControlHandler(service: service, log: log)
    }
}
