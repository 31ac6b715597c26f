internal import Platform
internal import Synchronization

extension SessionReconciler {
    // MARK: Environments as they should be

    /// Applies `EnvironmentPlan` in one transaction.
    func planEnvironments(_ now: Timestamp) {
        let definitions = context.definitions
        context.store.write(
            { store -> PlanResult in
                let plan = try EnvironmentPlan.plan(definitions, store.environments(), now: now) { name in
                    try store.counts(of: name).active == 0
                }
                try self.apply(plan, definitions, in: store, now: now)
                return PlanResult(plan: plan, environments: try store.environments())
            },
            completion: { result in
                self.state.withLock { $0.plan.isUnderWay = false }
                switch result {
                case .success(let result): self.adopt(result, definitions, now: now)
                case .failure(let error):
                    self.context.log.error("cannot bring environments up to date", ("error", "\(error)"))
                    self.state.withLock { $0.nextRefresh = now.advanced(bySeconds: 5) }
                    self.wake()
                }
            })
    }

    /// Replaces an environment because staff asks for it, and notes that in the log.
    func refresh(
        _ name: EnvironmentName, by user: UserID,
        completion: @escaping @Sendable (Result<AuditEntry?, any Error>) -> Void
    ) {
        let now = context.clock.now()
        let definitions = context.definitions
        context.store.write(
            { store -> (AuditEntry, PlanResult?)? in
                guard try store.isStaff(user) else { return nil }
                func note(_ outcome: AuditEntry.Outcome) throws -> AuditEntry {
                    try store.note(.refresh(name), by: user, outcome, 0, now: now)
                }
                guard let environment = try store.environment(name) else { return (try note(.unknown), nil) }
                guard environment.state == .starting || environment.state == .running else {
                    return (try note(.replacedBefore), nil)
                }
                guard definitions.workshops[environment.resource] != nil else { return (try note(.notDefined), nil) }
                let plan = try EnvironmentPlan.plan(
                    definitions, store.environments(), now: now, refreshed: name
                ) { try store.counts(of: $0).active == 0 }
                try self.apply(plan, definitions, in: store, now: now)
                return (try note(.refreshed), PlanResult(plan: plan, environments: try store.environments()))
            },
            completion: { result in
                if case .success((_, let plan?)?) = result { self.adopt(plan, definitions, now: now) }
                completion(result.map { $0?.0 })
            })
    }

    private struct PlanResult: Sendable {
        let plan: EnvironmentPlan
        let environments: [WorkshopEnvironment]
    }

    /// The reserved sessions of an environment that stops are dropped by the next look at the reserve.
    private func apply(
        _ plan: EnvironmentPlan, _ definitions: PortalDefinitions, in store: any PortalTransaction, now: Timestamp
    ) throws {
        for name in plan.stop {
            guard var environment = try store.environment(name) else { continue }
            environment.state = try store.counts(of: name).active == 0 ? .stopped : .stopping
            try store.update(environment)
        }
        for name in plan.finish {
            guard var environment = try store.environment(name) else { continue }
            environment.state = .stopped
            try store.update(environment)
        }
        for environment in plan.update { try store.update(environment) }
        for wanted in plan.create {
            let number = try store.takeEnvironmentNumber()
            guard let name = EnvironmentName(portal: definitions.portal.name, number: number) else { continue }
            try store.insert(
                WorkshopEnvironment(
                    name: name, number: number, workshop: wanted.entry.publishedName, resource: wanted.entry.name,
                    revision: wanted.revision, state: .starting, position: wanted.position, limits: wanted.entry.limits,
                    created: now))
        }
    }

    /// Takes over what the plan led to: which contents have to be prepared, and the limits for starts.
    private func adopt(_ result: PlanResult, _ definitions: PortalDefinitions, now: Timestamp) {
        for name in result.plan.missing {
            context.log.warning("a workshop of the portal is not defined", ("workshop", name))
        }
        for name in result.plan.stop { context.log.info("environment takes no more visitors", ("environment", name)) }
        state.withLock { state in
            let names = Set(result.environments.map(\.name))
            for name in state.environments.keys where !names.contains(name) {
                state.environments[name] = nil
                state.failures.forget(name)
                state.startup.forget(name)
                state.orphanChecks[name] = nil
                state.discards[name] = now
            }
            for environment in result.environments {
                if var known = state.environments[environment.name] {
                    known.capacity = environment.limits.capacity
                    known.orphaned = environment.limits.orphaned
                    state.environments[environment.name] = known
                } else {
                    // Also for one that runs: the runtime was told of it by an earlier program at most. Without a
                    // definition there is nothing to prepare, and its starts will say so.
                    let workshop = definitions.workshops[environment.resource]
                    state.environments[environment.name] = Preparation(
                        step: workshop == nil ? .ready : .wanted(at: now), capacity: environment.limits.capacity,
                        orphaned: environment.limits.orphaned, workshop: workshop)
                }
                if environment.limits.orphaned > 0 && environment.state != .starting {
                    state.orphanChecks[environment.name] = state.orphanChecks[environment.name] ?? now
                }
            }
            state.nextRefresh = result.plan.nextRefresh
            state.refill.isWanted = true
        }
        context.catalog.changed()
        wake()
    }

    // MARK: Content

    /// Makes one environment's content ready.
    func prepare(_ name: EnvironmentName) async {
        guard let workshop = state.withLock({ $0.environments[name]?.workshop ?? nil }) else { return }
        do {
            let runtime = context.runtime
            let watch = Stopwatch()
            defer { context.measures.runtimePrepare.record(watch) }
            try await within(seconds: context.settings.prepareTimeout) {
                try await runtime.prepare(EnvironmentPreparation(environment: name, workshop: workshop))
            }
            recordPrepared(name)
        } catch {
            if Task.isCancelled { return }
            recordPreparationFailure(name, error)
        }
    }

    func recordPrepared(_ name: EnvironmentName) {
        context.store.write(
            { store in
                guard var environment = try store.environment(name) else { return }
                guard environment.state == .starting || environment.problem != nil else { return }
                if environment.state == .starting { environment.state = .running }
                environment.problem = nil
                try store.update(environment)
            },
            completion: { result in
                switch result {
                case .success:
                    self.state.withLock { state in
                        state.environments[name]?.step = .ready
                        state.environments[name]?.failures = 0
                        state.refill.isWanted = true
                    }
                    self.context.catalog.changed()
                    self.context.log.info("environment is ready", ("environment", name))
                    self.wake()
                case .failure(let error): self.postponePreparation(name, error)
                }
            })
    }

    func recordPreparationFailure(_ name: EnvironmentName, _ error: any Error) {
        context.measures.preparationsFailed.add()
        postponePreparation(name, error)
        context.store.write(
            { store in
                guard var environment = try store.environment(name), environment.state != .stopped else { return }
                environment.problem = "Its content could not be made ready: \(error)"
                try store.update(environment)
            },
            completion: { _ in self.context.catalog.changed() })
    }

    private func postponePreparation(_ name: EnvironmentName, _ error: any Error) {
        let now = context.clock.now()
        let failures = state.withLock { state -> Int in
            guard var preparation = state.environments[name] else { return 0 }
            preparation.failures += 1
            preparation.step = .wanted(at: now.advanced(bySeconds: StartFailures.delay(after: preparation.failures)))
            state.environments[name] = preparation
            return preparation.failures
        }
        context.log.warning(
            "environment is not ready", ("environment", name), ("reason", "\(error)"), ("failures", failures))
        wake()
    }

    /// Removes the content of an environment that has stopped; tries again later if that fails.
    func discard(_ name: EnvironmentName) async {
        do {
            let runtime = context.runtime
            try await within(seconds: context.settings.stopTimeout) { try await runtime.discard(name) }
        } catch {
            if Task.isCancelled { return }
            context.log.warning("the content of an environment is left", ("environment", name), ("reason", "\(error)"))
            let now = context.clock.now()
            state.withLock { $0.discards[name] = now.advanced(bySeconds: StartFailures.longestDelay) }
            wake()
        }
    }

    // MARK: The reserve

    /// Applies `ReservationPlan`: looks first, and writes only if there is something to do.
    func refillReserve(_ now: Timestamp) {
        let definitions = context.definitions
        do {
            let plan = try context.store.read { try self.reservationPlan(from: $0, definitions, now: now) }
            guard !plan.isEmpty else { return state.withLock { $0.refill.isUnderWay = false } }
        } catch {
            context.log.error("cannot read the reserve", ("error", "\(error)"))
            return refillAgain(now)
        }
        context.store.write(
            { store in try self.applyReservations(definitions, in: store, now: now) },
            completion: { result in
                switch result {
                case .success(let changes):
                    self.state.withLock { state in
                        state.refill.isUnderWay = false
                        // There may be more to do than fits into one transaction.
                        if !changes.isEmpty { state.refill.isWanted = true }
                    }
                    self.committed(changes)
                case .failure(let error):
                    self.context.log.error("cannot refill the reserve", ("error", "\(error)"))
                    self.refillAgain(now)
                }
            })
    }

    private func refillAgain(_ now: Timestamp) {
        state.withLock { state in
            state.refill.isUnderWay = false
            // The next plan asks for a refill.
            state.nextRefresh = min(state.nextRefresh ?? .distantFuture, now.advanced(bySeconds: 5))
        }
        wake()
    }

    private func reservationPlan(
        from store: any PortalReader, _ definitions: PortalDefinitions, now: Timestamp
    ) throws -> ReservationPlan {
        let maximum = definitions.portal.maximumSessions
        let inPortal = try store.countsOfPortal()
        var stocks: [ReservationPlan.Stock] = []
        for environment in try store.environments() {
            let counts = try store.counts(of: environment.name)
            let allowance = state.withLock {
                $0.failures.allowance(for: environment.name, warming: counts.warming, now: now)
            }
            stocks.append(ReservationPlan.Stock(environment: environment, counts: counts, allowance: allowance))
        }
        let isOver = maximum > 0 && inPortal.active > maximum
        var departing = 0
        if isOver || stocks.contains(where: { $0.counts.active > $0.environment.limits.capacity }) {
            let departures = try Departures.all(in: store)
            departing = departures.total
            for index in stocks.indices {
                stocks[index].departing = departures.count(of: stocks[index].environment.name)
            }
        }
        return ReservationPlan.plan(stocks, inPortal: inPortal, maximum: maximum, departing: departing)
    }

    private func applyReservations(
        _ definitions: PortalDefinitions, in store: any PortalTransaction, now: Timestamp
    ) throws -> SessionChanges {
        let plan = try reservationPlan(from: store, definitions, now: now)
        var changes = SessionChanges()
        var left = SessionReconciler.batch
        func drop(_ count: Int, of environment: EnvironmentName?) throws {
            let names = try store.reservedSessions(of: environment, limit: min(count, left)).map(\.name)
            changes.ended += try store.endSessions(names, because: .released, now: now)
            left -= names.count
        }
        for change in plan.drop { try drop(change.count, of: change.environment) }
        if plan.dropAnywhere > 0 { try drop(plan.dropAnywhere, of: nil) }
        for change in plan.start {
            guard var environment = try store.environment(change.environment) else { continue }
            for _ in 0..<min(change.count, left) {
                guard let session = try store.makeSession(in: &environment, now: now, secrets: context.secrets) else {
                    break
                }
                changes.started.append(session)
                left -= 1
            }
        }
        return changes
    }
}
