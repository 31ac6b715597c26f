internal import Platform

/// Who may ask for tokens (RFC 6749, section 2). All are confidential clients: each has a secret and must show it.
public enum OAuthClient: Sendable, Equatable {
    /// The client of REST clients, which act as the portal's robot.
    case robot(id: String)
    /// The agent of a session, for the one visitor who is in it.
    case agent(SessionName)

    public var id: String {
        switch self {
        case .robot(let id): id
        case .agent(let session): session.rawValue
        }
    }
}

extension TokenIssuer {
    /// The client that id and secret belong to, and which of them did (RFC 6749, section 2.3.1).
    /// - Parameter shown: readings of what the client sent, where there is more than one.
    /// - Throws: `PortalStoreError`.
    public func authenticate(_ shown: [Credentials]) throws -> (client: OAuthClient, shown: Credentials)? {
        let robot = context.credentials.client
        for credentials in shown {
            if secretsAreEqual(credentials.name, robot.name), secretsAreEqual(credentials.secret, robot.secret) {
                return (.robot(id: robot.name), credentials)
            }
        }
        for credentials in shown {
            guard let name = SessionName(rawValue: credentials.name),
                let session = try context.store.read({ try $0.session(name) }),
                // Of a random secret, so that its digest tells nothing about it, however it is compared.
                SecretToken(presented: credentials.secret).digest == session.clientSecret
            else { continue }
            return (.agent(name), credentials)
        }
        return nil
    }

    /// Whether there is a client of that id, whatever its secret.
    /// - Throws: `PortalStoreError`.
    public func knows(clientID id: String) throws -> Bool {
        if id == context.credentials.client.name { return true }
        guard let name = SessionName(rawValue: id) else { return false }
        return try context.store.read { try $0.session(name) } != nil
    }
}
