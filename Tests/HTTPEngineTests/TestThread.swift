import Glibc

/// A thread that may be waited for.
final class Thread {
    private let handle: pthread_t
    private var isJoined = false
    private final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    private init(_ handle: pthread_t) { self.handle = handle }
    deinit { if !isJoined { pthread_detach(handle) } }

    @discardableResult
    static func run(_ body: @escaping @Sendable () -> Void) -> Thread {
        var handle = pthread_t()
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        let result = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        precondition(result == 0, "no thread: \(result)")
        return Thread(handle)
    }

    func join() {
        isJoined = true
        pthread_join(handle, nil)
    }
}
