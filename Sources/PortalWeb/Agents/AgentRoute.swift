internal import HTTP
internal import Portal

/// Addresses on the portal's socket for session agents.
enum AgentRoute: Hashable {
    case token
    case authorize(SessionName)
    case schedule(SessionName)
    case extend(SessionName)
    case terminate(SessionName)
    case event(SessionName)

    /// Reading is GET, changing is POST.
    var method: HTTPMethod {
        switch self {
        case .token, .extend, .terminate, .event: .post
        case .authorize, .schedule: .get
        }
    }

    init?(path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts == ["", "oauth2", "token", ""] {
            self = .token
            return
        }
        guard parts.count == 6, parts[0].isEmpty, parts[1] == "workshops", parts[2] == "session", parts[5].isEmpty,
            let session = SessionName(rawValue: parts[3])
        else { return nil }
        switch parts[4] {
        case "authorize": self = .authorize(session)
        case "schedule": self = .schedule(session)
        case "extend": self = .extend(session)
        case "terminate": self = .terminate(session)
        case "event": self = .event(session)
        default: return nil
        }
    }
}
