internal import CLinux
internal import Glibc

/// A plain thread with a small stack: dispatch queues and the concurrency pool would cost an idle agent more memory than
/// all else that it does.
package final class BackgroundThread: Sendable {
    private let thread: UInt64

    /// - Parameters:
    ///   - name: at most 15 bytes.
    ///   - stack: bytes.
    /// - Returns: `nil` when the system has no more threads.
    package init?(name: String, stack: Int = 256 * 1024, _ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(body))
        var thread: UInt64 = 0
        let result = lectern_start_thread(
            name, stack,
            { argument in
                guard let argument else { return }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
            }, box.toOpaque(), &thread)
        guard result == 0 else {
            box.release()
            return nil
        }
        self.thread = thread
    }

    /// Waits for the body to return. Call it once, or `detach`.
    package func join() { lectern_join_thread(thread) }

    /// Nobody will wait: the thread is gone when the body has returned.
    package func detach() { lectern_detach_thread(thread) }

    /// Whether the caller runs on it.
    package var isCurrent: Bool { pthread_equal(pthread_t(thread), pthread_self()) != 0 }

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
