internal import Glibc
internal import Platform
internal import Synchronization

/// Prepares a session with the workshop's own scripts (spec/dashboard.md section 5.2): `setup.d/*.sh` are run, then
/// `profile.d/*.sh` are sourced, folder after folder. Shells and checks wait until it is over; the agent itself does not,
/// so a session is ready for its learner while its setup still runs.
///
/// A script that fails is reported, and those after it run all the same.
final class WorkshopSetup: Sendable {
    /// Bytes of one script's output that the log keeps.
    static let outputLimit = 64 * 1024
    /// Failures that the portal is told of.
    static let reportLimit = 5

    enum Phase: Sendable, Equatable {
        case waiting, running
        /// The scripts that failed, as their author wrote them: `setup.d/10-users.sh`.
        case over(failed: [String])
    }

    private enum Step: Sendable {
        case script(String)
        case profile(String)
        var path: String {
            switch self {
            case .script(let path), .profile(let path): path
            }
        }
    }

    private struct State {
        var phase = Phase.waiting
        var folders: [String] = []
        var steps: [Step] = []
        var failed: [String] = []
        var added: [SessionManifest.Variable] = []
        var variablesRead = 0
        var began = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let manifest: SessionManifest
    private let runner: ScriptRunner
    private let folders: WorkshopFolders
    private let time: Double
    private let log: Log
    private let onFailure: @Sendable (String) -> Void
    private let state = Mutex(State())
    let output: ScriptLog
    /// Where scripts write `K=V` lines to: `$WORKSHOP_ENV`.
    private let variablesFile: String

    /// - Parameter onFailure: told of each script that failed; must not block.
    init(
        manifest: SessionManifest, folders: WorkshopFolders, runner: ScriptRunner, log: Log,
        onFailure: @escaping @Sendable (String) -> Void
    ) {
        self.manifest = manifest
        self.folders = folders
        self.runner = runner
        self.log = log
        self.onFailure = onFailure
        time = Double((manifest.scriptLimits ?? SessionManifest.ScriptLimits()).setupTime)
        output = ScriptLog(home: manifest.home, name: "setup-scripts.log")
        variablesFile = ScriptLog.folder(manifest.home) + "/workshop-env"
    }

    // MARK: What others ask

    var phase: Phase { state.withLock { $0.phase } }

    var isOver: Bool { if case .over = phase { true } else { false } }

    /// What scripts have added to the session's variables so far, in order.
    var added: [SessionManifest.Variable] { state.withLock { $0.added } }

    /// Calls back once the setup is over: at once if it is, else on the runner's thread.
    func whenOver(_ body: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            if case .over = state.phase { return true }
            state.waiting.append(body)
            return false
        }
        if isOver { body() }
    }

    /// Whether there is anything to do at all.
    var hasScripts: Bool {
        folders.setupOrder.contains { folder in
            ["setup.d", "profile.d"].contains { !WorkshopFolders.scripts(in: "\(folder)/\($0)").isEmpty }
        }
    }

    // MARK: Running

    /// Begins, or is over at once when there is nothing to do. Call it once.
    func start() {
        guard hasScripts else { return finish() }
        state.withLock { state in
            state.phase = .running
            state.folders = folders.setupOrder
            state.began = MonotonicTime.milliseconds()
        }
        runner.later { [self] in
            output.begin()
            makeVariablesFile()
            next()
        }
    }

    private func makeVariablesFile() {
        do {
            try makeFolders(ScriptLog.folder(manifest.home))
            unlink(variablesFile)
            _ = try Descriptor.opened(variablesFile, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        } catch {
            log.warning("the file for a setup script's variables cannot be made", ("error", "\(error)"))
        }
    }

    private func next() {
        let end = state.withLock { $0.began } + Int(time * 1000)
        while let step = nextStep() {
            let left = Double(end - MonotonicTime.milliseconds()) / 1000
            guard left > 0 else {
                failed(step, because: "was not run: the time for all setup scripts was up", "")
                continue
            }
            runner.run(program(step, limit: left)) { [self] result in
                // The agent ends, and its scripts with it.
                guard result.end != .cancelled else { return finish() }
                ended(step, result)
                next()
            }
            return
        }
        finish()
    }

    /// A folder is looked into when its turn comes, because an earlier script may have filled it.
    private func nextStep() -> Step? {
        state.withLock { state in
            while state.steps.isEmpty, !state.folders.isEmpty {
                let folder = state.folders.removeFirst()
                state.steps =
                    WorkshopFolders.scripts(in: folder + "/setup.d").map(Step.script)
                    + WorkshopFolders.scripts(in: folder + "/profile.d").map(Step.profile)
            }
            return state.steps.isEmpty ? nil : state.steps.removeFirst()
        }
    }

    private func program(_ step: Step, limit: Double) -> ScriptProgram {
        var variables = added
        variables.append(SessionManifest.Variable(name: "WORKSHOP_ENV", value: variablesFile))
        let environment = SessionVariables.environment(of: manifest, added: variables)
        var program = ScriptProgram(
            path: step.path, environment: environment, folder: manifest.home, limit: limit,
            outputLimit: WorkshopSetup.outputLimit)
        switch step {
        case .script(let path):
            // One that was not made executable is meant to run all the same.
            if access(path, X_OK) != 0 {
                program.path = "/bin/bash"
                program.arguments = [path]
            }
        case .profile(let path):
            // Its own status means nothing, as in a shell's start; that it left the shell does.
            program.path = "/bin/bash"
            program.arguments = ["-c", ". \"$1\"\nexec /usr/bin/env -0 >&3", "profile", path]
            program.answersOnThree = true
        }
        return program
    }

    private func ended(_ step: Step, _ result: ScriptResult) {
        let text = result.output.text { "\n[\($0) bytes left out]\n" }
        // What a script set before it failed counts, too.
        let objection = take(from: step, result)
        let problem: String?
        switch result.end {
        case .exited(0): problem = objection
        case .exited(let status): problem = "ended with status \(status)"
        case .killed(let signal): problem = "was ended by signal \(signal)"
        case .timedOut: problem = "took too long: all setup scripts together may take \(Int(time)) s"
        case .cancelled: return
        case .notStarted(let errno): problem = "could not be started: \(String(cString: strerror(errno)))"
        }
        if let problem { return failed(step, because: problem, text) }
        output.append("== \(name(step)): fine\n" + WorkshopSetup.closed(text))
    }

    private func failed(_ step: Step, because problem: String, _ text: String) {
        output.append("== \(name(step)) \(problem)\n" + WorkshopSetup.closed(text))
        log.warning("a setup script failed", ("script", name(step)), ("problem", problem))
        let count = state.withLock { state in
            state.failed.append(name(step))
            return state.failed.count
        }
        if count <= WorkshopSetup.reportLimit { onFailure("the setup script \(name(step)) \(problem)") }
    }

    private static func closed(_ text: String) -> String { text.isEmpty || text.hasSuffix("\n") ? text : text + "\n" }

    /// `setup.d/10-users.sh`
    private func name(_ step: Step) -> String {
        step.path.split(separator: "/").suffix(2).joined(separator: "/")
    }

    private func finish() {
        let waiting = state.withLock { state in
            state.phase = .over(failed: state.failed)
            defer { state.waiting = [] }
            return state.waiting
        }
        for body in waiting { body() }
    }

    // MARK: Variables

    /// - Returns: what is wrong with the variables that a script gave, if anything.
    private func take(from step: Step, _ result: ScriptResult) -> String? {
        switch step {
        case .script:
            let start = state.withLock { $0.variablesRead }
            guard let read = VariableLines.read(variablesFile, from: start) else { return nil }
            state.withLock { $0.variablesRead = read.end }
            add(read.variables)
            return read.isTooMuch ? "wrote more than \(VariableLines.limit) bytes to $WORKSHOP_ENV" : nil
        case .profile:
            guard result.end.isSuccess else { return nil }
            guard let answer = result.answer else { return "exported more than fits" }
            let before = Set(SessionVariables.environment(of: manifest, added: added))
            add(
                VariableLines.exported(answer).filter { variable in
                    !before.contains("\(variable.name)=\(variable.value)")
                })
            return nil
        }
    }

    private func add(_ variables: [SessionManifest.Variable]) {
        guard !variables.isEmpty else { return }
        state.withLock { state in
            state.added = Array(SessionVariables.merged(state.added + variables).prefix(VariableLines.countLimit))
        }
    }
}
