internal import Glibc
internal import Platform
internal import Portal
internal import Synchronization

/// Readers for any number of threads, each on a connection of its own, and what they share.
///
/// A reader keeps its read transaction open from one use to the next for as long as nothing is committed: between two
/// commits a read costs no `BEGIN`. What is in memory and what the connection sees always belong to the same commit.
final class ReaderPool: Sendable {
    private let path: String
    private let measures: StoreMeasures
    private let shared: Mutex<Shared>

    private struct Shared {
        var committed: Committed
        var idle: [PooledReader] = []
        var logins = LoginCache()
        var isClosed = false
    }

    /// Readers kept for the next read; more than that many at once are opened and closed again.
    private static let keptIdle = 8

    init(path: String, memory: StoreMemory, measures: StoreMeasures) {
        self.path = path
        self.measures = measures
        shared = Mutex(Shared(committed: Committed(memory)))
    }

    func read<Value>(_ body: (any PortalReader) throws -> Value) throws -> Value {
        let watch = Stopwatch()
        let reader = try checkOut()
        defer {
            checkIn(reader)
            measures.read.record(watch)
        }
        return try body(reader)
    }

    /// The same with the connection itself, for checks.
    func withReader<Value>(_ body: (StoreReader) throws -> Value) throws -> Value {
        let reader = try checkOut()
        defer { checkIn(reader) }
        return try body(reader)
    }

    private func checkOut() throws -> PooledReader {
        let (idle, committed) = try shared.withLock { shared in
            guard !shared.isClosed else { throw PortalStoreError.closed }
            return (shared.idle.popLast(), shared.committed)
        }
        let reader = try idle ?? PooledReader(pool: self, path: path, committed: committed)
        if reader.pinned === committed { return reader }
        return try pin(reader)
    }

    /// Opens a read transaction on a commit whose memory is known. A commit is visible in the file a moment before its
    /// memory is published; that moment is waited out.
    /// - Throws: `PortalStoreError.failed` when it does not end, which takes a writer that was stopped in the middle.
    private func pin(_ reader: PooledReader) throws -> PooledReader {
        for attempt in 0..<50_000 {
            let seen = try reader.beginReading()
            let committed = shared.withLock { $0.committed }
            if committed.memory.commit == seen {
                reader.pin(to: committed)
                return reader
            }
            reader.endReading()
            if seen > committed.memory.commit {
                if attempt < 1000 { sched_yield() } else { usleep(100) }
            }
        }
        throw PortalStoreError.failed(detail: "the last commit was not made known")
    }

    private func checkIn(_ reader: PooledReader) {
        let isKept = shared.withLock { shared in
            guard !shared.isClosed, shared.idle.count < ReaderPool.keptIdle, reader.pinned === shared.committed else {
                return false
            }
            shared.idle.append(reader)
            return true
        }
        if isKept { return }
        // An old snapshot would keep the write-ahead log from starting over.
        reader.endReading()
        shared.withLock { shared in
            if !shared.isClosed && shared.idle.count < ReaderPool.keptIdle { shared.idle.append(reader) }
        }
    }

    /// Makes a commit what readers see from now on.
    /// - Parameter changedLogins: what the cache must forget; `nil` means everything.
    func publish(_ memory: StoreMemory, changedLogins: [TokenDigest]?) {
        let committed = Committed(memory)
        shared.withLock { shared in
            shared.committed = committed
            if let changedLogins {
                for digest in changedLogins { shared.logins.forget(digest) }
            } else {
                shared.logins.forgetAll()
            }
        }
    }

    /// Ends the open transactions of readers that nobody uses.
    func releaseIdle() {
        shared.withLock { shared in
            for reader in shared.idle { reader.endReading() }
        }
    }

    func close() {
        let idle = shared.withLock { shared in
            shared.isClosed = true
            defer { shared.idle = [] }
            return shared.idle
        }
        for reader in idle { reader.endReading() }
    }

    fileprivate func cachedLogin(_ digest: TokenDigest, at pinned: Committed?) -> LoginCookie? {
        shared.withLock { $0.committed === pinned ? $0.logins.find(digest) : nil }
    }

    fileprivate func cache(_ login: LoginCookie, at pinned: Committed?) {
        // A newer commit may have changed it.
        shared.withLock { if $0.committed === pinned { $0.logins.keep(login) } }
    }
}

/// The memory of one commit.
private final class Committed: Sendable {
    let memory: StoreMemory
    init(_ memory: StoreMemory) { self.memory = memory }
}

/// Used by one thread at a time: the one that took it from the pool.
private final class PooledReader: StoreReader, @unchecked Sendable {
    private unowned let pool: ReaderPool
    /// The commit that the open read transaction sees; `nil` when none is open.
    private(set) var pinned: Committed?

    init(pool: ReaderPool, path: String, committed: Committed) throws {
        self.pool = pool
        super.init(connection: try Connection(path: path, access: .reading), memory: committed.memory)
    }

    /// - Returns: the number of the commit that is seen.
    func beginReading() throws -> Int64 {
        endReading()
        try connection.statement(.beginReading).run()
        return try connection.statement(.commitNumber).first { $0.integer(0) } ?? 0
    }

    func pin(to committed: Committed) {
        pinned = committed
        memory = committed.memory
    }

    func endReading() {
        pinned = nil
        connection.rollBack()
    }

    override func login(_ digest: TokenDigest) throws -> LoginCookie? {
        if let cached = pool.cachedLogin(digest, at: pinned) { return cached }
        guard let login = try super.login(digest) else { return nil }
        pool.cache(login, at: pinned)
        return login
    }
}

/// The logins used lately: two generations, so that the store's memory stays bounded and the busy ones stay in.
struct LoginCache: Sendable {
    private var young: [TokenDigest: LoginCookie] = [:]
    private var old: [TokenDigest: LoginCookie] = [:]
    private let generation: Int

    /// - Parameter generation: logins per generation.
    init(generation: Int = 2048) { self.generation = generation }

    var count: Int { young.count + old.count }

    mutating func find(_ digest: TokenDigest) -> LoginCookie? {
        if let login = young[digest] { return login }
        guard let login = old[digest] else { return nil }
        keep(login)
        return login
    }

    mutating func keep(_ login: LoginCookie) {
        if young.count >= generation {
            old = young
            young = [:]
        }
        young[login.digest] = login
    }

    mutating func forget(_ digest: TokenDigest) {
        young[digest] = nil
        old[digest] = nil
    }

    mutating func forgetAll() {
        young = [:]
        old = [:]
    }
}
