public import Platform

/// One event on its way to one receiver, as the store keeps it until it has been delivered.
public struct OutboxEntry: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        /// What happened, and the portal's generation then; the payload is written when it is sent.
        case event(PortalEvent, generation: Int)
        /// A payload, as earlier programs recorded it: JSON.
        case payload([UInt8], event: String, stream: String)
    }

    /// In the order of recording. 0 until the store has given it one.
    public var number: Int64
    /// Who gets it: empty for the portal's own webhook, wherever that is by then, else the session's `analytics_url`.
    public let target: String
    /// The same for every attempt, so that a receiver can tell that it has had it.
    public let id: String
    public let created: Timestamp
    public let content: Content

    public init(number: Int64 = 0, target: String, id: String, created: Timestamp, content: Content) {
        self.number = number
        self.target = target
        self.id = id
        self.created = created
        self.content = content
    }

    /// Entries of one target and stream are delivered in order. Made anew at each call.
    public var stream: String {
        switch content {
        case .event(let event, _): event.stream
        case .payload(_, _, let stream): stream
        }
    }

    /// The event's name.
    public var event: String {
        switch content {
        case .event(let event, _): event.name
        case .payload(_, let event, _): event
        }
    }

    /// Whether it tells of one of these users.
    public func isAbout(_ users: Set<UserID>) -> Bool {
        switch content {
        case .event(let event, _):
            switch event.subject {
            case .user(let user): users.contains(user)
            case .session(_, _, _, let user): user.map(users.contains) ?? false
            case .environment: false
            }
        case .payload(let body, _, _):
            users.contains { body.firstRange(of: Array(JSONText.quoted($0.rawValue).utf8)) != nil }
        }
    }
}

/// What a commit has changed in the outbox, for those who deliver events.
public struct OutboxChange: Sendable, Equatable {
    /// How many entries were added for which target.
    public var added: [String: Int]
    /// Entries that were taken back because they told of a user who was erased.
    public var withdrawn: [Int64]

    public init(added: [String: Int] = [:], withdrawn: [Int64] = []) {
        self.added = added
        self.withdrawn = withdrawn
    }

    public var isEmpty: Bool { added.isEmpty && withdrawn.isEmpty }
}
