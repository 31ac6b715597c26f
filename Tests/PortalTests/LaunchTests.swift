import Platform
import PortalTesting
import Testing

@testable import Portal

/// A portal with a store in memory, a runtime that works at once and a clock that stands still.
struct TestPortal {
    let store = MemoryStore()
    let base: InstantRuntime
    let clock = ManualClock()
    let log = RecordedLog()
    let portal: PortalService

    init(
        _ definitions: PortalDefinitions = Fixture.definitions(), runtime: TroubledRuntime = TroubledRuntime(),
        settings: PortalSettings = PortalSettings()
    ) async throws {
        base = runtime.base
        let clock = self.clock
        portal = try await PortalService.open(
            definitions: definitions, address: Fixture.address, store: store, runtime: runtime,
            clock: clock.wallClock, log: log.log, settings: settings, sleep: { await clock.sleep(until: $0) })
    }

    /// Does everything that can be done now, until nothing is left.
    func settle() async throws {
        if !portal.reconciler.isRecovered { try portal.reconciler.adoptAll(base.sandboxes) }
        while true {
            let work = portal.reconciler.turn(clock.now)
            if work.isEmpty { return }
            for item in work { await portal.reconciler.perform(item) }
        }
    }

    func launch(_ workshop: String = "lab-shell", _ configure: (inout LaunchRequest) -> Void = { _ in }) async throws
        -> LaunchOutcome
    {
        var request = LaunchRequest(workshop: workshop, visitor: .browser(nil))
        configure(&request)
        return try await portal.launch(request)
    }

    func enter(_ workshop: String = "lab-shell", _ configure: (inout LaunchRequest) -> Void = { _ in }) async throws
        -> LaunchedSession
    {
        switch try await launch(workshop, configure) {
        case .entered(let session): return session
        case .refused(let refusal): throw refusal
        }
    }

    func session(_ name: SessionName) throws -> WorkshopSession {
        try #require(try store.read { try $0.session(name) })
    }
}

extension PortalService {
    func launch(_ request: LaunchRequest) async throws -> LaunchOutcome {
        try await withCheckedThrowingContinuation { continuation in
            allocator.launch(request) { continuation.resume(with: $0) }
        }
    }

    func end(_ session: SessionName, by user: UserID?, because reason: SessionEnd = .deleted) async throws -> EndOutcome
    {
        try await withCheckedThrowingContinuation { continuation in
            allocator.end(session, by: user, because: reason) { continuation.resume(with: $0) }
        }
    }
}

@Suite("A launch")
struct LaunchTests {
    @Test("takes a new visitor from a link to a session that is ready, and leaves a user and a login behind")
    func newVisitor() async throws {
        let test = try await TestPortal()
        try await test.settle()
        let entered = try await test.enter {
            $0.returnAddress = ReturnAddress(stored: "https://www.example.com/index?a=1")
            $0.wantsHandover = true
        }
        #expect(entered.session.name.rawValue == "lab-w01-s001")
        #expect(entered.session.state == .starting)
        #expect(entered.isNewUser)
        #expect(entered.login != nil)
        #expect(entered.handover != nil)
        try await test.settle()
        let session = try test.session(entered.session.name)
        #expect(session.state == .running)
        #expect(session.isReady)
        #expect(session.started == test.clock.now)
        #expect(session.indexURL == "https://www.example.com/index?a=1")
        #expect(session.owner == entered.user.id)
        #expect(test.base.sandboxes.count == 1)
    }

    @Test("hands out a reserved session at once and refills the reserve")
    func reserved() async throws {
        let test = try await TestPortal(Fixture.definitions([("lab-shell", Fixture.limits(capacity: 3, reserved: 1))]))
        try await test.settle()
        #expect(test.base.sandboxes.count == 1)
        let entered = try await test.enter()
        #expect(entered.way == .reserved)
        #expect(entered.session.isReady)
        #expect(entered.session.state == .running)
        try await test.settle()
        #expect(test.base.sandboxes.count == 2)
    }

    @Test("that is refused leaves no user behind")
    func refused() async throws {
        let test = try await TestPortal(Fixture.definitions([("lab-shell", Fixture.limits(capacity: 1))]))
        try await test.settle()
        _ = try await test.enter()
        guard case .refused(.noCapacity) = try await test.launch() else {
            Issue.record("the second visitor should have been refused")
            return
        }
        guard case .refused(.unknown) = try await test.launch("no-such-workshop") else {
            Issue.record("an unknown workshop should have been refused")
            return
        }
        #expect(test.store.allUsers.count == 1)
    }
}
