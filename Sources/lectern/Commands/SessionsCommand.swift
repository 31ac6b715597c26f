internal import FoundationEssentials
internal import Glibc
internal import HTTP
internal import Platform
internal import Portal
internal import PortalStorage
internal import PortalWeb

/// `lectern sessions`: who is in, and what an operator does to a session without a browser.
enum SessionsCommand: Command {
    static let name = "sessions"
    static let summary = "Lists sessions; extends, expires or terminates them."
    static let operands = "list | extend SESSION … | expire SESSION … | terminate SESSION …"
    static let options = [
        CommandOption("data", "DIR", "The portal's data folder.", default: "./lectern-data"),
        CommandOption("all", nil, "list: those that have ended, too."),
        CommandOption("json", nil, "list: one JSON object a line."),
        CommandOption("minutes", "N", "extend: by how much.", default: "30"),
    ]

    static func run(_ arguments: ParsedOptions) throws -> Int32 {
        let folder = absolutePath(arguments["data"] ?? "lectern-data")
        let words = arguments.operands
        let minutes = try arguments.integer("minutes", in: 1...525_600, default: 30)
        switch (words.first, words.count) {
        case ("list", 1):
            try list(folder, all: arguments.has("all"), asJSON: arguments.has("json"))
            return 0
        case ("extend", 2...): return try act(words, folder) { .extend($0, minutes: minutes) }
        case ("expire", 2...): return try act(words, folder) { .expire($0) }
        case ("terminate", 2...): return try act(words, folder) { .terminate($0) }
        default:
            throw UsageError("what? One of: list, extend SESSION, expire SESSION, terminate SESSION")
        }
    }

    // MARK: list

    private static func list(_ folder: String, all: Bool, asJSON: Bool) throws {
        try SQLitePortalStore.inspect(folder: folder) { store in
            var listing = SessionListing(
                states: all ? Set(SessionState.allCases) : SessionListing.active, order: .name, limit: 1000)
            while true {
                let page = try store.sessions(listing)
                for session in page.sessions { print(asJSON ? json(of: session) : line(of: session)) }
                guard page.hasLater, let last = page.sessions.last else { return }
                listing.position = .after(SessionPlace(of: last, in: .name))
            }
        }
    }

    private static func line(of session: WorkshopSession) -> String {
        let end = session.stopped.map { "ended \($0.iso8601)" } ?? session.expires.map { "until \($0.iso8601)" } ?? ""
        let words = [
            session.name.rawValue.padded(to: 24), session.state.rawValue.padded(to: 8),
            (session.owner?.rawValue ?? "-").padded(to: 36), end,
        ]
        return words.joined(separator: "  ").trimmingTrailingBlanks
    }

    private static func json(of session: WorkshopSession) -> String {
        func moment(_ value: Timestamp?) -> JSONValue { value.map { .string($0.iso8601) } ?? .null }
        let value: JSONValue = [
            "name": .string(session.name.rawValue), "environment": .string(session.environment.rawValue),
            "state": .string(session.state.rawValue), "owner": session.owner.map { .string($0.rawValue) } ?? .null,
            "created": moment(session.created), "started": moment(session.started), "expires": moment(session.expires),
            "last_seen": moment(session.lastSeen), "stopped": moment(session.stopped),
            "end": session.end.map { .string($0.rawValue) } ?? .null,
        ]
        return value.text
    }

    // MARK: Acting

    /// Asks for each; the exit code is 1 when one of them was not done.
    private static func act(
        _ words: [String], _ folder: String, _ action: (SessionName) -> SessionAction
    ) throws -> Int32 {
        let names = try words.dropFirst().map { word in
            guard let name = SessionName(rawValue: word) else {
                throw UsageError("\(word): no session can have this name; lectern sessions list has them all")
            }
            return name
        }
        guard access(folder + "/portal.sqlite", F_OK) == 0 else {
            throw StartFailure("there is no portal's database in \(folder)")
        }
        var isDone = true
        for name in names {
            let response: HTTPClientResponse
            do {
                response = try ControlSocket.ask(
                    ControlRequest.sessionPath, ControlRequest.form(of: action(name)), data: folder)
            } catch let error as HTTPClientError {
                throw StartFailure("the portal with \(folder) does not answer (\(error)). It must run for this")
            }
            guard let outcome = ControlRequest.sessionOutcome(response) else {
                throw StartFailure("the portal answers: \(String(decoding: response.body, as: UTF8.self))")
            }
            isDone = isDone && outcome.isDone
            print(outcome.text)
        }
        return isDone ? 0 : 1
    }
}

extension String {
    fileprivate var trimmingTrailingBlanks: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
