internal import CLinux
internal import Glibc
public import Platform
public import Portal
internal import Synchronization

/// Sessions as sandboxes on this machine: `bwrap` around a session agent.
///
/// Nothing here is remembered in memory alone. A sandbox outlives the portal and is found again by its folder, its
/// record and its lease; see `SandboxStart.swift` for the order in which they come into being, which makes a crash at
/// any step harmless, and `SandboxStop.swift` for the order in which they go.
public final class SandboxRuntime: SessionRuntime {
    let configuration: SandboxConfiguration
    let folders: SandboxFolders
    let machine: SandboxMachine
    let groups: ControlGroups
    let users: SandboxUsers?
    let log: Log
    let locks = NamedLocks<SessionName>()
    let environmentLocks = NamedLocks<EnvironmentName>()
    /// Copying and starting; removing, which may take long and must not hold up those who come.
    let starting = BlockingWork("sandbox-start", width: 8)
    let fetching = BlockingWork("content-fetch", width: 4)
    let removing = BlockingWork("sandbox-remove", width: 4)
    let measuring = BlockingWork("sandbox-usage", width: 1)
    let state = Mutex(State())
    let storage = Mutex(StorageState())

    struct State {
        /// The sandboxes known to run, by their first process.
        var running: [SessionName: Descriptor] = [:]
        /// Those that are being ended on purpose: nobody is told.
        var ending: Set<SessionName> = []
        var listeners: [Int: AsyncStream<SessionName>.Continuation] = [:]
        var nextListener = 0
    }

    /// Examines the machine and makes the folders.
    /// - Throws: `SessionRuntimeError` of kind `unsupported` that says what to install or to allow.
    public init(_ configuration: SandboxConfiguration, log: Log = .silent) throws(SessionRuntimeError) {
        self.configuration = configuration
        self.log = log
        folders = SandboxFolders(data: configuration.data, run: configuration.run)
        guard folders.longestName >= 24 else {
            throw SessionRuntimeError(
                .unsupported,
                "the folder for sockets, \(folders.run), has too long a path: a socket's path may have "
                    + "\(SandboxFolders.longestSocketPath) bytes. Choose a shorter one with --run, for example "
                    + "--run /run/lectern or --run /tmp/lectern")
        }
        machine = try SandboxMachine.examine(configuration)
        do {
            for folder in [folders.sessions, folders.environments, folders.agents] {
                try makeFolders(folder, mode: 0o700)
            }
            for folder in [folders.published, folders.portal] { try makeFolders(folder, mode: 0o755) }
            guard access(configuration.agent.path, X_OK) == 0 else {
                throw SystemCallError("run \(configuration.agent.path)")
            }
        } catch let error as SystemCallError {
            throw error.asRuntimeError("prepare the local runtime")
        } catch {
            throw SessionRuntimeError(.failed, "\(error)")
        }
        if configuration.usesControlGroups {
            groups = ControlGroups.detect(
                mounts: (try? textOfFile("/proc/self/mountinfo")) ?? "",
                own: (try? textOfFile("/proc/self/cgroup")) ?? "", name: Self.groupName(configuration.data))
        } else {
            groups = .none
        }
        users = geteuid() == 0 ? SandboxUsers(first: configuration.firstUser, folders: folders) : nil
        if !groups.limitsProcesses || !groups.limitsMemory {
            log.warning("limits on whole sandboxes are not possible here, only on single processes")
        }
        watchStorage()
    }

    /// Whether this machine can run sandboxes.
    /// - Throws: `SessionRuntimeError` of kind `unsupported` that says what to install or to allow.
    public static func check(_ configuration: SandboxConfiguration) throws(SessionRuntimeError) {
        _ = try SandboxMachine.examine(configuration)
    }

    /// The same for every start of a portal over one data folder, another for each folder.
    static func groupName(_ data: String) -> String { "lectern-" + String(hash(data), radix: 16) }

    // MARK: Environments

    public func prepare(_ environment: EnvironmentPreparation) async throws {
        try await environmentLocks.withLock(environment.environment) {
            try await fetching.run { [folders, configuration, machine] in
                let name = environment.workshop.name
                do {
                    try EnvironmentContent.prepare(
                        environment, in: folders,
                        FetchSandbox(
                            bubblewrap: machine.bubblewrap,
                            end: MonotonicTime.milliseconds() + configuration.contentTime * 1000,
                            limit: FileTree.Usage(
                                bytes: Int64(configuration.contentSize), entries: configuration.contentFiles),
                            credentials: configuration.contentCredentials))
                } catch let error as SystemCallError {
                    throw error.asRuntimeError("copy the content of workshop \(name)")
                } catch let failure as ContentFailure {
                    throw SessionRuntimeError(.failed, "the content of workshop \(name), \(failure)")
                }
            }
        }
    }

    public func discard(_ environment: EnvironmentName) async throws {
        try await environmentLocks.withLock(environment) {
            try await removing.run { [folders] in
                do {
                    try FileTree.remove(folders.unfinishedEnvironment(environment))
                    try FileTree.remove(folders.environment(environment))
                } catch let error as SystemCallError {
                    throw error.asRuntimeError("remove the content of environment \(environment)")
                }
            }
        }
    }

    public func preparedEnvironments() async throws -> [EnvironmentName] { folders.foundEnvironments() }

    // MARK: Sessions

    public func start(_ session: SessionLaunch) async throws {
        try folders.checkLength(session.session)
        do {
            try await locks.withLock(session.session) { try await startAlone(session) }
        } catch let error as SystemCallError {
            throw error.asRuntimeError("start session \(session.session)")
        }
    }

    public func stop(_ session: SessionName) async throws {
        // A start that is under way ends at once instead of waiting for an agent that nobody wants any more.
        endProcesses(session)
        do {
            try await locks.withLock(session) { try await stopAlone(session) }
        } catch let error as SystemCallError {
            throw error.asRuntimeError("stop session \(session)")
        }
    }

    public func existing() async throws -> [SessionName: SessionPresence] {
        let names = folders.found().union(groups.found()).union(state.withLock { Set($0.running.keys) })
        return await withTaskGroup(of: (SessionName, SessionPresence).self) { group in
            var found: [SessionName: SessionPresence] = [:]
            var left = names.makeIterator()
            // Not all at once: each question takes a descriptor.
            for _ in 0..<32 {
                guard let name = left.next() else { break }
                group.addTask { (name, await self.presence(name)) }
            }
            for await (name, presence) in group {
                found[name] = presence
                if let name = left.next() { group.addTask { (name, await self.presence(name)) } }
            }
            return found
        }
    }

    public func lastSeen(_ session: SessionName) async -> Timestamp? {
        trimLog(session)
        let socket = folders.publishedSocket(session)
        guard let activity = await AgentProbe.activity(socket, within: configuration.answerTime),
            activity.idle < 1e9
        else { return nil }
        let now = WallClock.system.now()
        return Timestamp(milliseconds: now.milliseconds - Int64(activity.idle * 1000))
    }

    public func departures() -> AsyncStream<SessionName> {
        let (stream, continuation) = AsyncStream.makeStream(of: SessionName.self)
        let number = state.withLock { state in
            state.nextListener += 1
            state.listeners[state.nextListener] = continuation
            return state.nextListener
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.listeners.removeValue(forKey: number) }
        }
        return stream
    }
}
