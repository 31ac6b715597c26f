public import Platform

/// What makes sessions real: sandboxes on this machine, pods of a cluster, or nothing at all.
///
/// A runtime owns compute and knows no rules: who gets which session, when it ends and how many there may be is decided
/// elsewhere. Every call is safe to repeat and to race with itself for the same name; none of them holds a lock of the
/// portal's.
public protocol SessionRuntime: Sendable {
    /// Makes an environment's content ready. Called before any session of it and again after a restart of the portal.
    /// - Throws: `SessionRuntimeError`; the environment then stays `starting` and is tried again with back-off.
    func prepare(_ environment: EnvironmentPreparation) async throws

    /// Removes what `prepare` made. Called when no session of the environment is left; one that was never prepared
    /// counts as removed.
    /// - Throws: `SessionRuntimeError` when something may be left.
    func discard(_ environment: EnvironmentName) async throws

    /// Every environment whose content exists in whole or in part, whoever prepared it, so that what a killed portal left
    /// behind is found.
    func preparedEnvironments() async throws -> [EnvironmentName]

    /// Starts a session and returns when it answers requests. A session of that name that already runs is left as it is
    /// and counts as started, so that a portal killed half-way can call again.
    /// - Throws: `SessionRuntimeError`; whatever was begun is removed by `stop`, which the caller calls next.
    func start(_ session: SessionLaunch) async throws

    /// Ends a session and returns when nothing of it is left: no process, no socket, no file. A session that does not
    /// exist counts as stopped.
    /// - Throws: `SessionRuntimeError` when something may be left; the caller tries again.
    func stop(_ session: SessionName) async throws

    /// Whether `existing` also knows the sessions that an earlier process started. Where it does not, a session that the
    /// store holds and `existing` lacks has not vanished: `start` for it makes it known again.
    var remembersSessions: Bool { get }

    /// Whether a session is ready as soon as it is on record, because nothing has to be made. The portal then does not
    /// call `start` for a session that somebody launches while there is a free place, and saves a transaction.
    var startsAtOnce: Bool { get }

    /// Every session that exists in whole or in part, whoever started it. The reconciler compares this with the store
    /// after a start and from time to time: adopts, replaces, removes.
    func existing() async throws -> [SessionName: SessionPresence]

    /// When the learner was last seen, asked of the session itself; `nil` when it did not answer in time.
    func lastSeen(_ session: SessionName) async -> Timestamp?

    /// What a session takes of the machine now, as cheaply as it can be found out; `nil` when it does not run, or nothing can
    /// be told. Asked again and again while somebody watches, and never otherwise.
    func usage(of session: SessionName) async -> SessionUsage?

    /// Tells of sessions that ended by themselves, so that nobody has to poll. May finish early; `existing` is the truth.
    func departures() -> AsyncStream<SessionName>
}

extension SessionRuntime {
    public func discard(_ environment: EnvironmentName) async throws {}
    public func preparedEnvironments() async throws -> [EnvironmentName] { [] }
    public func usage(of session: SessionName) async -> SessionUsage? { nil }
    public var remembersSessions: Bool { true }
    public var startsAtOnce: Bool { false }
}

public struct SessionUsage: Sendable, Equatable {
    /// Bytes of memory in use, without what the system could take back at once.
    public var memory: Int
    /// Microseconds of processor time used so far, over all processors. It may fall when processes end.
    public var processorTime: Int
    public init(memory: Int, processorTime: Int) {
        self.memory = memory
        self.processorTime = processorTime
    }
}

public enum SessionPresence: Sendable, Equatable {
    /// Answers requests.
    case ready
    /// Exists, does not answer (still booting, or hung).
    case unresponsive
    /// Only remains are left: files or a cgroup without a process.
    case remains
}

public struct SessionRuntimeError: Error, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// The machine lacks something: the text says what to install or to allow.
        case unsupported
        /// Out of processes, memory, disk.
        case exhausted
        /// Did not answer in time.
        case timedOut
        case failed
    }
    public let kind: Kind
    /// For operators. Holds no secret.
    public let description: String
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

public struct EnvironmentPreparation: Sendable {
    public let environment: EnvironmentName
    public let workshop: WorkshopDefinition
    public init(environment: EnvironmentName, workshop: WorkshopDefinition) {
        self.environment = environment
        self.workshop = workshop
    }
}

/// All that a runtime needs to start a session.
public struct SessionLaunch: Sendable {
    public let session: SessionName
    public let environment: EnvironmentName
    public let workshop: WorkshopDefinition
    /// What its agent is told. `portalSocket`, `listenSocket`, `contentFolder` and `home` are the runtime's to fill in.
    public let manifest: SessionManifest
    public init(
        session: SessionName, environment: EnvironmentName, workshop: WorkshopDefinition, manifest: SessionManifest
    ) {
        self.session = session
        self.environment = environment
        self.workshop = workshop
        self.manifest = manifest
    }
}
