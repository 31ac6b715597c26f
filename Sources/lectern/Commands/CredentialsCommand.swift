internal import FoundationEssentials
internal import Portal

/// `lectern credentials`: how staff and REST clients get in, whether the portal runs or not.
enum CredentialsCommand: Command {
    static let name = "credentials"
    static let summary = "Shows the credentials of a portal's administrator, robot and REST client."
    static let operands = "[PATH…]"
    static let options = [
        CommandOption("data", "DIR", "The portal's data folder.", default: "./lectern-data"),
        CommandOption("portal", "NAME", "Which TrainingPortal is meant when the files hold several."),
        CommandOption("json", nil, "For programs."),
    ]

    static func run(_ arguments: ParsedOptions) throws -> Int32 {
        let folder = absolutePath(arguments["data"] ?? "lectern-data")
        guard let content = try CredentialsFile(folder: folder).read() else {
            throw StartFailure("\(folder) has no credentials yet: start the portal once with --data \(folder)")
        }
        var shown = ShownCredentials(content)
        if !arguments.operands.isEmpty {
            let load = DefinitionLoader.load(paths: arguments.operands, portal: arguments["portal"])
            guard let portal = load.portal, !load.hasErrors else {
                throw StartFailure("the definitions have errors; `lectern check` lists all there is to say about them")
            }
            shown = ShownCredentials(PortalCredentials(portal, drawn: DrawnSecrets(content.drawn)))
        }
        print(try arguments.has("json") ? shown.json() : shown.text, terminator: "")
        return 0
    }
}

/// The credentials as the command shows them.
struct ShownCredentials {
    /// A name and its secret; `nil` for one that only the definition knows.
    typealias Pair = (name: String, secret: String?)
    var admin: Pair
    var robot: Pair
    var client: Pair

    /// Those in use; the secrets that the definition chose are not among them.
    init(_ content: CredentialsFile.Content) {
        admin = (content.admin.name, content.admin.isDrawn ? content.drawn.adminPassword : nil)
        robot = (content.robot.name, content.robot.isDrawn ? content.drawn.robotPassword : nil)
        client = (content.client.name, content.client.isDrawn ? content.drawn.clientSecret : nil)
    }

    init(_ credentials: PortalCredentials) {
        admin = (credentials.admin.name, credentials.admin.secret)
        robot = (credentials.robot.name, credentials.robot.secret)
        client = (credentials.client.name, credentials.client.secret)
    }

    var text: String {
        func rows(_ title: String, _ name: String, _ secret: String, _ pair: Pair) -> String {
            let shown = pair.secret ?? "(chosen in the definition; name its files to see it)"
            return "\(title)\n  \(name.padded(to: 8))  \(pair.name)\n  \(secret.padded(to: 8))  \(shown)\n"
        }
        return rows("Administrator", "username", "password", admin) + rows("Robot", "username", "password", robot)
            + rows("REST client", "id", "secret", client)
    }

    func json() throws -> String {
        struct Account: Encodable {
            let pair: Pair
            enum Keys: CodingKey { case username, password }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                try container.encode(pair.name, forKey: .username)
                try container.encode(pair.secret, forKey: .password)
            }
        }
        struct Client: Encodable {
            let pair: Pair
            enum Keys: CodingKey { case id, secret }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                try container.encode(pair.name, forKey: .id)
                try container.encode(pair.secret, forKey: .secret)
            }
        }
        struct All: Encodable {
            let admin: Account
            let robot: Account
            let client: Client
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let all = All(admin: Account(pair: admin), robot: Account(pair: robot), client: Client(pair: client))
        return String(decoding: try encoder.encode(all), as: UTF8.self) + "\n"
    }
}
