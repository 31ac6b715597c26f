import Platform
import PortalTesting
import Testing

@testable import Portal

@Suite("A portal over a runtime that remembers no sessions")
struct ForgetfulRuntimeTests {
    @Test("Another process takes its sessions as they are, at the start and later")
    func restart() async throws {
        let first = try await TestPortal()
        try await first.settle()
        let session = try await first.enter().session.name
        try await first.settle()
        #expect(try first.session(session).state == .running)

        for remembers in [false, true] {
            let portal = try await PortalService.open(
                definitions: Fixture.definitions(), address: Fixture.address, store: first.store,
                runtime: ForgetfulRuntime(remembersSessions: remembers), clock: first.clock.wallClock,
                log: .silent)
            try portal.reconciler.adoptAll([:])
            if !remembers { await portal.reconciler.checkWhatRuns() }
            // Writes are done in order: after this one, whatever was decided above is in the store.
            try await first.store.write { _ in }
            #expect(try first.session(session).state == (remembers ? .stopping : .running))
        }
    }

    @Test("Content of an environment that stopped while no portal ran is removed at the next start, no other")
    func leftContent() async throws {
        let test = try await TestPortal()
        try await test.settle()
        let used = try #require(try test.environments().first).name
        let left = Fixture.environmentName("lab-w77")
        try test.portal.reconciler.discardLeftovers(of: [left, used])
        try await test.settle()
        #expect(test.base.discarded == [left])
    }

    @Test("Where sessions start at once, a launch gives a ready one, and limits hold all the same")
    func startsAtOnce() async throws {
        let first = try await TestPortal()
        try await first.settle()
        let portal = try await PortalService.open(
            definitions: Fixture.definitions(), address: Fixture.address, store: first.store,
            runtime: ForgetfulRuntime(remembersSessions: false, startsAtOnce: true), clock: first.clock.wallClock,
            log: .silent)
        var sessions: [WorkshopSession] = []
        var refusals: [LaunchRefusal] = []
        for _ in 0..<100 {
            let outcome = try await withCheckedThrowingContinuation { continuation in
                portal.allocator.launch(LaunchRequest(workshop: "lab-shell", visitor: .browser(nil))) {
                    continuation.resume(with: $0)
                }
            }
            switch outcome {
            case .entered(let entered): sessions.append(entered.session)
            case .refused(let refusal): refusals.append(refusal)
            }
        }
        #expect(!sessions.isEmpty)
        let capacity = try first.store.read { try $0.environments().first?.limits.capacity }
        #expect(sessions.count == capacity)
        #expect(Set(sessions.map(\.name)).count == sessions.count)
        #expect(refusals == Array(repeating: .noCapacity, count: 100 - sessions.count))
        #expect(sessions.filter(\.isReady).allSatisfy { $0.state == .running && $0.started != nil })
        #expect(sessions.contains { $0.isReady })
    }
}

private struct ForgetfulRuntime: SessionRuntime {
    let remembersSessions: Bool
    var startsAtOnce = false
    func prepare(_ environment: EnvironmentPreparation) async throws {}
    func start(_ session: SessionLaunch) async throws {}
    func stop(_ session: SessionName) async throws {}
    func existing() async throws -> [SessionName: SessionPresence] { [:] }
    func lastSeen(_ session: SessionName) async -> Timestamp? { nil }
    func departures() -> AsyncStream<SessionName> { AsyncStream { $0.finish() } }
}
