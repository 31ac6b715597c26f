internal import HTTP

/// Says why a terminal cannot be had: a browser tells a page nothing of a WebSocket that does not open, so this one opens
/// and is closed with a code of the range that RFC 6455, section 7.4.2 leaves to applications.
final class RefusedViewer: WebSocketPeer {
    /// There are as many terminals as there may be.
    static let tooMany: UInt16 = 4001

    private let code: UInt16
    init(code: UInt16) { self.code = code }

    func opened(_ connection: any WebSocketConnection) { connection.close(code: code, reason: "") }
    func received(_ message: WebSocketMessage) {}
    func drained() {}
    func closed() {}
}
