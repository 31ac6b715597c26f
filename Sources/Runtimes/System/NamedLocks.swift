internal import Synchronization

/// One caller at a time for each name; others wait in the order in which they came.
final class NamedLocks<Name: Hashable & Sendable>: Sendable {
    private let waiting = Mutex<[Name: [CheckedContinuation<Void, Never>]]>([:])

    func withLock<Value>(_ name: Name, _ body: () async throws -> Value) async rethrows -> Value {
        await withCheckedContinuation { continuation in
            let isFree = waiting.withLock { waiting in
                guard waiting[name] == nil else {
                    waiting[name]?.append(continuation)
                    return false
                }
                waiting[name] = []
                return true
            }
            if isFree { continuation.resume() }
        }
        defer { release(name) }
        return try await body()
    }

    /// The names that are being worked on.
    var held: Set<Name> { waiting.withLock { Set($0.keys) } }

    private func release(_ name: Name) {
        let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
            guard let queue = waiting[name], !queue.isEmpty else {
                waiting[name] = nil
                return nil
            }
            return waiting[name]?.removeFirst()
        }
        next?.resume()
    }
}
