internal import CLinux
internal import Glibc
internal import Platform
internal import Portal
internal import Synchronization

/// Keeps sandboxes from filling the disk that they share with the portal.
///
/// Few file systems can be told what a folder may hold, so homes are measured: when the disk fills quickly, when it is
/// nearly full, and from time to time. Who has passed its limit is ended, which gives its space back as soon as the
/// portal removes it.
extension SandboxRuntime {
    struct StorageState {
        var freeBytes: Int64 = .max
        var measured = 0
    }

    /// Looks for as long as the runtime exists.
    func watchStorage() {
        Task.detached { [weak self] in
            while true {
                do {
                    guard let self else { return }
                    await self.lookAtStorage()
                }
                guard let pause = self?.configuration.storageInterval else { return }
                guard (try? await Task.sleep(for: .milliseconds(pause))) != nil else { return }
            }
        }
    }

    private func lookAtStorage() async {
        let running = state.withLock { $0.running }
        guard !running.isEmpty else { return }
        for name in running.keys {
            // One socket is all that belongs there.
            let usage = FileTree.usage(of: folders.privateFolder(name), stoppingAt: .init(bytes: 1 << 20, entries: 64))
            if usage.bytes > 1 << 20 || usage.entries > 64 {
                end(name, for: "it fills its socket's folder", usage.bytes)
            }
        }
        let free = freeBytes()
        let now = MonotonicTime.milliseconds()
        let isDue = storage.withLock { storage in
            let isDue =
                free < configuration.limits.reservedDisk || storage.freeBytes - free > 16 << 20
                || now - storage.measured >= 30 * configuration.storageInterval
            storage.freeBytes = free
            if isDue { storage.measured = now }
            return isDue
        }
        guard isDue else { return }
        _ = try? await removing.run { [self] in
            var largest: (name: SessionName, bytes: Int64)?
            for name in running.keys {
                let limit = storageLimit(name)
                let usage = FileTree.usage(of: folders.home(name), stoppingAt: limit)
                if usage.bytes > limit.bytes || usage.entries > limit.entries {
                    end(name, for: "its home is too large", usage.bytes)
                    continue
                }
                guard free < configuration.limits.reservedDisk else { continue }
                let bytes = usage.bytes + removedButOpenBytes(name)
                if bytes > largest?.bytes ?? 16 << 20 { largest = (name, bytes) }
            }
            if let largest { end(largest.name, for: "the disk is nearly full", largest.bytes) }
        }
    }

    private func end(_ name: SessionName, for reason: String, _ bytes: Int64) {
        log.warning("sandbox ended: \(reason)", ("session", name), ("bytes", bytes))
        // Nobody asked for it, so it is reported like any other end.
        if let process = firstProcess(name) { _ = lectern_pidfd_send_signal(process.number, SIGKILL) }
    }

    private func storageLimit(_ name: SessionName) -> FileTree.Usage {
        let recorded = SandboxRecord.read(folders.record(name))?.storage ?? configuration.limits.storage
        return FileTree.Usage(bytes: Int64(recorded), entries: configuration.limits.files)
    }

    private func freeBytes() -> Int64 {
        var status = statvfs()
        guard statvfs(folders.sessions, &status) == 0 else { return .max }
        return Int64(clamping: status.f_bavail) * Int64(clamping: status.f_frsize)
    }

    /// Bytes of files that a sandbox has removed but keeps open: no folder shows them. Processes that hide from this
    /// portal's user are not counted.
    private func removedButOpenBytes(_ name: SessionName) -> Int64 {
        var home = stat()
        guard let first = SandboxRecord.read(folders.record(name))?.first.pid, stat(folders.home(name), &home) == 0,
            let namespace = linkTarget("/proc/\(first)/ns/pid")
        else { return 0 }
        var seen: [UInt: Int64] = [:]
        for pid in FileTree.names(in: "/proc").compactMap({ pid_t($0) })
        where linkTarget("/proc/\(pid)/ns/pid") == namespace {
            for number in FileTree.names(in: "/proc/\(pid)/fd") {
                var status = stat()
                guard stat("/proc/\(pid)/fd/\(number)", &status) == 0, status.st_dev == home.st_dev,
                    status.st_nlink == 0
                else { continue }
                seen[status.st_ino] = Int64(status.st_blocks) * 512
            }
        }
        return seen.values.reduce(0, +)
    }

    private func linkTarget(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 128)
        let length = readlink(path, &buffer, 127)
        guard length > 0 else { return nil }
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
