public import Platform
internal import Synchronization

/// Makes what really runs follow what the store says, and reports back what is.
///
/// It is told of every change after its commit (`committed`) and of every moment that comes due, and works on those; it
/// never looks through all sessions to find something to do. Nothing here waits for the runtime while a transaction is
/// open: starts, stops and questions are tasks of their own, and their results are written afterwards.
///
/// Where to look: this file has the loop and the state; `…+Sandboxes` starts and stops; `…+Environments` applies
/// `EnvironmentPlan` and `ReservationPlan`; `…+Timers` applies `SessionExpiry` and forgets what is old; `…+Recovery`
/// compares the store with what runs, after a crash and from time to time.
public final class SessionReconciler: Sendable {
    let context: PortalContext
    private let sleep: @Sendable (Timestamp) async -> Void
    private let bell = WakeUp()
    let state = Mutex(State())

    struct State: Sendable {
        var queue = SandboxQueue()
        var startup = SessionStartup()
        var failures = StartFailures()
        var waiters = ReadinessWaiters()
        var environments: [EnvironmentName: Preparation] = [:]
        var deadlines = Deadlines()
        /// When the loop wakes by itself.
        var alarm: Timestamp?
        /// Ways to hurry starts that are under way and no longer wanted.
        var cancellations: [SessionName: @Sendable () -> Void] = [:]
        /// Whether the store has been compared with what runs; nothing is started or stopped before.
        var isRecovered = false
        var isStopping = false

        var plan = Chore(isWanted: true)
        var refill = Chore()
        var expiry = Chore()
        /// Not later than the first `expires` of any session.
        var nextExpiry: Timestamp?
        var nextRefresh: Timestamp?
        var orphanChecks: [EnvironmentName: Timestamp] = [:]
        /// Stopped environments whose content is to be removed, and when to try.
        var discards: [EnvironmentName: Timestamp] = [:]
        var orphanChecksUnderWay: Set<EnvironmentName> = []
        var nextPurge = Timestamp(milliseconds: 0)
        var nextCheck: Timestamp?
        /// How often in a row a sandbox was found that does not answer.
        var unresponsive: [SessionName: Int] = [:]
    }

    /// Something that is done once at a time, and once more when it is wanted meanwhile.
    struct Chore: Sendable {
        var isWanted = false
        var isUnderWay = false

        mutating func begin() -> Bool {
            guard isWanted, !isUnderWay else { return false }
            isWanted = false
            isUnderWay = true
            return true
        }
    }

    /// How far an environment's content is.
    struct Preparation: Sendable {
        enum Step: Sendable, Equatable { case wanted(at: Timestamp), underWay, ready }
        var step: Step
        var failures = 0
        var capacity: Int
        var orphaned: Int
        /// The workshop as it was when the environment was prepared; `nil` when it was not defined.
        var workshop: WorkshopDefinition?
    }

    /// What takes time and is done beside the loop.
    enum Work: Sendable, Equatable {
        case start(SessionName)
        case stop(SessionName)
        case prepare(EnvironmentName)
        case discard(EnvironmentName)
        case askLastSeen(EnvironmentName)
        case check
        case purge
    }

    init(_ context: PortalContext, sleep: @escaping @Sendable (Timestamp) async -> Void) {
        self.context = context
        self.sleep = sleep
    }

    // MARK: The loop

    /// Works until the task is cancelled. Sandboxes are left as they are.
    func run() async {
        await recover()
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await session in self.context.runtime.departures() { self.recordDeparture(session) }
            }
            var alarm: Task<Void, Never>?
            while !Task.isCancelled {
                let now = context.clock.now()
                for work in turn(now) { group.addTask { await self.perform(work) } }
                if let due = sooner(than: now) {
                    alarm?.cancel()
                    alarm = Task { await self.ring(at: due) }
                }
                await bell.sleep()
            }
            alarm?.cancel()
            let abandoned = state.withLock { state in
                state.isStopping = true
                return state.waiters.takeEverything()
            }
            for completion in abandoned { completion(.notYet) }
            group.cancelAll()
        }
    }

    /// Sets the alarm, if something is due before it rings or it has rung.
    private func sooner(than now: Timestamp) -> Timestamp? {
        guard let due = nextDue(after: now) else { return nil }
        return state.withLock { state in
            if let alarm = state.alarm, alarm > now, alarm <= due { return nil }
            state.alarm = due
            return due
        }
    }

    private func ring(at due: Timestamp) async {
        while context.clock.now() < due && !Task.isCancelled { await sleep(due) }
        if !Task.isCancelled { bell.ring() }
    }

    func wake() { bell.ring() }

    /// Does what is due and needs no waiting, and says what may begin now.
    func turn(_ now: Timestamp) -> [Work] {
        for pass in state.withLock({ $0.deadlines.takeDue(by: now) }) { pass() }
        let (expired, wantsPlan, wantsRefill, wantsExpiry) = state.withLock { state in
            if let due = state.nextRefresh, due <= now {
                state.nextRefresh = nil
                state.plan.isWanted = true
            }
            if let due = state.nextExpiry, due <= now { state.expiry.isWanted = true }
            if state.failures.takeDue(by: now) { state.refill.isWanted = true }
            let ready = state.isRecovered
            return (
                state.waiters.takeDue(by: now), ready && state.plan.begin(), ready && state.refill.begin(),
                ready && state.expiry.begin()
            )
        }
        for completion in expired { completion(.notYet) }
        if wantsPlan { planEnvironments(now) }
        if wantsExpiry { endExpired(now) }
        if wantsRefill { refillReserve(now) }
        return state.withLock { takeWork(&$0, now) }
    }

    private func takeWork(_ state: inout State, _ now: Timestamp) -> [Work] {
        guard state.isRecovered, !state.isStopping else { return [] }
        var work: [Work] = []
        for (name, preparation) in state.environments.sorted(by: { $0.key < $1.key }) {
            guard case .wanted(let moment) = preparation.step, moment <= now else { continue }
            state.environments[name]?.step = .underWay
            work.append(.prepare(name))
        }
        for action in state.queue.next(limits(state), now: now) {
            switch action {
            case .start(let session): work.append(.start(session))
            case .stop(let session): work.append(.stop(session))
            case .cancelStart(let session): state.cancellations[session]?()
            }
        }
        for (name, moment) in state.orphanChecks.sorted(by: { $0.key < $1.key }) where moment <= now {
            state.orphanChecks[name] = nil
            if state.orphanChecksUnderWay.insert(name).inserted { work.append(.askLastSeen(name)) }
        }
        for (name, moment) in state.discards.sorted(by: { $0.key < $1.key }) where moment <= now {
            state.discards[name] = nil
            work.append(.discard(name))
        }
        if state.nextPurge <= now {
            state.nextPurge = now.advanced(bySeconds: context.settings.purgeInterval)
            work.append(.purge)
        }
        if let due = state.nextCheck, due <= now {
            state.nextCheck = nil
            work.append(.check)
        }
        return work
    }

    private func limits(_ state: State) -> SandboxQueue.Limits {
        var limits = SandboxQueue.Limits()
        limits.starts = context.settings.concurrentStarts
        limits.reservedStarts = context.settings.concurrentReservedStarts
        limits.stops = context.settings.concurrentStops
        limits.maximum = context.definitions.portal.maximumSessions
        limits.capacity = state.environments.compactMapValues { $0.step == .ready ? $0.capacity : nil }
        return limits
    }

    /// The next moment at which `turn` has something to do that no event announces.
    func nextDue(after now: Timestamp) -> Timestamp? {
        state.withLock { state in
            var moments = [
                state.waiters.nextDue, state.deadlines.nextDue, state.queue.nextDue, state.failures.nextDue(after: now),
                state.nextExpiry,
                state.nextRefresh, state.nextPurge, state.nextCheck, state.orphanChecks.values.min(),
                state.discards.values.min(),
            ]
            for preparation in state.environments.values {
                if case .wanted(let moment) = preparation.step { moments.append(moment) }
            }
            // What is due and not yet done is under way; its end rings.
            return moments.compactMap(\.self).filter { $0 > now }.min()
        }
    }

    func perform(_ work: Work) async {
        switch work {
        case .start(let session): await start(session)
        case .stop(let session): await stop(session)
        case .prepare(let environment): await prepare(environment)
        case .discard(let environment): await discard(environment)
        case .askLastSeen(let environment): await askLastSeen(environment)
        case .check: await checkWhatRuns()
        case .purge: await purge()
        }
    }

    // MARK: What others tell it

    /// A transaction that changed sessions is durable.
    func committed(_ changes: SessionChanges) {
        guard !changes.isEmpty else { return }
        for session in changes.ended {
            context.counters.add(PortalCounters.Counter(session.end ?? .deleted))
            context.pages.forget(session.name)
        }
        var answers: [(ReadinessWaiters.Completion, SessionReadiness)] = []
        state.withLock { state in
            for session in changes.ended {
                state.queue.wantStop(session.name, in: session.environment)
                answers += state.waiters.takeAll(of: session.name).map { ($0, .ended(session)) }
            }
            for session in changes.started {
                if session.isReady {
                    state.queue.adopt(session.name, in: session.environment, isOwned: session.owner != nil)
                } else {
                    state.queue.wantStart(session.name, in: session.environment, isOwned: session.owner != nil)
                }
            }
            for session in changes.taken {
                state.queue.claim(session.name)
                if session.isReady { answers += state.waiters.takeAll(of: session.name).map { ($0, .ready(session)) } }
            }
            for session in changes.started + changes.taken { noteTimers(&state, of: session) }
        }
        context.catalog.changed()
        for (completion, readiness) in answers { completion(readiness) }
        bell.ring()
    }

    /// Staff has moved the end of a session that runs on.
    func endMoved(_ session: WorkshopSession) {
        state.withLock { noteTimers(&$0, of: session) }
        context.catalog.changed()
        bell.ring()
    }

    /// Lets the session's clocks be heard.
    func noteTimers(_ state: inout State, of session: WorkshopSession) {
        if let expires = session.expires { state.nextExpiry = min(state.nextExpiry ?? expires, expires) }
        if session.state == .running, let orphaned = state.environments[session.environment]?.orphaned, orphaned > 0,
            let due = (session.lastSeen ?? session.started)?.advanced(bySeconds: orphaned)
        {
            let known = state.orphanChecks[session.environment] ?? due
            state.orphanChecks[session.environment] = min(known, due)
        }
    }

    /// The reserve may have become too small or too large.
    func refill() {
        state.withLock { $0.refill.isWanted = true }
        bell.ring()
    }

    func definitionsChanged() {
        state.withLock {
            $0.plan.isWanted = true
            $0.refill.isWanted = true
        }
        bell.ring()
    }

    // MARK: What it tells others

    /// Whether the store has been compared with what really runs. Before that, sessions may be promised that are gone.
    public var isRecovered: Bool { state.withLock { $0.isRecovered } }

    /// Waits for a session to become ready, without a task or a thread.
    /// - Parameter completion: called once, from any thread, perhaps before this returns; it must not block. While the
    ///   reconciler runs it is called at `until` at the latest.
    public func waitUntilReady(
        _ session: SessionName, until: Timestamp, completion: @escaping @Sendable (SessionReadiness) -> Void
    ) {
        let watch = Stopwatch()
        let measured: ReadinessWaiters.Completion = { [measures = context.measures] readiness in
            measures.record(.wait, watch)
            completion(readiness)
        }
        let id = state.withLock { $0.isStopping ? nil : $0.waiters.add(session, until: until, measured) }
        guard let id else { return measured(.notYet) }
        // Asked after entering the list: whatever becomes of the session from now on is heard.
        let readiness: SessionReadiness?
        do {
            readiness = try context.store.read { store in
                guard let found = try store.session(session) else { return .ended(nil) }
                if !found.isLive && !found.isReserved { return .ended(found) }
                return found.isReady ? .ready(found) : nil
            }
        } catch {
            context.log.error("cannot read a session", ("session", session), ("error", "\(error)"))
            readiness = .notYet
        }
        guard let readiness else { return bell.ring() }
        state.withLock { $0.waiters.take(id, of: session) }?(readiness)
    }

    /// How far a session has come. `nil` for one that is ending or gone.
    public func progress(of session: WorkshopSession) -> SessionProgress? {
        state.withLock { state in
            let usually = state.startup.usually(in: session.environment)
            if session.isReady { return SessionProgress(step: .ready, usually: usually) }
            return state.queue.step(of: session.name).map { SessionProgress(step: $0, usually: usually) }
        }
    }

    /// Seconds until an environment that is starting will probably take visitors. `nil` when it cannot be told.
    func startsWithin(_ environment: EnvironmentName, now: Timestamp) -> Int? {
        state.withLock { state in
            guard let preparation = state.environments[environment] else { return nil }
            switch preparation.step {
            case .ready: return nil
            case .underWay: return preparation.failures == 0 ? 5 : nil
            case .wanted(let moment): return max(1, moment.seconds(since: now) + 5)
            }
        }
    }
}
