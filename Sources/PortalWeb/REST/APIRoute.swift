internal import HTTP

/// Every address of the REST API, once (spec/portal-http.md, sections 3.2 to 3.7). `PortalRoute` finds them.
public enum APIRoute: Hashable, Sendable {
    /// The catalogue by environment.
    case environments
    /// The catalogue by workshop.
    case workshops
    case status(environment: String)
    /// Gives a user a session.
    case request(environment: String)
    case userSessions(user: String)
    case session(String, Call)

    /// What can be asked of one session.
    public enum Call: String, Sendable, CaseIterable {
        case authorize, config, schedule, extend, terminate, event
    }

    /// Whether a call changes something. It is documented with POST then, and GET stays for clients of the reference.
    var isChange: Bool {
        switch self {
        case .request, .session(_, .extend), .session(_, .terminate), .session(_, .event): true
        default: false
        }
    }

    var methods: [HTTPMethod] {
        if case .session(_, .event) = self { return [.post] }
        return isChange ? [.get, .post] : [.get, .head]
    }

    /// What `Allow` says.
    var allow: String { (methods.map(\.text) + ["OPTIONS"]).joined(separator: ", ") }

    /// Whether programs alone may call it.
    var isForRobots: Bool {
        switch self {
        case .status, .request, .userSessions: true
        case .environments, .workshops, .session: false
        }
    }

    /// The path, beginning with `/`. Sessions also answer below `/session/`, as the reference's documentation has it
    /// (section 6).
    public var path: String {
        switch self {
        case .environments: "/workshops/catalog/environments/"
        case .workshops: "/workshops/catalog/workshops/"
        case .status(let name): "/workshops/environment/\(PercentEncoding.encode(name))/status/"
        case .request(let name): "/workshops/environment/\(PercentEncoding.encode(name))/request/"
        case .userSessions(let user): "/workshops/user/\(PercentEncoding.encode(user))/sessions/"
        case .session(let name, let call):
            "/workshops/session/\(PercentEncoding.encode(name))/\(call.rawValue)/"
        }
    }

    /// Finds the route of a path that is cut at its slashes, without the empty parts at both ends. A workshop's published
    /// name and a user's id may hold any character, so they are percent-decoded here.
    static func match(_ parts: [Substring]) -> APIRoute? {
        switch parts.count {
        case 3 where parts[0] == "workshops" && parts[1] == "catalog":
            switch parts[2] {
            case "environments": return .environments
            case "workshops": return .workshops
            default: return nil
            }
        case 3 where parts[0] == "session": return session(parts[1], parts[2])
        case 4 where parts[0] == "workshops":
            switch (parts[1], parts[3]) {
            case ("environment", "status"): return name(parts[2]).map { .status(environment: $0) }
            case ("environment", "request"): return name(parts[2]).map { .request(environment: $0) }
            case ("user", "sessions"): return name(parts[2]).map { .userSessions(user: $0) }
            case ("session", _): return session(parts[2], parts[3])
            default: return nil
            }
        default: return nil
        }
    }

    private static func session(_ part: Substring, _ call: Substring) -> APIRoute? {
        guard let call = Call(rawValue: String(call)), let name = name(part) else { return nil }
        return .session(name, call)
    }

    private static func name(_ part: Substring) -> String? {
        part.isEmpty ? nil : PercentEncoding.decode(part)
    }
}
