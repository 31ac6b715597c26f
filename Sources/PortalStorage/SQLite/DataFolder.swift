internal import Glibc
internal import Portal

/// The folder that holds the database, and the lock that keeps a second portal out of it.
struct DataFolder: Sendable {
    let path: String

    var database: String { path + "/portal.sqlite" }
    private var lock: String { path + "/portal.lock" }

    /// Makes folder (mode 0700) and database file (mode 0600) where they are missing, and takes the lock.
    /// - Throws: `PortalStoreError.locked` while another process, or another store of this one, has the folder.
    func prepare() throws -> FolderLock {
        if mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw storeError(errno: errno, doing: "make the folder", path: path)
        }
        let held = FolderLock(descriptor: try make(lock))
        guard flock(held.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { throw PortalStoreError.locked(path: path) }
            throw storeError(errno: errno, doing: "lock", path: lock)
        }
        close(try make(database))
        return held
    }

    private func make(_ file: String) throws -> Int32 {
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw storeError(errno: errno, doing: "open", path: file) }
        return descriptor
    }
}

/// Holds a folder's lock for as long as it lives. Children of this process do not inherit it.
final class FolderLock: Sendable {
    fileprivate let descriptor: Int32

    fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}
