internal import Glibc
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
///
/// The lock guards every variable; a condition wakes the writer only when it sleeps.
final class WriteQueue: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [QueuedWrite] = []
    private var isClosing = false
    private var isWriterAsleep = false

    init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(wake, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        pthread_cond_destroy(wake)
        lock.deallocate()
        wake.deallocate()
    }

    /// - Returns: whether the write will be run; not after `close`.
    func append(_ write: QueuedWrite) -> Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        guard !isClosing else { return false }
        waiting.append(write)
        if isWriterAsleep {
            isWriterAsleep = false
            pthread_cond_signal(wake)
        }
        return true
    }

    /// Waits for work and takes all of it, in order.
    /// - Parameter batch: an empty array whose storage is used again.
    /// - Returns: `false` when the queue is closed and empty.
    func take(into batch: inout [QueuedWrite]) -> Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while waiting.isEmpty {
            if isClosing { return false }
            isWriterAsleep = true
            pthread_cond_wait(wake, lock)
        }
        swap(&batch, &waiting)
        return true
    }

    var isEmpty: Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return waiting.isEmpty
    }

    /// Takes no more writes; those queued are still handed out.
    func close() {
        pthread_mutex_lock(lock)
        isClosing = true
        isWriterAsleep = false
        pthread_cond_signal(wake)
        pthread_mutex_unlock(lock)
    }
}
