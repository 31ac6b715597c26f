/// Whoever answers requests.
///
/// `reply` is called on one of the engine's own threads and must not block: what can be answered from memory or by a
/// short read is answered `.now`, everything that waits (a commit, a sandbox) is answered `.later`.
public protocol HTTPHandler: Sendable {
    func reply(to request: HTTPRequest) -> HTTPReply
}

public enum HTTPReply: Sendable {
    case now(HTTPResponse)
    /// The engine suspends the connection and calls the closure once, on the same thread; the closure starts the work and
    /// calls its argument exactly once, from any thread, even before it returns.
    case later(@Sendable (@escaping @Sendable (HTTPResponse) -> Void) -> Void)
}
