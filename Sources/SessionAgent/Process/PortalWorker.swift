internal import Platform
internal import Synchronization

/// Runs calls to the portal one after another on a thread of its own, so that none of them holds up the HTTP engine.
///
/// The thread is there from the start: a learner who has used up the sandbox's processes must still be able to end the
/// session.
final class PortalWorker: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        /// What nobody waits for: done when there are no jobs.
        var later: [@Sendable () -> Void] = []
        var thread: BackgroundThread?
        var isStopping = false
    }
    private let state = Mutex(State())
    private let waiting = ThreadSemaphore()
    private let limit: Int

    /// - Parameter limit: jobs that may wait.
    init(limit: Int = 64) { self.limit = limit }

    /// Starts the thread unless it runs.
    func start() { state.withLock { startThread(&$0) } }

    /// - Returns: false when too much waits already, or no thread can be had; the job is then never run.
    func run(_ job: @escaping @Sendable () -> Void) -> Bool {
        let isAccepted = state.withLock { state in
            guard state.jobs.count < limit, !state.isStopping else { return false }
            startThread(&state)
            guard state.thread != nil else { return false }
            state.jobs.append(job)
            return true
        }
        if isAccepted { waiting.post() }
        return isAccepted
    }

    /// Runs a job that nobody waits for, after those that somebody does.
    /// - Returns: as `run`.
    func runLater(_ job: @escaping @Sendable () -> Void) -> Bool {
        let isAccepted = state.withLock { state in
            guard state.later.count < limit, !state.isStopping else { return false }
            startThread(&state)
            guard state.thread != nil else { return false }
            state.later.append(job)
            return true
        }
        if isAccepted { waiting.post() }
        return isAccepted
    }

    /// Ends the thread after the jobs that wait.
    func stop() {
        let thread = state.withLock { state in
            state.isStopping = true
            defer { state.thread = nil }
            return state.thread
        }
        waiting.post()
        thread?.join()
    }

    private func startThread(_ state: inout State) {
        guard state.thread == nil, !state.isStopping else { return }
        state.thread = BackgroundThread(name: "portal-calls") { [self] in work() }
    }

    private func work() {
        while true {
            waiting.wait()
            let (job, isDone) = state.withLock { state -> ((@Sendable () -> Void)?, Bool) in
                if !state.jobs.isEmpty { return (state.jobs.removeFirst(), false) }
                if state.isStopping { return (nil, true) }
                return (state.later.isEmpty ? nil : state.later.removeFirst(), false)
            }
            if isDone { return }
            job?()
        }
    }
}
