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
}

private struct ForgetfulRuntime: SessionRuntime {
    let remembersSessions: Bool
    func prepare(_ environment: EnvironmentPreparation) async throws {}
    func start(_ session: SessionLaunch) async throws {}
    func stop(_ session: SessionName) async throws {}
    func existing() async throws -> [SessionName: SessionPresence] { [:] }
    func lastSeen(_ session: SessionName) async -> Timestamp? { nil }
    func departures() -> AsyncStream<SessionName> { AsyncStream { $0.finish() } }
}
