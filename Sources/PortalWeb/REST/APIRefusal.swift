internal import HTTP
internal import Portal

/// The one place where a mistake of a program becomes an answer: JSON, with the status that says whose mistake it is.
struct APIRefusal: Error, Equatable {
    let status: Int
    /// For programs: one word.
    let code: String
    /// For whoever wrote the program.
    let message: String
    /// The parameter or member that is wrong.
    var field: String?
    /// Seconds for `Retry-After` (RFC 9110, section 10.2.3).
    var retryAfter: Int?
    /// For `Allow`.
    var allow: String?
    /// The error of `WWW-Authenticate` (RFC 6750, section 3.1); empty for a challenge without one.
    var challenge: String?

    private init(_ status: Int, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    private func with(_ change: (inout APIRefusal) -> Void) -> APIRefusal {
        var refusal = self
        change(&refusal)
        return refusal
    }

    private typealias Text = PortalText.API

    /// A request without credentials is told only that they are wanted (RFC 6750, section 3.1).
    static let missingToken = APIRefusal(401, "unauthorized", Text.missingToken).with { $0.challenge = "" }
    static let deadToken = APIRefusal(401, "invalid_token", Text.deadToken).with { $0.challenge = "invalid_token" }
    static let forbidden = APIRefusal(403, "forbidden", Text.forbidden).with { $0.challenge = "insufficient_scope" }
    static let robotsOnly = APIRefusal(403, "forbidden", Text.robotsOnly).with { $0.challenge = "insufficient_scope" }
    static let notFound = APIRefusal(404, "not_found", Text.notFound)
    static let unknownEnvironment = APIRefusal(404, "unknown_environment", Text.unknownEnvironment)
    static let unknownSession = APIRefusal(404, "unknown_session", Text.unknownSession)
    static func method(allow: String) -> APIRefusal {
        APIRefusal(405, "method_not_allowed", Text.methodNotAllowed(allow)).with { $0.allow = allow }
    }
    static func invalid(_ field: String, _ message: String) -> APIRefusal {
        APIRefusal(400, "invalid_parameter", message).with { $0.field = field }
    }
    static let notAllocated = APIRefusal(400, "session_not_allocated", Text.notAllocated)
    static let otherSession = APIRefusal(409, "session_mismatch", Text.otherSession).with { $0.field = "session" }
    static func tooLarge(_ limit: Int) -> APIRefusal { APIRefusal(413, "body_too_large", Text.tooLarge(limit)) }
    static let ownEvent = APIRefusal(403, "forbidden", Text.ownEvent).with { $0.challenge = "insufficient_scope" }

    private static func unavailable(_ code: String, _ message: String, _ seconds: Int) -> APIRefusal {
        APIRefusal(503, code, message).with { $0.retryAfter = max(1, seconds) }
    }
    static func noCapacity(retryAfter: Int) -> APIRefusal {
        unavailable("no_capacity", Text.noCapacity, retryAfter)
    }
    static func portalFull(retryAfter: Int) -> APIRefusal {
        unavailable("portal_full", Text.portalFull, retryAfter)
    }
    static func userLimit(retryAfter: Int) -> APIRefusal { unavailable("user_limit", Text.userLimit, retryAfter) }
    static func environmentStarting(retryAfter: Int) -> APIRefusal {
        unavailable("environment_starting", Text.environmentStarting, retryAfter)
    }
    static func environmentStopping(retryAfter: Int) -> APIRefusal {
        unavailable("environment_stopping", Text.environmentStopping, retryAfter)
    }
    static func tooMany(retryAfter: Int) -> APIRefusal {
        APIRefusal(429, "too_many_requests", Text.tooMany).with { $0.retryAfter = max(1, retryAfter) }
    }
    static let portalStarting = unavailable("portal_starting", Text.portalStarting, 2)
    static let storeFailing = unavailable("store_failing", Text.storeFailing, 5)
    static let failed = APIRefusal(500, "internal_error", Text.failed)

    /// - Parameter request: the id of the request, to be looked for in the portal's log.
    private func body(request: String) -> JSONValue {
        var members: [JSONValue.Member] = [.init("error", .string(code)), .init("message", .string(message))]
        if let field { members.append(.init("field", .string(field))) }
        if !request.isEmpty { members.append(.init("request", .string(request))) }
        return .object(members)
    }

    /// - Parameter realm: the portal's name.
    func response(to request: HTTPRequest, realm: String) -> HTTPResponse {
        var response = APIHandler.json(body(request: request.id), status: status)
        if let retryAfter { response.headers["Retry-After"] = String(retryAfter) }
        if let allow { response.headers["Allow"] = allow }
        if let challenge {
            var text = "Bearer realm=\"\(realm)\""
            if !challenge.isEmpty { text += ", error=\"\(challenge)\", error_description=\"\(message)\"" }
            response.headers["WWW-Authenticate"] = text
        }
        return response
    }
}
