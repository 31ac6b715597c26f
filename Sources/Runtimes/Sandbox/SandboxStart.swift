internal import CLinux
internal import FoundationEssentials
internal import Glibc
internal import Platform
internal import Portal
internal import Synchronization

/// The steps of a start, for tests that end the portal after one of them.
enum SandboxStartStep: CaseIterable, Sendable {
    case madeFolders, spawned, identified, recorded, handedOver, ready, published
}

/// What exists between starting `bwrap` and the agent's first answer.
private struct NewSandbox: Sendable {
    let outer: RecordedProcess
    let outerProcess: Descriptor
    /// Our end of the agent's standard input.
    let manifest: Descriptor
    let info: Descriptor
    let readiness: Descriptor
    let controlGroups: [String]
}

extension SandboxRuntime {
    /// Starts a session, one caller at a time.
    ///
    /// The agent gets its manifest only after the record that names its process is on disk. A portal that dies before
    /// leaves an agent whose input ends with nothing in it, and which therefore ends; one that dies later leaves a
    /// sandbox that the record leads to. The lease tells either way whether somebody lives.
    func startAlone(_ launch: SessionLaunch) async throws {
        let name = launch.session
        let end = MonotonicTime.milliseconds() + configuration.startTime
        state.withLock { _ = $0.ending.remove(name) }
        if firstProcess(name) != nil {
            do {
                return try await awaitAnswer(name, until: end)
            } catch  where firstProcess(name) == nil {
                // It was ending, as the agent of a start that was never finished does: begun anew.
            }
        }
        if isLeased(name) || folders.hasFolders(name) { try await stopAlone(name) }

        let sandbox = try await starting.run { try self.spawn(launch) }
        DescriptorWatcher.shared.whenReadable(sandbox.outerProcess) { [outer = sandbox.outerProcess] _ in
            _ = lectern_reap(outer.number)
        }
        try passed(.spawned)
        let (first, process) = try await identify(name, sandbox, until: end)
        try passed(.identified)
        let record = SandboxRecord(
            first: first, outer: sandbox.outer, boot: SandboxRecord.currentBoot, controlGroups: sandbox.controlGroups,
            storage: launch.workshop.storage > 0 ? launch.workshop.storage : configuration.limits.storage)
        try record.write(folders.record(name))
        try passed(.recorded)
        follow(name, process)
        try handOver(launch, to: sandbox)
        try passed(.handedOver)
        try await awaitReadiness(name, sandbox, until: end)
        try passed(.ready)
        if !groups.limitsProcesses, users == nil { limitProcesses(first.pid) }
        guard try publishSocket(name) else { throw failure(name, "made no socket") }
        try passed(.published)
        try await awaitAnswer(name, until: end)
    }

    private func passed(_ step: SandboxStartStep) throws { try configuration.afterStep?(step) }

    private func failure(_ name: SessionName, _ text: String, _ kind: SessionRuntimeError.Kind = .failed)
        -> SessionRuntimeError
    {
        let tail = (try? textOfFile(folders.log(name)))?.suffix(600).split(separator: "\n").suffix(4) ?? []
        let said = tail.isEmpty ? "" : "; its log ends with: " + tail.joined(separator: " | ")
        return SessionRuntimeError(kind, "the agent of \(name) \(text)\(said)")
    }

    // MARK: Making it

    private func spawn(_ launch: SessionLaunch) throws -> NewSandbox {
        let name = launch.session
        let limits = configuration.limits
        let user = try users?.take(for: name)
        let environment = folders.environment(launch.environment)
        guard access(environment, F_OK) == 0 else {
            throw SessionRuntimeError(.failed, "environment \(launch.environment) is not prepared")
        }
        try makeFolders(folders.session(name), mode: 0o700)
        try makeFolders(folders.home(name), mode: 0o755)
        try makeFolders(folders.privateFolder(name), mode: 0o755)
        try EnvironmentContent.fillHome(folders.home(name), from: environment, owner: user)
        if let user {
            for folder in [folders.home(name), folders.privateFolder(name)] {
                guard chown(folder, user.id, user.group) == 0 else { throw SystemCallError("chown \(folder)") }
            }
        }
        try passed(.madeFolders)

        let memory = limits.memory > 0 ? limits.memory : launch.workshop.memory
        let groupDescriptors = try groups.make(name, memory: memory, limits: limits)
        let (input, manifest) = try Descriptor.socketPair()
        let (readiness, readinessWriter) = try Descriptor.pipe()
        // Opened for reading too, so that the agent's output has a reader for ever and never breaks.
        let output = try Descriptor.opened("/proc/self/fd/\(readinessWriter.number)", O_RDWR | O_NONBLOCK)
        let (info, infoWriter) = try Descriptor.pipe()
        let log = try Descriptor.opened(
            folders.log(name), O_WRONLY | O_CREAT | O_APPEND | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        let lease = try Descriptor.opened(folders.lease(name), O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        guard flock(lease.number, LOCK_EX | LOCK_NB) == 0 else { throw SystemCallError("lock \(folders.lease(name))") }

        let command = SandboxCommand(
            SandboxCommand.Parts(
                host: EnvironmentContent.hostName(launch.workshop), home: folders.home(name),
                session: folders.privateFolder(name), portal: folders.portal, environment: environment,
                agent: configuration.agent, temporary: min(limits.temporary, memory),
                sharedMemory: min(limits.temporary, memory)),
            on: machine, standard: [input, output, log], info: infoWriter, lease: lease,
            filter: try SystemCallFilter.opened())
        var child = ChildProgram(
            program: machine.bubblewrap, arguments: command.arguments, environment: SandboxCommand.environment,
            descriptors: command.descriptors)
        child.controlGroups = groupDescriptors
        child.stage = machine.stage
        child.stageSources = command.stageSources
        child.user = user
        child.outOfMemoryScore = 500
        child.limits[Int32(RLIMIT_NOFILE.rawValue)] = UInt64(limits.openFiles)
        child.limits[Int32(RLIMIT_FSIZE.rawValue)] = UInt64(limits.fileSize)
        child.limits[Int32(RLIMIT_CORE.rawValue)] = 0
        // A user of its own has processes of its own to count. Where all sandboxes share the portal's user, the limit is
        // set from outside once there is a user namespace to count in.
        if user != nil, !groups.limitsProcesses {
            child.limits[lectern_process_limit()] = UInt64(limits.processes + 24)
        }
        if !groups.limitsMemory { child.limits[Int32(RLIMIT_DATA.rawValue)] = UInt64(memory) }
        let pid = try child.spawn()
        guard let outer = RecordedProcess.current(pid)?.process else { throw SystemCallError("look at bwrap") }
        return NewSandbox(
            outer: outer, outerProcess: try Descriptor.process(pid), manifest: manifest, info: info,
            readiness: readiness, controlGroups: groups.paths(name))
    }

    /// Reads from `bwrap` which process is the sandbox's first, and takes hold of it.
    private func identify(_ name: SessionName, _ sandbox: NewSandbox, until end: Int) async throws -> (
        RecordedProcess, Descriptor
    ) {
        struct Info: Decodable {
            let child: Int32
            enum CodingKeys: String, CodingKey { case child = "child-pid" }
        }
        var text: [UInt8] = []
        while text.count < 65_536 {
            let left = end - MonotonicTime.milliseconds()
            guard left > 0 else { throw SessionRuntimeError(.timedOut, "bwrap did not start in time") }
            guard await DescriptorWatcher.shared.readable(sandbox.info, within: min(left, 200)) else {
                try Task.checkCancellation()
                continue
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(sandbox.info.number, &buffer, buffer.count)
            guard count > 0 else { break }
            text.append(contentsOf: buffer.prefix(count))
            guard let info = try? JSONDecoder().decode(Info.self, from: Data(text)) else { continue }
            // Its parent is the bwrap that we started, which still holds its number: it is no other process.
            guard let process = try? Descriptor.process(info.child),
                let (first, parent) = RecordedProcess.current(info.child), parent == sandbox.outer.pid
            else { break }
            return (first, process)
        }
        _ = await DescriptorWatcher.shared.readable(sandbox.outerProcess, within: 1000)
        throw failure(name, "was not started, as there is no sandbox")
    }

    /// Tells the agent what it serves, with the paths as they are inside.
    private func handOver(_ launch: SessionLaunch, to sandbox: NewSandbox) throws {
        var manifest = launch.manifest
        manifest.contentFolder = SandboxCommand.content
        manifest.home = SandboxCommand.home
        manifest.listenSocket = SandboxCommand.session + "/" + SandboxFolders.socketName
        manifest.portalSocket = SandboxCommand.portal + "/agents.sock"
        let bytes = Array(try JSONEncoder().encode(manifest))
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(
            sandbox.manifest.number, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(
                    sandbox.manifest.number, $0.baseAddress.map { $0 + sent }, bytes.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(launch.session, "did not take its manifest") }
            sent += count
        }
        shutdown(sandbox.manifest.number, Int32(SHUT_WR))
    }

    // MARK: Waiting for it

    private func awaitReadiness(_ name: SessionName, _ sandbox: NewSandbox, until end: Int) async throws {
        var said: [UInt8] = []
        var patience = 5
        while true {
            let left = end - MonotonicTime.milliseconds()
            guard left > 0 else { throw failure(name, "was not ready in time", .timedOut) }
            if await DescriptorWatcher.shared.readable(sandbox.readiness, within: min(left, patience)) {
                var buffer = [UInt8](repeating: 0, count: 256)
                let count = read(sandbox.readiness.number, &buffer, buffer.count)
                if count > 0 { said.append(contentsOf: buffer.prefix(count)) }
                let lines = String(decoding: said, as: UTF8.self).split(separator: "\n")
                if lines.contains("ready") { return }
                said = said.suffix(64)
                continue
            }
            try Task.checkCancellation()
            patience = min(patience + 1, 50)
            guard firstProcess(name) != nil else { throw failure(name, "ended before it was ready") }
            if try publishSocket(name),
                await AgentProbe.activity(folders.publishedSocket(name), within: min(left, 50)) != nil
            {
                // An agent that answers without having said so is ready too.
                return
            }
        }
    }

    private func awaitAnswer(_ name: SessionName, until end: Int) async throws {
        while true {
            let left = end - MonotonicTime.milliseconds()
            guard left > 0 else { throw failure(name, "did not answer in time", .timedOut) }
            guard let process = firstProcess(name) else { throw failure(name, "ended before it answered") }
            if try publishSocket(name),
                await AgentProbe.activity(
                    folders.publishedSocket(name), within: min(left, configuration.answerTime)) != nil
            {
                return
            }
            try Task.checkCancellation()
            _ = await DescriptorWatcher.shared.readable(process, within: 2)
        }
    }

    /// Where neither a control group nor a user of its own counts processes: the agent and all that it starts from now on count against a limit of
    /// their own user namespace. Before it is ready, it runs nothing of the learner's.
    private func limitProcesses(_ first: pid_t) {
        let text = (try? textOfFile("/proc/\(first)/task/\(first)/children")) ?? ""
        for agent in text.split(separator: " ").compactMap({ pid_t($0) }) {
            lectern_set_process_limit(agent, UInt64(configuration.limits.processes + 24))
        }
    }
}
