internal import Platform

extension PortalAccounts {
    /// Removes a user with everything that is stored about them. Sessions that still run stand in the way, because their
    /// sandboxes do: they are ended first, if that is wanted, and the user is removed by another call when they are gone.
    public func erase(
        _ user: UserID, endsSessions: Bool,
        completion: @escaping @Sendable (Result<ErasureOutcome, any Error>) -> Void
    ) {
        let now = context.clock.now()
        context.store.write(
            { store -> (ErasureOutcome, [WorkshopSession]) in
                let sessions = try store.sessions(ownedBy: user)
                if !sessions.isEmpty && !endsSessions { return (.hasSessions(sessions.map(\.name)), []) }
                let outcome = try store.eraseUser(user)
                guard case .hasSessions(let names) = outcome else { return (outcome, []) }
                let ended = try store.endSessions(names, because: .terminated, now: now)
                return (.ending(names), ended)
            },
            completion: { result in
                if case .success(let (_, ended)) = result, !ended.isEmpty {
                    self.reconciler.committed(SessionChanges(ended: ended))
                }
                completion(result.map(\.0))
            })
    }
}

extension PortalTransaction {
    /// Removes a user who has no session left: for a portal that does not run.
    public func eraseUser(_ user: UserID) throws -> ErasureOutcome {
        guard try self.user(user) != nil else { return .unknown }
        let sessions = try sessions(ownedBy: user)
        guard sessions.isEmpty else { return .hasSessions(sessions.map(\.name)) }
        try erase(user)
        return .erased
    }
}

public enum ErasureOutcome: Sendable, Equatable {
    case erased
    /// These are being ended; another call erases the user when they are gone.
    case ending([SessionName])
    /// These run, and nothing was changed.
    case hasSessions([SessionName])
    case unknown
}
