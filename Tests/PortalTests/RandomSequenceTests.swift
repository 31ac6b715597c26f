import FoundationEssentials
import Platform
import PortalTesting
import Synchronization
import Testing

@testable import Portal

/// Random sequences of everything that can happen to a portal: visitors, timers, failing sandboxes, failing commits,
/// reloads and crashes, under simulated time. After every step the rules that must always hold are checked.
///
/// A failure prints its seed; `LECTERN_SEED=<seed>` runs that sequence alone.
@Suite("A random sequence")
struct RandomSequenceTests {
    static let steps = 2500
    static let seeds: [UInt64] = {
        if let text = ProcessInfo.processInfo.environment["LECTERN_SEED"], let seed = UInt64(text) { return [seed] }
        let first = UInt64.random(in: 1...(1 << 40))
        return (0..<44).map { first + $0 }
    }()

    @Test("keeps every rule", arguments: seeds)
    func sequence(seed: UInt64) async throws {
        var simulation = try await Simulation(seed: seed)
        for step in 0..<RandomSequenceTests.steps {
            try await simulation.step()
            if let broken = simulation.brokenRule() {
                Issue.record("LECTERN_SEED=\(seed), step \(step), \(simulation.last): \(broken)")
                return
            }
        }
        try await simulation.drain()
        if let broken = simulation.brokenRule() ?? simulation.leftOver() ?? simulation.brokenHistory() {
            Issue.record("LECTERN_SEED=\(seed), at the end: \(broken)")
        }
    }
}

/// One portal in a simulated world. Nothing runs beside it: the reconciler's work is carried out here, when the generator
/// says so and with the result that it says.
struct Simulation {
    private var random: SeededGenerator
    private let store = MemoryStore()
    private let runtime = InstantRuntime()
    private let clock = ManualClock()
    private var definitions: PortalDefinitions
    private var portal: PortalService
    private let settings: PortalSettings
    /// Starts and stops that were begun and have not ended.
    private var starts: [SessionName: Timestamp] = [:]
    private var stops: Set<SessionName> = []
    private var preparations: [EnvironmentName] = []
    private var logins: [TokenDigest] = []
    private var owners: [SessionName: UserID] = [:]
    private var ranks: [SessionName: Int] = [:]
    /// What was seen going wrong while work was begun.
    private var violation: String?
    private(set) var last = "the beginning"

    init(seed: UInt64) async throws {
        random = SeededGenerator(seed: seed)
        var settings = PortalSettings()
        settings.retention = 600
        settings.purgeInterval = 120
        settings.startAttempts = Int.random(in: 1...3, using: &random)
        settings.concurrentStarts = Int.random(in: 1...4, using: &random)
        settings.concurrentReservedStarts = Int.random(in: 1...settings.concurrentStarts, using: &random)
        settings.concurrentStops = Int.random(in: 1...4, using: &random)
        self.settings = settings
        definitions = Fixture.definitions([])
        definitions.portal.webhookURL = "https://hook.example.com/"
        definitions = Simulation.definitions(&random, old: definitions)
        portal = try await Simulation.open(definitions, store, runtime, clock, settings)
        try portal.reconciler.adoptAll([:])
    }

    private static func open(
        _ definitions: PortalDefinitions, _ store: MemoryStore, _ runtime: InstantRuntime, _ clock: ManualClock,
        _ settings: PortalSettings
    ) async throws -> PortalService {
        try await PortalService.open(
            definitions: definitions, address: Fixture.address, store: store, runtime: runtime, clock: clock.wallClock,
            log: .silent, settings: settings)
    }

    // MARK: Steps

    mutating func step() async throws {
        switch Int.random(in: 0..<1000, using: &random) {
        case 0..<300: try await visit()
        case 300..<400: try await endSomething()
        case 400..<600: finishStart()
        case 600..<740: finishStop()
        case 740..<780: finishPreparation()
        case 780..<900: passTime()
        case 900..<930: try await extendSomething()
        case 930..<955: kill()
        case 955..<975: offer()
        case 975..<985: store.failWrites(Int.random(in: 1...2, using: &random))
        case 985..<992: reload()
        default: try await crash()
        }
        await work()
    }

    private mutating func work() async {
        while true {
            let work = portal.reconciler.turn(clock.now)
            if work.isEmpty { return }
            for item in work {
                switch item {
                case .start(let session): begin(session)
                case .stop(let session):
                    if !stops.insert(session).inserted { violation = "\(session) is being stopped twice" }
                case .prepare(let environment): preparations.append(environment)
                case .askLastSeen, .check, .purge, .discard: await portal.reconciler.perform(item)
                }
            }
        }
    }

    /// A sandbox may exist from the first moment of its start.
    private mutating func begin(_ session: SessionName) {
        if starts[session] != nil { violation = "\(session) is being started twice" }
        if stops.contains(session) { violation = "\(session) is started while it is being stopped" }
        starts[session] = clock.now
        let isNew = runtime.sandboxes[session] == nil
        runtime.exists(session, .unresponsive)
        guard isNew, let environment = session.environmentName else { return }
        let limits = try? store.read { try $0.environment(environment)?.limits }
        let inEnvironment = runtime.sandboxes.keys.filter { $0.environmentName == environment }.count
        if inEnvironment > limits?.capacity ?? 0 { violation = "\(session) is one sandbox too many in its environment" }
        let maximum = definitions.portal.maximumSessions
        if maximum > 0 && runtime.sandboxes.count > maximum { violation = "\(session) is one sandbox too many" }
    }

    private mutating func visit() async throws {
        var workshop = definitions.portal.workshops.randomElement(using: &random)?.publishedName ?? "none"
        if Int.random(in: 0..<20, using: &random) == 0 { workshop = "lab-w0\(Int.random(in: 1...9, using: &random))" }
        let login = Int.random(in: 0..<3, using: &random) == 0 ? nil : logins.randomElement(using: &random)
        var request = LaunchRequest(workshop: workshop, visitor: .browser(login))
        request.returnAddress = ReturnAddress(stored: "https://www.example.com/")
        request.wantsHandover = Bool.random(using: &random)
        last = "a visit to \(workshop)"
        let users = store.allUsers.count
        do {
            switch try await portal.launch(request) {
            case .entered(let entered):
                last += " gave \(entered.session.name) (\(entered.way))"
                if let login = entered.login { logins.append(login.token.digest) }
            case .refused(let refusal):
                last += " was refused: \(refusal.label)"
                if store.allUsers.count != users { violation = "a refused launch left a user behind" }
            }
        } catch {
            last += " failed"
            if store.allUsers.count != users { violation = "a failed launch left a user behind" }
        }
        if logins.count > 12 { logins.removeFirst() }
    }

    private func anySession(_ isWanted: (WorkshopSession) -> Bool) -> [WorkshopSession] {
        store.allSessions.filter(isWanted)
    }

    private mutating func endSomething() async throws {
        guard let session = anySession({ $0.owner != nil }).randomElement(using: &random) else { return }
        last = "the end of \(session.name)"
        _ = try? await portal.end(session.name, by: session.owner)
    }

    private mutating func extendSomething() async throws {
        guard let session = anySession({ $0.state == .running }).randomElement(using: &random) else { return }
        last = "an extension of \(session.name)"
        let before = session.expires
        let portal = self.portal
        let outcome = try? await withCheckedThrowingContinuation { continuation in
            portal.allocator.extend(session.name, by: session.owner) { continuation.resume(with: $0) }
        }
        if case .schedule(let schedule, extended: true) = outcome, let before, let after = schedule.expires,
            after <= before
        {
            violation = "an extension moved the end from \(before) to \(after)"
        }
    }

    private mutating func finishStart() {
        guard let session = starts.keys.sorted().randomElement(using: &random), let began = starts[session] else {
            return
        }
        starts[session] = nil
        if Int.random(in: 0..<5, using: &random) == 0 {
            last = "a failed start of \(session)"
            portal.reconciler.recordStartFailure(session, SessionRuntimeError(.failed, "bad luck"))
        } else {
            last = "\(session) became ready"
            runtime.exists(session, .ready)
            runtime.setLastSeen(session, clock.now)
            portal.reconciler.recordReady(session, began: began)
        }
    }

    private mutating func finishStop() {
        guard let session = stops.sorted().randomElement(using: &random) else { return }
        stops.remove(session)
        if Int.random(in: 0..<6, using: &random) == 0 {
            last = "a failed stop of \(session)"
            if runtime.sandboxes[session] != nil { runtime.exists(session, .remains) }
            portal.reconciler.recordStopFailure(session, SessionRuntimeError(.failed, "bad luck"))
        } else {
            last = "\(session) was removed"
            runtime.isGone(session)
            portal.reconciler.recordGone(session)
        }
    }

    private mutating func finishPreparation() {
        guard let environment = preparations.popLast() else { return }
        last = "the preparation of \(environment)"
        if Int.random(in: 0..<4, using: &random) == 0 {
            portal.reconciler.recordPreparationFailure(environment, SessionRuntimeError(.failed, "bad luck"))
        } else {
            portal.reconciler.recordPrepared(environment)
        }
    }

    private mutating func passTime() {
        let seconds = [1, 1, 5, 15, 60, 300].randomElement(using: &random) ?? 1
        last = "\(seconds) seconds"
        clock.advance(bySeconds: seconds)
    }

    private mutating func kill() {
        let alive = runtime.sandboxes.filter { $0.value == .ready && !stops.contains($0.key) && starts[$0.key] == nil }
        guard let session = alive.keys.sorted().randomElement(using: &random) else { return }
        last = "the death of \(session)"
        let isHeard = Bool.random(using: &random)
        runtime.kill(session, isHeard: false)
        if isHeard { portal.reconciler.recordDeparture(session) }
    }

    /// A trusted client asks for a session that must be activated.
    private mutating func offer() {
        guard let workshop = definitions.portal.workshops.randomElement(using: &random)?.publishedName else { return }
        let name = "someone-\(Int.random(in: 0..<5, using: &random))"
        var request = LaunchRequest(workshop: workshop, visitor: .user(Fixture.user(name)))
        request.activationTimeout = 60
        last = "an offer to \(name)"
        let portal = self.portal
        let isUsed = Bool.random(using: &random)
        portal.allocator.launch(request) { result in
            guard isUsed, case .success(.entered(let entered)) = result, let token = entered.activation else { return }
            portal.allocator.activate(entered.session.name, token: token, login: nil, replacesLogin: false) { _ in }
        }
    }

    private mutating func reload() {
        last = "a reload"
        definitions = Simulation.definitions(&random, old: definitions)
        portal.reload(definitions)
    }

    /// The program is killed and started again; sandboxes go on, whatever was under way stays half done.
    private mutating func crash() async throws {
        last = "a crash"
        store.failWrites(0)
        starts = [:]
        stops = []
        preparations = []
        for name in runtime.sandboxes.keys.sorted() where Int.random(in: 0..<6, using: &random) == 0 {
            runtime.kill(name, isHeard: false)
        }
        portal = try await Simulation.open(definitions, store, runtime, clock, settings)
        try portal.reconciler.adoptAll(runtime.sandboxes)
    }

    /// Workshops come, go and change, but no limit is ever lowered: a lower limit takes effect when sessions end, so that
    /// "never more than" could not be checked.
    private static func definitions(_ random: inout SeededGenerator, old: PortalDefinitions) -> PortalDefinitions {
        var new = old
        if old.portal.workshops.isEmpty {
            for index in 1...Int.random(in: 1...3, using: &random) {
                let capacity = Int.random(in: 0...5, using: &random)
                let reserved = min(capacity, Int.random(in: 0...2, using: &random))
                var limits = EnvironmentLimits(
                    capacity: capacity, initial: [0, reserved, capacity].randomElement(using: &random) ?? 0,
                    reserved: reserved)
                limits.expires = [0, 60, 600].randomElement(using: &random) ?? 0
                limits.deadline = limits.expires * 2
                limits.orphaned = [0, 0, 120].randomElement(using: &random) ?? 0
                limits.overdue = [0, 30].randomElement(using: &random) ?? 0
                limits.refresh = [0, 0, 0, 1800].randomElement(using: &random) ?? 0
                new.portal.workshops.append(PortalWorkshop(name: "workshop-\(index)", limits: limits))
                new.workshops["workshop-\(index)"] = Fixture.workshop("workshop-\(index)")
            }
            new.portal.maximumSessions = [0, 1, 3, 6].randomElement(using: &random) ?? 0
            new.portal.sessionsPerAnonymousUser = [0, 0, 1, 2].randomElement(using: &random) ?? 0
            return new
        }
        let index = Int.random(in: new.portal.workshops.indices, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: new.portal.workshops[index].limits.capacity += 1
        case 1: new.portal.workshops[index].alias = "alias-\(Int.random(in: 0..<3, using: &random))-\(index)"
        case 2: new.portal.workshops.reverse()
        default:
            let name = new.portal.workshops[index].name
            new.portal.replacesEnvironmentsOnWorkshopUpdate = true
            new.workshops[name]?.revision = "\(Int.random(in: 0..<1000, using: &random))"
        }
        return new
    }

    // MARK: Rules

    private static func rank(_ session: WorkshopSession) -> Int {
        switch session.state {
        case .starting: 0
        case .waiting: 1
        case .running: 2
        case .stopping: 3
        case .stopped: 4
        }
    }

    /// The first rule that does not hold, in words.
    mutating func brokenRule() -> String? {
        if let violation { return violation }
        let sessions = store.allSessions
        let sandboxes = runtime.sandboxes
        var live: Set<String> = []
        var liveOfUser: [UserID: Int] = [:]
        for session in sessions {
            let name = session.name
            if Simulation.rank(session) < ranks[name] ?? 0 { return "\(name) went back to \(session.state)" }
            ranks[name] = Simulation.rank(session)
            if let owner = owners[name], session.owner != owner { return "\(name) changed its owner" }
            if let owner = session.owner { owners[name] = owner }
            let isEnding = session.state == .stopping || session.state == .stopped
            if isEnding != (session.end != nil) {
                return "\(name) is \(session.state) and its end is \(String(describing: session.end))"
            }
            if (session.stopped != nil) != (session.state == .stopped) {
                return "\(name) has a wrong moment of its stop"
            }
            if session.state == .stopped && sandboxes[name] != nil {
                return "\(name) is stopped, but its sandbox exists"
            }
            if session.isReserved && (session.expires != nil || session.activation != nil) {
                return "\(name) is reserved and has a clock"
            }
            if session.state == .running && (session.owner == nil || session.started == nil || !session.isReady) {
                return "\(name) is running without an owner, a start or a sandbox"
            }
            if session.isLive, let owner = session.owner {
                liveOfUser[owner, default: 0] += 1
                if !live.insert("\(owner) \(session.environment)").inserted {
                    return "\(owner) has two sessions in \(session.environment)"
                }
            }
            if session.isActive && !portal.reconciler.state.withLock({ $0.queue.knows(name) }) {
                return "\(name) is \(session.state), but nobody looks after it"
            }
        }
        let maximum = definitions.portal.maximumSessions
        if maximum > 0 && sandboxes.count > maximum { return "\(sandboxes.count) sandboxes, \(maximum) allowed" }
        let stay = sessions.filter { $0.isActive && $0.state != .stopping }
        if maximum > 0 && stay.count > maximum { return "\(stay.count) sessions are here to stay, \(maximum) allowed" }
        let limit = definitions.portal.sessionsPerAnonymousUser
        if limit > 0, let (user, count) = liveOfUser.first(where: { $0.value > limit }) {
            return "\(user) has \(count) sessions"
        }
        return environmentRule(stay, sandboxes)
    }

    private func environmentRule(_ stay: [WorkshopSession], _ sandboxes: [SessionName: SessionPresence]) -> String? {
        do {
            let environments = try store.read { try $0.environments() }
            for environment in environments {
                let capacity = environment.limits.capacity
                let here = sandboxes.keys.filter { $0.environmentName == environment.name }.count
                if here > capacity { return "\(here) sandboxes in \(environment.name), \(capacity) allowed" }
                let count = stay.filter { $0.environment == environment.name }.count
                if count > capacity {
                    return "\(count) sessions are to stay in \(environment.name), \(capacity) allowed"
                }
            }
            let published = environments.filter { $0.state == .running || $0.state == .starting }.map(\.workshop)
            if Set(published).count != published.count { return "two environments of one published name take visitors" }
            let catalog = try portal.catalog()
            let counts = try store.read { try $0.countsOfPortal() }
            if catalog.counts != counts { return "the catalogue says \(catalog.counts), the store \(counts)" }
            return nil
        } catch {
            return "the store cannot be read: \(error)"
        }
    }

    // MARK: The end

    /// Lets everything that is under way succeed, until nothing is left to do.
    mutating func drain() async throws {
        store.failWrites(0)
        // Time stands still at the end, so that nothing new comes due while the last of it is done.
        for turn in 0..<450 {
            await work()
            for (session, began) in starts {
                runtime.exists(session, .ready)
                portal.reconciler.recordReady(session, began: began)
            }
            starts = [:]
            for session in stops {
                runtime.isGone(session)
                portal.reconciler.recordGone(session)
            }
            stops = []
            for environment in preparations { portal.reconciler.recordPrepared(environment) }
            preparations = []
            if turn < 400 { clock.advance(bySeconds: 2) }
        }
        last = "draining"
    }

    func leftOver() -> String? {
        let sessions = store.allSessions
        if let session = sessions.first(where: { $0.state == .stopping || $0.state == .starting }) {
            return "\(session.name) is still \(session.state)"
        }
        let active = Set(sessions.filter(\.isActive).map(\.name))
        if active != Set(runtime.sandboxes.keys) { return "sessions and sandboxes differ" }
        let taken = portal.reconciler.state.withLock { $0.queue.placesTaken }
        if taken != active.count { return "\(taken) places are taken by \(active.count) sandboxes" }
        return nil
    }

    // MARK: Events

    /// What was recorded of each session, environment and user: in legal order, each event once, and all that the store
    /// says to have happened.
    func brokenHistory() -> String? {
        var histories: [String: [String]] = [:]
        for entry in store.allEntries { histories[entry.stream, default: []].append(entry.event) }
        for (stream, events) in histories {
            if stream.hasPrefix("user ") {
                // Of one who was forgotten only that is told; one whom a trusted client names may come again.
                let legal = [["User/Create"], ["User/Delete"], ["User/Delete", "User/Create"]]
                if !legal.contains(events) { return "\(stream) was told of in a wrong order: \(events)" }
                continue
            }
            let once = events.filter { $0 != "Session/Extended" }
            if Set(once).count != once.count { return "\(stream) was told of twice: \(events)" }
            let ranks = events.map(Simulation.rank(ofEvent:))
            if ranks != ranks.sorted() { return "\(stream) was told of in a wrong order: \(events)" }
            if ranks.first != 0 { return "\(stream) was told of without its beginning: \(events)" }
            if ranks.filter({ $0 == 4 }).count > 1 { return "\(stream) ended twice: \(events)" }
            if ranks.contains(3) && !ranks.contains(2) { return "\(stream) was extended before its start" }
        }
        for session in store.allSessions {
            let ranks = (histories["session \(session.name)"] ?? []).map(Simulation.rank(ofEvent:))
            let isOver = session.state == .stopping || session.state == .stopped
            if ranks.contains(2) != (session.started != nil) {
                return "the start of \(session.name) was not told right"
            }
            if ranks.contains(4) != isOver { return "the end of \(session.name) was not told right" }
            if ranks.contains(5) != (session.state == .stopped && session.owner != nil) {
                return "the removal of \(session.name) was not told right"
            }
        }
        for user in store.allUsers where histories["user \(user.id)"]?.last != "User/Create" {
            return "\(user.id) was not told of right: \(histories["user \(user.id)"] ?? [])"
        }
        return nil
    }

    private static func rank(ofEvent name: String) -> Int {
        switch name {
        case "Session/Created", "User/Create", "Environment/Created": 0
        case "Session/Pending": 1
        case "Session/Started": 2
        case "Session/Extended": 3
        case "Session/Deleted", "User/Delete", "Environment/Deleted": 5
        default: 4
        }
    }
}
