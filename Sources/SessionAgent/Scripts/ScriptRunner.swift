internal import Glibc
internal import Platform
internal import Synchronization

/// Runs the workshop's own scripts, several at once, on one thread that waits for all of them.
final class ScriptRunner: Sendable {
    /// Pipes that are read for what scripts left running.
    static let leftoverLimit = 32

    private struct State {
        var runs: [ObjectIdentifier: ScriptRun] = [:]
        var isStopping = false
        var leftovers = 0
    }

    private let loop = DescriptorLoop(name: "scripts")
    private let state = Mutex(State())

    /// Starts the thread, before a learner can use up the sandbox's processes.
    func start() { loop.start() }

    /// Kills what runs, and returns when the thread has ended.
    func stop() {
        let runs = state.withLock { state in
            state.isStopping = true
            return Array(state.runs.values)
        }
        if !runs.isEmpty { loop.run { for run in runs { run.abandon() } } }
        loop.stop()
    }

    /// Starts a script. `onEnd` is called once, on the runner's thread, and must not block; after `stop` it is called at
    /// once, with `cancelled`.
    @discardableResult
    func run(_ program: ScriptProgram, onEnd: @escaping @Sendable (ScriptResult) -> Void) -> ScriptRun {
        let run = ScriptRun(program, loop: loop) { [weak self] run, result in
            self?.state.withLock { _ = $0.runs.removeValue(forKey: ObjectIdentifier(run)) }
            onEnd(result)
        } mayLeaveOutput: { [weak self] isNew in
            self?.mayLeaveOutput(isNew) ?? false
        }
        let isStopping = state.withLock { state in
            if !state.isStopping { state.runs[ObjectIdentifier(run)] = run }
            return state.isStopping
        }
        if isStopping { run.abandon() } else { loop.run { run.begin() } }
        return run
    }

    /// Does something on the runner's thread.
    func later(_ body: @escaping @Sendable () -> Void) { loop.run(body) }

    private func mayLeaveOutput(_ isNew: Bool) -> Bool {
        state.withLock { state in
            if !isNew {
                state.leftovers -= 1
                return true
            }
            guard state.leftovers < ScriptRunner.leftoverLimit else { return false }
            state.leftovers += 1
            return true
        }
    }
}
