internal import Platform
internal import Portal

/// Answers questions about the state that its connection sees.
class StoreReader: PortalReader {
    let connection: Connection
    /// Of the same commit as what the connection sees, with the changes of the transaction under way, if there is one.
    var memory: StoreMemory

    init(connection: Connection, memory: StoreMemory) {
        self.connection = connection
        self.memory = memory
    }

    /// Called for every session that is read.
    func didRead(_ row: SessionRow) {}

    private func read(_ row: Statement) throws -> WorkshopSession {
        let row = try SessionRow(row)
        didRead(row)
        return row.session
    }

    // MARK: Environments

    final func environments() throws -> [WorkshopEnvironment] { memory.environments }

    final func stoppedEnvironments(limit: Int) throws -> [WorkshopEnvironment] {
        let statement = try connection.statement(.environmentsStopped)
        statement.bind(1, max(0, limit))
        return try statement.all(WorkshopEnvironment.init(row:))
    }

    final func environment(_ name: EnvironmentName) throws -> WorkshopEnvironment? {
        if let known = memory.environment(name) { return known }
        let statement = try connection.statement(.environment)
        statement.bind(1, name.rawValue)
        return try statement.first(WorkshopEnvironment.init(row:))
    }

    final func counts(of environment: EnvironmentName) throws -> SessionCounts { memory.counts(of: environment) }
    final func countsOfPortal() throws -> SessionCounts { memory.countsOfPortal }

    final func countsByState() throws -> [EnvironmentName: [SessionState: Int]] {
        var counts: [EnvironmentName: [SessionState: Int]] = [:]
        let statement = try connection.statement(.liveCounts)
        defer { statement.reset() }
        while try statement.step() {
            counts[try statement.value(0), default: [:]][try statement.value(1), default: 0] += statement.int(3)
        }
        return counts
    }

    // MARK: Sessions

    final func session(_ name: SessionName) throws -> WorkshopSession? {
        let statement = try connection.statement(.session)
        statement.bind(1, name.rawValue)
        return try statement.first(read)
    }

    final func sessions(ownedBy user: UserID) throws -> [WorkshopSession] {
        let statement = try connection.statement(.sessionsOfOwner)
        statement.bind(1, user.rawValue)
        // Mostly none or one: SQLite's sorter would cost more than the rest.
        var rows = try statement.all(SessionRow.init)
        if rows.count > 1 { rows.sort { ($0.session.created, $0.number) < ($1.session.created, $1.number) } }
        for row in rows { didRead(row) }
        return rows.map(\.session)
    }

    final func reservedSession(of environment: EnvironmentName) throws -> WorkshopSession? {
        let counts = memory.counts(of: environment)
        if counts.available > 0 { return try reserved(.waiting, of: environment, limit: 1).first }
        if counts.warming > 0 { return try reserved(.starting, of: environment, limit: 1).first }
        return nil
    }

    final func reservedSessions(of environment: EnvironmentName?, limit: Int) throws -> [WorkshopSession] {
        guard let environment else {
            let statement = try connection.statement(.reservedOfPortal)
            statement.bind(1, max(0, limit))
            return try statement.all(read)
        }
        // One state at a time comes in order from the index; both together would have to be sorted.
        let waiting = try reserved(.waiting, of: environment, limit: limit)
        let starting = try reserved(.starting, of: environment, limit: limit)
        if starting.isEmpty { return waiting }
        if waiting.isEmpty { return starting }
        let both = (waiting + starting).sorted { ($0.created, $0.number) < ($1.created, $1.number) }
        return Array(both.prefix(max(0, limit)))
    }

    private func reserved(
        _ state: SessionState, of environment: EnvironmentName, limit: Int
    ) throws -> [WorkshopSession] {
        let statement = try connection.statement(.oldestReserved)
        statement.bind(1, environment.rawValue)
        statement.bind(2, state.rawValue)
        statement.bind(3, max(0, limit))
        return try statement.all(read)
    }

    final func sessions(in state: SessionState, after: SessionName?, limit: Int) throws -> [WorkshopSession] {
        let statement: Statement
        if let after {
            statement = try connection.statement(.sessionsByName)
            statement.bind(2, after.rawValue)
            statement.bind(3, max(0, limit))
        } else {
            statement = try connection.statement(.sessionsByAge)
            statement.bind(2, max(0, limit))
        }
        statement.bind(1, state.rawValue)
        return try statement.all(read)
    }

    final func sessions(of environment: EnvironmentName) throws -> [WorkshopSession] {
        let statement = try connection.statement(.sessionsOfEnvironment)
        statement.bind(1, environment.rawValue)
        return try statement.all(read)
    }

    final func sessions(expiringBy moment: Timestamp, limit: Int) throws -> [WorkshopSession] {
        let statement = try connection.statement(.expiringSessions)
        statement.bind(1, moment)
        statement.bind(2, max(0, limit))
        return try statement.all(read)
    }

    final func sessions(
        of environment: EnvironmentName, unseenSince moment: Timestamp, limit: Int
    ) throws -> [WorkshopSession] {
        let statement = try connection.statement(.unseenSessions)
        statement.bind(1, environment.rawValue)
        statement.bind(2, moment)
        statement.bind(3, max(0, limit))
        return try statement.all(read)
    }

    final func nextExpiry() throws -> Timestamp? {
        try connection.statement(.nextExpiry).first { $0.timestamp(0) }
    }

    // MARK: The log of what staff did

    final func auditEntries(before: Int?, limit: Int) throws -> [AuditEntry] {
        let statement = try connection.statement(.auditEntries)
        statement.bind(1, before ?? Int.max)
        statement.bind(2, max(0, limit))
        return try statement.all(AuditEntry.init(row:))
    }

    final func auditEntry(_ number: Int) throws -> AuditEntry? {
        let statement = try connection.statement(.auditEntry)
        statement.bind(1, number)
        return try statement.first(AuditEntry.init(row:))
    }

    // MARK: Users

    final func user(_ id: UserID) throws -> PortalUser? {
        let statement = try connection.statement(.user)
        statement.bind(1, id.rawValue)
        return try statement.first(PortalUser.init(row:))
    }

    final func details(of user: UserID) throws -> UserDetails? {
        let statement = try connection.statement(.userDetails)
        statement.bind(1, user.rawValue)
        return try statement.first { UserDetails(email: $0.text(0), firstName: $0.text(1), lastName: $0.text(2)) }
    }

    func login(_ digest: TokenDigest) throws -> LoginCookie? {
        let statement = try connection.statement(.login)
        statement.bind(1, digest)
        return try statement.first { row in
            LoginCookie(
                digest: digest, user: row.isNull(1) ? nil : try row.value(1), hasShownAccessCode: row.bool(2),
                created: row.timestamp(3), expires: row.timestamp(4))
        }
    }

    final func accessToken(_ digest: TokenDigest) throws -> AccessToken? {
        let statement = try connection.statement(.accessToken)
        statement.bind(1, digest)
        return try statement.first(AccessToken.init(row:))
    }

    final func refreshToken(_ digest: TokenDigest) throws -> RefreshToken? {
        let statement = try connection.statement(.refreshToken)
        statement.bind(1, digest)
        return try statement.first(RefreshToken.init(row:))
    }

    // MARK: Events

    final func outbox(for target: String, after number: Int64, limit: Int) throws -> [OutboxEntry] {
        let statement = try connection.statement(target.isEmpty ? .webhookEntries : .sessionEntries)
        if !target.isEmpty { statement.bind(1, target) }
        statement.bind(target.isEmpty ? 1 : 2, number)
        defer { statement.reset() }
        var entries: [OutboxEntry] = []
        while entries.count < limit, try statement.step() {
            entries += try OutboxRow(row: statement).waiting(after: number, at: connection.path)
        }
        return Array(entries.prefix(max(0, limit)))
    }

    final func outboxTargets() throws -> [String] { try connection.statement(.outboxTargets).all { $0.text(0) } }

    final func outboxCount() throws -> Int {
        let statement = try connection.statement(.deliveredOfAll)
        defer { statement.reset() }
        var count = 0
        while try statement.step() {
            count += DeliveredEvents(statement.blob(2), of: max(0, statement.int(1))).left
        }
        return count
    }

    final func setting(_ name: String) throws -> [UInt8]? {
        let statement = try connection.statement(.setting)
        statement.bind(1, name)
        return try statement.first { $0.blob(0) }
    }
}

extension AccessToken {
    /// Reads a row of `access_tokens`.
    init(row: Statement) throws {
        self.init(
            digest: try row.digest(0), client: row.text(1), user: try row.value(2),
            session: row.isNull(3) ? nil : try row.value(3), scope: row.text(4), family: try row.digest(5),
            issued: row.timestamp(6), expires: row.timestamp(7))
    }
}

extension RefreshToken {
    /// Reads a row of `refresh_tokens`.
    init(row: Statement) throws {
        self.init(
            digest: try row.digest(0), client: row.text(1), user: try row.value(2), scope: row.text(3),
            family: try row.digest(4), issued: row.timestamp(5), expires: row.timestamp(6), isSpent: row.bool(7))
    }
}
