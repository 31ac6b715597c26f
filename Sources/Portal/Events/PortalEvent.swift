/// Something that happened and that others are told of (spec/portal-lifecycle.md, section 9).
public struct PortalEvent: Sendable, Equatable {
    /// Whom or what it is about.
    public enum Subject: Sendable, Equatable {
        case user(UserID)
        /// - Parameter workshop: the published name: alias or resource name.
        case environment(EnvironmentName, workshop: String)
        /// - Parameters:
        ///   - workshop: the `Workshop` resource's name.
        ///   - user: `nil` while the session is reserved.
        case session(SessionName, environment: EnvironmentName, workshop: String, user: UserID?)
    }

    /// `Session/Started`.
    public let name: String
    public let subject: Subject
    public let data: EventData

    public init(_ name: String, _ subject: Subject, data: EventData = .none) {
        self.name = name
        self.subject = subject
        self.data = data
    }

    /// Events with the same stream reach each receiver in the order in which they happened.
    var stream: String {
        switch subject {
        case .user(let user): "user \(user)"
        case .environment(let environment, _): "environment \(environment)"
        case .session(let session, _, _, _): "session \(session)"
        }
    }

    /// Beginnings of names that only the portal itself may use: nobody else can claim that a session ended.
    static let ownNames = ["User/", "Environment/", "Session/", "Resource/"]
}

/// What an event tells beside its subject: one JSON value.
public struct EventData: Sendable, Equatable {
    public let json: String

    /// - Parameter json: one well-formed JSON value (RFC 8259).
    public init(json: String) { self.json = json }

    /// An empty object.
    public static let none = EventData(json: "{}")
}
