internal import Portal

/// A write that waits for its turn, whatever its value's type.
class QueuedWrite {
    /// Runs the body and keeps what came of it.
    /// - Throws: what the body threw, so that its changes are undone.
    func run(in transaction: StoreTransaction) throws {}

    /// Calls the completion.
    /// - Parameter failure: why nothing of the whole commit counts, or `nil` when it is durable.
    func finish(_ failure: PortalStoreError?) {}
}

final class QueuedWriteOf<Value: Sendable>: QueuedWrite {
    private let body: @Sendable (any PortalTransaction) throws -> Value
    private let completion: @Sendable (Result<Value, any Error>) -> Void
    private var result: Result<Value, any Error> = .failure(PortalStoreError.closed)

    init(
        body: @escaping @Sendable (any PortalTransaction) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        self.body = body
        self.completion = completion
    }

    override func run(in transaction: StoreTransaction) throws {
        do {
            result = .success(try body(transaction))
        } catch {
            result = .failure(error)
            throw error
        }
    }

    override func finish(_ failure: PortalStoreError?) {
        if let failure { completion(.failure(failure)) } else { completion(result) }
    }
}

/// Hands writes from many threads to the one that commits them.
final class WriteQueue: @unchecked Sendable {
    private let monitor = Monitor()
    /// Guarded by the monitor, as the rest.
    private var waiting: [QueuedWrite] = []
    private var isClosing = false
    private var isWriterAsleep = false

    /// Writes in one commit at most, so that the first of many waits for few.
    private static let batchSize = 256

    /// - Returns: whether the write will be run; not after `close`.
    func append(_ write: QueuedWrite) -> Bool {
        monitor.withLock {
            guard !isClosing else { return false }
            waiting.append(write)
            if isWriterAsleep {
                isWriterAsleep = false
                monitor.wake()
            }
            return true
        }
    }

    /// Waits for work and takes it, in order, up to the size of a batch.
    /// - Parameter batch: an empty array whose storage is used again.
    /// - Returns: `false` when the queue is closed and empty.
    func take(into batch: inout [QueuedWrite]) -> Bool {
        monitor.withLock {
            while waiting.isEmpty {
                if isClosing { return false }
                isWriterAsleep = true
                monitor.wait()
            }
            if waiting.count <= WriteQueue.batchSize {
                swap(&batch, &waiting)
            } else {
                batch.append(contentsOf: waiting.prefix(WriteQueue.batchSize))
                waiting.removeFirst(WriteQueue.batchSize)
            }
            return true
        }
    }

    /// Takes no more writes; those queued are still handed out.
    func close() {
        monitor.withLock {
            isClosing = true
            isWriterAsleep = false
            monitor.wake()
        }
    }
}
