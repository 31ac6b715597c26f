internal import Dispatch
internal import Synchronization

/// Runs what blocks (file trees, starting processes) beside Swift's own threads, at most so many at a time.
final class BlockingWork: Sendable {
    private typealias Job = @Sendable () -> Void
    private struct State {
        var running = 0
        var pending: [Job] = []
    }
    private let queue: DispatchQueue
    private let width: Int
    private let state = Mutex(State())

    init(_ label: String, width: Int) {
        queue = DispatchQueue(label: label, attributes: .concurrent)
        self.width = width
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            submit { continuation.resume(with: Result(catching: body)) }
        }
    }

    private func submit(_ job: @escaping Job) {
        let starts = state.withLock { state in
            guard state.running < width else {
                state.pending.append(job)
                return false
            }
            state.running += 1
            return true
        }
        if starts { queue.async { self.work(job) } }
    }

    private func work(_ first: @escaping Job) {
        var job: Job? = first
        while let next = job {
            next()
            job = state.withLock { state in
                if state.pending.isEmpty {
                    state.running -= 1
                    return nil
                }
                return state.pending.removeFirst()
            }
        }
    }
}
