internal import Platform
internal import Portal

/// The thread that writes: takes what is queued, commits it together, and tells each caller.
final class StoreWriter: @unchecked Sendable {
    private let queue: WriteQueue
    private let readers: ReaderPool
    private let measures: StoreMeasures
    /// The rest belongs to the thread.
    private let connection: Connection
    private let transaction: StoreTransaction
    private let log: WriteAheadLog
    private var lock: FolderLock?
    private let logLength = UnsafeMutablePointer<Int32>.allocate(capacity: 1)

    private init(
        connection: Connection, memory: StoreMemory, queue: WriteQueue, readers: ReaderPool,
        recorders: EventRecorders, measures: StoreMeasures, lock: FolderLock
    ) throws {
        self.lock = lock
        self.measures = measures
        self.connection = connection
        self.queue = queue
        self.readers = readers
        transaction = try StoreTransaction(connection: connection, memory: memory, recorders: recorders)
        log = try WriteAheadLog(path: connection.path, readers: readers)
        logLength.initialize(to: 0)
        connection.reportLogLength(to: logLength)
    }

    deinit { logLength.deallocate() }

    /// - Returns: the thread, to be joined after the queue is closed. Nothing else may use the connection.
    static func start(
        connection: Connection, memory: StoreMemory, queue: WriteQueue, readers: ReaderPool,
        recorders: EventRecorders, measures: StoreMeasures, lock: FolderLock
    ) throws -> BackgroundThread {
        let writer = try StoreWriter(
            connection: connection, memory: memory, queue: queue, readers: readers, recorders: recorders,
            measures: measures, lock: lock)
        do {
            return try startThread { writer.run() }
        } catch {
            writer.log.end()
            throw error
        }
    }

    private func run() {
        var batch: [QueuedWrite] = []
        while queue.take(into: &batch) {
            let failure = commit(batch)
            if failure != nil { measures.commitsFailed.add() }
            for write in batch { write.finish(failure) }
            batch.removeAll(keepingCapacity: true)
            measures.logBytes.value = Int(logLength.pointee) * WriteAheadLog.bytesPerFrame
            log.didCommit(length: Int(logLength.pointee), on: connection)
        }
        log.end()
        // Before the writing connection goes: the last one to close puts the log away, and a reader could not.
        readers.close()
        connection.close()
        lock = nil
    }

    /// - Returns: why nothing of the batch counts, or `nil` when all of it is durable.
    private func commit(_ batch: [QueuedWrite]) -> PortalStoreError? {
        do {
            let watch = Stopwatch()
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
                measures.commit.record(watch)
                measures.batch.record(batch.count)
                readers.publish(transaction.memory, changedLogins: transaction.changedLogins)
                transaction.tellRecorder()
            }
            return nil
        } catch {
            if transaction.abandon() { readers.publish(transaction.memory, changedLogins: nil) }
            return error as? PortalStoreError ?? .failed(detail: "the commit failed")
        }
    }
}
