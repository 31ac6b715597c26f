internal import Glibc
internal import Platform

/// A lock to wait under: guards variables of its owner, and lets a thread sleep until another changes them.
final class Monitor: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        pthread_cond_destroy(changed)
        lock.deallocate()
        changed.deallocate()
    }

    func withLock<Value>(_ body: () throws -> Value) rethrows -> Value {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body()
    }

    /// Lets go of the lock until `wake`, inside `withLock`. May return without a reason.
    func wait() { pthread_cond_wait(changed, lock) }

    /// Wakes one thread that waits.
    func wake() { pthread_cond_signal(changed) }
}

/// Starts a thread that runs `body` and ends.
/// - Returns: the thread, which must be joined.
/// - Throws: `PortalStoreError.failed`.
func startThread(_ body: @escaping @Sendable () -> Void) throws -> BackgroundThread {
    guard let thread = BackgroundThread(name: "store", stack: 8 << 20, body) else {
        throw storeError(errno: EAGAIN, doing: "start", path: "a thread")
    }
    return thread
}
