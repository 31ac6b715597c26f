internal import CLinux
internal import Glibc
internal import Platform
internal import Portal
internal import Synchronization

extension SandboxRuntime {
    /// Ends the sandbox's first process, and with it, by the kernel, all others in it.
    func endProcesses(_ name: SessionName) {
        state.withLock { _ = $0.ending.insert(name) }
        guard let process = firstProcess(name) else { return }
        _ = lectern_pidfd_send_signal(process.number, SIGKILL)
    }

    /// Removes a session, one caller at a time: processes, control groups, sockets, files, in this order, and the record
    /// last, so that whoever comes after a crash in between finds what is left.
    func stopAlone(_ name: SessionName) async throws {
        endProcesses(name)
        defer { state.withLock { _ = $0.ending.remove(name) } }
        if let process = firstProcess(name) {
            guard await DescriptorWatcher.shared.readable(process, within: 10_000) else {
                throw SessionRuntimeError(.timedOut, "the processes of \(name) do not end")
            }
        }
        let record = SandboxRecord.read(folders.record(name))
        if let record { reapWhenOver(record) }
        try await removing.run { [self] in
            let recorded = record?.boot == SandboxRecord.currentBoot ? record?.controlGroups ?? [] : []
            let paths = Set(recorded + groups.paths(name))
            if !groups.bases.isEmpty || !paths.isEmpty { try ControlGroups.end(paths.sorted()) }
            try awaitLease(name)
            try FileTree.remove(folders.publishedFolder(name))
            try FileTree.remove(folders.privateFolder(name))
            try FileTree.remove(folders.session(name))
        }
        state.withLock { _ = $0.running.removeValue(forKey: name) }
        users?.giveBack(name)
    }

    /// Waits until nobody holds the lease: `bwrap` itself ends a moment after its child, and an agent without a
    /// manifest by itself. Who still holds it after that is ended.
    private func awaitLease(_ name: SessionName) throws {
        for attempt in 0..<5000 {
            guard isLeased(name) else { return }
            if attempt % 500 == 200 { endHolders(ofLease: folders.lease(name)) }
            usleep(attempt < 200 ? 200 : 2000)
        }
        throw SessionRuntimeError(.timedOut, "a process of \(name) does not end")
    }

    /// Ends the processes that have the lease open, found by looking at every process of this machine that we may see.
    private func endHolders(ofLease lease: String) {
        var wanted = stat()
        guard stat(lease, &wanted) == 0 else { return }
        for pid in FileTree.names(in: "/proc").compactMap({ pid_t($0) }) where pid != getpid() {
            guard let process = try? Descriptor.process(pid) else { continue }
            for number in FileTree.names(in: "/proc/\(pid)/fd") {
                var status = stat()
                guard stat("/proc/\(pid)/fd/\(number)", &status) == 0, status.st_ino == wanted.st_ino,
                    status.st_dev == wanted.st_dev
                else { continue }
                _ = lectern_pidfd_send_signal(process.number, SIGKILL)
                break
            }
        }
    }
}
