internal import Platform

/// What staff does to a portal at work. Each deed is one transaction that decides, acts and notes it in the log, and looks
/// there once more whether it is still staff who asks.
public final class PortalAdministration: Sendable {
    private let context: PortalContext
    private let reconciler: SessionReconciler
    /// What sessions take of the machine.
    public let usage: UsageMeter

    init(_ context: PortalContext, _ reconciler: SessionReconciler) {
        self.context = context
        self.reconciler = reconciler
        usage = UsageMeter(context.runtime)
    }

    /// Grows with every change of an environment or session, after its commit, and with every page that a learner turns:
    /// whoever shows them reads again only then.
    public var changes: UInt64 { context.catalog.version + context.pages.changes }

    /// Does what staff asks for.
    /// - Parameter completion: called once, on the store's thread; it must not block. It gets the log's entry, or `nil` when
    ///   the user is not of the staff.
    public func perform(
        _ action: AdminAction, by user: UserID,
        completion: @escaping @Sendable (Result<AuditEntry?, any Error>) -> Void
    ) {
        switch action {
        case .refresh(let environment): reconciler.refresh(environment, by: user, completion: completion)
        case .purgeEnded: purge(by: user, removed: 0, until: context.clock.now(), completion: completion)
        default: change(action, by: user, completion: completion)
        }
    }

    /// Does to a session what whoever operates the machine asks for, by a command and not as a user of the portal; the log
    /// names `UserID.machineOperator`.
    /// - Parameter completion: as above.
    public func performForOperator(
        _ action: SessionAction, completion: @escaping @Sendable (Result<AuditEntry?, any Error>) -> Void
    ) {
        change(action.asAdminAction, by: nil, completion: completion)
    }

    // MARK: Sessions

    private struct Deed: Sendable {
        var outcome: AuditEntry.Outcome
        var amount = 0
        var ended: [WorkshopSession] = []
        /// Runs on, and its end has moved.
        var moved: WorkshopSession?
    }

    /// - Parameter user: whoever of the staff asks; `nil` for the machine's operator.
    private func change(
        _ action: AdminAction, by user: UserID?,
        completion: @escaping @Sendable (Result<AuditEntry?, any Error>) -> Void
    ) {
        let now = context.clock.now()
        context.store.write(
            { store -> (AuditEntry, Deed)? in
                if let user, try !store.isStaff(user) { return nil }
                let deed = try PortalAdministration.carryOut(action, in: store, now: now)
                let entry = try store.note(action, by: user ?? .machineOperator, deed.outcome, deed.amount, now: now)
                return (entry, deed)
            },
            completion: { result in
                guard case .success(let (_, deed)?) = result else { return completion(result.map { $0?.0 }) }
                if !deed.ended.isEmpty { self.reconciler.committed(SessionChanges(ended: deed.ended)) }
                if let moved = deed.moved { self.reconciler.endMoved(moved) }
                if deed.outcome == .extended { self.context.counters.add(.extensions) }
                completion(result.map { $0?.0 })
            })
    }

    private static func carryOut(
        _ action: AdminAction, in store: any PortalTransaction, now: Timestamp
    ) throws -> Deed {
        switch action {
        case .extend(let name, let minutes, let seen):
            guard let session = try store.session(name) else { return Deed(outcome: .unknown) }
            return try extend(session, bySeconds: minutes * 60, seen: seen, in: store, now: now)
        case .expire(let name):
            guard var session = try store.session(name) else { return Deed(outcome: .unknown) }
            guard session.expireSoon(grace: AdminAction.grace, now: now) else {
                return try end([session], in: store, now: now)
            }
            try store.update(session)
            let left = session.expires.map { max(0, $0.seconds(since: now)) } ?? AdminAction.grace
            return Deed(outcome: .expiring, amount: left, moved: session)
        case .terminate(let name):
            guard let session = try store.session(name) else { return Deed(outcome: .unknown) }
            return try end([session], in: store, now: now)
        case .open(let name):
            guard let session = try store.session(name) else { return Deed(outcome: .unknown) }
            return Deed(outcome: session.isLive && session.isReady ? .opened : .notRunning)
        case .endSessions(let owner):
            guard try store.user(owner) != nil else { return Deed(outcome: .unknown) }
            return try end(try store.sessions(ownedBy: owner), in: store, now: now)
        case .refresh, .purgeEnded:
            return Deed(outcome: .unknown)
        }
    }

    private static func extend(
        _ session: WorkshopSession, bySeconds seconds: Int, seen: Timestamp?, in store: any PortalTransaction,
        now: Timestamp
    ) throws -> Deed {
        guard let limits = try store.environment(session.environment)?.limits else { return Deed(outcome: .unknown) }
        switch StaffExtension.decide(session, limits, bySeconds: seconds, seen: seen, now: now) {
        case .moved(let end):
            var moved = session
            moved.moveEnd(to: end)
            try store.update(moved)
            return Deed(
                outcome: .extended, amount: session.expires.map { end.seconds(since: $0) } ?? 0, moved: moved)
        case .atDeadline: return Deed(outcome: .atDeadline)
        case .movedBefore: return Deed(outcome: .movedBefore)
        case .neverEnds: return Deed(outcome: .neverEnds)
        case .notRunning: return Deed(outcome: .notRunning)
        }
    }

    private static func end(
        _ sessions: [WorkshopSession], in store: any PortalTransaction, now: Timestamp
    ) throws -> Deed {
        let ended = try store.endSessions(sessions.map(\.name), because: .terminated, now: now)
        guard !ended.isEmpty else { return Deed(outcome: .endedBefore) }
        return Deed(outcome: .ended, amount: ended.count, ended: ended)
    }

    // MARK: What has ended

    /// Removes a batch at a time, so that no learner waits behind it; the last one notes how many they were.
    private func purge(
        by user: UserID, removed: Int, until moment: Timestamp,
        completion: @escaping @Sendable (Result<AuditEntry?, any Error>) -> Void
    ) {
        context.store.write(
            { store -> (removed: Int, entry: AuditEntry?)? in
                guard try store.isStaff(user) else { return nil }
                let now = try store.purgeSessions(endedBefore: moment, limit: SessionReconciler.batch)
                guard now < SessionReconciler.batch else { return (now, nil) }
                let entry = try store.note(.purgeEnded, by: user, .purged, removed + now, now: moment)
                return (now, entry)
            },
            completion: { result in
                switch result {
                case .failure(let error): completion(.failure(error))
                case .success(nil): completion(.success(nil))
                case .success(let batch?):
                    self.context.catalog.changed()
                    if let entry = batch.entry { return completion(.success(entry)) }
                    self.purge(by: user, removed: removed + batch.removed, until: moment, completion: completion)
                }
            })
    }
}

extension PortalTransaction {
    func isStaff(_ user: UserID) throws -> Bool { try self.user(user)?.kind == .staff }

    /// Writes the log.
    func note(
        _ action: AdminAction, by user: UserID, _ outcome: AuditEntry.Outcome, _ amount: Int, now: Timestamp
    ) throws -> AuditEntry {
        var entry = AuditEntry(
            moment: now, actor: user, action: action.kind, target: action.target, outcome: outcome, amount: amount)
        entry.number = try insert(entry)
        return entry
    }
}
