public import Platform
public import Portal
internal import Synchronization

/// Sessions that exist on paper only: ready at once, gone at once, nothing runs. For measuring the portal, and for
/// people who build a front end.
///
/// It knows of the sessions that it was told to start since this process began, and says so through
/// `remembersSessions`.
public final class PaperRuntime: SessionRuntime {
    private let sessions = Mutex<Set<SessionName>>([])

    public init() {}

    public var remembersSessions: Bool { false }
    public var startsAtOnce: Bool { true }

    public func prepare(_ environment: EnvironmentPreparation) async throws {}

    public func start(_ session: SessionLaunch) async throws {
        sessions.withLock { _ = $0.insert(session.session) }
    }

    public func stop(_ session: SessionName) async throws {
        sessions.withLock { _ = $0.remove(session) }
    }

    public func existing() async throws -> [SessionName: SessionPresence] {
        sessions.withLock { sessions in Dictionary(uniqueKeysWithValues: sessions.map { ($0, .ready) }) }
    }

    /// Nobody can look at what does not exist.
    public func lastSeen(_ session: SessionName) async -> Timestamp? { nil }

    /// Ends at once: what exists on paper does not end by itself.
    public func departures() -> AsyncStream<SessionName> { AsyncStream { $0.finish() } }
}
