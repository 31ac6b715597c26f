internal import Glibc
internal import Portal

/// The thread that writes: takes what is queued, commits it together, and tells each caller.
final class StoreWriter: @unchecked Sendable {
    private let queue: WriteQueue
    private let readers: ReaderPool
    /// The rest belongs to the thread.
    private let transaction: StoreTransaction
    private let connection: Connection
    private let log: WriteAheadLog

    private init(connection: Connection, memory: StoreMemory, queue: WriteQueue, readers: ReaderPool) {
        self.connection = connection
        self.queue = queue
        self.readers = readers
        transaction = StoreTransaction(connection: connection, memory: memory)
        log = WriteAheadLog(connection: connection)
    }

    /// - Returns: the thread, to be joined after the queue is closed. Nothing else may use the connection.
    static func start(
        connection: Connection, memory: StoreMemory, queue: WriteQueue, readers: ReaderPool
    ) throws -> pthread_t {
        let writer = StoreWriter(connection: connection, memory: memory, queue: queue, readers: readers)
        let context = Unmanaged.passRetained(writer)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<StoreWriter>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw PortalStoreError.failed(
                detail: "the writer's thread does not start: \(String(cString: strerror(code)))")
        }
        return thread
    }

    private func run() {
        var batch: [QueuedWrite] = []
        while queue.take(into: &batch) {
            let failure = commit(batch)
            for write in batch { write.finish(failure) }
            batch.removeAll(keepingCapacity: true)
            log.tend(isIdle: queue.isEmpty, releasingReaders: readers.releaseIdle)
        }
        // Before the writing connection goes: the last one to close puts the log away, and a reader could not.
        readers.close()
    }

    /// - Returns: why nothing of the batch counts, or `nil` when all of it is durable.
    private func commit(_ batch: [QueuedWrite]) -> PortalStoreError? {
        do {
            try transaction.begin()
            for write in batch {
                do {
                    try transaction.perform(write.run)
                } catch {
                    // The caller gets the body's own error, unless the whole transaction went with it.
                }
                if transaction.isBroken {
                    throw connection.lastFailure ?? .failed(detail: "the transaction was given up")
                }
            }
            if try transaction.commit() {
                readers.publish(transaction.memory, changedLogins: transaction.changedLogins)
            }
            return nil
        } catch {
            transaction.abandon()
            return error as? PortalStoreError ?? .failed(detail: "the commit failed")
        }
    }
}

/// Keeps the write-ahead log short: what is committed moves into the database file when nobody waits, or when there is
/// too much of it.
private final class WriteAheadLog {
    private let connection: Connection
    private let frames = UnsafeMutablePointer<Int32>.allocate(capacity: 1)

    /// Frames of 4 KiB: with nothing else to do, and at the latest.
    private static let worthwhile: Int32 = 1000
    private static let urgent: Int32 = 8000

    init(connection: Connection) {
        self.connection = connection
        frames.initialize(to: 0)
        connection.reportLogLength(to: frames)
    }

    deinit { frames.deallocate() }

    func tend(isIdle: Bool, releasingReaders: () -> Void) {
        guard frames.pointee >= (isIdle ? WriteAheadLog.worthwhile : WriteAheadLog.urgent) else { return }
        releasingReaders()
        do {
            let (all, copied) = try connection.checkpoint()
            // The log starts over with the next commit unless a reader still needs it; then it is tried again.
            if all == copied { frames.pointee = 0 }
        } catch {
            // Nothing is lost: the log keeps what could not be copied, and the next commit reports what is wrong.
        }
        releasingReaders()
    }
}
