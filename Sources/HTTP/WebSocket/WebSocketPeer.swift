/// Our end of a WebSocket (RFC 6455). Calls for one connection come one after another, on an engine thread, and must not
/// block.
public protocol WebSocketPeer: AnyObject, Sendable {
    /// The connection is open; keep `connection` to send.
    func opened(_ connection: any WebSocketConnection)
    /// A whole message arrived, its fragments joined.
    func received(_ message: WebSocketMessage)
    /// Everything that was waiting to be sent has been handed to the kernel.
    func drained()
    /// Nothing more will arrive or can be sent. Called exactly once after `opened`.
    func closed()
}

public enum WebSocketMessage: Sendable, Equatable {
    case text(String)
    case binary([UInt8])
}

/// The sending side, usable from any thread.
public protocol WebSocketConnection: AnyObject, Sendable {
    /// Queues a message; never blocks. Ignored once closed.
    func send(_ message: WebSocketMessage)
    /// Bytes queued and not yet accepted by the kernel. A sender that can wait stops above a limit and goes on at
    /// `drained`.
    var pendingBytes: Int { get }
    /// Closes with a status code of RFC 6455, section 7.4, after what is queued has been sent.
    func close(code: UInt16, reason: String)
}
