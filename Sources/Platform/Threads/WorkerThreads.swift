internal import CLinux
internal import Synchronization

/// A few threads for work that takes long and may not hold up others: hashing passwords, asking another server. What
/// cannot begin at once waits in a queue of limited length.
public final class WorkerThreads: Sendable {
    private let shared: Shared

    /// Nothing is started before there is work.
    /// - Parameters:
    ///   - name: of the threads, at most 15 bytes.
    ///   - threads: 1 or more.
    ///   - waiting: how many pieces of work may wait, 0 or more.
    public init(name: String, threads: Int, waiting: Int) {
        shared = Shared(name: name, threads: max(1, threads), waiting: max(0, waiting))
    }

    /// What waits is still done; then the threads end.
    deinit { shared.close() }

    /// Hands over work, which is done once, on one of the threads.
    /// - Returns: `false` when too much waits already, or no thread can be had; then it is not done.
    public func run(_ body: @escaping @Sendable () -> Void) -> Bool { shared.run(body) }

    /// What the threads hold, so that they do not keep the rest alive.
    private final class Shared: Sendable {
        private struct State {
            var waiting: [@Sendable () -> Void] = []
            var threads = 0
            var idle = 0
        }
        private let state = Mutex(State())
        private let work = ThreadSemaphore()
        private let name: String
        private let threadLimit: Int
        private let queueLimit: Int

        init(name: String, threads: Int, waiting: Int) {
            self.name = name
            threadLimit = threads
            queueLimit = waiting
        }

        func run(_ body: @escaping @Sendable () -> Void) -> Bool {
            enum Answer { case refused, queued, needsThread }
            let answer = state.withLock { state -> Answer in
                guard state.waiting.count < queueLimit + state.idle + (threadLimit - state.threads) else {
                    return .refused
                }
                state.waiting.append(body)
                guard state.waiting.count > state.idle, state.threads < threadLimit else { return .queued }
                state.threads += 1
                state.idle += 1
                return .needsThread
            }
            switch answer {
            case .refused: return false
            case .queued: break
            case .needsThread: if !startThread() && !leaveToOthers() { return false }
            }
            work.post()
            return true
        }

        /// Each thread wakes to find nothing to do.
        func close() {
            for _ in 0..<state.withLock({ $0.threads }) { work.post() }
        }

        private func startThread() -> Bool {
            let thread = BackgroundThread(name: name, stack: 512 * 1024) {
                lectern_let_others_go_first()
                self.loop()
            }
            thread?.detach()
            return thread != nil
        }

        /// A thread could not be had: the others do the work, if there are any.
        private func leaveToOthers() -> Bool {
            state.withLock { state in
                state.threads -= 1
                state.idle -= 1
                if state.threads > 0 { return true }
                state.waiting.removeLast()
                return false
            }
        }

        private func loop() {
            while true {
                work.wait()
                let next = state.withLock { state -> (@Sendable () -> Void)? in
                    guard !state.waiting.isEmpty else { return nil }
                    state.idle -= 1
                    return state.waiting.removeFirst()
                }
                guard let next else { return }
                next()
                state.withLock { $0.idle += 1 }
            }
        }
    }
}
