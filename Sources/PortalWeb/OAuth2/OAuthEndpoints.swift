internal import HTTP
internal import Platform
internal import Portal

/// The OAuth2 addresses that programs talk to. They know clients and tokens; a browser's cookie means nothing to them.
struct OAuthEndpoints: Sendable {
    private let token: TokenEndpoint
    private let upkeep: TokenUpkeepEndpoints
    private let metadata: AuthorizationServerMetadata

    init(service: PortalService, sites: PortalSites, log: Log) {
        let check = ClientCheck(service: service, guesses: GuessThrottle())
        token = TokenEndpoint(service: service, sites: sites, check: check, log: log, servesRobots: true)
        upkeep = TokenUpkeepEndpoints(service: service, check: check, log: log)
        metadata = AuthorizationServerMetadata(issuer: service.address.portalURL)
    }

    /// - Returns: `nil` when the route is none of these.
    func reply(_ route: PortalRoute, _ request: HTTPRequest) -> HTTPReply? {
        let answer: (HTTPRequest) -> HTTPReply
        switch route {
        case .token: answer = token.reply
        case .revoke, .revokeToken: answer = upkeep.revoke
        case .introspect: answer = upkeep.introspect
        case .authorizationServer: answer = { _ in .now(metadata.response) }
        default: return nil
        }
        let method = request.method == .head ? .get : request.method
        guard route.methods.contains(method) else {
            return .now(OAuthAnswer.methodNotAllowed(allow: route.allow))
        }
        guard request.body.count <= BrowserHandler.longestForm else {
            return .now(OAuthAnswer.error(413, "invalid_request", "the form is too large"))
        }
        return answer(request)
    }
}

/// What clients can find out by themselves (RFC 8414, section 2).
struct AuthorizationServerMetadata: Sendable {
    let response: HTTPResponse

    /// - Parameter issuer: the portal's URL, without a slash at its end.
    init(issuer: String) {
        func url(_ route: PortalRoute) -> JSONValue { .string(issuer + route.path) }
        let clientAuthentication: JSONValue = ["client_secret_basic", "client_secret_post"]
        let body: JSONValue = [
            "issuer": .string(issuer), "authorization_endpoint": url(.authorize), "token_endpoint": url(.token),
            "token_endpoint_auth_methods_supported": clientAuthentication,
            "revocation_endpoint": url(.revoke), "revocation_endpoint_auth_methods_supported": clientAuthentication,
            "introspection_endpoint": url(.introspect),
            "introspection_endpoint_auth_methods_supported": clientAuthentication,
            "response_types_supported": ["code"], "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "password", "client_credentials", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": [.string(AccessToken.standardScope)],
        ]
        response = HTTPResponse(
            headers: ["Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"], text: body.text,
            type: "application/json")
    }
}
