internal import FoundationEssentials
internal import Glibc
internal import HTTP
internal import HTTPEngine
internal import Platform
internal import Portal
internal import PortalStorage
internal import PortalWeb

/// `lectern users`: what is stored about people, and its end, whether the portal runs or not.
enum UsersCommand: Command {
    static let name = "users"
    static let summary = "Lists users, exports what is stored about one, or erases it."
    static let operands = "list | export USER | erase USER"
    static let options = [
        CommandOption("data", "DIR", "The portal's data folder.", default: "./lectern-data"),
        CommandOption("json", nil, "list: one JSON object a line."),
        CommandOption("end-sessions", nil, "erase: ends sessions that still run instead of refusing."),
    ]

    static func run(_ arguments: ParsedOptions) throws -> Int32 {
        let folder = absolutePath(arguments["data"] ?? "lectern-data")
        let words = arguments.operands
        switch (words.first, words.count) {
        case ("list", 1):
            try list(folder, asJSON: arguments.has("json"))
            return 0
        case ("export", 2): return try export(user(words[1]), folder)
        case ("erase", 2):
            return try erase(user(words[1]), folder, endsSessions: arguments.has("end-sessions"))
        default:
            throw UsageError("what? One of: list, export USER, erase USER")
        }
    }

    private static func user(_ text: String) throws -> UserID {
        guard let user = UserID(rawValue: text) else {
            throw UsageError("\(text): a user's id has 1 to 150 characters, none of them a control character")
        }
        return user
    }

    // MARK: list

    private static func list(_ folder: String, asJSON: Bool) throws {
        try SQLitePortalStore.inspect(folder: folder) { store in
            var last: UserID?
            while true {
                let users = try store.users(after: last, limit: 1000)
                for user in users {
                    let account = try store.account(of: user.id)
                    let line =
                        asJSON
                        ? ListedUser(user, account).json
                        : "\(user.kind.rawValue.padded(to: 10))  \(user.joined.iso8601)  \(user.id)"
                            + (account.map { $0.displayName == user.id.rawValue ? "" : "  \($0.displayName)" } ?? "")
                    print(line)
                }
                guard let next = users.last else { return }
                last = next.id
            }
        }
    }

    // MARK: export

    private static func export(_ user: UserID, _ folder: String) throws -> Int32 {
        guard let record = try SQLitePortalStore.inspect(folder: folder, { try $0.record(of: user) }) else {
            throw StartFailure("nothing is stored about a user \(user)")
        }
        print(try ExportedUser(record).json())
        return 0
    }

    // MARK: erase

    /// Seconds that sessions get to end.
    private static let patience = 120

    private static func erase(_ user: UserID, _ folder: String, endsSessions: Bool) throws -> Int32 {
        let end = time(nil) + patience
        while true {
            switch try ask(user, folder, endsSessions: endsSessions) {
            case .erased:
                print("Erased: nothing is stored about \(user) any more. Backups that you made before still have it.")
                return 0
            case .unknown: throw StartFailure("nothing is stored about a user \(user)")
            case .hasSessions(let names):
                throw StartFailure(
                    "\(user) has sessions that run: \(names.map(\.rawValue).joined(separator: ", ")). Nothing was "
                        + "changed; wait for their end, or end them with --end-sessions while the portal runs")
            case .ending(let names):
                guard time(nil) < end else {
                    throw StartFailure(
                        "sessions do not end: \(names.map(\.rawValue).joined(separator: ", ")). Ask again later")
                }
                usleep(200_000)
            }
        }
    }

    private static func ask(_ user: UserID, _ folder: String, endsSessions: Bool) throws -> ErasureOutcome {
        guard access(folder + "/portal.sqlite", F_OK) == 0 else {
            throw StartFailure("there is no portal's database in \(folder)")
        }
        let store: SQLitePortalStore
        do {
            store = try SQLitePortalStore(folder: folder)
        } catch PortalStoreError.locked {
            return try askRunning(user, folder, endsSessions: endsSessions)
        }
        defer { store.close() }
        return try waitFor { try await store.write { try $0.eraseUser(user) } }
    }

    /// The portal runs and keeps users in memory, so it must do it itself.
    private static func askRunning(_ user: UserID, _ folder: String, endsSessions: Bool) throws -> ErasureOutcome {
        var form: FormParameters = ["user": user.rawValue]
        if endsSessions { form.add("end-sessions", "yes") }
        let response = try ControlSocket.ask(ControlRequest.erasePath, form, data: folder)
        guard let outcome = ControlRequest.outcome(response) else {
            throw StartFailure("the portal answers: \(String(decoding: response.body, as: UTF8.self))")
        }
        return outcome
    }
}

/// A user in the list, for programs.
private struct ListedUser {
    let json: String

    init(_ user: PortalUser, _ account: UserAccount?) {
        let value: JSONValue = [
            "id": .string(user.id.rawValue), "kind": .string(user.kind.rawValue),
            "joined": .string(user.joined.iso8601),
            "name": account.map { .string($0.displayName) } ?? .null,
        ]
        json = value.text
    }
}

/// Everything that is stored about a user, but for what would let its reader in: hashes and digests.
struct ExportedUser: Encodable {
    struct Account: Encodable {
        var displayName: String
        var hasPassword: Bool
        var provider: String?
        var subject: String?
        var changed: String
    }
    struct Details: Encodable {
        var email: String
        var firstName: String
        var lastName: String
    }
    struct Login: Encodable {
        var created: String
        var expires: String
        var hasShownAccessCode: Bool
    }
    struct Token: Encodable {
        var kind: String
        var client: String
        var session: String?
        var scope: String
        var issued: String
        var expires: String
    }
    struct Session: Encodable {
        var name: String
        var environment: String
        var state: String
        var created: String
        var started: String?
        var lastSeen: String?
        var expires: String?
        var stopped: String?
        var end: String?
        var indexURL: String?
        var parameters: [String: String]
    }

    var id: String
    var kind: String
    var joined: String
    var account: Account?
    var details: Details?
    var logins: [Login]
    var tokens: [Token]
    var sessions: [Session]

    init(_ record: UserRecord) {
        id = record.user.id.rawValue
        kind = record.user.kind.rawValue
        joined = record.user.joined.iso8601
        account = record.account.map { account in
            Account(
                displayName: account.displayName, hasPassword: account.password != nil,
                provider: account.identity?.issuer, subject: account.identity?.subject,
                changed: account.changed.iso8601)
        }
        details = record.details.map { Details(email: $0.email, firstName: $0.firstName, lastName: $0.lastName) }
        logins = record.logins.map { login in
            Login(
                created: login.created.iso8601, expires: login.expires.iso8601,
                hasShownAccessCode: login.hasShownAccessCode)
        }
        tokens =
            record.accessTokens.map { token in
                Token(
                    kind: "access", client: token.client, session: token.session?.rawValue, scope: token.scope,
                    issued: token.issued.iso8601, expires: token.expires.iso8601)
            }
            + record.refreshTokens.map { token in
                Token(
                    kind: "refresh", client: token.client, session: nil, scope: token.scope,
                    issued: token.issued.iso8601, expires: token.expires.iso8601)
            }
        sessions = record.sessions.map { session in
            Session(
                name: session.name.rawValue, environment: session.environment.rawValue,
                state: session.state.rawValue, created: session.created.iso8601, started: session.started?.iso8601,
                lastSeen: session.lastSeen?.iso8601, expires: session.expires?.iso8601,
                stopped: session.stopped?.iso8601, end: session.end?.rawValue, indexURL: session.indexURL,
                parameters: session.parameters)
        }
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
