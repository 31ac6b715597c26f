internal import CSQLite
internal import Platform
internal import Portal

/// A prepared statement: bind from 1, step, read columns from 0, reset.
struct Statement {
    let handle: OpaquePointer
    let connection: Connection

    /// - Returns: whether there is a row.
    func step() throws -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        let error = connection.failure(code)
        sqlite3_reset(handle)
        throw error
    }

    func reset() { sqlite3_reset(handle) }

    /// Runs a statement that gives no rows.
    func run() throws {
        defer { reset() }
        _ = try step()
    }

    /// The value made of the first row, if there is one.
    func first<Value>(_ read: (Statement) throws -> Value) throws -> Value? {
        defer { reset() }
        return try step() ? try read(self) : nil
    }

    func all<Value>(_ read: (Statement) throws -> Value) throws -> [Value] {
        defer { reset() }
        var values: [Value] = []
        while try step() { values.append(try read(self)) }
        return values
    }

    func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(handle, index, value) }
    func bind(_ index: Int32, _ value: Int) { sqlite3_bind_int64(handle, index, Int64(value)) }
    func bind(_ index: Int32, _ value: Bool) { sqlite3_bind_int64(handle, index, value ? 1 : 0) }
    func bind(_ index: Int32, _ value: Timestamp) { sqlite3_bind_int64(handle, index, value.milliseconds) }
    func bindNull(_ index: Int32) { sqlite3_bind_null(handle, index) }

    func bind(_ index: Int32, _ value: Int64?) {
        if let value { bind(index, value) } else { bindNull(index) }
    }
    func bind(_ index: Int32, _ value: Timestamp?) {
        if let value { bind(index, value) } else { bindNull(index) }
    }
    func bind(_ index: Int32, _ value: String) {
        var value = value
        value.withUTF8 { _ = lectern_sqlite_bind_text(handle, index, $0.baseAddress, Int32($0.count)) }
    }
    func bind(_ index: Int32, _ value: String?) {
        if let value { bind(index, value) } else { bindNull(index) }
    }
    func bind(_ index: Int32, _ value: [UInt8]) {
        value.withUnsafeBytes { _ = lectern_sqlite_bind_blob(handle, index, $0.baseAddress, Int32($0.count)) }
    }
    func bind(_ index: Int32, _ value: TokenDigest) { bind(index, value.bytes) }
    func bind(_ index: Int32, _ value: TokenDigest?) {
        if let value { bind(index, value.bytes) } else { bindNull(index) }
    }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }
    func bool(_ column: Int32) -> Bool { sqlite3_column_int64(handle, column) != 0 }
    func timestamp(_ column: Int32) -> Timestamp { Timestamp(milliseconds: integer(column)) }
    func optionalTimestamp(_ column: Int32) -> Timestamp? { isNull(column) ? nil : timestamp(column) }

    func text(_ column: Int32) -> String {
        guard let bytes = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    func blob(_ column: Int32) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))))
    }
    func digest(_ column: Int32) throws -> TokenDigest {
        guard let digest = TokenDigest(stored: blob(column)) else { throw unreadable(column) }
        return digest
    }
    func optionalDigest(_ column: Int32) throws -> TokenDigest? { isNull(column) ? nil : try digest(column) }

    /// A text that must be one of a type's values.
    func value<Value: RawRepresentable<String>>(_ column: Int32, as type: Value.Type = Value.self) throws -> Value {
        guard let value = Value(rawValue: text(column)) else { throw unreadable(column) }
        return value
    }

    private func unreadable(_ column: Int32) -> PortalStoreError {
        let name = sqlite3_column_name(handle, column).map { String(cString: $0) } ?? "?"
        return .damaged(path: connection.path, detail: "a value of column \(name) has no meaning")
    }
}
