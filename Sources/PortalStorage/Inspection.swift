internal import Glibc
public import Portal

extension SQLitePortalStore {
    /// Reads one consistent state of a portal's database, which may be running in another process, and changes nothing.
    /// - Parameter folder: the portal's data folder.
    /// - Throws: what `body` throws; `BackupError.nothingToBackUp` where there is no database; `PortalStoreError`: `.newer`
    ///   for one of a newer program, `.failed` for one of an older program, which must bring it up to date first.
    public static func inspect<Value>(folder: String, _ body: (any PortalReader) throws -> Value) throws -> Value {
        let path = DataFolder(path: folder).database
        guard access(path, F_OK) == 0 else { throw BackupError.nothingToBackUp(folder: folder) }
        // Writing access, because the last connection to close puts the log in order.
        let connection = try Connection(path: path, access: .writing)
        let version = Int(try connection.integer("PRAGMA user_version"))
        guard version <= Schema.newest else { throw PortalStoreError.newer(found: version, known: Schema.newest) }
        guard version == Schema.newest else {
            throw PortalStoreError.failed(
                detail: "\(path) was made by an older program: start the portal once with this one")
        }
        try connection.statement(.beginReading).run()
        defer { connection.rollBack() }
        return try body(StoreReader(connection: connection, memory: StoreMemory(reading: connection)))
    }
}
