internal import FoundationEssentials
internal import Platform
internal import Portal

/// A session together with the numbers that stand for it and its owner in the database.
struct SessionRow {
    let number: Int64
    var ownerNumber: Int64?
    var session: WorkshopSession

    /// Reads the columns of `Query.selectSession`.
    init(_ row: Statement) throws {
        number = row.integer(0)
        ownerNumber = row.isNull(6) ? nil : row.integer(6)
        session = WorkshopSession(
            name: try row.value(1), environment: try row.value(2), number: row.int(3), state: try row.value(4),
            isReady: row.bool(5), owner: ownerNumber == nil ? nil : try row.value(7), created: row.timestamp(8),
            started: row.optionalTimestamp(9), expires: row.optionalTimestamp(10), stopped: row.optionalTimestamp(11),
            end: row.isNull(12) ? nil : try row.value(12), lastSeen: row.optionalTimestamp(13),
            activation: try row.optionalDigest(14), indexURL: row.optionalText(15), analyticsURL: row.optionalText(18),
            clientSecret: try row.digest(16), parameters: try decodeParameters(row.text(17), path: row.connection.path))
    }

    init(number: Int64, ownerNumber: Int64?, session: WorkshopSession) {
        self.number = number
        self.ownerNumber = ownerNumber
        self.session = session
    }
}

/// The columns of a session that can change.
struct SessionColumns: OptionSet, Hashable {
    let rawValue: UInt16

    static let state = SessionColumns(rawValue: 1 << 0)
    static let isReady = SessionColumns(rawValue: 1 << 1)
    static let owner = SessionColumns(rawValue: 1 << 2)
    static let started = SessionColumns(rawValue: 1 << 3)
    static let expires = SessionColumns(rawValue: 1 << 4)
    static let stopped = SessionColumns(rawValue: 1 << 5)
    static let end = SessionColumns(rawValue: 1 << 6)
    static let lastSeen = SessionColumns(rawValue: 1 << 7)
    static let activation = SessionColumns(rawValue: 1 << 8)
    static let indexURL = SessionColumns(rawValue: 1 << 9)
    static let clientSecret = SessionColumns(rawValue: 1 << 10)
    static let parameters = SessionColumns(rawValue: 1 << 11)
    static let analyticsURL = SessionColumns(rawValue: 1 << 12)

    private static let names = [
        "state", "is_ready", "owner", "started", "expires", "stopped", "end_reason", "last_seen", "activation",
        "index_url", "client_secret", "parameters", "analytics_url",
    ]

    /// What must be written to make `old` into `new`.
    init(from old: WorkshopSession, to new: WorkshopSession) {
        var columns: SessionColumns = []
        if old.state != new.state { columns.insert(.state) }
        if old.isReady != new.isReady { columns.insert(.isReady) }
        if old.owner != new.owner { columns.insert(.owner) }
        if old.started != new.started { columns.insert(.started) }
        if old.expires != new.expires { columns.insert(.expires) }
        if old.stopped != new.stopped { columns.insert(.stopped) }
        if old.end != new.end { columns.insert(.end) }
        if old.lastSeen != new.lastSeen { columns.insert(.lastSeen) }
        if old.activation != new.activation { columns.insert(.activation) }
        if old.indexURL != new.indexURL { columns.insert(.indexURL) }
        if old.clientSecret != new.clientSecret { columns.insert(.clientSecret) }
        if old.parameters != new.parameters { columns.insert(.parameters) }
        if old.analyticsURL != new.analyticsURL { columns.insert(.analyticsURL) }
        self = columns
    }

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Parameter 1 is the session's number; column n of `names` is parameter n + 2, whether it is set or not.
    var updateSQL: String {
        let assignments = SessionColumns.names.indices.filter { rawValue & 1 << UInt16($0) != 0 }
            .map { "\(SessionColumns.names[$0]) = ?\($0 + 2)" }
        return "UPDATE sessions SET \(assignments.joined(separator: ", ")) WHERE number = ?1"
    }

    /// Binds what `updateSQL` sets.
    func bind(_ new: SessionRow, to statement: Statement) throws {
        let session = new.session
        statement.bind(1, new.number)
        if contains(.state) { statement.bind(2, session.state.rawValue) }
        if contains(.isReady) { statement.bind(3, session.isReady) }
        if contains(.owner) { statement.bind(4, new.ownerNumber) }
        if contains(.started) { statement.bind(5, session.started) }
        if contains(.expires) { statement.bind(6, session.expires) }
        if contains(.stopped) { statement.bind(7, session.stopped) }
        if contains(.end) { statement.bind(8, session.end?.rawValue) }
        if contains(.lastSeen) { statement.bind(9, session.lastSeen) }
        if contains(.activation) { statement.bind(10, session.activation) }
        if contains(.indexURL) { statement.bind(11, session.indexURL) }
        if contains(.clientSecret) { statement.bind(12, session.clientSecret) }
        if contains(.parameters) { statement.bind(13, try encodeParameters(session.parameters)) }
        if contains(.analyticsURL) { statement.bind(14, session.analyticsURL) }
    }
}

/// Request parameters as a JSON object, names in order. Most sessions have none.
func encodeParameters(_ parameters: [String: String]) throws -> String {
    if parameters.isEmpty { return "{}" }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(parameters), as: UTF8.self)
}

func decodeParameters(_ text: String, path: String) throws -> [String: String] {
    if text == "{}" { return [:] }
    do {
        return try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
    } catch {
        throw PortalStoreError.damaged(path: path, detail: "a value of column parameters has no meaning")
    }
}
