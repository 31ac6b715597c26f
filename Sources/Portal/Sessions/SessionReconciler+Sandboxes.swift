internal import Platform
internal import Synchronization

extension SessionReconciler {
    // MARK: Start

    /// Starts one sandbox and records how that went.
    func start(_ name: SessionName) async {
        let began = context.clock.now()
        do {
            guard let launch = try launch(of: name) else {
                // Ended while it waited for its turn: its stop follows.
                return finishStart(name, .succeeded, nil)
            }
            try await begin(launch)
            recordReady(name, began: began)
        } catch {
            // Only the end of the whole loop cancels this task: the sandbox is left to the next program.
            if Task.isCancelled { return }
            recordStartFailure(name, error)
        }
    }

    /// Has the runtime start a sandbox.
    private func begin(_ launch: Launch) async throws {
        let watch = Stopwatch()
        defer {
            context.measures.runtimeStart.record(watch)
            if launch.isAwaited { context.measures.record(.start, watch) }
        }
        let runtime = context.runtime
        try await within(seconds: context.settings.startTimeout, for: launch.order.session) {
            try await runtime.start(launch.order)
        }
    }

    private struct Launch: Sendable {
        let order: SessionLaunch
        /// Whether it has an owner, who waits for it.
        let isAwaited: Bool
    }

    /// What the runtime needs. `nil` when the session is not to be started any more.
    private func launch(of name: SessionName) throws -> Launch? {
        let found = try context.store.read { store -> (WorkshopSession, WorkshopEnvironment)? in
            guard let session = try store.session(name), session.state == .starting,
                let environment = try store.environment(session.environment)
            else { return nil }
            return (session, environment)
        }
        guard let (session, environment) = found else { return nil }
        let definitions = context.definitions
        let prepared = state.withLock { $0.environments[environment.name]?.workshop ?? nil }
        guard let workshop = prepared ?? definitions.workshops[environment.resource] else {
            throw SessionRuntimeError(.failed, "the workshop \(environment.resource) is not defined")
        }
        return Launch(
            order: SessionLaunch(
                session, in: environment, workshop, definitions.portal, context.address, context.secrets),
            isAwaited: session.owner != nil)
    }

    /// The runtime says that the session answers.
    func recordReady(_ name: SessionName, began: Timestamp) {
        let now = context.clock.now()
        context.store.write(
            { store -> WorkshopSession? in
                guard var session = try store.session(name),
                    var environment = try store.environment(session.environment),
                    session.becomeReady(environment.limits, now: now)
                else { return nil }
                try store.update(session)
                if environment.problem != nil && environment.state == .running {
                    environment.problem = nil
                    try store.update(environment)
                }
                return session
            },
            completion: { result in
                switch result {
                case .success(let session):
                    if let session {
                        self.context.counters.add(.sessionsReady)
                        self.state.withLock { state in
                            state.startup.took(now.milliseconds - began.milliseconds, in: session.environment)
                            state.failures.succeeded(session.environment)
                        }
                    }
                    self.finishStart(name, .succeeded, session)
                case .failure(let error):
                    self.context.log.error(
                        "cannot record that a session is ready", ("session", name), ("error", "\(error)"))
                    self.finishStart(name, .unrecorded, nil)
                }
            })
    }

    private func finishStart(_ name: SessionName, _ result: SandboxQueue.StartResult, _ session: WorkshopSession?) {
        let now = context.clock.now()
        let completions = state.withLock { state -> [ReadinessWaiters.Completion] in
            _ = state.queue.startEnded(name, result, now: now, attempts: context.settings.startAttempts)
            guard let session else { return [] }
            noteTimers(&state, of: session)
            return state.waiters.takeAll(of: name)
        }
        if let session {
            context.catalog.changed()
            for completion in completions { completion(.ready(session)) }
        }
        wake()
    }

    /// The runtime could not start a session: it is tried again for somebody who waits, else ended.
    func recordStartFailure(_ name: SessionName, _ error: any Error) {
        let now = context.clock.now()
        let environment = name.environmentName
        let (verdict, failures) = state.withLock { state in
            let verdict = state.queue.startEnded(name, .failed, now: now, attempts: context.settings.startAttempts)
            if verdict != .unwanted, let environment { state.failures.failed(environment, now: now) }
            return (verdict, environment.map(state.failures.count) ?? 0)
        }
        guard verdict != .unwanted else { return wake() }
        context.counters.add(.sessionsStartFailed)
        context.log.warning(
            "a session did not start", ("session", name), ("reason", "\(error)"), ("failures", failures))
        wake()
        let isBroken = failures >= StartFailures.brokenAfter
        guard verdict == .failed || isBroken else { return }
        context.store.write(
            { store -> SessionChanges in
                if isBroken, let environment, var broken = try store.environment(environment), broken.problem == nil,
                    broken.state == .running
                {
                    broken.problem = "Its sessions do not start."
                    try store.update(broken)
                }
                guard verdict == .failed else { return SessionChanges() }
                return SessionChanges(ended: try store.endSessions([name], because: .startFailed, now: now))
            },
            completion: { result in
                switch result {
                case .success(let changes): self.committed(changes)
                case .failure(let error):
                    self.context.log.error("cannot end a session", ("session", name), ("error", "\(error)"))
                    if verdict == .failed { self.state.withLock { $0.queue.startAgain(name, now: now) } }
                    self.wake()
                }
            })
    }

    // MARK: Stop

    /// Stops one sandbox and records that it is gone.
    func stop(_ name: SessionName) async {
        do {
            let runtime = context.runtime
            let watch = Stopwatch()
            defer { context.measures.runtimeStop.record(watch) }
            try await within(seconds: context.settings.stopTimeout) { try await runtime.stop(name) }
            recordGone(name)
        } catch {
            if Task.isCancelled { return }
            recordStopFailure(name, error)
        }
    }

    func recordStopFailure(_ name: SessionName, _ error: any Error) {
        context.counters.add(.stopsFailed)
        context.log.warning("a session could not be removed", ("session", name), ("reason", "\(error)"))
        finishStop(name, succeeded: false)
    }

    /// Nothing is left of a sandbox. Its place becomes free when that is on record.
    func recordGone(_ name: SessionName) {
        let now = context.clock.now()
        let isFinal = state.withLock { state in
            guard state.queue.isFinalStop(name) else {
                _ = state.queue.stopEnded(name, succeeded: true, now: now)
                return false
            }
            return true
        }
        guard isFinal else { return wake() }
        context.store.write(
            { store -> (WorkshopSession, EnvironmentState)? in
                guard var session = try store.session(name), session.becomeStopped(now: now) else { return nil }
                try store.update(session)
                return (session, try store.environment(session.environment)?.state ?? .stopped)
            },
            completion: { result in
                switch result {
                case .success(let stopped):
                    self.finishStop(name, succeeded: true, environment: stopped?.1)
                    guard let (session, _) = stopped else { return }
                    self.context.counters.add(.sessionsStopped)
                    self.context.catalog.changed()
                    let waiting = self.state.withLock { $0.waiters.takeAll(of: name) }
                    for completion in waiting { completion(.ended(session)) }
                case .failure(let error):
                    self.context.log.error(
                        "cannot record that a session is gone", ("session", name), ("error", "\(error)"))
                    self.finishStop(name, succeeded: false)
                }
            })
    }

    private func finishStop(_ name: SessionName, succeeded: Bool, environment: EnvironmentState? = nil) {
        let now = context.clock.now()
        state.withLock { state in
            _ = state.queue.stopEnded(name, succeeded: succeeded, now: now)
            if succeeded {
                state.unresponsive[name] = nil
                state.refill.isWanted = true
                if environment != .running { state.plan.isWanted = true }
            }
        }
        wake()
    }

    // MARK: Departures

    /// The runtime says that a session ended by itself.
    func recordDeparture(_ name: SessionName) {
        guard state.withLock({ $0.queue.isUp(name) }) else { return }
        context.log.warning("a session ended by itself", ("session", name))
        endAll([name], because: .vanished)
    }

    /// Ends sessions in one transaction, and again later if that fails.
    func endAll(_ names: [SessionName], because reason: SessionEnd) {
        guard !names.isEmpty else { return }
        let now = context.clock.now()
        context.store.write(
            { SessionChanges(ended: try $0.endSessions(names, because: reason, now: now)) },
            completion: { result in
                switch result {
                case .success(let changes): self.committed(changes)
                case .failure(let error):
                    self.context.log.error("cannot end sessions", ("count", names.count), ("error", "\(error)"))
                    // Looks again at what runs before long.
                    self.state.withLock {
                        $0.nextCheck = min($0.nextCheck ?? .distantFuture, now.advanced(bySeconds: 5))
                    }
                    self.wake()
                }
            })
    }
}

extension Timestamp {
    /// Later than any moment of a portal's life: the year 9999.
    static let distantFuture = Timestamp(seconds: 253_370_764_800)
}
