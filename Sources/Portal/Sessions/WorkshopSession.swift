public import Platform

/// A session's name: `<environment>-s001`. Also its host label, OAuth2 client id and the name of its sandbox.
public struct SessionName: Hashable, Sendable, RawRepresentable, CustomStringConvertible, Comparable {
    public let rawValue: String
    /// Takes what is a DNS label (RFC 1123, section 2.1): 1 to 63 of `a-z0-9-`, no hyphen at either end.
    public init?(rawValue: String) {
        guard isDNSLabel(rawValue) else { return nil }
        self.rawValue = rawValue
    }
    public var description: String { rawValue }
    public static func < (left: SessionName, right: SessionName) -> Bool { left.rawValue < right.rawValue }
}

/// Where a session stands (spec/portal-lifecycle.md, section 4). It only moves forward.
///
/// `starting` → `waiting` → `running` → `stopping` → `stopped`; every live state may go to `stopping`, and an on-demand
/// session goes from `starting` to `running` while its sandbox still boots (`WorkshopSession.isReady` tells).
public enum SessionState: String, Sendable, CaseIterable {
    /// Decided, its sandbox is being made, nobody uses it yet.
    case starting
    /// Ready and reserved, or held for activation.
    case waiting
    /// In use by its owner.
    case running
    /// To be removed; its sandbox may still exist, so it still counts against every limit.
    case stopping
    /// Gone. Its sandbox is known not to exist.
    case stopped
}

/// Why a session ended.
public enum SessionEnd: String, Sendable, CaseIterable {
    /// The learner ended or restarted it.
    case deleted
    case expired
    /// Nobody looked at it for too long (orphaned, inactive).
    case orphaned
    /// The runtime could not start it, or it was not ready in time (overdue).
    case startFailed
    /// Its sandbox was found gone.
    case vanished
    /// A reserved session no longer wanted: evicted, trimmed, or its environment stopped.
    case released
    /// It was offered through REST and not activated in time.
    case notActivated
    /// Ended by staff.
    case terminated
}

/// One learner's private lab, or one held ready for a learner to come.
public struct WorkshopSession: Sendable, Equatable {
    public let name: SessionName
    public let environment: EnvironmentName
    /// The number in the name: counts up in its environment, never used twice.
    public let number: Int
    public var state: SessionState
    /// Whether the runtime has reported that the session answers requests.
    public var isReady: Bool
    /// Set once, at allocation, for life. `nil` while reserved.
    public var owner: UserID?
    public let created: Timestamp
    /// When it became `running`.
    public var started: Timestamp?
    /// When it is due to end. `nil` means never.
    public var expires: Timestamp?
    /// When it reached `stopped`.
    public var stopped: Timestamp?
    /// Why it is ending or has ended. Of a session that still runs: staff lets it expire, and it has a minute left.
    public var end: SessionEnd?
    /// The last moment at which the learner was seen; the orphan timer counts from here.
    public var lastSeen: Timestamp?
    /// Held for activation until `expires`: the digest of the link's token (spec/portal-http.md, section 2.4).
    public var activation: TokenDigest?
    /// The page to send the learner back to, checked before it came here. `nil` means the portal's own pages.
    public var indexURL: String?
    /// Where the session's events are sent to beside the portal's webhook, checked before it came here.
    public var analyticsURL: String?
    /// Digest of the OAuth2 client secret that its agent holds.
    public var clientSecret: TokenDigest
    /// Request parameters (spec/workshop-resource.md, section 1.7).
    public var parameters: [String: String]

    public init(
        name: SessionName, environment: EnvironmentName, number: Int, state: SessionState, isReady: Bool = false,
        owner: UserID? = nil, created: Timestamp, started: Timestamp? = nil, expires: Timestamp? = nil,
        stopped: Timestamp? = nil, end: SessionEnd? = nil, lastSeen: Timestamp? = nil, activation: TokenDigest? = nil,
        indexURL: String? = nil, analyticsURL: String? = nil, clientSecret: TokenDigest,
        parameters: [String: String] = [:]
    ) {
        self.name = name
        self.environment = environment
        self.number = number
        self.state = state
        self.isReady = isReady
        self.owner = owner
        self.created = created
        self.started = started
        self.expires = expires
        self.stopped = stopped
        self.end = end
        self.lastSeen = lastSeen
        self.activation = activation
        self.indexURL = indexURL
        self.analyticsURL = analyticsURL
        self.clientSecret = clientSecret
        self.parameters = parameters
    }

    /// Counts against capacity and the portal's maximum: everything whose sandbox may exist.
    public var isActive: Bool { state != .stopped }
    /// Owned by nobody and not on its way out.
    public var isReserved: Bool { owner == nil && (state == .starting || state == .waiting) }
    /// Its owner may use it or is about to.
    public var isLive: Bool { owner != nil && (state == .starting || state == .waiting || state == .running) }
}

/// Whether a text is one DNS label (RFC 1123, section 2.1).
func isDNSLabel(_ text: String) -> Bool {
    func isAlphanumeric(_ byte: UInt8) -> Bool { (byte >= 97 && byte <= 122) || (byte >= 48 && byte <= 57) }
    let bytes = text.utf8
    guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last) && bytes.allSatisfy { isAlphanumeric($0) || $0 == 45 }
}
