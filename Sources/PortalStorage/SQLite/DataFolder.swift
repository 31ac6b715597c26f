internal import Glibc
internal import Portal

/// The folder that holds the database, and the lock that keeps a second portal out of it.
struct DataFolder: Sendable {
    let path: String

    var database: String { path + "/portal.sqlite" }
    private var lock: String { path + "/portal.lock" }

    /// Makes folder (mode 0700) and database file (mode 0600) where they are missing, and takes the lock.
    /// - Returns: the descriptor that holds the lock until it is closed. Children of this process do not inherit it.
    /// - Throws: `PortalStoreError.locked` while another process, or another store of this one, has the folder.
    func prepare() throws -> Int32 {
        if mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw storeError(errno: errno, doing: "make the folder", path: path)
        }
        let descriptor = try make(lock)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(descriptor)
            if reason == EWOULDBLOCK { throw PortalStoreError.locked(path: path) }
            throw storeError(errno: reason, doing: "lock", path: lock)
        }
        do {
            close(try make(database))
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private func make(_ file: String) throws -> Int32 {
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw storeError(errno: errno, doing: "open", path: file) }
        return descriptor
    }
}
