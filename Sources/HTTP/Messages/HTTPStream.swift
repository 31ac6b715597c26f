/// Whoever writes a body piece by piece while it is being read, such as server-sent events.
public protocol HTTPStreamSource: AnyObject, Sendable {
    /// The answer is on its way; keep `stream` to write its body. Called once, before the first byte; must not block.
    func opened(_ stream: any HTTPStream)
    /// Nothing more can be sent: the reader has gone, `finish` has been obeyed, or the server stops. Called once after
    /// `opened`, from any thread; must not block.
    func closed()
}

/// The body of one answer. Every method may be called from any thread and never blocks.
public protocol HTTPStream: AnyObject, Sendable {
    /// Queues bytes behind those that wait. Ignored after the end.
    func send(_ bytes: [UInt8])
    /// Bytes queued that the engine has not taken yet. A source that can leave something out waits until there are none:
    /// a reader who is slow then gets less, and not later and later what was once true.
    var pendingBytes: Int { get }
    /// Ends the body after what is queued.
    func finish()
}
