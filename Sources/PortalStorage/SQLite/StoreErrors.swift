internal import CSQLite
internal import Glibc
internal import Portal

/// What a result code of SQLite means to the portal.
/// - Parameters:
///   - message: SQLite's own text, which names tables and columns, never values.
///   - errno: the system's reason, where a call of SQLite's to the system failed.
func storeError(code: Int32, message: String, errno: Int32, path: String) -> PortalStoreError {
    switch code & 0xff {
    case SQLITE_FULL: .full
    case SQLITE_READONLY: .readOnly(path: path)
    case SQLITE_BUSY, SQLITE_LOCKED: .locked(path: path)
    case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged(path: path, detail: message)
    case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_IOERR:
        // A code of the I/O family says which call failed, the system says why.
        errno == 0
            ? .failed(detail: "\(path): \(message) (code \(code))")
            : storeError(errno: errno, doing: "use", path: path)
    default: .failed(detail: message)
    }
}

/// What a failed system call on a file means to the portal.
func storeError(errno code: Int32, doing action: String, path: String) -> PortalStoreError {
    switch code {
    case ENOSPC, EDQUOT: .full
    case EACCES, EPERM, EROFS: .readOnly(path: path)
    default: .failed(detail: "cannot \(action) \(path): \(String(cString: strerror(code)))")
    }
}
