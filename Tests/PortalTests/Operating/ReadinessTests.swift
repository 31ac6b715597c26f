import Platform
import PortalTesting
import Synchronization
import Testing

@testable import Portal

@Suite("Readiness")
struct ReadinessTests {
    private static let good = PortalReadiness.Facts(
        isStopping: false, storeFailure: nil, isRecovered: true, offered: 2, environments: [nil, nil])

    private func problems(_ change: (inout PortalReadiness.Facts) -> Void) -> Set<PortalReadiness.Part> {
        var facts = ReadinessTests.good
        change(&facts)
        return Set(PortalReadiness(facts).problems.keys)
    }

    @Test("Each thing that is not in order is told, and nothing else")
    func parts() {
        #expect(problems { _ in } == [])
        #expect(problems { $0.isStopping = true } == [.process])
        #expect(problems { $0.storeFailure = .full } == [.store])
        #expect(problems { $0.isRecovered = false } == [.runtime])
        #expect(problems { $0.environments = [] } == [.definitions])
        #expect(problems { $0.environments = ["broken", nil] } == [])
        #expect(problems { $0.environments = ["broken", "broken too"] } == [.runtime])
        // A portal that offers nothing has nothing to wait for.
        #expect(
            problems {
                $0.offered = 0
                $0.environments = []
            } == [])
        #expect(
            problems {
                $0.isStopping = true
                $0.storeFailure = .closed
                $0.isRecovered = false
            } == [.process, .store, .runtime])
    }

    @Test("The store is asked by a write, by one of many askers, and the answer holds for a while")
    func probe() {
        var probe = StoreProbe()
        let answers = Mutex<[PortalStoreError?]>([])
        let note: StoreProbe.Completion = { answer in answers.withLock { $0.append(answer) } }
        func kind(_ step: StoreProbe.Step) -> String {
            switch step {
            case .known(let failure): failure == nil ? "good" : "bad"
            case .write: "write"
            case .waiting: "waiting"
            }
        }
        func ask(_ now: Int64) -> String { kind(probe.ask(now: now, note)) }
        #expect(ask(0) == "write")
        #expect(ask(1) == "waiting")
        for completion in probe.finished(now: 10, nil) { completion(nil) }
        let count = answers.withLock { $0.count }
        #expect(count == 2)
        #expect(ask(11) == "good")
        #expect(ask(10 + StoreProbe.goodFor - 1) == "good")
        #expect(ask(10 + StoreProbe.goodFor) == "write")
        _ = probe.finished(now: 20_000, .full)
        #expect(probe.lastFailure == .full)
        #expect(ask(20_001) == "bad")
        #expect(ask(20_000 + StoreProbe.badFor) == "write")
        _ = probe.finished(now: 30_000, nil)
        // A clock that was set back does not make an answer good for ever.
        #expect(ask(5) == "write")
    }

    @Test("A portal is ready when it works, not when its store fails, and again when that has passed")
    func store() async throws {
        let portal = try await TestPortal()
        #expect(await !portal.portal.readiness().isReady)
        try await portal.settle()
        #expect(await portal.portal.readiness().isReady)
        portal.clock.advance(bySeconds: 10)
        portal.store.failWrites(1, with: .full)
        let full = await portal.portal.readiness()
        #expect(full.problems.keys.map(\.self) == [.store])
        #expect(full.problems[.store]?.contains("full") == true)
        #expect(!portal.portal.readinessAsKnown.isReady)
        portal.clock.advance(bySeconds: 2)
        #expect(await portal.portal.readiness().isReady)
        #expect(portal.portal.readinessAsKnown.isReady)
    }

    @Test("A portal that is stopping, or none of whose workshops can be started, is not ready")
    func others() async throws {
        let broken = try await TestPortal(runtime: .unprepared(failures: 1))
        try await broken.settle()
        #expect(await broken.portal.readiness().problems[.runtime]?.contains("nothing works") == true)
        let portal = try await TestPortal()
        try await portal.settle()
        portal.portal.beginStopping()
        #expect(await portal.portal.readiness().problems.keys.map(\.self) == [.process])
    }

    @Test("Asking again and again writes once")
    func fewWrites() async throws {
        let portal = try await TestPortal()
        try await portal.settle()
        for _ in 0..<100 { _ = await portal.portal.readiness() }
        let written = try portal.store.read { try $0.setting("last-readiness-check") }
        portal.clock.advance(bySeconds: 3)
        _ = await portal.portal.readiness()
        #expect(try portal.store.read { try $0.setting("last-readiness-check") } == written)
        portal.clock.advance(bySeconds: 3)
        _ = await portal.portal.readiness()
        #expect(try portal.store.read { try $0.setting("last-readiness-check") } != written)
    }
}

extension PortalService {
    fileprivate func readiness() async -> PortalReadiness {
        await withCheckedContinuation { continuation in readiness { continuation.resume(returning: $0) } }
    }
}

@Suite("Measures of launches")
struct LaunchMeasuresTests {
    @Test("Each stage that a launch goes through is recorded, and no other")
    func stages() async throws {
        let portal = try await TestPortal(Fixture.definitions([("lab-shell", Fixture.limits(capacity: 1))]))
        try await portal.settle()
        func counts() -> [Int] { PortalMeasures.LaunchStage.allCases.map { portal.portal.measures[$0].snapshot.count } }
        let entered = try await portal.enter()
        #expect(counts() == [1, 1, 1, 0, 0, 0])
        try await portal.settle()
        #expect(counts() == [1, 1, 1, 1, 0, 0])
        #expect(portal.portal.measures.runtimeStart.snapshot.count == 1)
        portal.portal.reconciler.waitUntilReady(entered.session.name, until: portal.clock.now) { _ in }
        #expect(counts() == [1, 1, 1, 1, 1, 0])
        // A refusal is decided and commits nothing.
        _ = try await portal.launch()
        #expect(counts() == [2, 2, 1, 1, 1, 0])
        _ = try await portal.portal.end(entered.session.name, by: nil)
        try await portal.settle()
        #expect(portal.portal.measures.runtimeStop.snapshot.count == 1)
    }

    @Test("A session that is made ahead of demand is no stage of a launch")
    func reserve() async throws {
        let portal = try await TestPortal(Fixture.definitions([("lab-shell", Fixture.limits(reserved: 2))]))
        try await portal.settle()
        #expect(portal.portal.measures[.start].snapshot.count == 0)
        #expect(portal.portal.measures.runtimeStart.snapshot.count == 2)
        #expect(portal.portal.measures.runtimePrepare.snapshot.count == 1)
    }

    @Test("Definitions that were not taken are told of until some are")
    func definitions() async throws {
        let portal = try await TestPortal()
        let measures = portal.portal.measures
        #expect(measures.definitionsRefused.value == 0 && measures.definitionsTaken.value == 0)
        portal.portal.refuseDefinitions()
        #expect(measures.definitionsRefused.value == 1)
        portal.portal.reload(Fixture.definitions())
        #expect(measures.definitionsRefused.value == 0)
        #expect(measures.definitionsTaken.value == Int(portal.clock.now.milliseconds))
    }
}
