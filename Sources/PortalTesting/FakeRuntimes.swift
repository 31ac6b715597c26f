public import Platform
public import Portal
internal import Synchronization

/// A runtime without sandboxes that does at once what it is asked to. The base of the failing ones.
public final class InstantRuntime: SessionRuntime {
    private struct State {
        var sandboxes: [SessionName: SessionPresence] = [:]
        var prepared: [EnvironmentName] = []
        var discarded: [EnvironmentName] = []
        var started: [SessionName] = []
        var stopped: [SessionName] = []
        var lastSeen: [SessionName: Timestamp] = [:]
        var usage: [SessionName: SessionUsage] = [:]
        var usageQuestions = 0
        var mostAtOnce = 0
    }
    private let state: Mutex<State>
    private let ended = AsyncStream.makeStream(of: SessionName.self)

    public init(existing: [SessionName: SessionPresence] = [:]) { state = Mutex(State(sandboxes: existing)) }

    public func prepare(_ environment: EnvironmentPreparation) async throws {
        state.withLock { $0.prepared.append(environment.environment) }
    }
    public func discard(_ environment: EnvironmentName) async throws {
        state.withLock { $0.discarded.append(environment) }
    }
    public func preparedEnvironments() async throws -> [EnvironmentName] {
        state.withLock { Set($0.prepared).subtracting($0.discarded).sorted() }
    }
    public func start(_ session: SessionLaunch) async throws { exists(session.session) }
    public func stop(_ session: SessionName) async throws { isGone(session) }
    public func existing() async throws -> [SessionName: SessionPresence] { sandboxes }
    public func lastSeen(_ session: SessionName) async -> Timestamp? { state.withLock { $0.lastSeen[session] } }
    public func usage(of session: SessionName) async -> SessionUsage? {
        state.withLock { state in
            state.usageQuestions += 1
            return state.usage[session]
        }
    }
    public func departures() -> AsyncStream<SessionName> { ended.stream }

    // MARK: For tests

    public var sandboxes: [SessionName: SessionPresence] { state.withLock { $0.sandboxes } }
    public var prepared: [EnvironmentName] { state.withLock { $0.prepared } }
    public var discarded: [EnvironmentName] { state.withLock { $0.discarded } }
    /// In the order of the calls.
    public var started: [SessionName] { state.withLock { $0.started } }
    public var stopped: [SessionName] { state.withLock { $0.stopped } }
    /// The most sandboxes that ever existed together.
    public var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }

    /// How often anybody asked what a session takes of the machine.
    public var usageQuestions: Int { state.withLock { $0.usageQuestions } }

    /// What a session takes of the machine when it is asked; `nil` for no answer.
    public func setUsage(_ session: SessionName, _ usage: SessionUsage?) {
        state.withLock { $0.usage[session] = usage }
    }

    /// A sandbox is there.
    public func exists(_ session: SessionName, _ presence: SessionPresence = .ready) {
        state.withLock { state in
            state.sandboxes[session] = presence
            state.started.append(session)
            state.mostAtOnce = max(state.mostAtOnce, state.sandboxes.count)
        }
    }

    /// Nothing is left of a sandbox.
    public func isGone(_ session: SessionName) {
        state.withLock { state in
            state.sandboxes[session] = nil
            state.stopped.append(session)
        }
    }

    /// A sandbox dies by itself.
    /// - Parameter isHeard: whether the runtime notices.
    public func kill(_ session: SessionName, isHeard: Bool = true) {
        state.withLock { $0.sandboxes[session] = nil }
        if isHeard { ended.continuation.yield(session) }
    }

    /// What the session answers when it is asked; `nil` for no answer.
    public func setLastSeen(_ session: SessionName, _ moment: Timestamp?) {
        state.withLock { $0.lastSeen[session] = moment }
    }
}

/// A runtime made of another one and of ways to go wrong.
public struct TroubledRuntime: SessionRuntime {
    public let base: InstantRuntime
    private let beforeStart: @Sendable (SessionName) async throws -> Void
    private let beforeStop: @Sendable (SessionName) async throws -> Void
    private let beforePrepare: @Sendable (EnvironmentName) async throws -> Void

    public init(
        base: InstantRuntime = InstantRuntime(),
        beforePrepare: @escaping @Sendable (EnvironmentName) async throws -> Void = { _ in },
        beforeStart: @escaping @Sendable (SessionName) async throws -> Void = { _ in },
        beforeStop: @escaping @Sendable (SessionName) async throws -> Void = { _ in }
    ) {
        self.base = base
        self.beforePrepare = beforePrepare
        self.beforeStart = beforeStart
        self.beforeStop = beforeStop
    }

    public func prepare(_ environment: EnvironmentPreparation) async throws {
        try await beforePrepare(environment.environment)
        try await base.prepare(environment)
    }
    public func start(_ session: SessionLaunch) async throws {
        try await beforeStart(session.session)
        try await base.start(session)
    }
    public func stop(_ session: SessionName) async throws {
        try await beforeStop(session)
        try await base.stop(session)
    }
    public func discard(_ environment: EnvironmentName) async throws { try await base.discard(environment) }
    public func existing() async throws -> [SessionName: SessionPresence] { try await base.existing() }
    public func preparedEnvironments() async throws -> [EnvironmentName] { try await base.preparedEnvironments() }
    public func lastSeen(_ session: SessionName) async -> Timestamp? { await base.lastSeen(session) }
    public func usage(of session: SessionName) async -> SessionUsage? { await base.usage(of: session) }
    public func departures() -> AsyncStream<SessionName> { base.departures() }

    // MARK: Named by how they fail

    /// Every start takes until the gate is opened.
    public static func slow(_ gate: Gate, base: InstantRuntime = InstantRuntime()) -> TroubledRuntime {
        TroubledRuntime(base: base, beforeStart: { _ in try await gate.pass() })
    }

    /// Every start fails at once.
    public static func failing(base: InstantRuntime = InstantRuntime()) -> TroubledRuntime {
        TroubledRuntime(base: base, beforeStart: { _ in throw SessionRuntimeError(.failed, "no sandbox today") })
    }

    /// A sandbox appears and never answers; its start returns only when it is cancelled.
    public static func neverReady(base: InstantRuntime = InstantRuntime()) -> TroubledRuntime {
        TroubledRuntime(
            base: base,
            beforeStart: { session in
                base.exists(session, .unresponsive)
                try await Gate().pass()
            })
    }

    /// The first starts fail, later ones work.
    public static func flaky(failures: Int, base: InstantRuntime = InstantRuntime()) -> TroubledRuntime {
        let left = Countdown(failures)
        return TroubledRuntime(
            base: base,
            beforeStart: { _ in if left.takeOne() { throw SessionRuntimeError(.timedOut, "not today") } })
    }

    /// The first stops fail and leave remains behind, later ones work.
    public static func halfStopping(failures: Int, base: InstantRuntime = InstantRuntime()) -> TroubledRuntime {
        let left = Countdown(failures)
        return TroubledRuntime(
            base: base,
            beforeStop: { session in
                guard left.takeOne() else { return }
                base.exists(session, .remains)
                throw SessionRuntimeError(.failed, "something is left")
            })
    }

    /// Environments cannot be prepared at first.
    public static func unprepared(failures: Int, base: InstantRuntime = InstantRuntime()) -> TroubledRuntime {
        let left = Countdown(failures)
        return TroubledRuntime(
            base: base,
            beforePrepare: { _ in if left.takeOne() { throw SessionRuntimeError(.unsupported, "nothing works") } })
    }
}

/// Holds tasks until it is opened, or they are cancelled.
public final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var lastID: UInt64 = 0
        var cancelled: Set<UInt64> = []
    }
    private let state = Mutex(State())

    public init() {}

    /// How many wait now.
    public var waiting: Int { state.withLock { $0.waiting.count } }

    public func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// - Throws: `CancellationError`.
    public func pass() async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if state.isOpen { return .success(()) }
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    state.waiting[id] = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                let continuation = state.waiting.removeValue(forKey: id)
                if continuation == nil { state.cancelled.insert(id) }
                return continuation
            }
            continuation?.resume(throwing: CancellationError())
        }
    }
}

private final class Countdown: Sendable {
    private let left: Mutex<Int>
    init(_ count: Int) { left = Mutex(count) }
    func takeOne() -> Bool {
        left.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
    }
}
