internal import Platform
public import Portal
internal import Synchronization

/// The store in one SQLite database, `portal.sqlite` in a folder that belongs to one portal alone.
///
/// Durability: a write-ahead log with `synchronous = FULL`, so a completed write survives the power cut that follows it.
/// Writes that wait at the same time share one commit. The sessions' counts, the environments in use and recent logins
/// are kept in memory, exact to the commit, so that they cost the same however many sessions there are.
public final class SQLitePortalStore: PortalStore {
    private let folder: DataFolder
    private let queue = WriteQueue()
    private let readers: ReaderPool
    private let figures = StoreMeasures()
    private let recorders = EventRecorders()
    /// The writer's thread until somebody has joined it.
    private let writer: Mutex<BackgroundThread?>

    /// Opens the store, makes it where there is none, and brings an older one up to date.
    /// - Parameter folder: made with mode 0700 when it is missing; its parent must exist.
    /// - Throws: `PortalStoreError`: `.locked` when another process has it, `.newer` when a newer program made it,
    ///   `.readOnly`, `.full`, `.damaged`, or `.failed`.
    public convenience init(folder: String) throws {
        try self.init(folder: folder, pageLimit: nil)
    }

    /// - Parameter pageLimit: how many pages of 4 KiB the database may have before it counts as full.
    init(folder path: String, pageLimit: Int?) throws {
        folder = DataFolder(path: path)
        let lock = try folder.prepare()
        let connection = try Connection(path: folder.database, access: .writing)
        // A file system that cannot share memory is answered with another mode's name.
        let mode = try connection.text("PRAGMA journal_mode = WAL")
        guard mode == "wal" else {
            throw PortalStoreError.failed(detail: "\(path) is on a file system without shared memory")
        }
        try connection.execute("PRAGMA synchronous = FULL")
        try connection.execute("PRAGMA journal_size_limit = \(64 << 20)")
        if let pageLimit { try connection.execute("PRAGMA max_page_count = \(pageLimit)") }
        try Schema.migrate(connection)
        let memory = try StoreMemory(reading: connection)
        readers = ReaderPool(path: folder.database, memory: memory, measures: figures)
        let thread = try StoreWriter.start(
            connection: connection, memory: memory, queue: queue, readers: readers, recorders: recorders,
            measures: figures, lock: lock)
        writer = Mutex(thread)
    }

    deinit { close() }

    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (any PortalTransaction) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        if !queue.append(QueuedWriteOf(body: body, completion: completion)) {
            completion(.failure(PortalStoreError.closed))
        }
    }

    public func read<Value>(_ body: (any PortalReader) throws -> Value) throws -> Value {
        try readers.read(body)
    }

    public var measures: StoreMeasures? { figures }

    public func recordEvents(with recorder: EventRecorder) { recorders.current = recorder }

    /// Finishes queued writes and closes. On the writer's own thread, that is in a completion, it returns at once, and
    /// what is queued is finished afterwards.
    public func close() {
        queue.close()
        let thread = writer.withLock { writer in
            defer { writer = nil }
            return writer
        }
        guard let thread else { return }
        if thread.isCurrent { thread.detach() } else { thread.join() }
    }

    /// Looks for damage: the file's structure, references between tables, and the counts kept in memory against a
    /// recount. Reads everything: a second for some hundred megabytes.
    /// - Throws: `PortalStoreError.damaged` with what was found first.
    public func check() throws {
        try readers.withReader { reader in
            let structure = try reader.connection.text("PRAGMA integrity_check(1)")
            guard structure == "ok" else {
                throw PortalStoreError.damaged(path: folder.database, detail: structure)
            }
            let dangling = try reader.connection.text("PRAGMA foreign_key_check")
            guard dangling.isEmpty else {
                throw PortalStoreError.damaged(
                    path: folder.database, detail: "a row of table \(dangling) refers to one that is missing")
            }
            let counted = try StoreMemory.count(reader.connection)
            let remembered = reader.memory.counts.filter { $0.value != SessionCounts() }
            guard counted == remembered else {
                throw PortalStoreError.damaged(path: folder.database, detail: "the sessions' counts are wrong")
            }
        }
    }
}
