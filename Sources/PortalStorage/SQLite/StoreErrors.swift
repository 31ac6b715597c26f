internal import CSQLite
internal import Glibc
internal import Portal

/// What a result code of SQLite means to the portal.
/// - Parameter message: SQLite's own text, which names tables and columns, never values.
func storeError(code: Int32, message: String, path: String) -> PortalStoreError {
    switch code & 0xff {
    case SQLITE_FULL: .full
    case SQLITE_READONLY: .readOnly(path: path)
    case SQLITE_BUSY, SQLITE_LOCKED: .locked(path: path)
    case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged(path: path, detail: message)
    case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: .failed(detail: "\(path) cannot be opened: \(message)")
    case SQLITE_IOERR: .failed(detail: "\(path): \(message) (\(String(cString: sqlite3_errstr(code))), code \(code))")
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
