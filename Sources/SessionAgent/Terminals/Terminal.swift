internal import CLinux
internal import Glibc
internal import Platform
internal import Synchronization

/// One shell with its pseudo-terminal, its newest output, and everybody who looks at it.
///
/// The shell never waits for a viewer: its output goes into the ring whether somebody reads it or not, and each viewer
/// takes from there at its own pace.
final class Terminal: Sendable {
    /// Bytes of input that may wait for the shell to read them; more is dropped.
    static let inputLimit = 1 << 20
    private static let endedText = "\r\n\u{1B}[0m\u{1B}[2m[the shell has ended, press Enter for a new one]\u{1B}[0m\r\n"

    private struct State {
        var shell: ShellCommand.Running?
        var masterToken: UInt64 = 0
        var endingToken: UInt64 = 0
        var isStarting = false
        /// The shell starts when the workshop's setup is over.
        var awaitsSetup = false
        /// The last shell has ended, or could not be started: nothing happens before somebody presses Enter.
        var isEnded = false
        var ring: OutputRing
        var viewers: [ObjectIdentifier: Viewing] = [:]
        var size = TerminalSize(columns: 80, rows: 24)
        var input = PendingInput()
        /// Whether the loop tells when the shell can take more input.
        var waitsForRoom = false
        var isClosed = false
    }

    private struct Viewing {
        let viewer: TerminalViewer
        var size: TerminalSize?
        /// Waits for the input queue to become short.
        var awaitsInput = false
    }

    /// Tells the numbering of this terminal from that of another life of the agent.
    let stream: UInt64
    private let state: Mutex<State>
    private let loop: DescriptorLoop
    private let setup: WorkshopSetup
    private let command: @Sendable () -> ShellCommand
    private let log: Log
    private let onExit: @Sendable () -> Void

    /// - Parameter onExit: called on the loop's thread when a shell has ended by itself; must not block.
    init(
        ringLimit: Int, loop: DescriptorLoop, setup: WorkshopSetup, log: Log,
        onExit: @escaping @Sendable () -> Void = {},
        command: @escaping @Sendable () -> ShellCommand
    ) {
        self.onExit = onExit
        stream = UInt64.random(in: 1...UInt64.max)
        state = Mutex(State(ring: OutputRing(limit: ringLimit)))
        self.loop = loop
        self.setup = setup
        self.log = log
        self.command = command
    }

    // MARK: Viewers

    func add(_ viewer: TerminalViewer) {
        state.withLock { $0.viewers[ObjectIdentifier(viewer)] = Viewing(viewer: viewer) }
        loop.run { [self] in startShell() }
    }

    func remove(_ viewer: TerminalViewer) {
        let (size, others) = state.withLock { state in
            state.viewers[ObjectIdentifier(viewer)] = nil
            return (applySize(&state), state.viewers.values.map(\.viewer))
        }
        if let size { for other in others { other.send(TerminalMessage.size(size)) } }
    }

    /// A viewer's window has a new size. The shell gets the largest that fits into every window that shows it.
    func resize(_ size: TerminalSize, by viewer: TerminalViewer) {
        let (changed, shared, viewers) = state.withLock { state in
            state.viewers[ObjectIdentifier(viewer)]?.size = size
            return (applySize(&state), state.size, state.viewers.values.map(\.viewer))
        }
        if let changed {
            for other in viewers { other.send(TerminalMessage.size(changed)) }
        } else if shared != size {
            viewer.send(TerminalMessage.size(shared))
        }
    }

    /// - Returns: the new common size when it changed.
    private func applySize(_ state: inout State) -> TerminalSize? {
        let sizes = state.viewers.values.compactMap(\.size)
        guard let first = sizes.first else { return nil }
        let size = sizes.dropFirst().reduce(first) { $0.smaller($1) }
        guard size != state.size else { return nil }
        state.size = size
        if let shell = state.shell { lectern_set_terminal_size(shell.master, size.columns, size.rows) }
        return size
    }

    // MARK: Output

    enum Piece {
        case nothing
        /// A whole message, and the number of the byte after it.
        case output(message: [UInt8], next: UInt64)
        /// The position is no longer, or never was, in the ring.
        case lost(next: UInt64)
    }

    func output(from position: UInt64, most: Int) -> Piece {
        state.withLock { state in
            guard position >= state.ring.start, position <= state.ring.end else {
                return .lost(next: state.ring.tail(most: 64 * 1024))
            }
            guard position < state.ring.end else { return .nothing }
            let length = min(most, Int(state.ring.end - position))
            var message = TerminalMessage.output(at: position, capacity: length)
            state.ring.copy(from: position, most: length, to: &message)
            return .output(message: message, next: position + UInt64(length))
        }
    }

    /// Where a new viewer begins: everything that is kept.
    var oldest: UInt64 { state.withLock { $0.ring.start == 0 ? 0 : $0.ring.tail(most: $0.ring.limit) } }
    /// Nobody looks at it, and its shell has ended or never began.
    var isUnused: Bool { state.withLock { $0.viewers.isEmpty && $0.shell == nil && !$0.isStarting } }
    var isRunning: Bool { state.withLock { $0.shell != nil || $0.isStarting } }

    /// Makes a full-screen program draw itself again, for a viewer that lost output.
    func redraw() {
        state.withLock { state in
            guard let shell = state.shell else { return }
            let group = tcgetpgrp(shell.master)
            if group > 0 { killpg(group, SIGWINCH) }
        }
    }

    private func show(_ text: String) {
        let viewers = state.withLock { state in
            state.ring.append(text)
            return state.viewers.values.map(\.viewer)
        }
        for viewer in viewers { viewer.pump() }
    }

    // MARK: Input

    /// Keystrokes for the shell; when there is none any more, Enter starts a new one.
    func receive(_ bytes: [UInt8], from viewer: TerminalViewer, asksForMore: Bool) {
        let (mustStart, isShort) = state.withLock { state -> (Bool, Bool) in
            if state.isEnded {
                guard bytes.contains(where: { $0 == 13 || $0 == 10 }) else { return (false, true) }
                state.isEnded = false
                return (true, true)
            }
            if state.input.count + bytes.count <= Terminal.inputLimit { state.input.append(bytes) }
            // What is typed while the shell starts waits for it.
            if let shell = state.shell { flushInput(&state, shell) }
            let isShort = state.input.count < PendingInput.low
            if asksForMore && !isShort { state.viewers[ObjectIdentifier(viewer)]?.awaitsInput = true }
            return (false, isShort)
        }
        if mustStart { loop.run { [self] in startShell() } }
        if asksForMore && isShort { viewer.send(TerminalMessage.accepted) }
    }

    private func flushInput(_ state: inout State, _ shell: ShellCommand.Running) {
        state.input.write(to: shell.master)
        guard state.input.isWaiting != state.waitsForRoom else { return }
        state.waitsForRoom = state.input.isWaiting
        loop.change(shell.master, state.masterToken, forRoom: state.input.isWaiting)
    }

    // MARK: The shell; all of this on the loop's thread

    private func startShell() {
        guard setup.isOver else { return startAfterSetup() }
        let size = state.withLock { state -> TerminalSize? in
            guard state.shell == nil, !state.isStarting, !state.isEnded, !state.isClosed else { return nil }
            state.isStarting = true
            return state.size
        }
        guard let size else { return }
        do throws(ShellCommand.Failure) {
            let shell = try command().start(size: size)
            begin(shell)
        } catch {
            state.withLock { state in
                state.isStarting = false
                state.isEnded = true
                state.input = PendingInput()
            }
            log.error("cannot start a shell", ("errno", error.errno))
            show("\r\n[a shell cannot be started now (error \(error.errno)), press Enter to try again]\r\n")
        }
    }

    /// What the shell would need may not be there yet.
    private func startAfterSetup() {
        let isFirst = state.withLock { state in
            defer { state.awaitsSetup = true }
            return !state.awaitsSetup
        }
        guard isFirst else { return }
        show("\u{1B}[2m\(AgentText.settingUp)\u{1B}[0m")
        setup.whenOver { [weak self] in
            guard let self else { return }
            loop.run { [self] in
                state.withLock { $0.awaitsSetup = false }
                // In the place of that line comes the prompt.
                show("\r\u{1B}[2K")
                startShell()
            }
        }
    }

    private func begin(_ shell: ShellCommand.Running) {
        let viewers = state.withLock { state in
            state.isStarting = false
            state.shell = shell
            state.waitsForRoom = false
            // The window may have changed while the shell was being started.
            lectern_set_terminal_size(shell.master, state.size.columns, state.size.rows)
            return state.viewers.values.map(\.viewer)
        }
        let masterToken = loop.watch(shell.master) { [weak self] readiness, buffer in
            self?.masterReady(shell, readiness, buffer)
        }
        let endingToken = loop.watch(shell.ending) { [weak self] _, buffer in
            self?.shellEnded(shell, buffer)
        }
        state.withLock { state in
            state.masterToken = masterToken ?? 0
            state.endingToken = endingToken ?? 0
            if state.shell != nil { flushInput(&state, shell) }
        }
        for viewer in viewers { viewer.send(TerminalMessage.shell(isRunning: true)) }
    }

    private func masterReady(
        _ shell: ShellCommand.Running, _ readiness: DescriptorLoop.Readiness, _ buffer: UnsafeMutableRawBufferPointer
    ) {
        if readiness.hasRoom {
            let waiting = state.withLock { state -> [TerminalViewer] in
                flushInput(&state, shell)
                guard state.input.count < PendingInput.low else { return [] }
                return state.viewers.keys.compactMap { key in
                    guard state.viewers[key]?.awaitsInput == true else { return nil }
                    state.viewers[key]?.awaitsInput = false
                    return state.viewers[key]?.viewer
                }
            }
            for viewer in waiting { viewer.send(TerminalMessage.accepted) }
        }
        guard readiness.isReadable else { return }
        if read(shell, into: buffer) == .ended {
            // Nobody holds the terminal any more; the process's end is told by its own descriptor.
            let token = state.withLock { $0.masterToken }
            loop.forget(shell.master, token)
        }
    }

    private enum Reading { case something, nothing, ended }

    private func read(_ shell: ShellCommand.Running, into buffer: UnsafeMutableRawBufferPointer) -> Reading {
        let count = Glibc.read(shell.master, buffer.baseAddress, buffer.count)
        guard count > 0 else {
            return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .ended
        }
        let viewers = state.withLock { state in
            state.ring.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            return state.viewers.values.map(\.viewer)
        }
        for viewer in viewers { viewer.pump() }
        return .something
    }

    private func shellEnded(_ shell: ShellCommand.Running, _ buffer: UnsafeMutableRawBufferPointer) {
        var status: Int32 = 0
        while waitpid(shell.pid, &status, 0) < 0 && errno == EINTR {}
        // What the shell said last is still in the terminal; something it left running may go on writing, so not for ever.
        for _ in 0..<64 where read(shell, into: buffer) != .something { break }
        let viewers = state.withLock { state in
            loop.forget(shell.master, state.masterToken)
            loop.forget(shell.ending, state.endingToken)
            Glibc.close(shell.master)
            Glibc.close(shell.ending)
            state.shell = nil
            state.isEnded = true
            state.input = PendingInput()
            for key in state.viewers.keys { state.viewers[key]?.awaitsInput = false }
            return state.viewers.values.map(\.viewer)
        }
        onExit()
        show(Terminal.endedText)
        for viewer in viewers { viewer.send(TerminalMessage.shell(isRunning: false)) }
    }

    /// Ends the shell with what runs in it. On the loop's thread.
    func close() {
        let shell = state.withLock { state -> ShellCommand.Running? in
            state.isClosed = true
            defer { state.shell = nil }
            if let shell = state.shell {
                loop.forget(shell.master, state.masterToken)
                loop.forget(shell.ending, state.endingToken)
            }
            return state.shell
        }
        guard let shell else { return }
        killpg(shell.pid, SIGHUP)
        kill(shell.pid, SIGKILL)
        Glibc.close(shell.master)
        Glibc.close(shell.ending)
        while waitpid(shell.pid, nil, 0) < 0 && errno == EINTR {}
    }
}

/// Input that the shell has not read yet.
struct PendingInput {
    /// Below this many bytes the next part of a paste is asked for.
    static let low = 4096
    private var bytes: [UInt8] = []
    private var done = 0

    var count: Int { bytes.count - done }
    var isWaiting: Bool { count > 0 }

    mutating func append(_ more: [UInt8]) { bytes += more }

    /// Writes what the descriptor takes. What it can never take, because the shell is gone, is dropped.
    mutating func write(to descriptor: Int32) {
        while count > 0 {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), count) }
            if written < 0 && errno == EINTR { continue }
            if written < 0 && errno == EAGAIN { break }
            if written <= 0 { done = bytes.count }
            done += max(0, written)
        }
        if done == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= 4096)
            done = 0
        } else if done > 64 * 1024 {
            bytes.removeFirst(done)
            done = 0
        }
    }
}
