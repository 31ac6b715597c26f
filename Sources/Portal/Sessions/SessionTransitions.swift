internal import Platform

/// Every change of a session's state, so that states only move forward and each moment is set once
/// (spec/portal-lifecycle.md, section 4). Each returns `false` and changes nothing where it does not apply.
extension WorkshopSession {
    /// Gives a reserved session to its one owner. One that is ready is running from now, or held for activation.
    /// - Parameter activation: the digest of the link's token, for a session that is offered and not yet entered, and by
    ///   when it must be used.
    mutating func allocate(
        to user: UserID, indexURL: String?, analyticsURL: String? = nil, parameters: [String: String],
        activation: (digest: TokenDigest, until: Timestamp)?,
        _ limits: EnvironmentLimits, now: Timestamp
    ) -> Bool {
        guard isReserved else { return false }
        owner = user
        self.indexURL = indexURL
        self.analyticsURL = analyticsURL
        self.parameters = parameters
        self.activation = activation?.digest
        expires = [activation?.until, isReady ? nil : SessionExpiry.startDeadline(limits, now: now)].compactMap(\.self)
            .min()
        if isReady && activation == nil { run(limits, now: now) }
        return true
    }

    /// The runtime says that the session answers requests.
    mutating func becomeReady(_ limits: EnvironmentLimits, now: Timestamp) -> Bool {
        guard state == .starting else { return false }
        isReady = true
        if owner != nil && activation == nil { run(limits, now: now) } else { state = .waiting }
        return true
    }

    /// The link was used: the session runs from now, or as soon as it is ready.
    mutating func activate(_ limits: EnvironmentLimits, now: Timestamp) -> Bool {
        guard isLive, activation != nil else { return false }
        activation = nil
        if isReady { run(limits, now: now) } else { expires = SessionExpiry.startDeadline(limits, now: now) }
        return true
    }

    private mutating func run(_ limits: EnvironmentLimits, now: Timestamp) {
        state = .running
        started = now
        lastSeen = now
        expires = SessionExpiry.end(limits, started: now)
    }

    /// Staff lets a session expire: one in use when its grace is over, unless it ends sooner anyway; any other at once.
    /// - Returns: whether it is still running now.
    mutating func expireSoon(grace seconds: Int, now: Timestamp) -> Bool {
        guard state == .running else { return false }
        let end = now.advanced(bySeconds: seconds)
        expires = min(expires ?? end, end)
        self.end = .expired
        return true
    }

    /// Staff moves the end of a session in use, also of one that was let expire.
    mutating func moveEnd(to moment: Timestamp) {
        guard state == .running else { return }
        expires = moment
        end = nil
    }

    /// The session is to be removed. `expires` becomes the moment from which it is departing.
    mutating func beginEnd(_ reason: SessionEnd, now: Timestamp) -> Bool {
        guard state != .stopping && state != .stopped else { return false }
        state = .stopping
        end = reason
        expires = now
        activation = nil
        return true
    }

    /// Nothing of the session is left.
    mutating func becomeStopped(now: Timestamp) -> Bool {
        guard state != .stopped else { return false }
        if end == nil { end = .vanished }
        state = .stopped
        isReady = false
        stopped = now
        return true
    }
}

/// What a transaction did to sessions: told to the reconciler once it is durable.
struct SessionChanges: Sendable {
    /// New rows whose sandboxes are to be started.
    var started: [WorkshopSession] = []
    /// Reserved sessions that were given to an owner, or activated.
    var taken: [WorkshopSession] = []
    /// Sessions whose sandboxes are to be stopped.
    var ended: [WorkshopSession] = []

    var isEmpty: Bool { started.isEmpty && taken.isEmpty && ended.isEmpty }
}

extension PortalTransaction {
    /// Inserts the environment's next session in state `starting` and counts its number up.
    /// - Returns: `nil` when no further name fits.
    func makeSession(
        in environment: inout WorkshopEnvironment, now: Timestamp, secrets: SessionSecrets,
        _ configure: (inout WorkshopSession) -> Void = { _ in }
    ) throws -> WorkshopSession? {
        guard let name = SessionName(environment: environment.name, number: environment.nextSession) else { return nil }
        var session = WorkshopSession(
            name: name, environment: environment.name, number: environment.nextSession, state: .starting, created: now,
            clientSecret: secrets.clientSecret(of: name).digest)
        configure(&session)
        environment.nextSession += 1
        try update(environment)
        try insert(session)
        return session
    }

    /// Marks sessions for removal; leaves out those that are on their way already.
    func endSessions(_ names: [SessionName], because reason: SessionEnd, now: Timestamp) throws -> [WorkshopSession] {
        var ended: [WorkshopSession] = []
        for name in names {
            guard var session = try session(name), session.beginEnd(reason, now: now) else { continue }
            try update(session)
            ended.append(session)
        }
        return ended
    }
}
