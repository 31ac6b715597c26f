internal import CLinux
internal import Dispatch
internal import Glibc
internal import Platform
internal import Synchronization

/// Waits on one thread for many descriptors, each until it is readable (or its process has ended) or its time is over.
final class DescriptorWatcher: Sendable {
    /// One thread for the whole program: it costs nothing while nothing happens.
    static let shared = DescriptorWatcher()

    private struct Wait {
        /// Kept open until the wait is over.
        let descriptor: Descriptor
        let deadline: UInt64
        let handler: @Sendable (_ isReadable: Bool) -> Void
    }
    private struct State {
        var next: UInt64 = 1
        var waits: [UInt64: Wait] = [:]
        /// The descriptors that are waited for: a second wait for one takes a duplicate.
        var watched: Set<Int32> = []
        /// Waits with an end, of which there are few: those for processes that run have none.
        var limited: Set<UInt64> = []
        /// When the thread wakes by itself, in nanoseconds.
        var wakes: UInt64 = .max
    }
    private let queue: Int32
    private let wake: Int32
    private let state = Mutex(State())

    private init() {
        queue = lectern_epoll_open()
        wake = lectern_eventfd()
        lectern_queue_arm(queue, wake, 0)
        let thread = DispatchQueue(label: "descriptor-watcher", attributes: [])
        thread.async { self.run() }
    }

    /// Calls `handler` once, on the watcher's thread: it must not block. `false` means that the time was over, or that
    /// the descriptor cannot be waited for.
    func whenReadable(
        _ descriptor: Descriptor, within milliseconds: Int? = nil, do handler: @escaping @Sendable (Bool) -> Void
    ) {
        let deadline = milliseconds.map { now() + UInt64(max(0, $0)) * 1_000_000 } ?? .max
        let added = state.withLock { state -> (token: UInt64, number: Int32, wakesEarlier: Bool)? in
            var watched = descriptor
            if !state.watched.insert(descriptor.number).inserted {
                let copy = fcntl(descriptor.number, F_DUPFD_CLOEXEC, 3)
                guard copy >= 0 else { return nil }
                watched = Descriptor(owning: copy)
                state.watched.insert(copy)
            }
            let token = state.next
            state.next += 1
            state.waits[token] = Wait(descriptor: watched, deadline: deadline, handler: handler)
            if deadline != .max { state.limited.insert(token) }
            return (token, watched.number, deadline < state.wakes)
        }
        guard let added else { return handler(false) }
        guard lectern_queue_arm(queue, added.number, added.token) == 0 else { return finish(added.token, false) }
        if added.wakesEarlier { wakeUp() }
    }

    /// Whether the descriptor became readable in time.
    func readable(_ descriptor: Descriptor, within milliseconds: Int? = nil) async -> Bool {
        await withCheckedContinuation { continuation in
            whenReadable(descriptor, within: milliseconds) { continuation.resume(returning: $0) }
        }
    }

    private func finish(_ token: UInt64, _ isReadable: Bool) {
        let wait = state.withLock { state -> Wait? in
            state.limited.remove(token)
            guard let wait = state.waits.removeValue(forKey: token) else { return nil }
            // Under the lock: whoever waits for this descriptor next must find it free.
            lectern_epoll_forget(queue, wait.descriptor.number)
            state.watched.remove(wait.descriptor.number)
            return wait
        }
        wait?.handler(isReadable)
    }

    private func wakeUp() {
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
    }

    private func run() {
        var tokens = [UInt64](repeating: 0, count: 64)
        while true {
            let moment = now()
            let (late, timeout) = state.withLock { state -> ([UInt64], Int32) in
                var late: [UInt64] = []
                var next = UInt64.max
                for token in state.limited {
                    guard let deadline = state.waits[token]?.deadline else { continue }
                    if deadline <= moment { late.append(token) } else { next = min(next, deadline) }
                }
                state.wakes = next
                guard next != .max else { return (late, -1) }
                return (late, Int32(clamping: (next - moment + 999_999) / 1_000_000))
            }
            for token in late { finish(token, false) }
            let count = lectern_queue_wait(queue, &tokens, Int32(tokens.count), timeout)
            guard count > 0 else { continue }
            for token in tokens.prefix(Int(count)) {
                if token == 0 {
                    var value: UInt64 = 0
                    _ = read(wake, &value, 8)
                    lectern_queue_arm(queue, wake, 0)
                } else {
                    finish(token, true)
                }
            }
        }
    }

    private func now() -> UInt64 { UInt64(MonotonicTime.nanoseconds()) }
}
