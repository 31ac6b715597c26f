public import Platform

/// One event on its way to one receiver, as the store keeps it until it has been delivered.
public struct OutboxEntry: Sendable, Equatable {
    /// In the order of recording. 0 until the store has given it one.
    public var number: Int64
    /// Who gets it: empty for the portal's own webhook, wherever that is by then, else the session's `analytics_url`.
    public let target: String
    /// The same for every attempt, so that a receiver can tell that it has had it.
    public let id: String
    /// Entries of one target and stream are delivered in order.
    public let stream: String
    public let created: Timestamp
    /// The event's name, for logs.
    public let event: String
    /// JSON.
    public let body: [UInt8]

    public init(
        number: Int64 = 0, target: String, id: String, stream: String, created: Timestamp, event: String, body: [UInt8]
    ) {
        self.number = number
        self.target = target
        self.id = id
        self.stream = stream
        self.created = created
        self.event = event
        self.body = body
    }
}
