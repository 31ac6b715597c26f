internal import Glibc
internal import Platform
internal import Portal
internal import Synchronization

/// FNV-1a of a text: the same in every process.
func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

/// A user of its own for each sandbox of a portal that runs as root: what the kernel counts by user (processes, pipes,
/// watches, keys) is then nobody else's, and a process that broke out would own nothing.
final class SandboxUsers: Sendable {
    static let count: UInt32 = 65_536
    private let first: UInt32
    private let folders: SandboxFolders
    private let used = Mutex<[UInt32: SessionName]?>(nil)

    init(first: UInt32, folders: SandboxFolders) {
        self.first = first
        self.folders = folders
    }

    /// - Throws: when all are taken.
    func take(for session: SessionName) throws(SessionRuntimeError) -> SystemUser {
        let id = used.withLock { stored -> UInt32? in
            var used = stored ?? found()
            defer { stored = used }
            if let own = used.first(where: { $0.value == session })?.key { return own }
            // Portals on one machine do not know of each other's: each begins elsewhere.
            let begin = UInt32(truncatingIfNeeded: hash("\(folders.data)/\(session)")) % Self.count
            for step in 0..<Self.count {
                let id = first + (begin + step) % Self.count
                guard used[id] == nil else { continue }
                used[id] = session
                return id
            }
            return nil
        }
        guard let id else { throw SessionRuntimeError(.exhausted, "all users for sandboxes are in use") }
        return SystemUser(id: id, group: id)
    }

    func giveBack(_ session: SessionName) {
        used.withLock { used in
            guard let id = used?.first(where: { $0.value == session })?.key else { return }
            used?[id] = nil
        }
    }

    /// The users of the sandboxes that an earlier portal started: the owners of their homes.
    private func found() -> [UInt32: SessionName] {
        var used: [UInt32: SessionName] = [:]
        for name in folders.found() {
            var status = stat()
            if stat(folders.home(name), &status) == 0, status.st_uid >= first { used[status.st_uid] = name }
        }
        return used
    }
}
