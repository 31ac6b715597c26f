internal import CLinux

/// A plain thread with a small stack: dispatch queues and the concurrency pool would cost an idle agent more memory than
/// all else that it does.
final class BackgroundThread: Sendable {
    private let thread: UInt64

    /// - Parameters:
    ///   - name: at most 15 bytes.
    ///   - stack: bytes.
    /// - Returns: `nil` when the system has no more threads.
    init?(name: String, stack: Int = 256 * 1024, _ body: @escaping @Sendable () -> Void) {
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

    /// Waits for the body to return. Call it once.
    func join() { lectern_join_thread(thread) }

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
