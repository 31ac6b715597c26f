internal import HTTP
internal import Synchronization

/// One window that shows a terminal. It is sent output only as fast as it shows it: what it cannot take now stays in the
/// ring, and when the ring has moved on it is told that something is missing and gets the newest part.
final class TerminalViewer: WebSocketPeer {
    /// Bytes that may be under way to the page and not yet shown there.
    static let window: UInt64 = 128 * 1024
    /// Bytes that may wait in the connection.
    static let pendingLimit = 64 * 1024
    /// Bytes in one message.
    private static let pieceLimit = 32 * 1024

    private struct State {
        var connection: (any WebSocketConnection)?
        var position: UInt64 = 0
        var shown: UInt64 = 0
        /// Somebody is sending; whoever comes meanwhile leaves word and goes.
        var isPumping = false
        var isWanted = false
    }

    private let terminal: Terminal
    /// What the page already has from an earlier connection.
    private let resume: (stream: UInt64, position: UInt64)?
    private let size: TerminalSize?
    private let activity: ActivityClock
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameter report: told of `Connect`, `Reconnect` and `Closed`; must not block.
    init(
        terminal: Terminal, resume: (stream: UInt64, position: UInt64)?, size: TerminalSize?, activity: ActivityClock,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.report = report
        self.terminal = terminal
        self.resume = resume
        self.size = size
        self.activity = activity
    }

    func opened(_ connection: any WebSocketConnection) {
        let begin: UInt64
        var isReset = true
        if let resume, resume.stream == terminal.stream, case .lost = terminal.output(from: resume.position, most: 1) {
            begin = terminal.oldest
        } else if let resume, resume.stream == terminal.stream {
            begin = resume.position
            isReset = false
        } else {
            begin = terminal.oldest
        }
        state.withLock { state in
            state.connection = connection
            state.position = begin
            state.shown = begin
        }
        connection.send(
            .binary(TerminalMessage.begin(stream: terminal.stream, position: begin, isReset: isReset, isGap: false)))
        terminal.add(self)
        if let size { terminal.resize(size, by: self) }
        pump()
        report(resume == nil ? "Connect" : "Reconnect")
    }

    func received(_ message: WebSocketMessage) {
        guard case .binary(let bytes) = message, let message = TerminalMessage.FromViewer(bytes) else {
            return state.withLock { $0.connection }?.close(code: 1003, reason: "not a terminal message") ?? ()
        }
        switch message {
        case .input(let bytes):
            activity.heard(isVisible: true)
            terminal.receive(bytes, from: self, asksForMore: false)
        case .paste(let bytes):
            activity.heard(isVisible: true)
            terminal.receive(bytes, from: self, asksForMore: true)
        case .resize(let size): terminal.resize(size, by: self)
        case .shown(let position):
            state.withLock { $0.shown = min(max($0.shown, position), $0.position) }
            pump()
        case .ping(let bytes): answer(ping: bytes)
        }
    }

    func drained() { pump() }

    func closed() {
        state.withLock { $0.connection = nil }
        terminal.remove(self)
        report("Closed")
    }

    /// A short message beside the output.
    func send(_ message: [UInt8]) { state.withLock { $0.connection }?.send(.binary(message)) }

    /// The answer to a ping, left out when the connection is full: a viewer that sends pings and reads nothing must not
    /// fill the memory.
    private func answer(ping bytes: [UInt8]) {
        guard let connection = state.withLock({ $0.connection }),
            connection.pendingBytes < 2 * TerminalViewer.pendingLimit
        else { return }
        connection.send(.binary(TerminalMessage.pong(bytes)))
    }

    /// Sends as much as the viewer can take now. One thread at a time; messages are sent outside the lock, because a
    /// connection may call back.
    func pump() {
        let isMine = state.withLock { state in
            guard !state.isPumping else {
                state.isWanted = true
                return false
            }
            state.isPumping = true
            return true
        }
        guard isMine else { return }
        while true {
            if sendPiece() { continue }
            let isDone = state.withLock { state in
                guard state.isWanted else {
                    state.isPumping = false
                    return true
                }
                state.isWanted = false
                return false
            }
            if isDone { return }
        }
    }

    /// - Returns: whether something was sent and there may be more.
    private func sendPiece() -> Bool {
        let (connection, position, shown) = state.withLock { ($0.connection, $0.position, $0.shown) }
        guard let connection, connection.pendingBytes < TerminalViewer.pendingLimit,
            position - shown < TerminalViewer.window
        else { return false }
        switch terminal.output(from: position, most: TerminalViewer.pieceLimit) {
        case .nothing: return false
        case .output(let message, let next):
            connection.send(.binary(message))
            state.withLock { $0.position = next }
            return true
        case .lost(let next):
            connection.send(
                .binary(TerminalMessage.begin(stream: terminal.stream, position: next, isReset: true, isGap: true)))
            state.withLock { state in
                state.position = next
                state.shown = next
            }
            terminal.redraw()
            return true
        }
    }
}
