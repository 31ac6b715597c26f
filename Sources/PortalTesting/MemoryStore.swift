internal import Platform
public import Portal
internal import Synchronization

/// A `PortalStore` in memory: simple rather than fast, and the measure that other stores are compared with.
///
/// A write runs at once on the calling thread, one at a time, and is undone step by step if the body throws. The completion
/// is called on the same thread after the lock is released.
public final class MemoryStore: PortalStore {
    private struct State {
        var tables = MemoryTables()
        var failure: PortalStoreError?
        var failuresLeft = 0
        var isClosed = false
        var recorder: EventRecorder?
    }
    private let state: Mutex<State>

    public init() { state = Mutex(State()) }

    /// Makes the next writes fail at their commit, as a full disk does.
    public func failWrites(_ count: Int, with error: PortalStoreError = .full) {
        state.withLock {
            $0.failure = error
            $0.failuresLeft = count
        }
    }

    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (any PortalTransaction) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let recorder = state.withLock { $0.recorder }
        var change = OutboxChange()
        let result = state.withLock { state -> Result<Value, any Error> in
            if state.isClosed { return .failure(PortalStoreError.closed) }
            let transaction = MemoryTransaction(state.tables, recorder)
            // The transaction alone holds the tables now, so that changing them does not copy them.
            state.tables = MemoryTables()
            defer { state.tables = transaction.tables }
            do {
                let value = try body(transaction)
                if state.failuresLeft > 0, let failure = state.failure {
                    state.failuresLeft -= 1
                    transaction.undo()
                    return .failure(failure)
                }
                change = transaction.outboxChange
                return .success(value)
            } catch {
                transaction.undo()
                return .failure(error)
            }
        }
        if !change.isEmpty { recorder?.committed(change) }
        completion(result)
    }

    public func read<Value>(_ body: (any PortalReader) throws -> Value) throws -> Value {
        let tables = try state.withLock { state in
            if state.isClosed { throw PortalStoreError.closed }
            return state.tables
        }
        return try body(MemoryTransaction(tables, nil))
    }

    public func recordEvents(with recorder: EventRecorder) { state.withLock { $0.recorder = recorder } }

    /// Everything in the outbox, in order.
    public var allEntries: [OutboxEntry] { state.withLock { $0.tables.outbox.values.sorted { $0.number < $1.number } } }

    public func close() { state.withLock { $0.isClosed = true } }

    /// Every session that has not been purged, by name: for checking invariants.
    public var allSessions: [WorkshopSession] {
        state.withLock { $0.tables.sessions.values.sorted { $0.name < $1.name } }
    }

    public var allUsers: [PortalUser] { state.withLock { Array($0.tables.users.values) } }
}

struct MemoryTables: Sendable {
    var environments: [EnvironmentName: WorkshopEnvironment] = [:]
    var sessions: [SessionName: WorkshopSession] = [:]
    var users: [UserID: PortalUser] = [:]
    var details: [UserID: UserDetails] = [:]
    var accounts: [UserID: UserAccount] = [:]
    var logins: [TokenDigest: LoginCookie] = [:]
    var codes: [TokenDigest: AuthorizationCode] = [:]
    var accessTokens: [TokenDigest: AccessToken] = [:]
    var refreshTokens: [TokenDigest: RefreshToken] = [:]
    var settings: [String: [UInt8]] = [:]
    var audit: [Int: AuditEntry] = [:]
    var lastAudit = 0
    var lastEnvironment = 0
    var outbox: [Int64: OutboxEntry] = [:]
    /// Never goes back.
    var lastEntry: Int64 = 0
}

private final class MemoryTransaction: PortalTransaction {
    private(set) var tables: MemoryTables
    /// How to take back each change, in order.
    private var steps: [(inout MemoryTables) -> Void] = []

    private let recorder: EventRecorder?
    private(set) var outboxChange = OutboxChange()

    init(_ tables: MemoryTables, _ recorder: EventRecorder?) {
        self.tables = tables
        self.recorder = recorder
    }

    func undo() {
        for step in steps.reversed() { step(&tables) }
        steps = []
    }

    private func set<Key, Row>(_ table: WritableKeyPath<MemoryTables, [Key: Row]>, _ key: Key, _ row: Row?) {
        let old = tables[keyPath: table].updateOrRemove(key, row)
        steps.append { $0[keyPath: table][key] = old }
    }

    // MARK: Reading

    /// Those that are wanted, oldest first.
    private func byAge(_ isWanted: (WorkshopSession) -> Bool) -> [WorkshopSession] {
        tables.sessions.values.filter(isWanted).sorted { ($0.created, $0.name) < ($1.created, $1.name) }
    }

    private func firstOf<Element>(_ list: [Element], _ limit: Int) -> [Element] { Array(list.prefix(max(0, limit))) }

    private func count(_ isCounted: (WorkshopSession) -> Bool) -> SessionCounts {
        var counts = SessionCounts()
        for session in tables.sessions.values where isCounted(session) && session.isActive {
            counts.active += 1
            if session.owner != nil { counts.allocated += 1 }
            if session.isReserved && session.state == .waiting { counts.available += 1 }
            if session.isReserved && session.state == .starting { counts.warming += 1 }
        }
        return counts
    }

    func countsByState() -> [EnvironmentName: [SessionState: Int]] {
        var counts: [EnvironmentName: [SessionState: Int]] = [:]
        for session in tables.sessions.values where session.isActive {
            counts[session.environment, default: [:]][session.state, default: 0] += 1
        }
        return counts
    }

    func environments() -> [WorkshopEnvironment] {
        tables.environments.values.filter { $0.state != .stopped }
            .sorted { ($0.position, $0.number) < ($1.position, $1.number) }
    }
    func stoppedEnvironments(limit: Int) -> [WorkshopEnvironment] {
        firstOf(tables.environments.values.filter { $0.state == .stopped }.sorted { $0.number > $1.number }, limit)
    }
    func environment(_ name: EnvironmentName) -> WorkshopEnvironment? { tables.environments[name] }
    func counts(of environment: EnvironmentName) -> SessionCounts { count { $0.environment == environment } }
    func countsOfPortal() -> SessionCounts { count { _ in true } }
    func session(_ name: SessionName) -> WorkshopSession? { tables.sessions[name] }
    func sessions(ownedBy user: UserID) -> [WorkshopSession] { byAge { $0.owner == user && $0.isActive } }
    func reservedSession(of environment: EnvironmentName) -> WorkshopSession? {
        let reserved = byAge { $0.environment == environment && $0.isReserved }
        return reserved.first { $0.state == .waiting } ?? reserved.first
    }
    func reservedSessions(of environment: EnvironmentName?, limit: Int) -> [WorkshopSession] {
        firstOf(byAge { $0.isReserved && (environment == nil || $0.environment == environment) }, limit)
    }
    func sessions(in state: SessionState, after: SessionName?, limit: Int) -> [WorkshopSession] {
        guard let after else { return firstOf(byAge { $0.state == state }, limit) }
        let later = tables.sessions.values.filter { $0.state == state && $0.name > after }
        return firstOf(later.sorted { $0.name < $1.name }, limit)
    }
    func sessions(of environment: EnvironmentName) -> [WorkshopSession] {
        byAge { $0.environment == environment && $0.isActive }
    }
    private func hasClock(_ session: WorkshopSession) -> Bool {
        session.state == .starting || session.state == .waiting || session.state == .running
    }
    func sessions(expiringBy moment: Timestamp, limit: Int) -> [WorkshopSession] {
        let due = tables.sessions.values.filter { session in
            hasClock(session) && (session.expires.map { $0 <= moment } ?? false)
        }
        return firstOf(due.sorted { ($0.expires ?? moment, $0.name) < ($1.expires ?? moment, $1.name) }, limit)
    }
    func sessions(of environment: EnvironmentName, unseenSince moment: Timestamp, limit: Int) -> [WorkshopSession] {
        func seen(_ session: WorkshopSession) -> Timestamp { session.lastSeen ?? session.started ?? session.created }
        let unseen = tables.sessions.values.filter {
            $0.environment == environment && $0.state == .running && seen($0) <= moment
        }
        return firstOf(unseen.sorted { (seen($0), $0.name) < (seen($1), $1.name) }, limit)
    }
    func nextExpiry() -> Timestamp? { tables.sessions.values.filter(hasClock).compactMap(\.expires).min() }
    func user(_ id: UserID) -> PortalUser? { tables.users[id] }
    func details(of user: UserID) -> UserDetails? { tables.details[user] }
    func login(_ digest: TokenDigest) -> LoginCookie? { tables.logins[digest] }
    func accessToken(_ digest: TokenDigest) -> AccessToken? { tables.accessTokens[digest] }
    func refreshToken(_ digest: TokenDigest) -> RefreshToken? { tables.refreshTokens[digest] }
    func account(of user: UserID) -> UserAccount? { tables.accounts[user] }
    func account(named key: String) -> UserAccount? { tables.accounts.values.first { $0.nameKey == key } }
    func account(of identity: ProviderIdentity) -> UserAccount? {
        tables.accounts.values.first { $0.identity == identity }
    }
    func staff() -> [PortalUser] {
        tables.users.values.filter { $0.kind == .staff }.sorted { isBefore($0.id, $1.id) }
    }
    func users(after: UserID?, limit: Int) -> [PortalUser] {
        let users = tables.users.values.filter { user in after.map { isBefore($0, user.id) } ?? true }
        return firstOf(users.sorted { isBefore($0.id, $1.id) }, limit)
    }
    /// By bytes, as databases compare.
    private func isBefore(_ one: UserID, _ other: UserID) -> Bool {
        one.rawValue.utf8.lexicographicallyPrecedes(other.rawValue.utf8)
    }
    func record(of user: UserID) -> UserRecord? {
        guard let known = tables.users[user] else { return nil }
        return UserRecord(
            user: known, account: tables.accounts[user], details: tables.details[user],
            logins: tables.logins.values.filter { $0.user == user }.sorted { $0.created < $1.created },
            sessions: byAge { $0.owner == user },
            accessTokens: tables.accessTokens.values.filter { $0.user == user }.sorted { $0.issued < $1.issued },
            refreshTokens: tables.refreshTokens.values.filter { $0.user == user }.sorted { $0.issued < $1.issued })
    }
    func setting(_ name: String) -> [UInt8]? { tables.settings[name] }

    func outbox(for target: String, after number: Int64, limit: Int) -> [OutboxEntry] {
        firstOf(
            tables.outbox.values.filter { $0.target == target && $0.number > number }.sorted { $0.number < $1.number },
            limit)
    }
    func outboxTargets() -> [String] { Array(Set(tables.outbox.values.map(\.target)).subtracting([""])) }
    func outboxCount() -> Int { tables.outbox.count }
    func sessions(_ listing: SessionListing) -> SessionPage {
        func place(_ session: WorkshopSession) -> SessionPlace { SessionPlace(of: session, in: listing.order) }
        let all = tables.sessions.values.filter(listing.contains)
            .sorted { listing.isOrdered(place($0), place($1)) }
        var found = all
        switch listing.position {
        case .start: break
        case .after(let start): found = all.filter { listing.isOrdered(start, place($0)) }
        case .before(let start): found = all.filter { listing.isOrdered(place($0), start) }.reversed()
        }
        return SessionPage(Array(found.prefix(max(1, listing.limit) + 1)), of: listing)
    }
    func auditEntries(before: Int?, limit: Int) -> [AuditEntry] {
        firstOf(tables.audit.values.filter { $0.number < before ?? Int.max }.sorted { $0.number > $1.number }, limit)
    }
    func auditEntry(_ number: Int) -> AuditEntry? { tables.audit[number] }

    // MARK: Writing

    private func add(_ entries: [OutboxEntry]) {
        for entry in entries {
            tables.lastEntry += 1
            var entry = entry
            entry.number = tables.lastEntry
            set(\.outbox, entry.number, entry)
            outboxChange.added[entry.target, default: 0] += 1
        }
    }
    private func withdraw(_ users: Set<UserID>) {
        for entry in tables.outbox.values where entry.isAbout(users) {
            set(\.outbox, entry.number, nil)
            outboxChange.withdrawn.append(entry.number)
        }
    }
    func record(_ event: PortalEvent, analyticsURL: String?) {
        if let recorder { add(recorder.entries(of: event, analyticsURL: analyticsURL)) }
    }
    @discardableResult
    func removeFromOutbox(_ numbers: [Int64]) -> Int {
        let found = Set(numbers).filter { tables.outbox[$0] != nil }
        for number in found { set(\.outbox, number, nil) }
        return found.count
    }
    func removeOldestFromOutbox(_ count: Int) -> [Int64] {
        let numbers = Array(tables.outbox.keys.sorted().prefix(max(0, count)))
        _ = removeFromOutbox(numbers)
        return numbers
    }

    private func needsNew(_ isNew: Bool, _ what: String) throws {
        if !isNew { throw PortalStoreError.failed(detail: "\(what) exists already") }
    }
    private func needsOld(_ isOld: Bool, _ what: String) throws {
        if !isOld { throw PortalStoreError.failed(detail: "\(what) does not exist") }
    }

    func takeEnvironmentNumber() -> Int {
        tables.lastEnvironment += 1
        steps.append { $0.lastEnvironment -= 1 }
        return tables.lastEnvironment
    }
    func insert(_ environment: WorkshopEnvironment) throws {
        try needsNew(tables.environments[environment.name] == nil, "environment")
        set(\.environments, environment.name, environment)
        if let recorder { add(recorder.entries(from: nil, to: environment)) }
    }
    func update(_ environment: WorkshopEnvironment) throws {
        let old = tables.environments[environment.name]
        try needsOld(old != nil, "environment")
        set(\.environments, environment.name, environment)
        if let recorder, let old { add(recorder.entries(from: old, to: environment)) }
    }
    func insert(_ session: WorkshopSession) throws {
        try needsNew(tables.sessions[session.name] == nil, "session")
        try needsOld(tables.environments[session.environment] != nil, "environment of the session")
        try needsOld(session.owner.map { tables.users[$0] != nil } ?? true, "owner of the session")
        set(\.sessions, session.name, session)
        report(from: nil, to: session)
    }
    func update(_ session: WorkshopSession) throws {
        let old = tables.sessions[session.name]
        try needsOld(old != nil, "session")
        try needsOld(session.owner.map { tables.users[$0] != nil } ?? true, "owner of the session")
        set(\.sessions, session.name, session)
        report(from: old, to: session)
    }
    private func report(from old: WorkshopSession?, to new: WorkshopSession) {
        guard let recorder else { return }
        add(recorder.entries(from: old, to: new) { tables.environments[new.environment]?.resource })
    }
    func insert(_ user: PortalUser) throws {
        try needsNew(tables.users[user.id] == nil, "user")
        set(\.users, user.id, user)
        if let recorder { add(recorder.entries(creating: user)) }
    }
    func setDetails(_ details: UserDetails, of user: UserID) throws {
        try needsOld(tables.users[user] != nil, "user")
        set(\.details, user, details)
    }
    func update(_ user: PortalUser) throws {
        try needsOld(tables.users[user.id] != nil, "user")
        set(\.users, user.id, user)
    }
    func save(_ account: UserAccount) throws {
        try needsOld(tables.users[account.user] != nil, "user of the account")
        let others = tables.accounts.values.filter { $0.user != account.user }
        try needsNew(
            account.nameKey == nil || !others.contains { $0.nameKey == account.nameKey }, "an account of the name")
        try needsNew(
            account.identity == nil || !others.contains { $0.identity == account.identity },
            "an account of the identity")
        set(\.accounts, account.user, account)
    }
    func erase(_ user: UserID) throws {
        try needsOld(tables.users[user] != nil, "user")
        try needsNew(!tables.sessions.values.contains { $0.owner == user && $0.isActive }, "a session of the user")
        let kind = tables.users[user]?.kind
        for session in tables.sessions.values where session.owner == user { set(\.sessions, session.name, nil) }
        for code in tables.codes.values where code.user == user { set(\.codes, code.digest, nil) }
        _ = deleteTokens(.user(user))
        for entry in tables.audit.values {
            let isTarget = entry.action == .endSessions && entry.target == user.rawValue
            guard isTarget || entry.actor == user else { continue }
            let erased = AuditEntry(
                number: entry.number, moment: entry.moment,
                actor: entry.actor == user ? AuditEntry.erased : entry.actor,
                action: entry.action, target: isTarget ? AuditEntry.erased.rawValue : entry.target,
                outcome: entry.outcome, amount: entry.amount)
            set(\.audit, entry.number, erased)
        }
        deleteLogins(of: user)
        set(\.accounts, user, nil)
        set(\.details, user, nil)
        set(\.users, user, nil)
        withdraw([user])
        if kind == .anonymous, let recorder { add(recorder.entries(removingAnonymous: user)) }
    }
    @discardableResult
    func deleteLogins(of user: UserID) -> Int {
        let logins = tables.logins.values.filter { $0.user == user }
        for login in logins { set(\.logins, login.digest, nil) }
        return logins.count
    }
    func insert(_ login: LoginCookie) throws {
        try needsNew(tables.logins[login.digest] == nil, "login")
        try needsOld(login.user.map { tables.users[$0] != nil } ?? true, "user of the login")
        set(\.logins, login.digest, login)
    }
    func update(_ login: LoginCookie) throws {
        try needsOld(tables.logins[login.digest] != nil, "login")
        try needsOld(login.user.map { tables.users[$0] != nil } ?? true, "user of the login")
        set(\.logins, login.digest, login)
    }
    func deleteLogin(_ digest: TokenDigest) { set(\.logins, digest, nil) }
    func insert(_ code: AuthorizationCode) throws {
        try needsNew(tables.codes[code.digest] == nil, "code")
        set(\.codes, code.digest, code)
    }
    func takeCode(_ digest: TokenDigest) -> AuthorizationCode? {
        guard let code = tables.codes[digest] else { return nil }
        set(\.codes, digest, nil)
        return code
    }
    func insert(_ token: AccessToken) throws {
        try needsNew(tables.accessTokens[token.digest] == nil, "token")
        set(\.accessTokens, token.digest, token)
    }
    func insert(_ token: RefreshToken) throws {
        try needsNew(tables.refreshTokens[token.digest] == nil, "token")
        set(\.refreshTokens, token.digest, token)
    }
    func spendRefreshToken(_ digest: TokenDigest) -> Bool {
        guard var token = tables.refreshTokens[digest], !token.isSpent else { return false }
        token.isSpent = true
        set(\.refreshTokens, digest, token)
        return true
    }
    func deleteTokens(_ which: TokenSelection) -> Int {
        func isMeant(_ family: TokenDigest, _ client: String?, _ user: UserID) -> Bool {
            switch which {
            case .family(let wanted): family == wanted
            case .client(let wanted): client == wanted
            case .user(let wanted): user == wanted
            }
        }
        let access = tables.accessTokens.values.filter {
            isMeant($0.family, $0.session == nil ? $0.client : nil, $0.user)
        }
        let refresh = tables.refreshTokens.values.filter { isMeant($0.family, $0.client, $0.user) }
        for token in access { set(\.accessTokens, token.digest, nil) }
        for token in refresh { set(\.refreshTokens, token.digest, nil) }
        return access.count + refresh.count
    }
    func setSetting(_ name: String, to value: [UInt8]) { set(\.settings, name, value) }

    func insert(_ entry: AuditEntry) -> Int {
        tables.lastAudit += 1
        steps.append { $0.lastAudit -= 1 }
        var entry = entry
        entry.number = tables.lastAudit
        set(\.audit, entry.number, entry)
        if entry.number > AuditEntry.limit { set(\.audit, entry.number - AuditEntry.limit, nil) }
        return entry.number
    }
    func purgeAudit(before moment: Timestamp, limit: Int) -> Int {
        let old = tables.audit.values.filter { $0.moment < moment }.sorted { $0.number < $1.number }
        for entry in firstOf(old, limit) { set(\.audit, entry.number, nil) }
        return min(old.count, max(0, limit))
    }
    func purgeSessions(endedBefore moment: Timestamp, limit: Int) -> Int {
        func stopped(_ session: WorkshopSession) -> Timestamp { session.stopped ?? session.created }
        let ended = tables.sessions.values.filter { $0.state == .stopped && stopped($0) < moment }
            .sorted { (stopped($0), $0.name) < (stopped($1), $1.name) }
        for session in firstOf(ended, limit) { set(\.sessions, session.name, nil) }
        return min(ended.count, max(0, limit))
    }

    func purge(endedBefore moment: Timestamp, now: Timestamp, limit: Int) -> Int {
        var removed = purgeSessions(endedBefore: moment, limit: limit)
        let owners = Set(tables.sessions.values.compactMap(\.owner))
        let users = tables.users.values.filter {
            $0.kind == .anonymous && $0.joined < moment && !owners.contains($0.id)
        }
        for user in users.prefix(max(0, limit)) {
            set(\.users, user.id, nil)
            set(\.details, user.id, nil)
            withdraw([user.id])
            if let recorder { add(recorder.entries(removingAnonymous: user.id)) }
            for login in tables.logins.values where login.user == user.id { set(\.logins, login.digest, nil) }
            removed += 1
        }
        func drop<Row>(_ table: WritableKeyPath<MemoryTables, [TokenDigest: Row]>, _ expires: (Row) -> Timestamp) {
            for (digest, _) in tables[keyPath: table].filter({ expires($0.value) <= now }).prefix(max(0, limit)) {
                set(table, digest, nil)
                removed += 1
            }
        }
        drop(\.logins, \.expires)
        drop(\.codes, \.expires)
        drop(\.accessTokens, \.expires)
        drop(\.refreshTokens, \.expires)
        return removed
    }
}

extension Dictionary {
    /// - Returns: what was there before.
    fileprivate mutating func updateOrRemove(_ key: Key, _ value: Value?) -> Value? {
        if let value { updateValue(value, forKey: key) } else { removeValue(forKey: key) }
    }
}
