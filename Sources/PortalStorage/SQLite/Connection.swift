internal import CSQLite
internal import Portal

/// One SQLite connection and its prepared statements. Used by one thread at a time.
final class Connection {
    let path: String
    private let handle: OpaquePointer
    private var isOpen = true
    private var prepared = [OpaquePointer?](repeating: nil, count: Query.allCases.count)
    private var preparedUpdates: [SessionColumns: OpaquePointer] = [:]
    /// The last thing that went wrong, for whoever finds the transaction gone later.
    private(set) var lastFailure: PortalStoreError?

    enum Access {
        case writing
        case reading
    }

    /// Before the first connection of the process.
    private static let hasConfigured: Bool = {
        // A program that has used SQLite before only keeps its statistics.
        _ = lectern_sqlite_without_statistics()
        return sqlite3_initialize() == SQLITE_OK
    }()

    /// Opens a file that exists.
    init(path: String, access: Access) throws {
        guard Connection.hasConfigured else { throw PortalStoreError.failed(detail: "SQLite does not start") }
        self.path = path
        var opened: OpaquePointer?
        let flags = (access == .writing ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_EXRESCODE, nil)
        guard let opened else { throw PortalStoreError.failed(detail: "out of memory") }
        guard code == SQLITE_OK else {
            let reason = sqlite3_system_errno(opened)
            sqlite3_close_v2(opened)
            throw storeError(
                code: code, message: String(cString: sqlite3_errstr(code)), errno: reason, path: path)
        }
        handle = opened
        sqlite3_busy_timeout(handle, 5000)
        _ = lectern_sqlite_defensive(handle)
        try execute("PRAGMA trusted_schema = OFF")
        try execute("PRAGMA foreign_keys = ON")
        try execute("PRAGMA temp_store = MEMORY")
        switch access {
        case .writing:
            try execute("PRAGMA cache_size = -4096")
        case .reading:
            try execute("PRAGMA cache_size = -1024")
            try execute("PRAGMA query_only = ON")
        }
    }

    deinit { close() }

    /// Nothing may be called afterwards.
    func close() {
        guard isOpen else { return }
        isOpen = false
        for statement in prepared { sqlite3_finalize(statement) }
        for statement in preparedUpdates.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// The statement of a query, prepared once. It is reset and has the bindings of its last use.
    func statement(_ query: Query) throws -> Statement {
        if let ready = prepared[query.rawValue] { return Statement(handle: ready, connection: self) }
        let made = try prepare(query.sql)
        prepared[query.rawValue] = made
        return Statement(handle: made, connection: self)
    }

    /// The statement that sets these columns of a session and no others, so that only their indexes are touched.
    func statement(updating columns: SessionColumns) throws -> Statement {
        if let ready = preparedUpdates[columns] { return Statement(handle: ready, connection: self) }
        let made = try prepare(columns.updateSQL)
        preparedUpdates[columns] = made
        return Statement(handle: made, connection: self)
    }

    /// A statement that is not kept.
    func withStatement<Value>(_ sql: String, _ body: (Statement) throws -> Value) throws -> Value {
        let made = try prepare(sql)
        defer { sqlite3_finalize(made) }
        return try body(Statement(handle: made, connection: self))
    }

    private func prepare(_ sql: String) throws -> OpaquePointer {
        var made: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil)
        guard code == SQLITE_OK, let made else { throw failure(code) }
        return made
    }

    /// Runs one or more statements without values.
    func execute(_ sql: String) throws {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    /// The first column of the first row.
    func integer(_ sql: String) throws -> Int64 {
        try withStatement(sql) { try $0.step() ? $0.integer(0) : 0 }
    }

    /// The first column of the first row.
    func text(_ sql: String) throws -> String {
        try withStatement(sql) { try $0.step() ? $0.text(0) : "" }
    }

    /// Ends a transaction without its changes. Where there is none any more, SQLite has undone it already.
    func rollBack() {
        if isInTransaction { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }

    /// Whether a transaction is open. SQLite ends one by itself after some errors, such as a full disk.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }
    /// Rows that the last statement inserted, changed or removed itself.
    var changes: Int { Int(sqlite3_changes(handle)) }

    /// Copies committed pages from the write-ahead log into the database file as far as readers allow.
    /// - Returns: how many frames of the log have been copied so far.
    func checkpoint() throws -> Int {
        var copied: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, &copied)
        guard code == SQLITE_OK else { throw failure(code) }
        return Int(copied)
    }

    /// Has `frames` set to the length of the write-ahead log after every commit. Turns SQLite's own checkpoints off.
    func reportLogLength(to frames: UnsafeMutablePointer<Int32>) {
        sqlite3_wal_hook(
            handle,
            { context, _, _, count in
                context?.assumingMemoryBound(to: Int32.self).pointee = count
                return SQLITE_OK
            }, frames)
    }

    /// Copies the whole database, as it is at the start, into another one.
    /// - Parameter pagesAtOnce: how much to copy between two looks at other work.
    func copy(to destination: Connection, pagesAtOnce: Int32) throws {
        guard let backup = sqlite3_backup_init(destination.handle, "main", handle, "main") else {
            throw destination.failure(sqlite3_extended_errcode(destination.handle))
        }
        var code = SQLITE_OK
        while code == SQLITE_OK { code = sqlite3_backup_step(backup, pagesAtOnce) }
        let finish = sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE, finish == SQLITE_OK else { throw destination.failure(finish) }
    }

    func failure(_ code: Int32) -> PortalStoreError {
        let error = storeError(
            code: code, message: String(cString: sqlite3_errmsg(handle)), errno: sqlite3_system_errno(handle),
            path: path)
        lastFailure = error
        return error
    }
}
