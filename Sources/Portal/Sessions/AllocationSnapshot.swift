internal import Platform

extension SessionAllocation.Snapshot {
    /// Reads what the decision needs. The number of rows read does not grow with the number of sessions: departing and
    /// evictable ones are looked up only where a limit is reached.
    static func take(
        from store: any PortalReader, environment: WorkshopEnvironment, user: UserID?, maximum: Int, now: Timestamp,
        startsWithin: Int?
    ) throws -> SessionAllocation.Snapshot {
        var snapshot = SessionAllocation.Snapshot(
            environment: environment, inEnvironment: try store.counts(of: environment.name),
            inPortal: try store.countsOfPortal(), maximum: maximum, startsWithin: startsWithin)
        if let user {
            let live = try store.sessions(ownedBy: user).filter(\.isLive)
            snapshot.ownLive = live.count
            snapshot.own = try own(among: live, of: environment, in: store)
        }
        guard environment.state == .running else { return snapshot }
        if snapshot.inEnvironment.available + snapshot.inEnvironment.warming > 0 {
            snapshot.reserved = try store.reservedSession(of: environment.name)?.name
        }
        if snapshot.environmentIsFull || snapshot.portalIsFull {
            let departing = try Departures.recent(in: store, now: now)
            snapshot.departingFromEnvironment = departing.count(of: environment.name)
            snapshot.departingFromPortal = departing.total
        }
        if snapshot.portalIsFull { snapshot.evictable = try store.reservedSessions(of: nil, limit: 1).first?.name }
        return snapshot
    }

    /// The user's live session of this workshop: of this environment, else of one that carried the same published name
    /// before and is running out.
    private static func own(
        among live: [WorkshopSession], of environment: WorkshopEnvironment, in store: any PortalReader
    ) throws -> SessionName? {
        if let session = live.first(where: { $0.environment == environment.name }) { return session.name }
        for session in live where try store.environment(session.environment)?.workshop == environment.workshop {
            return session.name
        }
        return nil
    }
}

/// Sessions that are being stopped and may be expected to be gone soon.
struct Departures {
    private var counts: [EnvironmentName: Int] = [:]
    private(set) var total = 0

    func count(of environment: EnvironmentName) -> Int { counts[environment] ?? 0 }

    /// Those that began to stop within `SessionAllocation.departureGrace`.
    static func recent(in store: any PortalReader, now: Timestamp) throws -> Departures {
        try count(in: store, since: now.advanced(bySeconds: -SessionAllocation.departureGrace))
    }

    /// All that are being stopped.
    static func all(in store: any PortalReader) throws -> Departures {
        try count(in: store, since: Timestamp(milliseconds: .min))
    }

    /// Looks at 1,000 sessions at most, so that it promises too little rather than too much.
    private static func count(in store: any PortalReader, since: Timestamp) throws -> Departures {
        var result = Departures()
        for session in try store.sessions(in: .stopping, after: nil, limit: 1000) {
            guard let began = session.expires, began > since else { continue }
            result.counts[session.environment, default: 0] += 1
            result.total += 1
        }
        return result
    }
}
