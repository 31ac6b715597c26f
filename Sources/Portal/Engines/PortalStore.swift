public import Platform

/// Where the portal remembers what must survive a crash.
///
/// One engine serves one portal. Every method may be called from any thread.
///
/// **Writes** run one after another on the engine's own thread. A body reads, decides and writes; it cannot wait, and it
/// does no I/O of its own. Several bodies may share one commit, each on its own savepoint: a body that throws undoes its
/// own changes and nobody else's. The completion is called after the commit is durable, on the engine's thread, so it
/// must not block either. A store that fails to commit completes every body of the batch with `PortalStoreError`.
///
/// **Reads** run on the calling thread against the last commit and may run beside writes.
///
/// **Rows** refer only to what exists: a session's environment and owner, a login's user. Inserting what is there already,
/// changing what is not, or naming what is missing throws `PortalStoreError.failed` and changes nothing; the body may go
/// on. Of sessions made in the same moment, the one inserted first is the older.
///
/// `StoreConformance` in PortalTesting holds these rules as checks.
public protocol PortalStore: Sendable {
    /// Queues a write.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any PortalTransaction) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void)

    /// Reads one consistent state.
    /// - Throws: what `body` throws, or `PortalStoreError`.
    func read<Value>(_ body: (any PortalReader) throws -> Value) throws -> Value

    /// Has events recorded from now on: at each change of a session, an environment or an anonymous user the store asks
    /// the recorder for entries and adds them to the outbox in the same transaction; it calls `committed` with what a commit
    /// has changed there, before the completions. Without entries there is no write and no call.
    func recordEvents(with recorder: EventRecorder)

    /// Finishes queued writes and closes. Further calls fail with `PortalStoreError.closed`.
    func close()

    /// What it tells of its own work; `nil` when it does not measure.
    var measures: StoreMeasures? { get }
}

extension PortalStore {
    public var measures: StoreMeasures? { nil }
}

extension PortalStore {
    /// Writes and waits for the commit without blocking a thread.
    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (any PortalTransaction) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            write(body) { continuation.resume(with: $0) }
        }
    }
}

public enum PortalStoreError: Error, Sendable, Equatable {
    /// The disk or the database's quota is full. Nothing was changed.
    case full
    /// The file or folder cannot be written.
    case readOnly(path: String)
    /// Another process holds the database.
    case locked(path: String)
    /// The database was made by a newer program: its schema version and the newest known here.
    case newer(found: Int, known: Int)
    /// The file is not a database, or is damaged.
    case damaged(path: String, detail: String)
    case closed
    /// Anything else the engine reports; `detail` holds no values.
    case failed(detail: String)
}

extension PortalStoreError: CustomStringConvertible {
    /// For operators: what is wrong and where. Holds no values.
    public var description: String {
        switch self {
        case .full: "the disk is full; nothing was changed"
        case .readOnly(let path): "\(path) cannot be written"
        case .locked(let path): "\(path) is in use by another process"
        case .newer(let found, let known): "the database has schema \(found), and this program knows up to \(known)"
        case .damaged(let path, let detail): "\(path) is damaged: \(detail)"
        case .closed: "the store is closed"
        case .failed(let detail): detail
        }
    }
}

/// How many sessions count where. All figures are exact within their transaction and cost the same however many sessions
/// there are.
public struct SessionCounts: Sendable, Equatable {
    /// Not stopped: everything whose sandbox may exist.
    public var active: Int
    /// Owned and not stopped.
    public var allocated: Int
    /// Reserved and ready to be handed out (`waiting`, no owner).
    public var available: Int
    /// Reserved and still starting.
    public var warming: Int

    public init(active: Int = 0, allocated: Int = 0, available: Int = 0, warming: Int = 0) {
        self.active = active
        self.allocated = allocated
        self.available = available
        self.warming = warming
    }
}

public protocol PortalReader {
    /// Every environment that is not stopped, by position, then number.
    func environments() throws -> [WorkshopEnvironment]
    /// Environments that are stopped, the latest first, at most `limit`.
    func stoppedEnvironments(limit: Int) throws -> [WorkshopEnvironment]
    /// Also finds stopped ones.
    func environment(_ name: EnvironmentName) throws -> WorkshopEnvironment?
    func counts(of environment: EnvironmentName) throws -> SessionCounts
    func countsOfPortal() throws -> SessionCounts
    /// Sessions that are not stopped, by environment and state; what has none is left out. Looks at each of them, so it
    /// costs more the more there are: for metrics, not for decisions.
    func countsByState() throws -> [EnvironmentName: [SessionState: Int]]

    /// Also finds stopped ones that have not been purged.
    func session(_ name: SessionName) throws -> WorkshopSession?
    /// The user's sessions that are not stopped, oldest first.
    func sessions(ownedBy user: UserID) throws -> [WorkshopSession]
    /// A reserved session of the environment that can be handed out: ready ones before those still starting, then oldest
    /// first.
    func reservedSession(of environment: EnvironmentName) throws -> WorkshopSession?
    /// Reserved sessions of one environment, or of the whole portal, oldest first, at most `limit`.
    func reservedSessions(of environment: EnvironmentName?, limit: Int) throws -> [WorkshopSession]
    /// Sessions in one state, oldest first, at most `limit`, after the given name in name order when one is given.
    func sessions(in state: SessionState, after: SessionName?, limit: Int) throws -> [WorkshopSession]
    /// Sessions of one environment that are not stopped.
    func sessions(of environment: EnvironmentName) throws -> [WorkshopSession]
    /// Live or pending sessions whose `expires` is at or before the moment, at most `limit`.
    func sessions(expiringBy moment: Timestamp, limit: Int) throws -> [WorkshopSession]
    /// Running sessions whose `lastSeen` (or `started`) is at or before the moment, in one environment.
    func sessions(of environment: EnvironmentName, unseenSince moment: Timestamp, limit: Int) throws
        -> [WorkshopSession]
    /// The earliest `expires` of any session that is starting, waiting or running.
    func nextExpiry() throws -> Timestamp?

    /// One page of the sessions that somebody who looks after the portal asks for. Found by walking an index from the
    /// page's place on, never by reading all sessions and sorting them.
    func sessions(_ listing: SessionListing) throws -> SessionPage
    /// What staff did, the latest first: entries with smaller numbers than `before`, at most `limit`.
    func auditEntries(before: Int?, limit: Int) throws -> [AuditEntry]
    func auditEntry(_ number: Int) throws -> AuditEntry?

    func user(_ id: UserID) throws -> PortalUser?
    /// What was told of the user; `nil` when nothing was.
    func details(of user: UserID) throws -> UserDetails?
    func login(_ digest: TokenDigest) throws -> LoginCookie?
    /// Also finds an expired one that has not been purged.
    func accessToken(_ digest: TokenDigest) throws -> AccessToken?
    /// Also finds spent and expired ones that have not been purged.
    func refreshToken(_ digest: TokenDigest) throws -> RefreshToken?
    /// Entries of the outbox for one target, after the given number, in order, at most `limit`.
    func outbox(for target: String, after number: Int64, limit: Int) throws -> [OutboxEntry]
    /// Targets of all entries but those of the portal's own webhook, each once, in any order.
    func outboxTargets() throws -> [String]
    func outboxCount() throws -> Int
    func account(of user: UserID) throws -> UserAccount?
    /// - Parameter key: see `UserName.key`.
    func account(named key: String) throws -> UserAccount?
    func account(of identity: ProviderIdentity) throws -> UserAccount?
    /// All staff, by id.
    func staff() throws -> [PortalUser]
    /// Users by id, after the given one, at most `limit`.
    func users(after: UserID?, limit: Int) throws -> [PortalUser]
    /// Everything that is stored about a user; lists are in order of time.
    func record(of user: UserID) throws -> UserRecord?
    /// A small value of the portal itself, such as a key.
    func setting(_ name: String) throws -> [UInt8]?
}

public protocol PortalTransaction: PortalReader {
    /// The number for the next environment, never used before in this portal.
    func takeEnvironmentNumber() throws -> Int
    func insert(_ environment: WorkshopEnvironment) throws
    func update(_ environment: WorkshopEnvironment) throws

    /// - Throws: `PortalStoreError.failed` when the name exists.
    func insert(_ session: WorkshopSession) throws
    func update(_ session: WorkshopSession) throws

    func insert(_ user: PortalUser) throws
    /// Replaces what was told of the user. It goes when the user goes.
    func setDetails(_ details: UserDetails, of user: UserID) throws
    /// Changes the kind of a user.
    func update(_ user: PortalUser) throws
    /// Makes an account for an existing user, or replaces theirs.
    /// - Throws: `PortalStoreError.failed` when another user's has the same name key or provider identity.
    func save(_ account: UserAccount) throws
    /// Removes a user with everything that is stored about them: account, logins, codes, tokens, stopped sessions, events
    /// that wait to be delivered. The log of what staff did keeps its entries, and `AuditEntry.erased` in the user's place.
    /// - Throws: `PortalStoreError.failed` when there is no such user, or one with sessions that are not stopped.
    func erase(_ user: UserID) throws
    func insert(_ login: LoginCookie) throws
    func update(_ login: LoginCookie) throws
    func deleteLogin(_ digest: TokenDigest) throws
    /// Ends every login of a user.
    /// - Returns: how many there were.
    @discardableResult
    func deleteLogins(of user: UserID) throws -> Int
    func insert(_ code: AuthorizationCode) throws
    /// Returns the code and removes it: the second caller gets `nil`.
    func takeCode(_ digest: TokenDigest) throws -> AuthorizationCode?
    func insert(_ token: AccessToken) throws
    func insert(_ token: RefreshToken) throws
    /// Notes that a refresh token was exchanged.
    /// - Returns: whether it is there and was not spent before: of two who exchange it, one is told so.
    func spendRefreshToken(_ digest: TokenDigest) throws -> Bool
    /// Removes access and refresh tokens alike.
    /// - Returns: how many there were.
    @discardableResult
    func deleteTokens(_ which: TokenSelection) throws -> Int
    func setSetting(_ name: String, to value: [UInt8]) throws

    /// Adds an event to the outbox, for everybody who wants it (`recordEvents`).
    func record(_ event: PortalEvent, analyticsURL: String?) throws
    /// Removes entries; numbers that are not there are passed over. A number is never used again while the store is open.
    /// - Returns: how many there were.
    @discardableResult
    func removeFromOutbox(_ numbers: [Int64]) throws -> Int
    /// Removes the oldest entries that were committed before: at least `count`, unless there are fewer, and more where
    /// several were recorded together.
    /// - Returns: the numbers of those that went.
    func removeOldestFromOutbox(_ count: Int) throws -> [Int64]
    /// Adds to the log of what staff did; beyond `AuditEntry.limit` the oldest entries go.
    /// - Returns: its number.
    func insert(_ entry: AuditEntry) throws -> Int
    /// Removes the oldest log entries that were written before the moment, at most `limit`.
    /// - Returns: how many went.
    func purgeAudit(before moment: Timestamp, limit: Int) throws -> Int
    /// Removes the sessions that stopped first, before the moment, at most `limit`; their owners stay.
    /// - Returns: how many went.
    func purgeSessions(endedBefore moment: Timestamp, limit: Int) throws -> Int

    /// Removes stopped sessions that stopped before the moment, anonymous users who joined before it and have no session
    /// left, with the events that wait about them, and logins, codes and tokens of both kinds that have expired by `now`. At most `limit` rows of each kind.
    /// - Returns: how many rows went.
    func purge(endedBefore moment: Timestamp, now: Timestamp, limit: Int) throws -> Int
}

/// Tokens that end together.
public enum TokenSelection: Sendable, Equatable {
    /// What goes back to one grant.
    case family(TokenDigest)
    /// All of an OAuth2 client but those that are bound to a session, whoever they act for.
    case client(String)
    /// All that act for a user, whoever holds them.
    case user(UserID)
}
