internal import HTTP
internal import Platform
internal import Portal

/// Answers programs (spec/portal-http.md, sections 3.2 to 3.7): finds out who calls, applies what holds for all calls, and
/// lets the endpoint's own file do the rest. Whatever needs no commit is answered on the spot.
struct APIHandler: Sendable {
    let service: PortalService
    let clock: WallClock
    let log: Log
    let catalogs = CatalogAnswers()

    /// Bytes of a JSON body at most.
    static let longestBody = 64 * 1024

    func reply(_ route: APIRoute, _ request: HTTPRequest, on site: PortalSite) -> HTTPReply {
        if request.method == .options { return .now(APIHandler.preflight(allow: route.allow)) }
        do {
            guard route.methods.contains(request.method) else { throw APIRefusal.method(allow: route.allow) }
            guard request.body.count <= APIHandler.longestBody else {
                throw APIRefusal.tooLarge(APIHandler.longestBody)
            }
            return try answer(route, request, on: site)
        } catch {
            return .now(response(to: error, request, on: site))
        }
    }

    private func answer(_ route: APIRoute, _ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let authorization = try Authorization.of(request, in: service.store, now: clock.now())
        switch route {
        case .environments, .workshops:
            return .now(try catalog(route, authorization, request, on: site))
        case .status(let name):
            try requireRobot(authorization)
            return .now(try status(of: name, request, on: site))
        case .request(let name):
            try requireRobot(authorization)
            return try self.request(name, request, on: site)
        case .userSessions(let user):
            try requireRobot(authorization)
            return .now(try sessions(of: user))
        case .session(let name, let call):
            let caller = try require(authorization)
            return try session(name, call, caller, request, on: site)
        }
    }

    // MARK: Who calls

    /// - Throws: `APIRefusal` for a token that is missing or dead.
    func require(_ authorization: Authorization) throws -> Caller {
        switch authorization {
        case .none: throw APIRefusal.missingToken
        case .dead: throw APIRefusal.deadToken
        case .caller(let caller): return caller
        }
    }

    private func requireRobot(_ authorization: Authorization) throws {
        guard try require(authorization).isRobot else { throw APIRefusal.robotsOnly }
    }

    // MARK: Answers

    /// What a failure looks like to a program; the log has the rest.
    func response(to error: any Error, _ request: HTTPRequest, on site: PortalSite) -> HTTPResponse {
        if let refusal = error as? APIRefusal { return refusal.response(to: request, realm: site.definition.name) }
        let refusal: APIRefusal = error is PortalStoreError ? .storeFailing : .failed
        log.of(request: request.id).error("request failed", ("path", request.path), ("error", "\(error)"))
        return refusal.response(to: request, realm: site.definition.name)
    }

    /// Any page may read what a token opens, because it has to show the token itself: cookies are never looked at here
    /// (spec/portal-http.md, section 0, "CORS").
    private static let fields: HTTPHeaders = [
        "Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate, X-Request-ID",
    ]

    static func json(_ value: JSONValue, status: Int = 200) -> HTTPResponse { json(value.encoded, status: status) }

    static func json(_ bytes: [UInt8], status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, headers: fields, body: .bytes(bytes))
    }

    /// What a browser asks before it sends a request with a token for a page of another site (Fetch Standard, section
    /// 3.3.3).
    static func preflight(allow: String) -> HTTPResponse {
        HTTPResponse(
            status: 204,
            headers: [
                "Allow": allow, "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": allow,
                "Access-Control-Allow-Headers": "Authorization, Content-Type", "Access-Control-Max-Age": "86400",
            ])
    }
}

extension QueryParameters {
    /// The last value of a name: where a parameter that stands for one value is given twice, the reference takes that.
    func last(_ name: String) -> String? { parameters.last { $0.name == name }?.value }

    /// The last value that is given under any of these names.
    func last(_ names: [String]) -> String? { parameters.last { names.contains($0.name) }?.value }
}
