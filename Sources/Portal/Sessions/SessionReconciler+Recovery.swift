internal import Platform
internal import Synchronization

extension SessionReconciler {
    /// Compares the store with what runs when the program starts: adopts sandboxes that belong to a session, starts again
    /// what was half made, ends sessions whose sandbox is gone, removes sandboxes that belong to nobody.
    func recover() async {
        var attempt = 0
        while !Task.isCancelled {
            do {
                let existing = try await context.runtime.existing()
                try adoptAll(existing)
                try discardLeftovers(of: try await context.runtime.preparedEnvironments())
                return wake()
            } catch {
                attempt += 1
                context.log.error("cannot find out what runs", ("error", "\(error)"), ("attempt", attempt))
                try? await Task.sleep(for: .seconds(min(30, 1 << min(attempt, 5))))
            }
        }
    }

    private static let page = 500

    /// Removes content of environments that stopped when no portal was there to remove it.
    func discardLeftovers(of prepared: [EnvironmentName]) throws {
        let inUse = Set(try context.store.read { try $0.environments().map(\.name) })
        let now = context.clock.now()
        state.withLock { state in
            for name in prepared where !inUse.contains(name) { state.discards[name] = now }
        }
    }

    func adoptAll(_ existing: [SessionName: SessionPresence]) throws {
        let now = context.clock.now()
        var vanished: [SessionName] = []
        var known: Set<SessionName> = []
        for sessionState in [SessionState.starting, .waiting, .running, .stopping] {
            try forEachSession(in: sessionState) { session in
                known.insert(session.name)
                if self.adopt(session, existing[session.name]) { vanished.append(session.name) }
            }
        }
        let strays = existing.keys.filter { !known.contains($0) }
        state.withLock { state in
            for name in strays { state.queue.wantStop(name, in: name.environmentOrStray) }
            state.isRecovered = true
            state.nextExpiry = now
            state.nextCheck = now.advanced(bySeconds: context.settings.checkInterval)
            state.refill.isWanted = true
        }
        if !known.isEmpty || !strays.isEmpty {
            context.log.info(
                "compared sessions with what runs", ("sessions", known.count), ("vanished", vanished.count),
                ("strays", strays.count))
        }
        for start in stride(from: 0, to: vanished.count, by: 200) {
            endAll(Array(vanished[start..<min(start + 200, vanished.count)]), because: .vanished)
        }
    }

    /// - Returns: whether the session's sandbox is gone.
    private func adopt(_ session: WorkshopSession, _ presence: SessionPresence?) -> Bool {
        let isOwned = session.owner != nil
        return state.withLock { state in
            switch (session.state, presence) {
            case (.starting, _):
                state.queue.wantStart(
                    session.name, in: session.environment, isOwned: isOwned, mayExist: presence != nil)
                return false
            case (.stopping, _):
                state.queue.wantStop(session.name, in: session.environment, mayExist: presence != nil)
                return false
            case (_, .ready), (_, .unresponsive):
                state.queue.adopt(session.name, in: session.environment, isOwned: isOwned)
                return false
            case (_, .remains):
                state.queue.adopt(session.name, in: session.environment, isOwned: isOwned)
                return true
            case (_, nil):
                guard !context.runtime.remembersSessions else { return true }
                state.queue.adopt(session.name, in: session.environment, isOwned: isOwned)
                return false
            }
        }
    }

    /// Reads in pages by name, so that nothing is held for long and nothing is skipped.
    private func forEachSession(in sessionState: SessionState, _ body: (WorkshopSession) -> Void) throws {
        // The smallest name there can be, and none of ours: names have a `-s` in them.
        var last = SessionName(rawValue: "0")
        while true {
            let page = try context.store.read {
                try $0.sessions(in: sessionState, after: last, limit: SessionReconciler.page)
            }
            page.forEach(body)
            guard page.count == SessionReconciler.page, let name = page.last?.name else { return }
            last = name
        }
    }

    /// Answers missed in a row after which a session counts as gone.
    private static let missedChecks = 3

    /// Compares again what runs, in case something died unheard. Sessions that are being started or stopped are spared.
    func checkWhatRuns() async {
        let before = Set(state.withLock { $0.queue.up })
        do {
            let existing = try await within(seconds: context.settings.stopTimeout) {
                [runtime = context.runtime] in
                try await runtime.existing()
            }
            let missing = state.withLock { state -> [SessionName] in
                before.filter { name in
                    guard state.queue.isUp(name) else { return false }
                    switch existing[name] {
                    case .ready: state.unresponsive[name] = nil
                    case .unresponsive:
                        state.unresponsive[name, default: 0] += 1
                        return (state.unresponsive[name] ?? 0) >= SessionReconciler.missedChecks
                    case .remains: return true
                    case nil: return context.runtime.remembersSessions
                    }
                    return false
                }
            }
            endAll(missing, because: .vanished)
            try removeStrays(existing)
        } catch {
            if Task.isCancelled { return }
            context.log.error("cannot find out what runs", ("error", "\(error)"))
        }
        let now = context.clock.now()
        state.withLock { state in
            let due = now.advanced(bySeconds: context.settings.checkInterval)
            state.nextCheck = min(state.nextCheck ?? due, due)
        }
        wake()
    }

    private func removeStrays(_ existing: [SessionName: SessionPresence]) throws {
        for name in existing.keys where !state.withLock({ $0.queue.knows(name) }) {
            let session = try context.store.read { try $0.session(name) }
            guard session.map({ $0.state == .stopped }) ?? true else { continue }
            context.log.warning("a session runs that should not", ("session", name))
            state.withLock { $0.queue.wantStop(name, in: name.environmentOrStray) }
        }
    }
}

extension SessionName {
    /// The environment that the name tells, else a name that stands for none.
    fileprivate var environmentOrStray: EnvironmentName {
        environmentName ?? EnvironmentName(unchecked: "stray")
    }
}
