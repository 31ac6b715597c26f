internal import CMicroHTTPD
internal import HTTP
internal import Synchronization

/// An answer that a handler gives later, from any thread.
///
/// The connection is suspended only when the answer has not come by the time the handler's closure returns. Whoever comes
/// second, the answer or the suspension, does what is left to do; both happen under one lock, so that a connection is never
/// resumed before it is suspended.
final class PendingReply: Sendable {
    private enum State: @unchecked Sendable {
        case waiting
        case suspended(OpaquePointer)
        case answered(HTTPResponse)
        case taken
    }
    private let state = Mutex(State.waiting)

    /// Answers. Every call but the first is ignored.
    func complete(_ response: HTTPResponse) {
        state.withLock { state in
            switch state {
            case .waiting: state = .answered(response)
            case .suspended(let connection):
                state = .answered(response)
                MHD_resume_connection(connection)
            case .answered, .taken: break
            }
        }
    }

    /// Takes the answer if there is one, else suspends the connection. On the connection's thread.
    func takeOrSuspend(_ connection: OpaquePointer) -> HTTPResponse? {
        state.withLock { state in
            switch state {
            case .answered(let response):
                state = .taken
                return response
            case .waiting:
                state = .suspended(connection)
                MHD_suspend_connection(connection)
                return nil
            case .suspended, .taken: return nil
            }
        }
    }
}

/// What the handler's closure holds: a handler that forgets to answer answers 500 by letting go of it.
final class ReplyPromise: Sendable {
    private let reply: PendingReply
    init(_ reply: PendingReply) { self.reply = reply }
    func complete(_ response: HTTPResponse) { reply.complete(response) }
    deinit { reply.complete(HTTPResponse(status: 500, text: "The request was not answered.\n")) }
}
