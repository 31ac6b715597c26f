internal import Platform
internal import Synchronization

/// A piece of work was not done in time. It may still be going on.
struct DeadlinePassed: Error, CustomStringConvertible {
    let seconds: Int
    var description: String { "not done within \(seconds) seconds" }
}

/// Moments by which work has to be done, and what happens otherwise.
struct Deadlines: Sendable {
    private var pending: [UInt64: (due: Timestamp, pass: @Sendable () -> Void)] = [:]
    private var lastID: UInt64 = 0

    var nextDue: Timestamp? { pending.values.map(\.due).min() }

    mutating func add(_ due: Timestamp, _ pass: @escaping @Sendable () -> Void) -> UInt64 {
        lastID += 1
        pending[lastID] = (due, pass)
        return lastID
    }

    mutating func remove(_ id: UInt64) { pending[id] = nil }

    mutating func takeDue(by now: Timestamp) -> [@Sendable () -> Void] {
        let due = pending.filter { $0.value.due <= now }
        for id in due.keys { pending[id] = nil }
        return due.values.map(\.pass)
    }
}

extension SessionReconciler {
    /// Does a piece of work, but waits no longer than so many seconds for it: then, or when the calling task is cancelled,
    /// the work is cancelled and no longer waited for, whether it cares or not.
    /// - Parameter session: whose work it is, if it may be cancelled because the session is no longer wanted.
    /// - Throws: what the work throws, `DeadlinePassed`, or `CancellationError`.
    func within<Value: Sendable>(
        seconds: Int, for session: SessionName? = nil, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let race = Race<Value>()
        let worker = Task {
            do { race.finish(.success(try await work())) } catch { race.finish(.failure(error)) }
        }
        let due = context.clock.now().advanced(bySeconds: seconds)
        let (id, isSooner) = state.withLock { state in
            if let session { state.cancellations[session] = { worker.cancel() } }
            let id = state.deadlines.add(due) { race.finish(.failure(DeadlinePassed(seconds: seconds))) }
            return (id, state.alarm.map { due < $0 } ?? true)
        }
        if isSooner { wake() }
        defer {
            worker.cancel()
            state.withLock { state in
                state.deadlines.remove(id)
                if let session { state.cancellations[session] = nil }
            }
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { race.wait($0) }
        } onCancel: {
            race.finish(.failure(CancellationError()))
        }
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
