internal import Glibc
internal import HTTP
internal import Platform
internal import Synchronization

/// Runs the workshop's checks: `workshop/examiner/tests/<name>`, in the learner's home, with the learner's variables
/// (spec/dashboard.md section 8).
final class Examiner: Sendable {
    private struct State {
        var underWay = 0
        /// By the names that their pages gave them.
        var runs: [String: ScriptRun] = [:]
        /// Stopped before they began.
        var stopped: Set<String> = []
    }

    private let manifest: SessionManifest
    private let folders: WorkshopFolders
    private let limits: SessionManifest.ScriptLimits
    private let runner: ScriptRunner
    private let setup: WorkshopSetup
    private let clock: WallClock
    private let log: ScriptLog
    private let state = Mutex(State())

    init(
        manifest: SessionManifest, folders: WorkshopFolders, runner: ScriptRunner, setup: WorkshopSetup,
        clock: WallClock
    ) {
        self.manifest = manifest
        self.folders = folders
        self.runner = runner
        self.setup = setup
        self.clock = clock
        limits = manifest.scriptLimits ?? SessionManifest.ScriptLimits()
        log = ScriptLog(home: manifest.home, name: "examiner-scripts.log")
    }

    /// Runs a check, after the setup if that is not over yet. `answer` is called once, from any thread, and must not block.
    func run(_ request: CheckRequest, answer: @escaping @Sendable (CheckAnswer) -> Void) {
        guard manifest.applications.hasExaminer else {
            return answer(CheckAnswer(status: 404, isPassed: false, message: AgentText.checksAreOff))
        }
        switch CheckFile.find(request.name, in: folders.checkOrder) {
        case .none:
            return answer(CheckAnswer(status: 404, isPassed: false, message: AgentText.noCheck(request.name)))
        case .notExecutable:
            return answer(
                CheckAnswer(status: 404, isPassed: false, message: AgentText.checkNotExecutable(request.name)))
        case .found: break
        }
        let isFree = state.withLock { state in
            guard state.underWay < max(1, limits.checksAtOnce) else { return false }
            state.underWay += 1
            return true
        }
        guard isFree else {
            return answer(CheckAnswer(status: 503, isPassed: false, message: AgentText.tooManyChecks))
        }
        setup.whenOver { [self] in begin(request, answer) }
    }

    /// Ends the run of that name, if there is one.
    func stop(_ name: String) {
        guard !name.isEmpty else { return }
        let run = state.withLock { state -> ScriptRun? in
            if let run = state.runs[name] { return run }
            // It may be on its way; there are never more than a few.
            if state.underWay > 0, state.stopped.count < 32 { state.stopped.insert(name) }
            return nil
        }
        run?.cancel()
    }

    private func begin(_ request: CheckRequest, _ answer: @escaping @Sendable (CheckAnswer) -> Void) {
        // Setup may have made it, or taken it away.
        guard case .found(let path) = CheckFile.find(request.name, in: folders.checkOrder) else {
            release(request)
            return answer(CheckAnswer(status: 404, isPassed: false, message: AgentText.noCheck(request.name)))
        }
        let seconds = time(of: request)
        var program = ScriptProgram(
            path: path, arguments: request.arguments,
            environment: SessionVariables.environment(of: manifest, added: setup.added), folder: manifest.home,
            limit: seconds, outputLimit: CheckMessage.limit)
        program.input = request.form.encoded
        let run = runner.run(program) { [self] result in
            release(request)
            let told = verdict(of: result, seconds: seconds)
            log.append(entry(request, result, told))
            answer(told)
        }
        let isStopped = state.withLock { state in
            guard !request.run.isEmpty else { return false }
            if state.underWay > 0 { state.runs[request.run] = run }
            return state.stopped.remove(request.run) != nil
        }
        if isStopped { run.cancel() }
    }

    private func release(_ request: CheckRequest) {
        state.withLock { state in
            state.underWay -= 1
            state.runs[request.run] = nil
            if state.underWay == 0 {
                state.stopped = []
                state.runs = [:]
            }
        }
    }

    private func time(of request: CheckRequest) -> Double {
        let asked = request.timeout ?? CheckRequest.standardTimeout
        let most = Double(max(1, limits.checkTime))
        return asked > 0 ? min(asked, most) : min(CheckRequest.standardTimeout, most)
    }

    private func verdict(of result: ScriptResult, seconds: Double) -> CheckAnswer {
        let said = CheckMessage.plain(result.output)
        func ran(_ isPassed: Bool, _ text: String) -> CheckAnswer {
            CheckAnswer(status: 200, isPassed: isPassed, message: text)
        }
        switch result.end {
        case .exited(0): return ran(true, said)
        case .exited: return ran(false, said)
        case .killed: return ran(false, said.isEmpty ? AgentText.checkBroke : said)
        case .timedOut:
            let late = AgentText.checkTookTooLong(seconds: seconds)
            return ran(false, said.isEmpty ? late : said + "\n" + late)
        case .cancelled: return ran(false, AgentText.checkStopped)
        case .notStarted:
            // No process or memory left: what runs in the sandbox is in the learner's hands.
            return CheckAnswer(status: 503, isPassed: false, message: AgentText.checkCannotStart)
        }
    }

    /// Without the form: a learner may have typed a password.
    private func entry(_ request: CheckRequest, _ result: ScriptResult, _ told: CheckAnswer) -> String {
        let end =
            switch result.end {
            case .exited(let status): "status \(status)"
            case .killed(let signal): "signal \(signal)"
            case .timedOut: "out of time"
            case .cancelled: "stopped"
            case .notStarted(let errno): "not started, error \(errno)"
            }
        let call = ([request.name] + request.arguments).map { $0.count > 100 ? $0.prefix(100) + "…" : $0[...] }
        let text = result.output.text { "\n[\($0) bytes left out]\n" }
        return "== \(clock.now().iso8601) \(call.joined(separator: " ")): \(end)\n"
            + (text.isEmpty || text.hasSuffix("\n") ? text : text + "\n")
    }
}
