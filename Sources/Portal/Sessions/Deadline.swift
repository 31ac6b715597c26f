internal import Synchronization

/// A piece of work was not done in time. It may still be going on.
struct DeadlinePassed: Error {
    let seconds: Int
}

/// Does a piece of work, but waits no longer than this many seconds for it; then cancels it and throws `DeadlinePassed`.
/// Also returns when the calling task is cancelled and the work does not care.
func withDeadline<Value: Sendable>(
    seconds: Int, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let race = Race<Value>()
    let worker = Task {
        do { race.finish(.success(try await work())) } catch { race.finish(.failure(error)) }
    }
    let timer = Task {
        try? await Task.sleep(for: .seconds(seconds))
        race.finish(.failure(Task.isCancelled ? CancellationError() : DeadlinePassed(seconds: seconds)))
    }
    defer {
        worker.cancel()
        timer.cancel()
    }
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { race.wait($0) }
    } onCancel: {
        worker.cancel()
        timer.cancel()
    }
}

/// The first result counts.
private final class Race<Value: Sendable>: Sendable {
    private enum State {
        case running
        case awaited(CheckedContinuation<Value, any Error>)
        case finished(Result<Value, any Error>)
        case over
    }
    private let state = Mutex(State.running)

    func wait(_ continuation: CheckedContinuation<Value, any Error>) {
        let result: Result<Value, any Error>? = state.withLock { state in
            if case .finished(let result) = state {
                state = .over
                return result
            }
            state = .awaited(continuation)
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    func finish(_ result: Result<Value, any Error>) {
        let waiting: CheckedContinuation<Value, any Error>? = state.withLock { state in
            switch state {
            case .running:
                state = .finished(result)
                return nil
            case .awaited(let continuation):
                state = .over
                return continuation
            case .finished, .over: return nil
            }
        }
        waiting?.resume(with: result)
    }
}
