/// Whoever answers requests.
///
/// `reply` is called on one of the engine's own threads and must not block: what can be answered from memory or by a
/// short read is answered `.now`, everything that waits (a commit, a sandbox) is answered `.later`.
public protocol HTTPHandler: Sendable {
    func reply(to request: HTTPRequest) -> HTTPReply

    /// Asked before a body is read: whoever takes it piece by piece, or `nil` to have all of it in `HTTPRequest.body`, up to
    /// the server's limit. Must not block.
    /// - Parameter request: without its body.
    func receiver(for request: HTTPRequest) -> (any HTTPBodyReceiver)?
}

extension HTTPHandler {
    public func receiver(for request: HTTPRequest) -> (any HTTPBodyReceiver)? { nil }
}

/// Takes the body of one request while it arrives, for bodies that are too large to be kept. Called on one of the engine's
/// threads, one call after another; short writes are all that it may wait for.
public protocol HTTPBodyReceiver: AnyObject, Sendable {
    /// Bytes that the body may have; beyond that the answer is 413 and `finish` is never called.
    var maximumBytes: Int { get }
    /// - Parameter bytes: valid only during the call.
    func receive(_ bytes: UnsafeRawBufferPointer)
    /// The body is complete. A receiver that is let go of without this call has got a part only.
    func finish() -> HTTPReply
}

public enum HTTPReply: Sendable {
    case now(HTTPResponse)
    /// The engine suspends the connection and calls the closure once, on the same thread; the closure starts the work and
    /// calls its argument exactly once, from any thread, even before it returns.
    case later(@Sendable (@escaping @Sendable (HTTPResponse) -> Void) -> Void)
}
