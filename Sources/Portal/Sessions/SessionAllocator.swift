public import Platform
internal import Synchronization

/// Gives sessions to visitors and takes them back.
///
/// Each call is one transaction: read, decide (`SessionAllocation`), write, commit, answer. What has to happen in the real
/// world follows after the commit through the reconciler: the sandbox is started at once, the reserve refilled after the
/// answer. Completions are called once, on the store's thread, and must not block. A failure is a `PortalStoreError`.
public final class SessionAllocator: Sendable {
    private let context: PortalContext
    private let reconciler: SessionReconciler
    private let throttle = Mutex(LaunchThrottle())

    init(_ context: PortalContext, _ reconciler: SessionReconciler) {
        self.context = context
        self.reconciler = reconciler
    }

    // MARK: Launch

    /// Gives a visitor a session of a workshop: the one that they have, a reserved one, or a new one. An anonymous visitor
    /// becomes a user only if that works.
    public func launch(
        _ request: LaunchRequest, completion: @escaping @Sendable (Result<LaunchOutcome, any Error>) -> Void
    ) {
        let now = context.clock.now()
        let portal = context.definitions.portal
        if let address = request.throttledAddress,
            let seconds = throttle.withLock({
                $0.admit(address: address, visitor: request.visitor.throttleKey, limits: portal.launches, now: now)
            })
        {
            context.counters.add(.refusedTooMany)
            return completion(.success(.refused(.tooMany(retryAfter: seconds))))
        }
        let measures = context.measures
        let queued = Stopwatch()
        context.store.write(
            { transaction in
                measures.record(.queue, queued)
                let deciding = Stopwatch()
                let commit = try self.commitLaunch(request, portal, in: transaction, now: now)
                measures.record(.decision, deciding)
                return Decided(commit)
            },
            completion: { result in
                switch result.map({ ($0.value, $0.since) }) {
                case .success((.refused(let refusal), _)):
                    self.context.counters.add(PortalCounters.Counter(refusal))
                    completion(.success(.refused(refusal)))
                case .success((.committed(let entered, let changes), let committing)):
                    measures.record(.commit, committing)
                    self.count(entered)
                    // The learner's own sandbox first, then the answer, then the reserve.
                    self.reconciler.committed(changes)
                    completion(.success(.entered(entered)))
                    if !changes.isEmpty { self.reconciler.refill() }
                case .failure(let error):
                    self.context.counters.add(.launchesFailed)
                    completion(.failure(error))
                }
            })
    }

    private enum Commit: Sendable {
        case refused(LaunchRefusal)
        case committed(LaunchedSession, SessionChanges)
    }

    private func commitLaunch(
        _ request: LaunchRequest, _ portal: TrainingPortalDefinition, in store: any PortalTransaction, now: Timestamp
    ) throws -> Commit {
        guard var environment = try EnvironmentLookup.find(request.workshop, in: store) else {
            return .refused(.unknown)
        }
        let visitor = try identify(request.visitor, in: store, now: now)
        if visitor.mayBecomeUser, let kind = visitor.user?.kind, kind == .staff || kind == .robot {
            return .refused(.forbiddenUser)
        }
        if visitor.user == nil && !visitor.mayBecomeUser && !portal.isAnonymous { return .refused(.signInRequired) }

        let kind = visitor.user?.kind ?? .anonymous
        let snapshot = try SessionAllocation.Snapshot.take(
            from: store, environment: environment, user: visitor.user?.id, maximum: portal.maximumSessions, now: now,
            startsWithin: environment.state == .starting ? reconciler.startsWithin(environment.name, now: now) : nil)
        let decision = SessionAllocation.decide(
            SessionAllocation.Request(
                isStaff: kind == .staff,
                userLimit: kind == .anonymous ? portal.sessionsPerAnonymousUser : portal.sessionsPerRegisteredUser),
            snapshot)
        if let expected = request.expectedSession, snapshot.own != expected { return .refused(.otherSession) }
        if case .refuse(let refusal) = decision { return .refused(refusal) }

        let user = visitor.user ?? PortalUser(id: visitor.newID ?? .anonymous(at: now), kind: .anonymous, joined: now)
        if visitor.user == nil { try store.insert(user) }
        if !request.details.isEmpty { try remember(request.details, of: user.id, in: store) }
        guard
            let applied = try apply(
                decision, request, for: user.id, in: &environment, store, now: now,
                // A place that is only promised has to be waited for, whatever the runtime.
                startsAtOnce: context.runtime.startsAtOnce && !snapshot.environmentIsFull && !snapshot.portalIsFull)
        else { throw LaunchImpossible(decision: "\(decision)") }

        var entered = LaunchedSession(session: applied.session, user: user, way: applied.way)
        entered.isNewUser = visitor.user == nil
        entered.activation = applied.activation
        entered.resource =
            applied.session.environment == environment.name
            ? environment.resource : try store.environment(applied.session.environment)?.resource ?? ""
        if visitor.needsLogin {
            entered.login = try makeLogin(for: user.id, replacing: visitor.login, in: store, now: now)
        }
        if request.wantsHandover {
            let code = SecretToken.random()
            try store.insert(
                AuthorizationCode(
                    digest: code.digest, session: applied.session.name, user: user.id,
                    redirectURI: context.address.callbackURL(applied.session.name), challenge: nil,
                    expires: now.advanced(bySeconds: context.settings.handoverLifetime)))
            entered.handover = code
        }
        return .committed(entered, applied.changes)
    }

    private func remember(_ given: UserDetails, of user: UserID, in store: any PortalTransaction) throws {
        let known = try store.details(of: user)
        let details = (known ?? UserDetails()).updated(by: given)
        if details != known { try store.setDetails(details, of: user) }
    }

    private struct Applied {
        var session: WorkshopSession
        var way: LaunchedSession.Way
        var changes = SessionChanges()
        var activation: SecretToken?
    }

    /// Writes what was decided. `nil` when the store no longer agrees with its own snapshot, or names have run out.
    private func apply(
        _ decision: SessionAllocation.Decision, _ request: LaunchRequest, for user: UserID,
        in environment: inout WorkshopEnvironment, _ store: any PortalTransaction, now: Timestamp, startsAtOnce: Bool
    ) throws -> Applied? {
        let limits = environment.limits
        let until = request.activationTimeout.map { now.advanced(bySeconds: $0) }
        func activation(of name: SessionName) -> (digest: TokenDigest, until: Timestamp)? {
            until.map { (context.secrets.activationToken(of: name).digest, $0) }
        }
        let parameters = SessionParameters.values(
            for: context.definitions.workshops[environment.resource], given: request.parameters)
        let indexURL = request.returnAddress?.text
        let analyticsURL = request.analyticsAddress?.text

        switch decision {
        case .reuse(let name):
            guard var session = try store.session(name) else { return nil }
            var applied = Applied(session: session, way: .reused)
            guard session.activation != nil else {
                if let until {
                    applied.activation = try makeEntryLink(to: session, for: user, until: until, in: store)
                }
                return applied
            }
            if let activation = activation(of: name) {
                // Asked for again before it was entered: the same link, and its time begins anew.
                session.activation = activation.digest
                session.expires = activation.until
                applied.activation = context.secrets.activationToken(of: name)
                applied.changes.taken = [session]
            } else {
                guard let itsEnvironment = try store.environment(session.environment),
                    session.activate(itsEnvironment.limits, now: now)
                else { return nil }
                applied.changes.taken = [session]
            }
            try store.update(session)
            applied.session = session
            return applied
        case .take(let name):
            guard var session = try store.session(name),
                session.allocate(
                    to: user, indexURL: indexURL, analyticsURL: analyticsURL, parameters: parameters,
                    activation: activation(of: name), limits,
                    now: now)
            else { return nil }
            try store.update(session)
            return Applied(
                session: session, way: .reserved, changes: SessionChanges(taken: [session]),
                activation: until.map { _ in context.secrets.activationToken(of: name) })
        case .start, .startInPlaceOf:
            var changes = SessionChanges()
            var way = LaunchedSession.Way.started
            if case .startInPlaceOf(let name) = decision {
                changes.ended = try store.endSessions([name], because: .released, now: now)
                guard !changes.ended.isEmpty else { return nil }
                way = .inPlaceOfReserved
            }
            let made = try store.makeSession(in: &environment, now: now, secrets: context.secrets) { session in
                _ = session.allocate(
                    to: user, indexURL: indexURL, analyticsURL: analyticsURL, parameters: parameters,
                    activation: activation(of: session.name),
                    limits, now: now)
                if startsAtOnce { _ = session.becomeReady(limits, now: now) }
            }
            guard let made else { return nil }
            changes.started = [made]
            return Applied(
                session: made, way: way, changes: changes,
                activation: until.map { _ in context.secrets.activationToken(of: made.name) })
        case .refuse:
            return nil
        }
    }

    /// A link to a session that runs already: it signs its holder in as the owner, once, and leaves the session as it is.
    /// Kept as a code with an address that no agent can have.
    private func makeEntryLink(
        to session: WorkshopSession, for user: UserID, until: Timestamp, in store: any PortalTransaction
    ) throws -> SecretToken {
        let token = SecretToken.random()
        try store.insert(
            AuthorizationCode(
                digest: token.digest, session: session.name, user: user, redirectURI: SessionAllocator.entryLink,
                challenge: nil, expires: until))
        return token
    }

    private static let entryLink = "entry-link"

    /// Takes the link that `makeEntryLink` made. Somebody who is signed in as another user may come back with it.
    private func takeEntryLink(
        _ token: SecretToken, to session: WorkshopSession, in store: any PortalTransaction, now: Timestamp
    ) throws -> AuthorizationCode? {
        guard let code = try store.takeCode(token.digest) else { return nil }
        guard code.redirectURI == SessionAllocator.entryLink, code.session == session.name, code.expires > now,
            code.user == session.owner
        else {
            try store.insert(code)
            return nil
        }
        return code
    }

    private struct Identity {
        var user: PortalUser?
        /// The login that was shown, if it is good.
        var login: LoginCookie?
        var needsLogin = false
        var mayBecomeUser = false
        var newID: UserID?
    }

    private func identify(
        _ visitor: LaunchRequest.Visitor, in store: any PortalReader, now: Timestamp
    ) throws -> Identity {
        switch visitor {
        case .browser(let digest):
            var identity = Identity(needsLogin: true)
            guard let digest, let login = try store.login(digest), login.expires > now else { return identity }
            identity.login = login
            if let id = login.user, let user = try store.user(id) {
                identity.user = user
                identity.needsLogin = false
            }
            return identity
        case .user(let id):
            return Identity(user: try store.user(id), mayBecomeUser: true, newID: id)
        }
    }

    /// A new cookie, so that one that somebody else may have planted before is worth nothing afterwards.
    private func makeLogin(
        for user: UserID, replacing old: LoginCookie?, in store: any PortalTransaction, now: Timestamp
    ) throws -> IssuedLogin {
        let token = SecretToken.random()
        let login = LoginCookie(
            digest: token.digest, user: user, hasShownAccessCode: old?.hasShownAccessCode ?? false, created: now,
            expires: now.advanced(bySeconds: context.settings.loginLifetime))
        if let old { try store.deleteLogin(old.digest) }
        try store.insert(login)
        return IssuedLogin(token: token, login: login)
    }

    private func count(_ entered: LaunchedSession) {
        switch entered.way {
        case .reused: context.counters.add(.launchesReused)
        case .reserved: context.counters.add(.launchesFromReserve)
        case .started: context.counters.add(.launchesStarted)
        case .inPlaceOfReserved: context.counters.add(.launchesInPlaceOfReserved)
        }
        if entered.isNewUser { context.counters.add(.usersCreated) }
    }

    // MARK: End, extend, activate, seen

    /// Ends a session: for its owner, or for staff when `user` is `nil`.
    public func end(
        _ name: SessionName, by user: UserID?, because reason: SessionEnd = .deleted,
        completion: @escaping @Sendable (Result<EndOutcome, any Error>) -> Void
    ) {
        let now = context.clock.now()
        context.store.write(
            { store -> EndOutcome in
                guard let session = try store.session(name) else { return .unknown }
                if let user, session.owner != user { return .notOwner }
                if session.state == .stopped { return .gone(session) }
                guard let ended = try store.endSessions([name], because: reason, now: now).first else {
                    return .ending(session)
                }
                return .ended(ended)
            },
            completion: { result in
                if case .success(.ended(let session)) = result {
                    self.reconciler.committed(SessionChanges(ended: [session]))
                }
                completion(result)
            })
    }

    /// Moves a session's end (`SessionExtension`): for its owner, or for staff when `user` is `nil`.
    public func extend(
        _ name: SessionName, by user: UserID?,
        completion: @escaping @Sendable (Result<ExtendOutcome, any Error>) -> Void
    ) {
        let now = context.clock.now()
        context.store.write(
            { store -> ExtendOutcome in
                guard var session = try store.session(name), session.state != .stopped,
                    let environment = try store.environment(session.environment)
                else { return .unknown }
                if let user, session.owner != user { return .notOwner }
                let limits = environment.limits
                guard let end = SessionExtension.extended(session, limits, now: now) else {
                    return .schedule(SessionSchedule(of: session, limits, now: now), extended: false)
                }
                session.expires = end
                try store.update(session)
                return .schedule(SessionSchedule(of: session, limits, now: now), extended: true)
            },
            completion: { result in
                if case .success(.schedule(_, extended: true)) = result {
                    self.context.counters.add(.extensions)
                    self.context.catalog.changed()
                }
                completion(result)
            })
    }

    /// Uses an activation link (spec/portal-http.md, section 2.4). It works once and signs the browser in as the owner. The
    /// link to a session that was activated before leaves its timers as they are.
    /// - Parameters:
    ///   - login: the cookie that the browser shows.
    ///   - replacesLogin: whether somebody who is signed in as another user has agreed to be signed out.
    public func activate(
        _ name: SessionName, token: SecretToken, login: TokenDigest?, replacesLogin: Bool,
        completion: @escaping @Sendable (Result<ActivateOutcome, any Error>) -> Void
    ) {
        let now = context.clock.now()
        context.store.write(
            { store -> ActivateOutcome in
                guard var session = try store.session(name), let owner = session.owner,
                    let environment = try store.environment(session.environment)
                else { return .invalid }
                let shown = try login.flatMap(store.login).flatMap { $0.expires > now ? $0 : nil }
                guard session.isLive else { return shown?.user == owner ? .gone(session) : .invalid }
                let isFirst = session.activation == token.digest
                let link = isFirst ? nil : try self.takeEntryLink(token, to: session, in: store, now: now)
                guard isFirst || link != nil else { return .invalid }
                if let other = shown?.user, other != owner, !replacesLogin {
                    if let link { try store.insert(link) }
                    return .otherLogin(other)
                }
                if isFirst {
                    guard session.activate(environment.limits, now: now) else { return .invalid }
                    try store.update(session)
                }
                let issued =
                    shown?.user == owner ? nil : try self.makeLogin(for: owner, replacing: shown, in: store, now: now)
                return .activated(session, issued)
            },
            completion: { result in
                if case .success(.activated(let session, _)) = result {
                    self.context.counters.add(.activations)
                    self.reconciler.committed(SessionChanges(taken: [session]))
                }
                completion(result)
            })
    }

    /// The learner was seen at the session. Written at most every half minute, and only where somebody asks for it.
    public func seen(_ session: WorkshopSession, limits: EnvironmentLimits) {
        let now = context.clock.now()
        guard limits.orphaned > 0, session.state == .running,
            (session.lastSeen ?? session.created).advanced(bySeconds: min(30, limits.orphaned / 4)) <= now
        else { return }
        reconciler.recordSeen(session.name, at: now)
    }
}

/// The store contradicts what was read from it in the same transaction, or names have run out.
struct LaunchImpossible: Error, CustomStringConvertible {
    let decision: String
    var description: String { "the decision \(decision) could not be carried out" }
}
