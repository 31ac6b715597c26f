internal import Platform
internal import Portal

/// The one writing transaction: several bodies, one commit.
///
/// What a body changes is undone alone: the first body that writes is undone by starting over, any later one has a
/// savepoint, set before its first change.
final class StoreTransaction: StoreReader, PortalTransaction {
    /// The last commit's memory, for when a transaction fails as a whole.
    private var committed: StoreMemory
    /// Whether bodies that ended well have changed something since `begin`.
    private var hasChanges = false

    private var bodyHasWritten = false
    private var bodyHasSavepoint = false
    private var bodyUndo: [MemoryUndo] = []
    /// Sessions that this body has read or written lately, as they are now: an update is compared with them.
    private var knownSessions: [SessionRow] = []
    private var knownUser: (id: UserID, number: Int64)?

    /// Logins changed since `begin`; `nil` when any may have.
    private(set) var changedLogins: [TokenDigest]? = []

    private let recorders: EventRecorders
    private(set) var recorder: EventRecorder?
    var pendingEvents = PendingEvents()
    /// Numbers of the outbox are not used again while the store is open, whatever is removed or undone.
    var lastEntry: Int64
    /// What this transaction changes in the outbox, and what the body that runs has taken back.
    var outboxChange = OutboxChange()
    var bodyWithdrawn: [Int64] = []

    private enum MemoryUndo {
        case environment(EnvironmentName, WorkshopEnvironment?)
        case session(in: EnvironmentName, from: SessionKind?, to: SessionKind?)
    }

    init(connection: Connection, memory: StoreMemory, recorders: EventRecorders) throws {
        committed = memory
        self.recorders = recorders
        lastEntry = try connection.statement(.lastEntry).first { $0.integer(0) } ?? 0
        super.init(connection: connection, memory: memory)
    }

    // MARK: The transaction

    func begin() throws {
        hasChanges = false
        changedLogins = []
        recorder = recorders.current
        pendingEvents.begin()
        outboxChange = OutboxChange()
        try connection.statement(.beginWriting).run()
    }

    /// Runs one body on its own.
    /// - Throws: what the body throws, after its changes have been undone.
    func perform(_ body: (StoreTransaction) throws -> Void) throws {
        bodyHasWritten = false
        bodyHasSavepoint = false
        bodyUndo.removeAll(keepingCapacity: true)
        knownSessions.removeAll(keepingCapacity: true)
        pendingEvents.beginBody()
        bodyWithdrawn.removeAll(keepingCapacity: true)
        do {
            try body(self)
            if bodyHasSavepoint { try connection.statement(.releaseSavepoint).run() }
            if bodyHasWritten { hasChanges = true }
            pendingEvents.endBody()
            if !bodyWithdrawn.isEmpty { outboxChange.withdrawn += bodyWithdrawn }
        } catch {
            // A failed undo leaves no transaction that could be committed: see `isBroken`.
            if bodyHasWritten { undoBody() }
            throw error
        }
    }

    /// SQLite has given the transaction up (disk full, I/O error): nothing of it can be committed any more.
    var isBroken: Bool { !connection.isInTransaction }

    /// - Returns: whether there was anything to commit.
    func commit() throws -> Bool {
        guard hasChanges else {
            connection.rollBack()
            return false
        }
        try writeEvents()
        memory.commit += 1
        let statement = try connection.statement(.setCommitNumber)
        statement.bind(1, memory.commit)
        try statement.run()
        try connection.statement(.commit).run()
        committed = memory
        return true
    }

    /// After a commit: those who deliver events learn of new ones, and of those that are gone.
    func tellRecorder() {
        if !outboxChange.isEmpty { recorder?.committed(outboxChange) }
    }

    /// Gives up everything since `begin`.
    /// - Returns: whether the file holds another commit than the last one known. A commit whose end was reported as a
    ///   failure may still have taken place; the file is right then.
    func abandon() -> Bool {
        connection.rollBack()
        memory = committed
        knownUser = nil
        do {
            let found = try connection.statement(.commitNumber).first { $0.integer(0) }
            guard found != committed.commit else { return false }
            memory = try StoreMemory(reading: connection)
            committed = memory
            return true
        } catch {
            // As little can be read as written. The next transaction meets the same trouble and reports it.
            return false
        }
    }

    private func undoBody() {
        knownUser = nil
        do {
            if !connection.isInTransaction && bodyHasSavepoint {
                // SQLite has undone the bodies before this one as well; there is nothing to go on with.
            } else if bodyHasSavepoint {
                try connection.statement(.undoToSavepoint).run()
                try connection.statement(.releaseSavepoint).run()
            } else {
                connection.rollBack()
                try connection.statement(.beginWriting).run()
            }
        } catch {
            connection.rollBack()
        }
        for step in bodyUndo.reversed() {
            switch step {
            case .environment(let name, let old): if let old { memory.set(old) } else { memory.drop(name) }
            case .session(let environment, let old, let new): memory.move(in: environment, from: new, to: old)
            }
        }
    }

    /// Before every change.
    func willWrite() throws {
        // Outside a transaction the statement would commit by itself.
        guard connection.isInTransaction else {
            throw PortalStoreError.failed(detail: "the transaction has failed already")
        }
        guard !bodyHasWritten else { return }
        if hasChanges {
            try connection.statement(.savepoint).run()
            bodyHasSavepoint = true
        }
        bodyHasWritten = true
    }

    // MARK: Environments

    func takeEnvironmentNumber() throws -> Int {
        try willWrite()
        let number = try connection.statement(.takeEnvironmentNumber).all { $0.int(0) }.first
        guard let number else { throw PortalStoreError.damaged(path: connection.path, detail: "table portal is empty") }
        return number
    }

    func insert(_ environment: WorkshopEnvironment) throws {
        try willWrite()
        let statement = try connection.statement(.insertEnvironment)
        environment.bind(to: statement)
        try statement.run()
        remember(environment, insteadOf: nil)
        if let recorder { try add(recorder.entries(from: nil, to: environment)) }
    }

    func update(_ environment: WorkshopEnvironment) throws {
        let old = memory.environment(environment.name)
        guard old != environment else { return }
        try willWrite()
        if var countedUp = old {
            countedUp.nextSession = environment.nextSession
            if countedUp == environment {
                let statement = try connection.statement(.updateNextSession)
                statement.bind(1, environment.name.rawValue)
                statement.bind(2, environment.nextSession)
                try statement.run()
                return remember(environment, insteadOf: old)
            }
        }
        let statement = try connection.statement(.updateEnvironment)
        environment.bind(to: statement)
        try statement.run()
        guard connection.changes == 1 else { throw PortalStoreError.failed(detail: "no such environment to update") }
        remember(environment, insteadOf: old)
        // One that is not in memory had stopped before, and nothing more happens to it.
        if let recorder, let old { try add(recorder.entries(from: old, to: environment)) }
    }

    private func remember(_ environment: WorkshopEnvironment, insteadOf old: WorkshopEnvironment?) {
        bodyUndo.append(.environment(environment.name, old))
        memory.set(environment)
    }

    // MARK: Sessions

    func insert(_ session: WorkshopSession) throws {
        try willWrite()
        let owner = try session.owner.map(userNumber)
        let statement = try connection.statement(.insertSession)
        statement.bind(1, session.name.rawValue)
        statement.bind(2, session.environment.rawValue)
        statement.bind(3, session.number)
        statement.bind(4, session.state.rawValue)
        statement.bind(5, session.isReady)
        statement.bind(6, owner)
        statement.bind(7, session.created)
        statement.bind(8, session.started)
        statement.bind(9, session.expires)
        statement.bind(10, session.stopped)
        statement.bind(11, session.end?.rawValue)
        statement.bind(12, session.lastSeen)
        statement.bind(13, session.activation)
        statement.bind(14, session.indexURL)
        statement.bind(15, session.clientSecret)
        statement.bind(16, try encodeParameters(session.parameters))
        statement.bind(17, session.analyticsURL)
        try statement.run()
        didRead(SessionRow(number: connection.lastInsertedRow, ownerNumber: owner, session: session))
        count(session, from: nil, to: SessionKind(session))
        try report(from: nil, to: session)
    }

    func update(_ session: WorkshopSession) throws {
        guard let place = try placeOfKnown(session.name) else {
            throw PortalStoreError.failed(detail: "no such session to update")
        }
        let old = knownSessions[place]
        let columns = SessionColumns(from: old.session, to: session)
        guard !columns.isEmpty else { return }
        try willWrite()
        var new = old
        new.session = session
        if columns.contains(.owner) { new.ownerNumber = try session.owner.map(userNumber) }
        let statement = try connection.statement(updating: columns)
        try columns.bind(new, to: statement)
        try statement.run()
        knownSessions[place] = new
        count(session, from: SessionKind(old.session), to: SessionKind(session))
        try report(from: old.session, to: session)
    }

    private func report(from old: WorkshopSession?, to new: WorkshopSession) throws {
        guard let recorder else { return }
        try add(try recorder.entries(from: old, to: new) { try environment(new.environment)?.resource })
    }

    private func count(_ session: WorkshopSession, from old: SessionKind?, to new: SessionKind) {
        bodyUndo.append(.session(in: session.environment, from: old, to: new))
        memory.move(in: session.environment, from: old, to: new)
    }

    override func didRead(_ row: SessionRow) {
        if let place = knownSessions.firstIndex(where: { $0.number == row.number }) {
            knownSessions[place] = row
        } else {
            if knownSessions.count == 16 { knownSessions.removeAll(keepingCapacity: true) }
            knownSessions.append(row)
        }
    }

    private func placeOfKnown(_ name: SessionName) throws -> Int? {
        if let place = knownSessions.firstIndex(where: { $0.session.name == name }) { return place }
        guard try session(name) != nil else { return nil }
        return knownSessions.firstIndex { $0.session.name == name }
    }

    // MARK: Users

    func insert(_ user: PortalUser) throws {
        try willWrite()
        let statement = try connection.statement(.insertUser)
        statement.bind(1, user.id.rawValue)
        statement.bind(2, user.kind.rawValue)
        statement.bind(3, user.joined)
        try statement.run()
        knownUser = (user.id, connection.lastInsertedRow)
        if let recorder { try add(recorder.entries(creating: user)) }
    }

    func setDetails(_ details: UserDetails, of user: UserID) throws {
        try willWrite()
        let statement = try connection.statement(.setUserDetails)
        statement.bind(1, try userNumber(user))
        statement.bind(2, details.email)
        statement.bind(3, details.firstName)
        statement.bind(4, details.lastName)
        try statement.run()
    }

    func userNumber(_ user: UserID) throws -> Int64 {
        if let known = knownUser, known.id == user { return known.number }
        let statement = try connection.statement(.userNumber)
        statement.bind(1, user.rawValue)
        guard let number = try statement.first({ $0.integer(0) }) else {
            throw PortalStoreError.failed(detail: "no such user")
        }
        knownUser = (user, number)
        return number
    }

    func insert(_ login: LoginCookie) throws {
        try willWrite()
        let user = try login.user.map(userNumber)
        let statement = try connection.statement(.insertLogin)
        statement.bind(1, login.digest)
        statement.bind(2, user)
        statement.bind(3, login.hasShownAccessCode)
        statement.bind(4, login.created)
        statement.bind(5, login.expires)
        try statement.run()
        changedLogins?.append(login.digest)
    }

    func update(_ login: LoginCookie) throws {
        try willWrite()
        let user = try login.user.map(userNumber)
        let statement = try connection.statement(.updateLogin)
        statement.bind(1, login.digest)
        statement.bind(2, user)
        statement.bind(3, login.hasShownAccessCode)
        statement.bind(4, login.expires)
        try statement.run()
        guard connection.changes == 1 else { throw PortalStoreError.failed(detail: "no such login to update") }
        changedLogins?.append(login.digest)
    }

    func deleteLogin(_ digest: TokenDigest) throws {
        try willWrite()
        let statement = try connection.statement(.deleteLogin)
        statement.bind(1, digest)
        try statement.run()
        changedLogins?.append(digest)
    }

    func insert(_ code: AuthorizationCode) throws {
        try willWrite()
        let statement = try connection.statement(.insertCode)
        statement.bind(1, code.digest)
        statement.bind(2, code.session.rawValue)
        statement.bind(3, code.user.rawValue)
        statement.bind(4, code.redirectURI)
        statement.bind(5, code.challenge)
        statement.bind(6, code.expires)
        try statement.run()
    }

    func takeCode(_ digest: TokenDigest) throws -> AuthorizationCode? {
        try willWrite()
        let statement = try connection.statement(.takeCode)
        statement.bind(1, digest)
        let taken = try statement.all { row in
            AuthorizationCode(
                digest: digest, session: try row.value(1), user: try row.value(2), redirectURI: row.text(3),
                challenge: row.optionalText(4), expires: row.timestamp(5))
        }
        return taken.first
    }

    func insert(_ token: AccessToken) throws {
        try willWrite()
        let statement = try connection.statement(.insertAccessToken)
        statement.bind(1, token.digest)
        statement.bind(2, token.client)
        statement.bind(3, token.user.rawValue)
        statement.bind(4, token.session?.rawValue)
        statement.bind(5, token.scope)
        statement.bind(6, token.family)
        statement.bind(7, token.issued)
        statement.bind(8, token.expires)
        try statement.run()
    }

    func insert(_ token: RefreshToken) throws {
        try willWrite()
        let statement = try connection.statement(.insertRefreshToken)
        statement.bind(1, token.digest)
        statement.bind(2, token.client)
        statement.bind(3, token.user.rawValue)
        statement.bind(4, token.scope)
        statement.bind(5, token.family)
        statement.bind(6, token.issued)
        statement.bind(7, token.expires)
        statement.bind(8, token.isSpent)
        try statement.run()
    }

    func spendRefreshToken(_ digest: TokenDigest) throws -> Bool {
        try willWrite()
        let statement = try connection.statement(.spendRefreshToken)
        statement.bind(1, digest)
        try statement.run()
        return connection.changes == 1
    }

    func deleteTokens(_ which: TokenSelection) throws -> Int {
        try willWrite()
        switch which {
        case .family(let family):
            return try delete([.deleteAccessTokensOfFamily, .deleteRefreshTokensOfFamily]) { $0.bind(1, family) }
        case .client(let client):
            return try delete([.deleteAccessTokensOfClient, .deleteRefreshTokensOfClient]) { $0.bind(1, client) }
        case .user(let user):
            return try delete([.deleteAccessTokensOfUser, .deleteRefreshTokensOfUser]) { $0.bind(1, user.rawValue) }
        }
    }

    private func delete(_ queries: [Query], _ bind: (Statement) -> Void) throws -> Int {
        var count = 0
        for query in queries {
            let statement = try connection.statement(query)
            bind(statement)
            try statement.run()
            count += connection.changes
        }
        return count
    }

    func setSetting(_ name: String, to value: [UInt8]) throws {
        try willWrite()
        let statement = try connection.statement(.setSetting)
        statement.bind(1, name)
        statement.bind(2, value)
        try statement.run()
    }

    /// Forgets what is known about users, their logins and their sessions: more than one row may have gone.
    func usersHaveGone() {
        knownUser = nil
        changedLogins = nil
        knownSessions.removeAll(keepingCapacity: true)
    }

    // MARK: Purge

    func purgeSessions(endedBefore moment: Timestamp, limit: Int) throws -> Int {
        try willWrite()
        let sessions = try purge(.purgeSessions, moment, limit)
        if sessions > 0 { knownSessions.removeAll(keepingCapacity: true) }
        return sessions
    }

    func purge(endedBefore moment: Timestamp, now: Timestamp, limit: Int) throws -> Int {
        try willWrite()
        let sessions = try purgeSessions(endedBefore: moment, limit: limit)
        let users = try purgeUsers(moment, limit)
        let logins = try purge(.purgeLogins, now, limit)
        if users + logins > 0 {
            // A user's logins go with the user.
            knownUser = nil
            changedLogins = nil
        }
        var others = 0
        for query in [Query.purgeCodes, .purgeAccessTokens, .purgeRefreshTokens] {
            others += try purge(query, now, limit)
        }
        return sessions + users + logins + others
    }

    private func purgeUsers(_ moment: Timestamp, _ limit: Int) throws -> Int {
        let statement = try connection.statement(.purgeUsers)
        statement.bind(1, moment)
        statement.bind(2, max(0, limit))
        let gone = try statement.all { try $0.value(0, as: UserID.self) }
        try withdrawEvents(about: Set(gone), before: moment)
        if let recorder { for user in gone { try add(recorder.entries(removingAnonymous: user)) } }
        return gone.count
    }

    func purge(_ query: Query, _ moment: Timestamp, _ limit: Int) throws -> Int {
        let statement = try connection.statement(query)
        statement.bind(1, moment)
        statement.bind(2, max(0, limit))
        try statement.run()
        return connection.changes
    }
}
