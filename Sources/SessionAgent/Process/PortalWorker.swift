internal import Synchronization

/// Runs calls to the portal one after another on a thread of its own, so that none of them holds up the HTTP engine.
/// The thread exists only while there is work.
final class PortalWorker: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isRunning = false
    }
    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: jobs that may wait.
    init(limit: Int = 64) { self.limit = limit }

    /// - Returns: false when too much waits already, or no thread can be had; the job is then never run.
    func run(_ job: @escaping @Sendable () -> Void) -> Bool {
        let (isAccepted, mustStart) = state.withLock { state -> (Bool, Bool) in
            guard state.jobs.count < limit else { return (false, false) }
            state.jobs.append(job)
            defer { state.isRunning = true }
            return (true, !state.isRunning)
        }
        guard mustStart else { return isAccepted }
        guard BackgroundThread.detached(name: "portal-calls", { [self] in work() }) else {
            state.withLock { state in
                state.jobs.removeLast()
                state.isRunning = false
            }
            return false
        }
        return isAccepted
    }

    private func work() {
        while true {
            let job = state.withLock { state -> (@Sendable () -> Void)? in
                guard !state.jobs.isEmpty else {
                    state.isRunning = false
                    return nil
                }
                return state.jobs.removeFirst()
            }
            guard let job else { return }
            job()
        }
    }
}
