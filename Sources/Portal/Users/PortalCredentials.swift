internal import Platform

/// The two accounts and the OAuth2 client that every portal has (spec/training-portal-resource.md, `spec.portal.credentials`
/// and `spec.portal.clients`).
public struct PortalCredentials: Sendable, Equatable {
    /// The account of staff: name and password.
    public let admin: Credentials
    /// The account that REST clients act as: name and password.
    public let robot: Credentials
    /// The OAuth2 client of REST clients: id and secret.
    public let client: Credentials

    /// - Parameters:
    ///   - definition: what the operator chose counts.
    ///   - drawn: for what the operator left open.
    public init(_ definition: TrainingPortalDefinition, drawn: DrawnSecrets) {
        func choose(_ given: Credentials?, _ standardName: String, _ drawnSecret: String) -> Credentials {
            let name = given?.name ?? ""
            let secret = given?.secret ?? ""
            return Credentials(name: name.isEmpty ? standardName : name, secret: secret.isEmpty ? drawnSecret : secret)
        }
        admin = choose(definition.adminCredentials, "educates", drawn.adminPassword)
        robot = choose(definition.robotCredentials, "robot@educates", drawn.robotPassword)
        client = choose(definition.robotClient, drawn.clientID, drawn.clientSecret)
    }
}

/// Secrets of one portal, drawn once at random: each portal has its own.
public struct DrawnSecrets: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    public var adminPassword: String
    public var robotPassword: String
    public var clientID: String
    public var clientSecret: String

    public init(adminPassword: String, robotPassword: String, clientID: String, clientSecret: String) {
        self.adminPassword = adminPassword
        self.robotPassword = robotPassword
        self.clientID = clientID
        self.clientSecret = clientSecret
    }

    /// Draws them from the system's random source, 158 bits each.
    public static func random() -> DrawnSecrets {
        // Without the moment that tokens begin with.
        func secret() -> String { String(SecretToken.random().text.suffix(32)) }
        return DrawnSecrets(
            adminPassword: secret(), robotPassword: secret(), clientID: secret(), clientSecret: secret())
    }

    public var description: String { "(secret)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
