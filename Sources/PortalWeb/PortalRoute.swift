internal import HTTP

/// Every address of the portal, once: parsed from a request's path, printed into links (spec/portal-http.md, sections 1,
/// 2 and 4).
public enum PortalRoute: Hashable, Sendable {
    case index
    case catalog
    case accessCode
    case environment(String)
    case create(String)
    case session(String)
    /// What the page of a starting session asks again and again: a small JSON.
    case progress(String)
    case activate(String)
    case delete(String)
    /// Makes an anonymous user and shows the catalogue.
    case createAnonymous
    /// Makes an account, and says what became of that.
    case registration, registrationComplete, registrationClosed
    case login
    case logout
    case passwordChange, passwordChanged
    /// Says that there is no such thing.
    case passwordReset
    /// To the organisation's login, and back from it.
    case providerLogin, providerCallback
    case authorize
    case token
    case revoke
    /// The same under the reference's name.
    case revokeToken
    case introspect
    /// What OAuth2 clients can find out by themselves (RFC 8414).
    case authorizationServer
    /// What staff sees; `…Events` is the same as it changes.
    case admin, adminEvents, adminLog
    case adminAct
    case adminLogin
    case staticFile(String)
    case themeFile(String)
    /// The process answers.
    case health
    /// The portal can take visitors.
    case readiness
    /// What is measured, for Prometheus.
    case metrics
    case robots
    case favicon
    /// The REST API, for programs with an access token.
    case api(APIRoute)
    /// The same API as a document for programs, and as a page for people.
    case openAPI
    case docs

    /// Who may call it.
    public enum Caller: Sendable {
        case everybody
        /// Everybody who has shown the access code, where the portal has one.
        case visitor
        /// Everybody who is signed in with an account; everybody else is asked to sign in.
        case account
        /// Whoever owns the session; everybody else is sent away with `session-invalid`.
        case owner
        /// The owner of the session, or staff; everybody else as above.
        case ownerOrStaff
        /// `OperatorAccess`; for everybody else there is nothing.
        case operators
        /// An OAuth2 client that shows its secret.
        case client
        /// Programs with an access token; each call says which users' tokens do.
        case bearer
        /// Staff; whoever is not signed in does that first, everybody else is refused.
        case staff
    }

    public var caller: Caller {
        switch self {
        case .index, .catalog, .environment, .create, .createAnonymous, .registration: .visitor
        case .passwordChange: .account
        case .delete: .owner
        case .session, .progress, .authorize: .ownerOrStaff
        case .metrics: .operators
        case .token, .revoke, .revokeToken, .introspect: .client
        case .admin, .adminEvents, .adminLog, .adminAct: .staff
        case .accessCode, .activate, .login, .logout, .registrationComplete, .registrationClosed, .passwordChanged,
            .passwordReset, .providerLogin, .providerCallback, .adminLogin, .staticFile, .themeFile, .health,
            .readiness, .robots, .favicon, .authorizationServer, .openAPI, .docs:
            .everybody
        case .api: .bearer
        }
    }

    /// Methods beside HEAD, which is always GET without side effects.
    var methods: [HTTPMethod] {
        switch self {
        case .accessCode, .activate, .delete, .login, .logout, .environment, .create, .createAnonymous, .registration,
            .passwordChange, .adminAct:
            [.get, .post]
        case .token, .revoke, .revokeToken, .introspect: [.post]
        case .api(let route): route.methods
        default: [.get]
        }
    }

    /// What `Allow` says (RFC 9110, section 10.2.1).
    var allow: String { methods.map { $0 == .get ? "GET, HEAD" : $0.text }.joined(separator: ", ") }

    /// The path, beginning with `/`.
    public var path: String {
        switch self {
        case .index: "/"
        case .catalog: "/workshops/catalog/"
        case .accessCode: "/workshops/access/"
        case .environment(let name): "/workshops/environment/\(name)/"
        case .create(let name): "/workshops/environment/\(name)/create/"
        case .session(let name): "/workshops/session/\(name)/"
        case .progress(let name): "/workshops/session/\(name)/progress/"
        case .activate(let name): "/workshops/session/\(name)/activate/"
        case .delete(let name): "/workshops/session/\(name)/delete/"
        case .createAnonymous: "/accounts/create/"
        case .registration: "/accounts/register/"
        case .registrationComplete: "/accounts/register/complete/"
        case .registrationClosed: "/accounts/register/closed/"
        case .login: "/accounts/login/"
        case .logout: "/accounts/logout/"
        case .passwordChange: "/accounts/password_change/"
        case .passwordChanged: "/accounts/password_change/done/"
        case .passwordReset: "/accounts/password_reset/"
        case .providerLogin: "/accounts/oidc/login/"
        case .providerCallback: "/accounts/oidc/callback/"
        case .authorize: "/oauth2/authorize/"
        case .token: "/oauth2/token/"
        case .revoke: "/oauth2/revoke/"
        case .revokeToken: "/oauth2/revoke-token/"
        case .introspect: "/oauth2/introspect/"
        case .authorizationServer: "/.well-known/oauth-authorization-server"
        case .admin: "/admin/"
        case .adminEvents: "/admin/events/"
        case .adminLog: "/admin/log/"
        case .adminAct: "/admin/act/"
        case .adminLogin: "/admin/login/"
        case .staticFile(let name): "/static/\(name)"
        case .themeFile(let name): "/static/workshops/theme/\(name)"
        case .health: "/healthz"
        case .readiness: "/readyz"
        case .metrics: "/metrics"
        case .robots: "/robots.txt"
        case .favicon: "/favicon.ico"
        case .api(let route): route.path
        case .openAPI: "/openapi.json"
        case .docs: "/docs/"
        }
    }

    enum Match: Equatable {
        case route(PortalRoute)
        /// The address exists with a slash at its end.
        case lacksSlash
        case nothing
    }

    /// Finds the route of a path as sent. Names hold letters, digits, `-` and `_` only, so nothing is percent-decoded.
    static func match(_ path: String) -> Match {
        switch path {
        case "/workshops/catalog/": return .route(.catalog)
        case "/workshops/catalog/environments/": return .route(.api(.environments))
        case "/workshops/catalog/workshops/": return .route(.api(.workshops))
        case "/openapi.json": return .route(.openAPI)
        case "/": return .route(.index)
        case "/healthz", "/healthz/": return .route(.health)
        case "/readyz", "/readyz/": return .route(.readiness)
        case "/metrics": return .route(.metrics)
        case "/robots.txt": return .route(.robots)
        case "/favicon.ico": return .route(.favicon)
        case "/.well-known/oauth-authorization-server": return .route(.authorizationServer)
        default: break
        }
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Substring.init)
        guard parts.count > 1, parts[0].isEmpty else { return .nothing }
        if parts[1] == "static" { return files(parts.dropFirst(2)) }
        let hasSlash = parts.last?.isEmpty == true
        guard let route = page(hasSlash ? parts.dropFirst().dropLast() : parts.dropFirst()) else { return .nothing }
        return hasSlash ? .route(route) : .lacksSlash
    }

    private static func page(_ parts: ArraySlice<Substring>) -> PortalRoute? {
        let parts = Array(parts)
        if let route = APIRoute.match(parts) { return .api(route) }
        switch (parts.first, parts.count) {
        case ("docs", 1): return .docs
        case ("accounts", 2...3): return account(parts[1], parts.count == 3 ? parts[2] : "")
        case ("oauth2", 2):
            switch parts[1] {
            case "authorize": return .authorize
            case "token": return .token
            case "revoke": return .revoke
            case "revoke-token": return .revokeToken
            case "introspect": return .introspect
            default: return nil
            }
        case ("admin", 1): return .admin
        case ("admin", 2):
            switch parts[1] {
            case "events": return .adminEvents
            case "log": return .adminLog
            case "act": return .adminAct
            case "login": return .adminLogin
            default: return nil
            }
        case ("workshops", 2):
            switch parts[1] {
            case "catalog": return .catalog
            case "access": return .accessCode
            default: return nil
            }
        case ("workshops", 3...4):
            guard isSlug(parts[2]) else { return nil }
            let name = String(parts[2])
            switch (parts[1], parts.count == 4 ? parts[3] : "") {
            case ("environment", ""): return parts.count == 3 ? .environment(name) : nil
            case ("environment", "create"): return .create(name)
            case ("session", ""): return parts.count == 3 ? .session(name) : nil
            case ("session", "progress"): return .progress(name)
            case ("session", "activate"): return .activate(name)
            case ("session", "delete"): return .delete(name)
            default: return nil
            }
        default: return nil
        }
    }

    private static func account(_ page: Substring, _ part: Substring) -> PortalRoute? {
        switch (page, part) {
        case ("create", ""): .createAnonymous
        case ("register", ""): .registration
        case ("register", "complete"): .registrationComplete
        case ("register", "closed"): .registrationClosed
        case ("login", ""): .login
        case ("logout", ""): .logout
        case ("password_change", ""): .passwordChange
        case ("password_change", "done"): .passwordChanged
        case ("password_reset", ""): .passwordReset
        case ("oidc", "login"): .providerLogin
        case ("oidc", "callback"): .providerCallback
        default: nil
        }
    }

    private static func files(_ parts: ArraySlice<Substring>) -> Match {
        let theme: [Substring] = ["workshops", "theme"]
        let isTheme = parts.starts(with: theme)
        let name = parts.dropFirst(isTheme ? 2 : 0).joined(separator: "/")
        guard !name.isEmpty else { return .nothing }
        return .route(isTheme ? .themeFile(name) : .staticFile(name))
    }

    /// The reference's `slug`: letters, digits, `-`, `_` (spec/portal-http.md, section 0).
    static func isSlug(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 100
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
