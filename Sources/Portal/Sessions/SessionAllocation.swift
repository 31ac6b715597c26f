/// Decides which session a visitor gets, or why none (spec/portal-lifecycle.md, section 5). Values in, values out.
///
/// **Places.** A limit (an environment's capacity, the portal's maximum) is a number of places, and a sandbox takes one
/// from the moment its start is begun until its stop has returned. Two rules together keep that true at every instant:
///
/// 1. This decision admits a session only while the sessions that are *here to stay* are fewer than the places:
///    `active − departing < limit`. A departing session is one that is being stopped; its place is promised to the next.
///    That is what lets a learner restart at once in a full workshop, and an eviction hand its place over.
/// 2. `SandboxQueue` begins a start only while the sandboxes that may exist are fewer than the places. A session that was
///    admitted on a promise stays `starting` until the departing sandbox is gone.
///
/// A stop that hangs promises nothing: only sessions that began to stop within `departureGrace` count as departing.
public enum SessionAllocation {
    /// Seconds for which a session that is being stopped is expected to be gone soon.
    public static let departureGrace = 30

    public struct Request: Sendable, Equatable {
        /// Staff have no limit on the number of their sessions.
        public var isStaff: Bool
        /// Live sessions that this user may have in the whole portal; 0 means no limit.
        public var userLimit: Int

        public init(isStaff: Bool = false, userLimit: Int = 0) {
            self.isStaff = isStaff
            self.userLimit = userLimit
        }
    }

    /// What the decision depends on, all from one transaction (`SessionAllocation.Snapshot.take`).
    public struct Snapshot: Sendable, Equatable {
        public var environment: WorkshopEnvironment
        public var inEnvironment: SessionCounts
        public var inPortal: SessionCounts
        /// The portal's maximum; 0 means none.
        public var maximum: Int
        /// The user's live session of this workshop, in this environment or in one that it replaced.
        public var own: SessionName?
        /// The user's live sessions in the whole portal. Those being stopped are of no use to them and do not count, so
        /// that restarting at the limit works.
        public var ownLive: Int
        /// The reserved session to hand out: ready ones before those still starting, then the oldest.
        public var reserved: SessionName?
        /// Departing sessions of the environment; needed only when it is full.
        public var departingFromEnvironment: Int
        /// Departing sessions of the portal; needed only when it is full.
        public var departingFromPortal: Int
        /// The oldest reserved session of any environment; needed only when the portal is full.
        public var evictable: SessionName?
        /// Seconds until an environment that is starting will probably be ready, when that is known.
        public var startsWithin: Int?

        public init(
            environment: WorkshopEnvironment, inEnvironment: SessionCounts, inPortal: SessionCounts, maximum: Int = 0,
            own: SessionName? = nil, ownLive: Int = 0, reserved: SessionName? = nil, departingFromEnvironment: Int = 0,
            departingFromPortal: Int = 0, evictable: SessionName? = nil, startsWithin: Int? = nil
        ) {
            self.environment = environment
            self.inEnvironment = inEnvironment
            self.inPortal = inPortal
            self.maximum = maximum
            self.own = own
            self.ownLive = ownLive
            self.reserved = reserved
            self.departingFromEnvironment = departingFromEnvironment
            self.departingFromPortal = departingFromPortal
            self.evictable = evictable
            self.startsWithin = startsWithin
        }

        var environmentIsFull: Bool { inEnvironment.active >= environment.limits.capacity }
        var portalIsFull: Bool { maximum > 0 && inPortal.active >= maximum }
    }

    public enum Decision: Sendable, Equatable {
        /// The user already has a live session of this workshop: that one.
        case reuse(SessionName)
        /// This reserved session becomes the user's.
        case take(SessionName)
        /// A new session is made.
        case start
        /// The portal is full, but this reserved session is nobody's: it is stopped, and a new session is made that
        /// starts when its place is free.
        case startInPlaceOf(SessionName)
        case refuse(LaunchRefusal)
    }

    public static func decide(_ request: Request, _ now: Snapshot) -> Decision {
        if let own = now.own { return .reuse(own) }
        switch now.environment.state {
        case .starting: return .refuse(.environmentNotReady(startsWithin: now.startsWithin))
        case .stopping, .stopped: return .refuse(.environmentStopping)
        case .running: break
        }
        if !request.isStaff && request.userLimit > 0 && now.ownLive >= request.userLimit { return .refuse(.userLimit) }
        if let reserved = now.reserved { return .take(reserved) }
        if now.inEnvironment.active - now.departingFromEnvironment >= now.environment.limits.capacity {
            return .refuse(.noCapacity)
        }
        if now.maximum == 0 || now.inPortal.active - now.departingFromPortal < now.maximum { return .start }
        if let evictable = now.evictable { return .startInPlaceOf(evictable) }
        return .refuse(.portalFull)
    }
}

/// Why a launch gave no session. Nothing was changed, no user was made.
public enum LaunchRefusal: Error, Sendable, Equatable {
    /// No workshop of that name, and never an environment of it.
    case unknown
    /// The workshop's own places are taken.
    case noCapacity
    /// The portal's places are taken.
    case portalFull
    /// The user has as many sessions as one may have.
    case userLimit
    /// The workshop is being made ready; seconds until it probably is, when known.
    case environmentNotReady(startsWithin: Int?)
    /// The workshop is being withdrawn.
    case environmentStopping
    /// Too many launches from this address or by this visitor; seconds to wait.
    case tooMany(retryAfter: Int)
    /// The visitor is not signed in, and the portal does not take anonymous ones.
    case signInRequired
    /// The visitor does not have the session that was expected.
    case otherSession
    /// Sessions are not handed out in the name of staff or of a program.
    case forbiddenUser

    /// A short word for logs and metrics.
    public var label: String {
        switch self {
        case .unknown: "unknown"
        case .noCapacity: "no-capacity"
        case .portalFull: "portal-full"
        case .userLimit: "user-limit"
        case .environmentNotReady: "not-ready"
        case .environmentStopping: "stopping"
        case .tooMany: "too-many"
        case .signInRequired: "sign-in-required"
        case .otherSession: "other-session"
        case .forbiddenUser: "forbidden-user"
        }
    }
}
