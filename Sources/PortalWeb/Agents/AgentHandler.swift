internal import HTTP
internal import Platform
internal import Portal

/// Answers session agents on the portal's own socket (spec/portal-http.md, sections 3.1 and 3.7). A token reaches the one
/// session that it was issued for, whatever else its user owns.
struct AgentHandler: HTTPHandler {
    let service: PortalService
    let sites: PortalSites
    let requests: RequestMeasures
    let log: Log
    private let tokens: TokenEndpoint

    init(service: PortalService, sites: PortalSites, requests: RequestMeasures, log: Log) {
        self.service = service
        self.sites = sites
        self.requests = requests
        self.log = log
        tokens = TokenEndpoint(
            service: service, sites: sites, check: ClientCheck(service: service, guesses: nil), log: log,
            servesRobots: false)
    }

    func reply(to request: HTTPRequest) -> HTTPReply {
        let watch = Stopwatch()
        var label = RouteLabel.agentUnknown
        let reply = reply(to: request, label: &label)
        return requests.measured(reply, to: request, as: label, since: watch)
    }

    private func reply(to request: HTTPRequest, label: inout RouteLabel) -> HTTPReply {
        guard let route = AgentRoute(path: request.path) else { return .now(AgentHandler.error(404, "not_found")) }
        label = route.label
        guard request.method == route.method else {
            var response = AgentHandler.error(405, "method_not_allowed")
            response.headers["Allow"] = route.method.text
            return .now(response)
        }
        do {
            switch route {
            case .token: return tokens.reply(to: request)
            case .authorize(let session):
                guard let access = try access(to: session, request) else { return .now(AgentHandler.unauthorized) }
                return .now(try authorization(session, access))
            case .schedule(let session):
                guard let access = try access(to: session, request) else { return .now(AgentHandler.unauthorized) }
                return .now(try schedule(session, access))
            case .extend(let session):
                guard let access = try access(to: session, request) else { return .now(AgentHandler.unauthorized) }
                return extend(session, access, request)
            case .terminate(let session):
                guard let access = try access(to: session, request) else { return .now(AgentHandler.unauthorized) }
                return terminate(session, access, request)
            case .event(let session):
                guard try access(to: session, request) != nil else { return .now(AgentHandler.unauthorized) }
                return event(session, request)
            }
        } catch {
            return .now(failure(error, request))
        }
    }

    /// The token of the request's `Authorization: Bearer` (RFC 6750, section 2.1), if it is good for this session.
    private func access(to session: SessionName, _ request: HTTPRequest) throws -> AccessToken? {
        guard let header = request.headers["Authorization"], header.utf8.count < 500 else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return try service.entry.access(SecretToken(presented: parts[1]), to: session)
    }

    private func authorization(_ name: SessionName, _ access: AccessToken) throws -> HTTPResponse {
        guard let session = try service.session(name)?.session, session.isLive, let owner = session.owner else {
            return AgentHandler.error(404, "not_found")
        }
        let user = try service.store.read { try $0.user(access.user) }
        return AgentHandler.json([
            "owner": .string(owner.rawValue), "user": .string(access.user.rawValue),
            "staff": .bool(user?.kind == .staff),
        ])
    }

    private func schedule(_ name: SessionName, _ access: AccessToken) throws -> HTTPResponse {
        guard let view = try service.session(name), view.session.state != .stopped else {
            return AgentHandler.error(404, "not_found")
        }
        // A page that asks how much time is left is a page that somebody looks at.
        if view.session.owner == access.user {
            service.allocator.seen(view.session, limits: view.environment.limits)
        }
        return AgentHandler.json(AgentHandler.body(of: view.schedule))
    }

    private func extend(_ name: SessionName, _ access: AccessToken, _ request: HTTPRequest) -> HTTPReply {
        .later { complete in
            service.allocator.extend(name, by: nil) { result in
                switch result {
                case .success(.schedule(let schedule, let extended)):
                    complete(AgentHandler.json(AgentHandler.body(of: schedule, extended: extended)))
                case .success(.notOwner), .success(.unknown): complete(AgentHandler.error(404, "not_found"))
                case .failure(let error): complete(failure(error, request))
                }
            }
        }
    }

    private func terminate(_ name: SessionName, _ access: AccessToken, _ request: HTTPRequest) -> HTTPReply {
        .later { complete in
            service.allocator.end(name, by: nil) { result in
                switch result {
                case .success(.ended(let session)), .success(.ending(let session)):
                    complete(
                        AgentHandler.json([
                            "started": AgentHandler.time(session.started),
                            "expires": AgentHandler.time(session.expires),
                        ]))
                case .success(.gone), .success(.notOwner), .success(.unknown):
                    complete(AgentHandler.error(404, "not_found"))
                case .failure(let error): complete(failure(error, request))
                }
            }
        }
    }

    private func event(_ name: SessionName, _ request: HTTPRequest) -> HTTPReply {
        let report: EventReport
        do {
            report = try EventReport(request)
        } catch {
            return .now(OAuthAnswer.invalidRequest(error.message))
        }
        return .later { complete in
            service.events.report(report.name, data: report.data, of: name) { result in
                switch result {
                case .success(.recorded): complete(AgentHandler.json(.object([])))
                case .success(.forbidden):
                    complete(OAuthAnswer.error(403, "forbidden", "only the portal itself reports such an event"))
                case .success(.invalidName):
                    complete(OAuthAnswer.invalidRequest("a name has at most 100 printable ASCII characters"))
                case .success(.tooLarge): complete(AgentHandler.error(413, "too_large"))
                case .success(.tooMany(let seconds)):
                    var response = AgentHandler.error(429, "too_many")
                    response.headers["Retry-After"] = String(seconds)
                    complete(response)
                case .success(.unknown): complete(AgentHandler.error(404, "not_found"))
                case .failure(let error): complete(failure(error, request))
                }
            }
        }
    }

    // MARK: Answers

    private static func body(of schedule: SessionSchedule, extended: Bool? = nil) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("status", .string(schedule.status.rawValue.uppercased())),
            .init("started", time(schedule.started)),
            .init("expires", time(schedule.expires)),
            .init("expiring", .bool(schedule.isExpiring)),
        ]
        if let countdown = schedule.countdown {
            members.append(.init("countdown", .int(countdown)))
            members.append(.init("extendable", .bool(schedule.isExtendable)))
        }
        if let extended { members.append(.init("extended", .bool(extended))) }
        return .object(members)
    }

    private static func time(_ moment: Timestamp?) -> JSONValue { moment.map { .string($0.iso8601) } ?? .null }

    private static func json(_ value: JSONValue) -> HTTPResponse { OAuthAnswer.json(value) }
    private static func error(_ status: Int, _ code: String) -> HTTPResponse { OAuthAnswer.error(status, code) }

    /// RFC 6750, section 3.
    private static var unauthorized: HTTPResponse {
        var response = error(401, "invalid_token")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    }

    private func failure(_ error: any Error, _ request: HTTPRequest) -> HTTPResponse {
        log.of(request: request.id).error("agent's request failed", ("path", request.path), ("error", "\(error)"))
        var response = AgentHandler.error(error is PortalStoreError ? 503 : 500, "server_error")
        if response.status == 503 { response.headers["Retry-After"] = "2" }
        return response
    }
}
