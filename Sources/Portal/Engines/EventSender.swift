/// Carries events to receivers over the network.
///
/// An attempt ends with an outcome within a time limit of the engine's own, whatever the receiver does: it may hang,
/// answer without end, redirect, or name an address that must not be reached. Redirects are not followed.
public protocol EventSender: Sendable {
    /// Attempts to deliver one message, on a thread of the engine's own. Never blocks.
    /// - Parameter completion: called once, from any thread.
    func send(_ message: EventMessage, completion: @escaping @Sendable (EventOutcome) -> Void)
}

/// One attempt to deliver one event: to be posted as it is.
public struct EventMessage: Sendable {
    /// What addresses the receiver may have.
    public enum Reach: Sendable, Equatable {
        /// Any: an operator has named it.
        case anywhere
        /// Those of the public internet (`NetworkAddress.isPublic`), looked at when the connection is made, after the name
        /// has been resolved. Connections of the other kind are not used again for it, nor are proxies.
        case publicOnly
    }

    public let url: String
    public let reach: Reach
    public let headers: [(name: String, value: String)]
    public let body: [UInt8]
}

public enum EventOutcome: Sendable, Equatable {
    /// The receiver has it: a status from 200 to 299.
    case accepted
    /// Any other status.
    /// - Parameter retryAfter: seconds that the receiver asks for.
    case refused(status: Int, retryAfter: Int?)
    /// No answer; why, for operators.
    case failed(String)
}
