import Platform
import PortalTesting
import Synchronization
import Testing

@testable import Portal

/// The first value that is delivered, for whoever waits for it.
final class Delivery<Value: Sendable>: Sendable {
    private let stream = AsyncStream.makeStream(of: Value.self)
    func put(_ value: Value) { stream.continuation.yield(value) }
    func get() async throws -> Value {
        for await value in stream.stream { return value }
        throw CancellationError()
    }
}

extension TestPortal {
    /// Does something while the portal's own loop runs.
    func running<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        let loop = Task { await portal.run() }
        defer { loop.cancel() }
        return try await body()
    }

    func readiness(_ session: SessionName, seconds: Int = 60) -> Delivery<SessionReadiness> {
        let delivery = Delivery<SessionReadiness>()
        portal.reconciler.waitUntilReady(session, until: clock.now.advanced(bySeconds: seconds)) { delivery.put($0) }
        return delivery
    }

    func sessions(_ state: SessionState) throws -> [WorkshopSession] {
        try store.read { try $0.sessions(in: state, after: nil, limit: 1000) }
    }

    func environments() throws -> [WorkshopEnvironment] { try store.read { try $0.environments() } }

    /// Lets the portal run until something has come true; fails after a generous number of turns.
    func eventually(_ what: String, _ isTrue: () throws -> Bool) async throws {
        for _ in 0..<20_000 {
            if try isTrue() { return }
            await Task.yield()
            try await Task.sleep(for: .microseconds(200))
        }
        Issue.record("never happened: \(what)")
    }
}

@Suite("The reconciler", .timeLimit(.minutes(5)))
struct ReconcilerTests {
    @Test("makes environments ready, fills the reserve, and tells a waiting request that its session is ready")
    func wholeLoop() async throws {
        let test = try await TestPortal(Fixture.definitions([("lab-shell", Fixture.limits(capacity: 3, reserved: 1))]))
        try await test.running {
            try await test.eventually("a reserved session") { try test.sessions(.waiting).count == 1 }
            let first = try await test.enter()
            #expect(first.way == .reserved)
            let second = try await test.enter()
            let readiness = try await test.readiness(second.session.name).get()
            guard case .ready(let session) = readiness else {
                Issue.record("not ready: \(readiness)")
                return
            }
            #expect(session.state == .running && session.isReady)
            try await test.eventually("a new reserve") { try test.sessions(.waiting).count == 1 }
        }
        #expect(test.base.mostAtOnce == 3)
    }

    @Test("answers a request that waits at its deadline, while the session goes on starting")
    func waitingRequest() async throws {
        let gate = Gate()
        let test = try await TestPortal(runtime: .slow(gate))
        try await test.running {
            try await test.eventually("the environment") { try test.environments().first?.state == .running }
            let entered = try await test.enter()
            let readiness = test.readiness(entered.session.name, seconds: 1)
            try await test.eventually("the start") { gate.waiting == 1 }
            #expect(test.portal.reconciler.progress(of: entered.session)?.step == .starting(since: test.clock.now))
            test.clock.advance(bySeconds: 1)
            #expect(try await readiness.get() == .notYet)
            let again = test.readiness(entered.session.name)
            gate.open()
            guard case .ready = try await again.get() else {
                Issue.record("the session should have become ready")
                return
            }
        }
    }

    @Test("answers a request that waits for a session which is ready, ended or unknown at once")
    func immediate() async throws {
        let test = try await TestPortal()
        try await test.settle()
        let entered = try await test.enter()
        try await test.settle()
        guard case .ready = try await test.readiness(entered.session.name).get() else {
            Issue.record("it is ready")
            return
        }
        _ = try await test.portal.end(entered.session.name, by: entered.user.id)
        guard case .ended(let session) = try await test.readiness(entered.session.name).get() else {
            Issue.record("it is ending")
            return
        }
        #expect(session?.end == .deleted)
        #expect(try await test.readiness(Fixture.sessionName("nobody")).get() == .ended(nil))
    }

    @Test("ends a session that cannot be started, tells who waits, and keeps a broken workshop from starting for ever")
    func failing() async throws {
        let test = try await TestPortal(
            Fixture.definitions([("lab-shell", Fixture.limits(capacity: 5, reserved: 2))]), runtime: .failing())
        try await test.settle()
        for _ in 0..<200 {
            test.clock.advance(bySeconds: 10)
            try await test.settle()
        }
        // 2,000 seconds: after two at once a single one each 10, 20, 40 … 600 seconds.
        #expect(test.portal.counters[.sessionsStartFailed] < 14)
        #expect(try test.environments().first?.problem == "Its sessions do not start.")
        let entered = try await test.enter()
        let readiness = test.readiness(entered.session.name)
        try await test.settle()
        guard case .ended(let session) = try await readiness.get() else {
            Issue.record("it cannot become ready")
            return
        }
        #expect(session?.end == .startFailed)
        #expect(try test.session(entered.session.name).state == .stopped)
        #expect(test.base.sandboxes.isEmpty)
    }

    @Test("tries a start again for a learner, and calls the workshop sound again")
    func flaky() async throws {
        let test = try await TestPortal(runtime: .flaky(failures: 1))
        try await test.settle()
        let entered = try await test.enter()
        try await test.settle()
        #expect(try test.session(entered.session.name).state == .running)
        #expect(test.base.stopped == [entered.session.name])
        #expect(test.portal.reconciler.state.withLock { $0.failures.count(of: entered.session.environment) } == 0)
    }

    @Test("gives up a start that takes longer than the workshop allows, and cancels it")
    func neverReady() async throws {
        var limits = Fixture.limits()
        limits.overdue = 30
        let test = try await TestPortal(Fixture.definitions([("lab-shell", limits)]), runtime: .neverReady())
        try await test.running {
            try await test.eventually("the environment") { try test.environments().first?.state == .running }
            let entered = try await test.enter()
            let readiness = test.readiness(entered.session.name, seconds: 100)
            try await test.eventually("the start") { test.base.sandboxes.count == 1 }
            test.clock.advance(bySeconds: 30)
            guard case .ended(let session) = try await readiness.get() else {
                Issue.record("it must end")
                return
            }
            #expect(session?.end == .startFailed)
            try await test.eventually("the removal") { try test.session(entered.session.name).state == .stopped }
            #expect(test.base.sandboxes.isEmpty)
        }
    }

    @Test("keeps a place until the sandbox is gone, and lets the next learner wait for it")
    func halfStopping() async throws {
        let test = try await TestPortal(
            Fixture.definitions([("lab-shell", Fixture.limits(capacity: 1))]), runtime: .halfStopping(failures: 2))
        try await test.settle()
        let first = try await test.enter()
        try await test.settle()
        _ = try await test.portal.end(first.session.name, by: first.user.id)
        // The same learner starts again while the old sandbox is still there.
        let second = try await test.enter { $0.visitor = .browser(first.login?.login.digest) }
        #expect(second.session.name != first.session.name)
        try await test.settle()
        #expect(try test.session(first.session.name).state == .stopping)
        #expect(try test.session(second.session.name).state == .starting)
        #expect(test.portal.reconciler.progress(of: second.session)?.step == .waiting)
        guard case .refused(.noCapacity) = try await test.launch() else {
            Issue.record("the place is promised already")
            return
        }
        for _ in 0..<4 {
            test.clock.advance(bySeconds: 2)
            try await test.settle()
        }
        #expect(try test.session(first.session.name).state == .stopped)
        #expect(try test.session(second.session.name).state == .running)
        #expect(test.base.mostAtOnce == 1)
    }

    @Test("promises nothing for a stop that hangs")
    func hangingStop() async throws {
        let test = try await TestPortal(
            Fixture.definitions([("lab-shell", Fixture.limits(capacity: 1))]), runtime: .halfStopping(failures: 1000))
        try await test.settle()
        let first = try await test.enter()
        try await test.settle()
        _ = try await test.portal.end(first.session.name, by: first.user.id)
        test.clock.advance(bySeconds: SessionAllocation.departureGrace)
        guard case .refused(.noCapacity) = try await test.launch() else {
            Issue.record("nobody knows when the place will be free")
            return
        }
    }

    @Test("evicts a reserved session of another workshop and never runs more than the portal's maximum")
    func eviction() async throws {
        let test = try await TestPortal(
            Fixture.definitions(
                [("first", Fixture.limits(capacity: 2, reserved: 2)), ("second", Fixture.limits(capacity: 2))],
                maximum: 2))
        try await test.settle()
        #expect(test.base.sandboxes.count == 2)
        let entered = try await test.enter("second")
        #expect(entered.way == .inPlaceOfReserved)
        try await test.settle()
        #expect(try test.session(entered.session.name).state == .running)
        #expect(test.base.sandboxes.count == 2)
        #expect(test.base.mostAtOnce == 2)
        _ = try await test.enter("second")
        guard case .refused(.portalFull) = try await test.launch("first") else {
            Issue.record("the portal is full of learners")
            return
        }
    }

    @Test("ends a session whose sandbox died, heard or unheard")
    func vanished() async throws {
        let test = try await TestPortal()
        try await test.running {
            try await test.eventually("the environment") { try test.environments().first?.state == .running }
            let heard = try await test.enter()
            let unheard = try await test.enter()
            try await test.eventually("both") { try test.sessions(.running).count == 2 }
            test.base.kill(heard.session.name)
            try await test.eventually("its end") { try test.session(heard.session.name).state == .stopped }
            #expect(try test.session(heard.session.name).end == .vanished)
            test.base.kill(unheard.session.name, isHeard: false)
            test.clock.advance(bySeconds: test.portal.settings.checkInterval)
            try await test.eventually("its end too") { try test.session(unheard.session.name).state == .stopped }
        }
    }

    @Test("gives up a start that never returns, however little it cares about being cancelled")
    func hangingStart() async throws {
        let release = Delivery<Void>()
        let base = InstantRuntime()
        let deaf = TroubledRuntime(
            base: base,
            beforeStart: { session in
                base.exists(session, .unresponsive)
                // A task of its own does not hear of the cancellation.
                try await Task { try await release.get() }.value
            })
        var settings = PortalSettings()
        settings.startAttempts = 1
        let test = try await TestPortal(runtime: deaf, settings: settings)
        try await test.running {
            try await test.eventually("the environment") { try test.environments().first?.state == .running }
            let entered = try await test.enter()
            try await test.eventually("the start") { base.sandboxes.count == 1 }
            try await test.eventually("its deadline") {
                test.portal.reconciler.nextDue(after: test.clock.now)
                    == test.clock.now.advanced(bySeconds: settings.startTimeout)
            }
            test.clock.advance(bySeconds: settings.startTimeout)
            try await test.eventually("the end") { try test.session(entered.session.name).state == .stopped }
            #expect(try test.session(entered.session.name).end == .startFailed)
            #expect(base.sandboxes.isEmpty)
        }
        release.put(())
    }

    @Test("leaves a start that is under way to the next program when it is told to stop")
    func shutdown() async throws {
        let gate = Gate()
        let test = try await TestPortal(runtime: .slow(gate))
        let loop = Task { await test.portal.run() }
        try await test.eventually("the environment") { try test.environments().first?.state == .running }
        let entered = try await test.enter()
        let readiness = test.readiness(entered.session.name)
        try await test.eventually("the start") { gate.waiting == 1 }
        loop.cancel()
        await loop.value
        #expect(try await readiness.get() == .notYet)
        let session = try test.session(entered.session.name)
        #expect(session.state == .starting && session.end == nil)
        #expect(try await test.readiness(entered.session.name).get() == .notYet)
    }

    @Test("asks before it ends a session as abandoned, and believes what it hears")
    func orphans() async throws {
        var limits = Fixture.limits()
        limits.orphaned = 300
        let test = try await TestPortal(Fixture.definitions([("lab-shell", limits)]))
        try await test.settle()
        let busy = try await test.enter().session.name
        let idle = try await test.enter().session.name
        let silent = try await test.enter().session.name
        try await test.settle()
        let start = test.clock.now
        test.base.setLastSeen(busy, start.advanced(bySeconds: 290))
        test.base.setLastSeen(idle, start)
        test.clock.advance(bySeconds: 300)
        try await test.settle()
        #expect(try test.session(busy).state == .running)
        #expect(try test.session(busy).lastSeen == start.advanced(bySeconds: 290))
        #expect(try test.session(idle).end == .orphaned)
        #expect(try test.session(silent).state == .running)
        #expect(test.portal.reconciler.nextDue(after: test.clock.now) == test.clock.now.advanced(bySeconds: 60))
        test.clock.advance(bySeconds: 290)
        try await test.settle()
        #expect(try test.session(busy).end == .orphaned)
    }

    @Test("ends sessions when their time is over, and sleeps until then")
    func expiry() async throws {
        var limits = Fixture.limits()
        limits.expires = 600
        let test = try await TestPortal(Fixture.definitions([("lab-shell", limits)]))
        try await test.running {
            try await test.eventually("the environment") { try test.environments().first?.state == .running }
            let entered = try await test.enter()
            try await test.eventually("the session") { try test.sessions(.running).count == 1 }
            test.clock.advance(bySeconds: 599)
            await Task.yield()
            #expect(try test.session(entered.session.name).state == .running)
            test.clock.advance(bySeconds: 1)
            try await test.eventually("its end") { try test.session(entered.session.name).state == .stopped }
            #expect(try test.session(entered.session.name).end == .expired)
        }
        #expect(test.portal.counters[.endedExpired] == 1)
    }

    @Test("ends more sessions at once than fit into one batch")
    func manyExpire() async throws {
        var limits = Fixture.limits(capacity: 300, reserved: 250)
        limits.expires = 60
        let test = try await TestPortal(Fixture.definitions([("lab-shell", limits)]))
        try await test.settle()
        for _ in 0..<250 { _ = try await test.enter() }
        test.clock.advance(bySeconds: 60)
        try await test.settle()
        #expect(test.portal.counters[.endedExpired] == 250)
        #expect(250 > 2 * SessionReconciler.batch)
        #expect(try test.sessions(.stopped).count == 250)
    }

    @Test("tries again until environments can be prepared, and says meanwhile that they are not ready")
    func unprepared() async throws {
        let test = try await TestPortal(runtime: .unprepared(failures: 2))
        try await test.settle()
        guard case .refused(.environmentNotReady(let seconds)) = try await test.launch() else {
            Issue.record("nothing is ready yet")
            return
        }
        #expect(seconds == 10)
        #expect(try test.environments().first?.problem != nil)
        for _ in 0..<3 {
            test.clock.advance(bySeconds: 10)
            try await test.settle()
        }
        #expect(try test.environments().first?.state == .running)
        #expect(try test.environments().first?.problem == nil)
        _ = try await test.enter()
    }

    @Test("does what a full disk prevented as soon as it can write again")
    func storeFailures() async throws {
        var limits = Fixture.limits(capacity: 2, reserved: 1)
        limits.expires = 600
        let test = try await TestPortal(Fixture.definitions([("lab-shell", limits)]))
        for _ in 0..<30 {
            test.store.failWrites(1)
            try await test.settle()
            test.clock.advance(bySeconds: 10)
        }
        test.store.failWrites(0)
        try await test.settle()
        test.clock.advance(bySeconds: 10)
        try await test.settle()
        let entered = try await test.enter()
        test.clock.advance(bySeconds: 600)
        test.store.failWrites(1)
        try await test.settle()
        test.clock.advance(bySeconds: 10)
        try await test.settle()
        #expect(try test.session(entered.session.name).state == .stopped)
    }

    @Test("replaces an environment and lets learners of the old one go on; its name leads to the new one")
    func replacement() async throws {
        var definitions = Fixture.definitions([("lab-shell", Fixture.limits(capacity: 3, reserved: 1))])
        definitions.portal.replacesEnvironmentsOnWorkshopUpdate = true
        let test = try await TestPortal(definitions)
        try await test.settle()
        let old = try await test.enter("lab-w01")
        try await test.settle()
        definitions.workshops["lab-shell"]?.revision = "2"
        test.portal.reload(definitions)
        try await test.settle()
        #expect(try test.environments().map(\.name.rawValue) == ["lab-w01", "lab-w02"])
        #expect(try test.session(old.session.name).state == .running)
        let back = try await test.enter("lab-w01") { $0.visitor = .browser(old.login?.login.digest) }
        #expect(back.session.name == old.session.name && back.way == .reused)
        let new = try await test.enter("lab-w01")
        #expect(new.session.environment.rawValue == "lab-w02")
        _ = try await test.portal.end(old.session.name, by: nil)
        try await test.settle()
        #expect(try test.environments().map(\.name.rawValue) == ["lab-w02"])
        #expect(try test.portal.catalog().entries.map(\.environment.name.rawValue) == ["lab-w02"])
        #expect(test.base.discarded.map(\.rawValue) == ["lab-w01"])
    }

    @Test("applies a reload to what runs: limits, reserve, a removed workshop")
    func reload() async throws {
        var definitions = Fixture.definitions([
            ("a", Fixture.limits(capacity: 2)), ("b", Fixture.limits(capacity: 2, reserved: 2)),
        ])
        let test = try await TestPortal(definitions)
        try await test.settle()
        #expect(test.base.sandboxes.count == 2)
        definitions.portal.workshops[0].limits = Fixture.limits(capacity: 5, reserved: 3)
        definitions.portal.workshops.removeLast()
        test.portal.reload(definitions)
        try await test.settle()
        #expect(test.base.sandboxes.keys.allSatisfy { $0.rawValue.hasPrefix("lab-w01") })
        #expect(test.base.sandboxes.count == 3)
        guard case .refused(.environmentStopping) = try await test.launch("lab-w02") else {
            Issue.record("b was withdrawn")
            return
        }
        guard case .refused(.unknown) = try await test.launch("b") else {
            Issue.record("b is not on offer any more")
            return
        }
    }

    @Test("forgets stopped sessions and their visitors after a day and a half")
    func purge() async throws {
        let test = try await TestPortal()
        try await test.settle()
        let entered = try await test.enter()
        try await test.settle()
        _ = try await test.portal.end(entered.session.name, by: entered.user.id)
        try await test.settle()
        #expect(test.store.allSessions.count == 1)
        test.clock.advance(bySeconds: 35 * 3600)
        try await test.settle()
        #expect(test.store.allSessions.count == 1 && test.store.allUsers.count == 1)
        test.clock.advance(bySeconds: 2 * 3600)
        try await test.settle()
        #expect(test.store.allSessions.isEmpty && test.store.allUsers.isEmpty)
    }

    @Test("has nothing due when nothing can happen but the next look around")
    func sleeps() async throws {
        let test = try await TestPortal(Fixture.definitions([("lab-shell", Fixture.limits(reserved: 1))]))
        try await test.settle()
        _ = try await test.enter()
        try await test.settle()
        #expect(test.portal.reconciler.nextDue(after: test.clock.now) == test.clock.now.advanced(bySeconds: 300))
    }
}

@Suite("After a crash")
struct RecoveryTests {
    /// A second program on the store and the sandboxes of a first one.
    private func restarted(_ first: TestPortal) async throws -> PortalService {
        try await PortalService.open(
            definitions: first.portal.definitions, address: Fixture.address, store: first.store, runtime: first.base,
            clock: first.clock.wallClock, log: .silent)
    }

    private func settle(_ portal: PortalService, _ first: TestPortal) async throws {
        try portal.reconciler.adoptAll(first.base.sandboxes)
        while true {
            let work = portal.reconciler.turn(first.clock.now)
            if work.isEmpty { return }
            for item in work { await portal.reconciler.perform(item) }
        }
    }

    @Test("the portal adopts what runs, starts again what was half made, ends what is gone and removes strays")
    func recovery() async throws {
        let test = try await TestPortal(Fixture.definitions([("lab-shell", Fixture.limits(capacity: 6, reserved: 1))]))
        try await test.settle()
        let adopted = try await test.enter()
        try await test.settle()
        let gone = try await test.enter()
        try await test.settle()
        let ending = try await test.enter()
        try await test.settle()
        let half = try await test.enter { $0.workshop = "lab-shell" }
        // It is killed here: a start and a stop were decided and not carried out, one sandbox died, one belongs to nobody.
        _ = try await test.portal.end(ending.session.name, by: nil)
        test.base.kill(gone.session.name, isHeard: false)
        test.base.exists(Fixture.sessionName("lab-w01-s900"))
        test.base.exists(Fixture.sessionName("other"), .remains)

        let second = try await restarted(test)
        #expect(!second.reconciler.isRecovered)
        try await settle(second, test)
        #expect(second.reconciler.isRecovered)
        #expect(try test.session(adopted.session.name).state == .running)
        #expect(try test.session(gone.session.name).end == .vanished)
        #expect(try test.session(ending.session.name).state == .stopped)
        #expect(try test.session(half.session.name).state == .running)
        let active = Set(test.store.allSessions.filter(\.isActive).map(\.name))
        #expect(Set(test.base.sandboxes.keys) == active)
        #expect(test.base.prepared.count == 2)
    }

    @Test("secrets of sessions are the same")
    func secrets() async throws {
        let test = try await TestPortal()
        let second = try await restarted(test)
        let name = Fixture.sessionName("lab-w01-s001")
        let (before, after) = (test.portal.context.secrets, second.context.secrets)
        #expect(before.clientSecret(of: name).text == after.clientSecret(of: name).text)
        #expect(before.clientSecret(of: name).text != before.cookieKey(of: name).text)
        #expect(before.clientSecret(of: name).text != before.clientSecret(of: Fixture.sessionName("lab-w01-s002")).text)
    }

    @Test("more sessions than one page holds are all found")
    func pages() async throws {
        let test = try await TestPortal(
            Fixture.definitions([("lab-shell", Fixture.limits(capacity: 600, reserved: 510))]))
        try await test.settle()
        let second = try await restarted(test)
        try second.reconciler.adoptAll(test.base.sandboxes)
        #expect(second.reconciler.state.withLock { $0.queue.placesTaken } == 510)
        #expect(try test.sessions(.waiting).count == 510)
    }
}
