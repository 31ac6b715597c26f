internal import Glibc

/// A counting semaphore: POSIX's, because Dispatch's would bring Dispatch.
package final class ThreadSemaphore: @unchecked Sendable {
    // Allocated once and freed once; the functions that use it are safe from any thread.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    package init() { sem_init(semaphore, 0, 0) }
    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }
    package func post() { sem_post(semaphore) }
    package func wait() { while sem_wait(semaphore) != 0 && errno == EINTR {} }
}
