internal import CLinux
internal import Glibc
internal import Platform
internal import Synchronization

/// One script from its start to its end. It is the leader of a session of its own, so that it can be killed with all that
/// it started. Everything here but `cancel` happens on the runner's thread.
final class ScriptRun: Sendable {
    /// Bytes that a script may write to descriptor 3.
    static let answerLimit = 256 * 1024

    private struct State {
        var process: pid_t = -1
        var ending: Descriptor?
        var endingToken: UInt64 = 0
        var output: Descriptor?
        var outputToken: UInt64 = 0
        var timer: Descriptor?
        var timerToken: UInt64 = 0
        var answer: Descriptor?
        var text: BoundedText
        /// Why it was killed by us.
        var reason: ScriptEnd?
        var hasBegun = false
        var isOver = false
    }

    private let program: ScriptProgram
    private let loop: DescriptorLoop
    private let onEnd: @Sendable (ScriptRun, ScriptResult) -> Void
    private let mayLeaveOutput: @Sendable (_ isNew: Bool) -> Bool
    private let state: Mutex<State>

    /// - Parameter mayLeaveOutput: asked with `true` whether something that the script left running may go on writing to
    ///   where nobody reads it, and told with `false` when it has ended.
    init(
        _ program: ScriptProgram, loop: DescriptorLoop, onEnd: @escaping @Sendable (ScriptRun, ScriptResult) -> Void,
        mayLeaveOutput: @escaping @Sendable (_ isNew: Bool) -> Bool
    ) {
        self.program = program
        self.loop = loop
        self.onEnd = onEnd
        self.mayLeaveOutput = mayLeaveOutput
        state = Mutex(State(text: BoundedText(limit: program.outputLimit)))
    }

    /// Kills it, or keeps it from beginning; `onEnd` still comes.
    func cancel() { loop.run { [self] in kill(because: .cancelled) } }

    /// Kills it at once and ends it, on the runner's thread.
    func abandon() {
        let (process, isOver) = state.withLock { ($0.process, $0.isOver) }
        guard !isOver else { return }
        if process > 0 {
            killpg(process, SIGKILL)
            while waitpid(process, nil, 0) < 0 && errno == EINTR {}
        }
        finish(.cancelled)
    }

    // MARK: Start

    func begin() {
        let (reason, isOver) = state.withLock { state in
            state.hasBegun = true
            return (state.reason, state.isOver)
        }
        guard !isOver else { return }
        if let reason { return finish(reason) }
        do {
            try spawn()
        } catch let error as SystemCallError {
            finish(.notStarted(errno: error.code))
        } catch {
            finish(.notStarted(errno: EIO))
        }
    }

    private func spawn() throws {
        let input = try ScriptRun.memoryFile(program.input)
        let (output, writer) = try Descriptor.pipe()
        _ = fcntl(output.number, F_SETFL, O_NONBLOCK)
        let answer = program.answersOnThree ? try ScriptRun.memoryFile([]) : nil
        var child = ChildProgram(
            program: program.path, arguments: program.arguments, environment: program.environment,
            descriptors: [input, writer, writer] + (answer.map { [$0] } ?? []))
        child.folder = program.folder
        let process: pid_t
        do {
            process = try child.spawn()
        } catch let error as SystemCallError where error.code == ENOEXEC {
            // A script without a first line that names its interpreter.
            child.arguments = [child.program] + child.arguments
            child.program = "/bin/bash"
            process = try child.spawn()
        }
        do {
            try follow(process, output: output, answer: answer)
        } catch {
            killpg(process, SIGKILL)
            while waitpid(process, nil, 0) < 0 && errno == EINTR {}
            closeAll(keepsOutput: false)
            throw error
        }
    }

    private func follow(_ process: pid_t, output: Descriptor, answer: Descriptor?) throws {
        let ending = try Descriptor.process(process)
        let timer = Descriptor(owning: lectern_timer(Int64(min(max(0.001, program.limit), 1e9) * 1000)))
        guard timer.number >= 0 else { throw SystemCallError("timerfd_create") }
        state.withLock { state in
            state.process = process
            state.ending = ending
            state.output = output
            state.timer = timer
            state.answer = answer
        }
        let outputToken = loop.watch(output.number) { [self] _, buffer in readOutput(buffer) }
        let timerToken = loop.watch(timer.number) { [self] _, _ in kill(because: .timedOut) }
        let endingToken = loop.watch(ending.number) { [self] _, buffer in ended(buffer) }
        state.withLock { state in
            state.outputToken = outputToken ?? 0
            state.timerToken = timerToken ?? 0
            state.endingToken = endingToken ?? 0
        }
        guard outputToken != nil, timerToken != nil, endingToken != nil else { throw SystemCallError("epoll_ctl") }
    }

    private static func memoryFile(_ bytes: [UInt8]) throws -> Descriptor {
        let file = Descriptor(owning: lectern_memory_file("lectern-script"))
        guard file.number >= 0 else { throw SystemCallError("memfd_create") }
        try writeAll(bytes, to: file)
        lseek(file.number, 0, SEEK_SET)
        return file
    }

    // MARK: On the way

    private enum Reading { case something, nothing, ended }

    @discardableResult
    private func read(_ buffer: UnsafeMutableRawBufferPointer) -> Reading {
        guard let output = state.withLock({ $0.output }) else { return .ended }
        let count = Glibc.read(output.number, buffer.baseAddress, buffer.count)
        guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .ended }
        state.withLock { state in
            // What it left running is not listened to any more.
            if !state.isOver { state.text.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
        }
        return .something
    }

    private func readOutput(_ buffer: UnsafeMutableRawBufferPointer) {
        guard read(buffer) == .ended else { return }
        let wasLeft = state.withLock { state in
            if let output = state.output { loop.forget(output.number, state.outputToken) }
            state.output = nil
            return state.isOver
        }
        if wasLeft { _ = mayLeaveOutput(false) }
    }

    private func kill(because reason: ScriptEnd) {
        let (process, begins) = state.withLock { state -> (pid_t, Bool) in
            guard !state.isOver else { return (-1, false) }
            if state.reason == nil { state.reason = reason }
            if let timer = state.timer { loop.forget(timer.number, state.timerToken) }
            state.timer = nil
            return (state.process, state.hasBegun)
        }
        if process > 0 && begins { killpg(process, SIGKILL) }
    }

    private func ended(_ buffer: UnsafeMutableRawBufferPointer) {
        let process = state.withLock { $0.process }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        // What it said last is still in the pipe; something that it left running may go on writing, so not for ever.
        for _ in 0..<64 where read(buffer) != .something { break }
        let signal = status & 0x7f
        let reason = state.withLock { $0.reason }
        finish(reason ?? (signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: signal)))
    }

    // MARK: End

    private func finish(_ end: ScriptEnd) {
        let (text, answer, isOver) = state.withLock { state in
            defer { state.isOver = true }
            return (state.text, state.answer, state.isOver)
        }
        guard !isOver else { return }
        // A script that was killed has taken what it started along; one that ended may have left a server running.
        var keepsOutput = false
        if case .exited = end, state.withLock({ $0.output != nil }) { keepsOutput = mayLeaveOutput(true) }
        closeAll(keepsOutput: keepsOutput)
        onEnd(self, ScriptResult(end: end, output: text, answer: answer.flatMap(ScriptRun.content)))
    }

    private func closeAll(keepsOutput: Bool) {
        state.withLock { state in
            if let ending = state.ending { loop.forget(ending.number, state.endingToken) }
            if let timer = state.timer { loop.forget(timer.number, state.timerToken) }
            if let output = state.output, !keepsOutput {
                loop.forget(output.number, state.outputToken)
                state.output = nil
            }
            state.ending = nil
            state.timer = nil
            state.answer = nil
            state.process = -1
        }
    }

    /// What is in the file, though something that still runs may go on writing to it.
    private static func content(_ file: Descriptor) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: answerLimit + 1)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(file.number, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(done))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            done += count
        }
        guard done <= answerLimit else { return nil }
        bytes.removeLast(bytes.count - done)
        return bytes
    }
}
