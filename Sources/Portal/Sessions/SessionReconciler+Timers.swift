internal import Platform
internal import Synchronization

extension SessionReconciler {
    // MARK: Expiry

    /// Rows changed in one transaction, so that a learner's write never waits long behind a large sweep.
    static let batch = 50

    /// Ends what is due (`SessionExpiry`), a batch at a time.
    func endExpired(_ now: Timestamp) {
        context.store.write(
            { store -> (SessionChanges, Timestamp?) in
                var changes = SessionChanges()
                var limits: [EnvironmentName: EnvironmentLimits] = [:]
                for session in try store.sessions(expiringBy: now, limit: SessionReconciler.batch) {
                    if limits[session.environment] == nil {
                        limits[session.environment] = try store.environment(session.environment)?.limits
                    }
                    guard let its = limits[session.environment],
                        let reason = SessionExpiry.due(session, its, now: now)
                    else { continue }
                    changes.ended += try store.endSessions([session.name], because: reason, now: now)
                }
                return (changes, try store.nextExpiry())
            },
            completion: { result in
                switch result {
                case .success(let (changes, next)):
                    self.state.withLock { state in
                        state.expiry.isUnderWay = false
                        // A session noted meanwhile may be due before what the store said.
                        state.nextExpiry = [next, state.nextExpiry.flatMap { $0 > now ? $0 : nil }].compactMap(\.self)
                            .min()
                        if let next, next <= now { state.expiry.isWanted = true }
                    }
                    self.committed(changes)
                    self.wake()
                case .failure(let error):
                    self.context.log.error("cannot end sessions that are due", ("error", "\(error)"))
                    self.state.withLock { state in
                        state.expiry.isUnderWay = false
                        state.nextExpiry = now.advanced(bySeconds: 5)
                    }
                    self.wake()
                }
            })
    }

    // MARK: Orphans

    /// Seconds that a session has to say when its learner was last seen, and until one that did not is asked again.
    private static let answerTimeout = 3
    private static let askAgainAfter = 60
    /// Sessions asked at the same time.
    private static let questions = 8

    /// Asks the sessions of one environment that seem abandoned, and ends those that are.
    func askLastSeen(_ name: EnvironmentName) async {
        let now = context.clock.now()
        var next: Timestamp? = now.advanced(bySeconds: SessionReconciler.askAgainAfter)
        defer {
            state.withLock { state in
                state.orphanChecksUnderWay.remove(name)
                if let next {
                    let known = state.orphanChecks[name] ?? next
                    state.orphanChecks[name] = min(known, next)
                }
            }
            wake()
        }
        do {
            guard let (limits, suspects) = try suspects(in: name, now: now) else { return next = nil }
            guard limits.orphaned > 0 else { return next = nil }
            let answers = await ask(suspects)
            let changes = try await context.store.write { store in
                try self.recordSeen(answers, limits, in: store, now: now)
            }
            committed(changes)
            let earliest = try context.store.read {
                try $0.sessions(of: name, unseenSince: .distantFuture, limit: 1).first
            }
            let due = earliest.flatMap { SessionExpiry.orphanMoment(of: $0, limits) }
            let again = now.advanced(bySeconds: SessionReconciler.askAgainAfter)
            // One that did not answer stays the earliest; it is asked again in a while.
            next = due.map { $0 > now ? $0 : again }
            if answers.count < suspects.count { next = min(next ?? again, again) }
        } catch {
            if Task.isCancelled { return }
            context.log.error("cannot look for abandoned sessions", ("environment", name), ("error", "\(error)"))
        }
    }

    private func suspects(
        in name: EnvironmentName, now: Timestamp
    ) throws -> (limits: EnvironmentLimits, suspects: [SessionName])? {
        try context.store.read { store in
            guard let environment = try store.environment(name), environment.state != .stopped else { return nil }
            let limits = environment.limits
            guard limits.orphaned > 0 else { return (limits, []) }
            let found = try store.sessions(
                of: name, unseenSince: now.advanced(bySeconds: -limits.orphaned), limit: SessionReconciler.batch)
            return (limits, found.filter { SessionExpiry.due($0, limits, now: now) == .orphaned }.map(\.name))
        }
    }

    private func ask(_ sessions: [SessionName]) async -> [SessionName: Timestamp] {
        let runtime = context.runtime
        return await withTaskGroup(of: (SessionName, Timestamp?).self) { group in
            var answers: [SessionName: Timestamp] = [:]
            var waiting = sessions.makeIterator()
            func askNext() {
                guard let session = waiting.next() else { return }
                group.addTask {
                    let seen = try? await self.within(seconds: SessionReconciler.answerTimeout) {
                        await runtime.lastSeen(session)
                    }
                    return (session, seen ?? nil)
                }
            }
            for _ in 0..<SessionReconciler.questions { askNext() }
            for await (session, seen) in group {
                answers[session] = seen
                askNext()
            }
            return answers
        }
    }

    /// Writes down what the sessions answered and ends those whose learner is gone.
    func recordSeen(
        _ answers: [SessionName: Timestamp], _ limits: EnvironmentLimits, in store: any PortalTransaction,
        now: Timestamp
    ) throws -> SessionChanges {
        var changes = SessionChanges()
        for (name, seen) in answers {
            guard var session = try store.session(name), session.state == .running else { continue }
            if seen > session.lastSeen ?? session.created {
                session.lastSeen = min(seen, now)
                try store.update(session)
            }
            if SessionExpiry.due(session, limits, now: now) == .orphaned {
                changes.ended += try store.endSessions([name], because: .orphaned, now: now)
            }
        }
        return changes
    }

    /// The learner was seen by the portal itself.
    func recordSeen(_ name: SessionName, at moment: Timestamp) {
        context.store.write(
            { store in
                guard var session = try store.session(name), session.state == .running,
                    moment > session.lastSeen ?? session.created
                else { return }
                session.lastSeen = moment
                try store.update(session)
            },
            completion: { result in
                if case .failure(let error) = result {
                    self.context.log.error("cannot record a visit", ("session", name), ("error", "\(error)"))
                }
            })
    }

    // MARK: Forgetting

    /// Removes rows that nobody needs any more.
    func purge() async {
        let retention = context.settings.retention
        do {
            while !Task.isCancelled {
                let now = context.clock.now()
                let removed = try await context.store.write { store in
                    try store.purge(
                        endedBefore: now.advanced(bySeconds: -retention), now: now, limit: SessionReconciler.batch)
                }
                if removed < SessionReconciler.batch { break }
            }
            try await purgeAudit()
        } catch {
            context.log.error("cannot remove what is old", ("error", "\(error)"))
        }
    }

    private func purgeAudit() async throws {
        let retention = context.settings.auditRetention
        while !Task.isCancelled {
            let moment = context.clock.now().advanced(bySeconds: -retention)
            let removed = try await context.store.write { store in
                try store.purgeAudit(before: moment, limit: SessionReconciler.batch)
            }
            if removed < SessionReconciler.batch { return }
        }
    }
}
