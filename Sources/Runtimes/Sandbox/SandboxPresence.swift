internal import CLinux
internal import Glibc
internal import Platform
internal import Portal
internal import Synchronization

/// Which sandboxes there are: found, followed, told of when they end.
extension SandboxRuntime {
    /// The first process of a sandbox, if that runs: one of ours, or one that a portal before us left a record of.
    func firstProcess(_ name: SessionName) -> Descriptor? {
        if let known = state.withLock({ $0.running[name] }) { return known }
        guard let record = SandboxRecord.read(folders.record(name)), record.boot == SandboxRecord.currentBoot,
            let process = record.first.opened()
        else { return nil }
        reapWhenOver(record)
        follow(name, process)
        return process
    }

    /// A program that took the place of an earlier one in the same process has its children, too, and nobody else waits
    /// for them. Where the sandbox's `bwrap` is no child of ours, somebody does.
    func reapWhenOver(_ record: SandboxRecord) {
        guard record.boot == SandboxRecord.currentBoot,
            let outer = try? Descriptor.process(record.outer.pid),
            RecordedProcess.current(record.outer.pid)?.process == record.outer
        else { return }
        DescriptorWatcher.shared.whenReadable(outer) { _ in _ = lectern_reap(outer.number) }
    }

    /// Remembers a running sandbox until it ends.
    func follow(_ name: SessionName, _ process: Descriptor) {
        let isNew = state.withLock { state in
            guard state.running[name] == nil else { return false }
            state.running[name] = process
            return true
        }
        guard isNew else { return }
        DescriptorWatcher.shared.whenReadable(process) { [weak self] _ in self?.hasEnded(name, process) }
    }

    private func hasEnded(_ name: SessionName, _ process: Descriptor) {
        let told = state.withLock { state -> [AsyncStream<SessionName>.Continuation] in
            guard state.running[name] === process else { return [] }
            state.running[name] = nil
            return state.ending.contains(name) ? [] : Array(state.listeners.values)
        }
        for listener in told { listener.yield(name) }
    }

    /// What there is of a session. Changes nothing but to publish the socket of an agent that was about to be.
    func presence(_ name: SessionName) async -> SessionPresence {
        if locks.held.contains(name) { return .unresponsive }
        trimLog(name)
        guard firstProcess(name) != nil else {
            // What has just ended holds its lease a moment longer.
            for _ in 0..<20 where isLeased(name) {
                guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { break }
            }
            return isLeased(name) ? .unresponsive : .remains
        }
        let socket = folders.publishedSocket(name)
        if access(socket, F_OK) != 0 {
            // A portal that died between the two left an agent that listens but that nobody can reach yet.
            _ = try? publishSocket(name)
        }
        return await AgentProbe.activity(socket, within: configuration.answerTime) == nil ? .unresponsive : .ready
    }

    /// Whether a process of the sandbox lives, whatever is known of it.
    func isLeased(_ name: SessionName) -> Bool {
        guard let lease = try? Descriptor.opened(folders.lease(name), O_RDWR | O_NOFOLLOW) else { return false }
        return flock(lease.number, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// Makes the sockets that an agent listens on reachable: links the very sockets into a folder that no sandbox sees. There
    /// is the agent's own, and one for each server of the learner's that has a host (`SandboxFolders.isServerSocketName`).
    ///
    /// The front door and the portal connect there. Were they to use the folder that the sandbox can write to, a learner
    /// could put a link to any socket of this machine in its place.
    /// - Returns: whether there was the agent's.
    @discardableResult func publishSocket(_ name: SessionName) throws -> Bool {
        guard let folder = try? Descriptor.opened(folders.privateFolder(name), openPath | O_DIRECTORY | O_NOFOLLOW),
            let own = socket(SandboxFolders.socketName, in: folder)
        else { return false }
        try makeFolders(folders.publishedFolder(name))
        let target = try Descriptor.opened(folders.publishedFolder(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        // The agent's own comes last: once it is there, the others are, and nobody asks for them again.
        let others = FileTree.names(in: folders.privateFolder(name)).filter(SandboxFolders.isServerSocketName)
        for other in others {
            guard let socket = socket(other, in: folder) else { continue }
            try link(socket, other, into: target, of: name)
        }
        try link(own, SandboxFolders.socketName, into: target, of: name)
        // Nobody has to write there any more. A portal that is not root shares its user with the sandbox, whose learner
        // may take that back; what is written there is then measured.
        let path = "/proc/self/fd/\(folder.number)"
        if users != nil { chown(path, 0, 0) }
        chmod(path, 0o555)
        return true
    }

    private func socket(_ file: String, in folder: Descriptor) -> Descriptor? {
        guard let socket = try? Descriptor.opened(in: folder, file, openPath) else { return nil }
        var status = stat()
        guard fstat(socket.number, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        return socket
    }

    private func link(
        _ socket: Descriptor, _ file: String, into target: Descriptor, of name: SessionName
    ) throws {
        // Who may come near is decided by the folders above; the front door may run as another user.
        chmod("/proc/self/fd/\(socket.number)", 0o666)
        guard lectern_link_descriptor(socket.number, target.number, file) == 0 || errno == EEXIST else {
            throw SystemCallError("publish the socket \(file) of \(name)")
        }
    }

    /// Empties an agent's log that has grown beyond 1 MiB.
    func trimLog(_ name: SessionName) {
        var status = stat()
        guard stat(folders.log(name), &status) == 0, status.st_size > 1 << 20 else { return }
        truncate(folders.log(name), 0)
    }
}
