import Platform
import PortalTesting
import Testing

@testable import Portal

/// A portal with a store in memory, a runtime that works at once and a clock that stands still.
struct TestPortal {
    let store: MemoryStore
    let base: InstantRuntime
    let clock: ManualClock
    let log = RecordedLog()
    let portal: PortalService

    init(
        _ definitions: PortalDefinitions = Fixture.definitions(), runtime: TroubledRuntime = TroubledRuntime(),
        settings: PortalSettings = PortalSettings(), on store: MemoryStore = MemoryStore(),
        clock: ManualClock = ManualClock()
    ) async throws {
        self.store = store
        self.clock = clock
        base = runtime.base
        var settings = settings
        settings.passwordCost = .leastForTests
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
