public import Platform

/// A visitor asks for a session of a workshop.
public struct LaunchRequest: Sendable {
    public enum Visitor: Sendable {
        /// A browser, with the digest of the login cookie that it shows, if any. Without a good one it gets a new
        /// anonymous user and a login, where the portal takes anonymous visitors.
        case browser(TokenDigest?)
        /// A user that a trusted client names, made as an anonymous one if there is none. No login is made.
        case user(UserID)

        var throttleKey: String? {
            switch self {
            case .browser(let digest):
                digest.map { String(decoding: $0.bytes.flatMap { [97 + $0 >> 4, 97 + $0 & 15] }, as: UTF8.self) }
            case .user(let id): id.rawValue
            }
        }
    }

    /// What the link says: an environment's name, a published name or a resource name.
    public var workshop: String
    public var visitor: Visitor
    /// Where the learner is sent afterwards. `nil` means the portal's own pages.
    public var returnAddress: ReturnAddress?
    /// Where events of a new session are sent to, beside the portal's webhook.
    public var analyticsAddress: AnalyticsAddress?
    /// Request parameters; names that the workshop does not declare are ignored.
    public var parameters: [String: String] = [:]
    /// The client's address, if this launch counts against `LaunchLimits`.
    public var throttledAddress: String?
    /// Whether an authorization code is wanted that travels with the redirect to the session.
    public var wantsHandover = false
    /// Seconds within which the session must be activated through its link. `nil` means that it runs at once.
    public var activationTimeout: Int?
    /// What is told of the visitor, to be remembered.
    public var details = UserDetails()
    /// The session that the visitor is expected to have already; without it the launch is refused and changes nothing.
    public var expectedSession: SessionName?

    public init(workshop: String, visitor: Visitor, returnAddress: ReturnAddress? = nil) {
        self.workshop = workshop
        self.visitor = visitor
        self.returnAddress = returnAddress
    }
}

public enum LaunchOutcome: Sendable {
    case entered(LaunchedSession)
    case refused(LaunchRefusal)
}

/// A session that a visitor has got.
public struct LaunchedSession: Sendable {
    public enum Way: Sendable, Equatable {
        /// They had it already.
        case reused
        case reserved
        case started
        /// Starts when a reserved session of another workshop has left its place.
        case inPlaceOfReserved
    }

    /// As committed. When `isReady` is false, `SessionReconciler.waitUntilReady` tells when it is.
    public var session: WorkshopSession
    public var user: PortalUser
    public var way: Way
    public var isNewUser = false
    /// The cookie to set, when the browser needs one.
    public var login: IssuedLogin?
    /// The authorization code for the session's agent, when it was wanted.
    public var handover: SecretToken?
    /// The token for the activation link, when it was wanted.
    public var activation: SecretToken?
    /// The resource name of the session's workshop.
    public var resource = ""
}

/// A new login cookie: the secret for the browser and what the store keeps.
public struct IssuedLogin: Sendable {
    public let token: SecretToken
    public let login: LoginCookie
}

public enum EndOutcome: Sendable, Equatable {
    /// It was live; it is being stopped now.
    case ended(WorkshopSession)
    /// It was being stopped already.
    case ending(WorkshopSession)
    /// It had been stopped before.
    case gone(WorkshopSession)
    case notOwner
    case unknown
}

public enum ExtendOutcome: Sendable, Equatable {
    /// The schedule as it is now, and whether this request moved the end.
    case schedule(SessionSchedule, extended: Bool)
    case notOwner
    /// Unknown or stopped.
    case unknown
}

public enum ActivateOutcome: Sendable {
    /// The session is the browser's now; the cookie to set, unless it was signed in as the owner already.
    case activated(WorkshopSession, IssuedLogin?)
    /// The browser is signed in as this other user: ask first.
    case otherLogin(UserID)
    /// The owner comes too late.
    case gone(WorkshopSession)
    /// Unknown, used, expired, or the wrong token: nothing more is told.
    case invalid
}

/// The values of a session's request parameters (spec/workshop-resource.md, section 1.7): those that the workshop declares,
/// as given, else as declared, else generated.
enum SessionParameters {
    static func values(for workshop: WorkshopDefinition?, given: [String: String]) -> [String: String] {
        var values: [String: String] = [:]
        for parameter in workshop?.parameters ?? [] {
            values[parameter.name] = given[parameter.name] ?? standard(parameter)
        }
        return values
    }

    private static func standard(_ parameter: WorkshopDefinition.Parameter) -> String {
        // Definitions with a pattern that is none were refused when they were read.
        guard parameter.value.isEmpty, !parameter.pattern.isEmpty,
            let pattern = try? GeneratedValue(pattern: parameter.pattern)
        else { return parameter.value }
        var generator = SystemRandomNumberGenerator()
        return pattern.text(using: &generator)
    }
}

extension UserID {
    /// A new anonymous visitor: `anon@educates:` and a UUID that begins with the moment (RFC 9562, version 7), so that the
    /// index over users grows at its end.
    static func anonymous(at moment: Timestamp) -> UserID {
        UserID(unchecked: "anon@educates:" + uniqueText(at: moment))
    }

    /// A new user whom a trusted client does not name: a UUID of the same kind.
    public static func unnamed(at moment: Timestamp) -> UserID { UserID(unchecked: uniqueText(at: moment)) }

    static func uniqueText(at moment: Timestamp) -> String {
        var generator = SystemRandomNumberGenerator()
        let time = UInt64(truncatingIfNeeded: moment.milliseconds)
        var bits = [time << 16 | 0x7000 | generator.next() & 0xFFF, generator.next() & ~(0b11 << 62) | (0b10 << 62)]
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(bits[index / 16] >> 60)])
            bits[index / 16] <<= 4
        }
        return String(decoding: text, as: UTF8.self)
    }
}
