import Platform
import Portal
import PortalTesting
import Synchronization
import Testing

@testable import PortalStorage

@Suite("The SQLite store")
struct StoreContractTests {
    @Test("The SQLite store keeps the contract", arguments: StoreConformance.checks)
    func contract(check: StoreCheck) async throws {
        let folder = try TemporaryFolder()
        try await check.run { try SQLitePortalStore(folder: folder.data) }
    }

    @Test("What was committed is there after closing and opening again, and its counts are right")
    func reopening() async throws {
        let folder = try TemporaryFolder()
        let environment = try SampleRows.environment(1)
        let session = try SampleRows.session(1, owner: "somebody")
        let first = try SQLitePortalStore(folder: folder.data)
        try await first.write { transaction in
            try transaction.insert(environment)
            try transaction.insert(
                PortalUser(id: try SampleRows.user("somebody"), kind: .staff, joined: environment.created))
            try transaction.insert(session)
        }
        first.close()
        let second = try SQLitePortalStore(folder: folder.data)
        defer { second.close() }
        #expect(try second.read { try $0.environments() } == [environment])
        #expect(try second.read { try $0.session(session.name) } == session)
        #expect(try second.read { try $0.countsOfPortal() } == SessionCounts(active: 1, allocated: 1))
        #expect(try second.read { try $0.counts(of: environment.name) } == SessionCounts(active: 1, allocated: 1))
        try second.check()
    }

    @Test("A read beside a write sees the last commit, not the write under way")
    func readingBesideWriting() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLitePortalStore(folder: folder.data)
        defer { store.close() }
        try await store.write { try $0.setSetting("key", to: [1]) }
        let seen = try await store.write { transaction in
            try transaction.setSetting("key", to: [2])
            try transaction.insert(try SampleRows.environment(1))
            // A read has its own connection, so the writer's thread can make one in the middle of its own work.
            return try store.read { (try $0.setting("key"), try $0.environments().count) }
        }
        #expect(seen.0 == [1])
        #expect(seen.1 == 0)
        #expect(try store.read { try $0.setting("key") } == [2])
        #expect(try store.read { try $0.environments().count } == 1)
    }

    @Test("A read inside a read, and more readers at once than are kept, all work")
    func manyReaders() throws {
        let folder = try TemporaryFolder()
        let store = try SQLitePortalStore(folder: folder.data)
        defer { store.close() }
        func nested(_ depth: Int) throws -> Int {
            try store.read { reader in
                _ = try reader.setting("key")
                return depth == 0 ? 0 : 1 + (try nested(depth - 1))
            }
        }
        #expect(try nested(30) == 30)
        #expect(try nested(30) == 30)
    }

    @Test("Idle readers do not keep the write-ahead log from starting over")
    func logLength() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLitePortalStore(folder: folder.data)
        defer { store.close() }
        let value = [UInt8](repeating: 1, count: 200_000)
        for number in 0..<400 {
            try await store.write { try $0.setSetting("key", to: value + [UInt8(number % 256)]) }
            #expect(try store.read { try $0.setting("key")?.last } == UInt8(number % 256))
        }
        // 80 MB have been written.
        #expect(size(of: folder.database + "-wal") < 30 << 20)
    }

    @Test("Recent logins are kept in bounded memory, and those in use stay")
    func loginCache() throws {
        var cache = LoginCache(generation: 10)
        func login(_ number: Int) throws -> LoginCookie {
            LoginCookie(
                digest: try SampleRows.digest(number), user: nil, created: SampleRows.moment,
                expires: SampleRows.moment)
        }
        for number in 0..<1000 {
            cache.keep(try login(number))
            #expect(cache.count <= 20)
            #expect(cache.find(try SampleRows.digest(0)) != nil || number > 9)
            _ = cache.find(try SampleRows.digest(number / 2 * 2))
        }
        #expect(cache.find(try SampleRows.digest(999)) != nil)
        #expect(cache.find(try SampleRows.digest(500)) == nil)
        cache.forget(try SampleRows.digest(999))
        #expect(cache.find(try SampleRows.digest(999)) == nil)
    }

    @Test("Folder and files belong to their owner alone")
    func permissions() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLitePortalStore(folder: folder.data)
        defer { store.close() }
        try await store.write { try $0.setSetting("key", to: [1]) }
        #expect(mode(of: folder.data) == 0o700)
        for file in ["portal.sqlite", "portal.sqlite-wal", "portal.sqlite-shm", "portal.lock"] {
            #expect(mode(of: folder.data + "/" + file) == 0o600, "\(file)")
        }
    }

    @Test("Every query uses an index, and only those that give all of something may walk one")
    func queryPlans() throws {
        let folder = try TemporaryFolder()
        try SQLitePortalStore(folder: folder.data).close()
        let connection = try Connection(path: folder.database, access: .reading)
        // A partial index holds exactly what these give, in order, up to a limit; counting is for opening only.
        let mayWalk: Set<Query> = [
            .environmentsInUse, .reservedOfPortal, .nextExpiry, .liveCounts, .outboxTargets, .staff,
        ]
        // The outbox is counted when opening, shortened from its front, and searched when a user is erased.
        // Codes live for a minute, so that there are few.
        let mayReadRows: Set<Query> = [.deliveredOfAll, .allEntries, .entriesAbout, .deleteCodesOfUser]
        // The sessions of one environment, and what belongs to one user, are given all together, and sorted.
        let maySort: Set<Query> = [
            .sessionsOfEnvironment, .liveCounts, .loginsOfUser, .allSessionsOfOwner, .accessTokensOfUser,
            .refreshTokensOfUser,
        ]
        var looked = 0
        for query in Query.allCases {
            let steps = try connection.withStatement("EXPLAIN QUERY PLAN " + query.sql) { try $0.all { $0.text(3) } }
            for step in steps {
                looked += 1
                if step.hasPrefix("SCAN") {
                    let isIndexed = mayWalk.contains(query) && step.contains("INDEX")
                    #expect(isIndexed || mayReadRows.contains(query), "\(query): \(step)")
                }
                #expect(!step.contains("TEMP B-TREE") || maySort.contains(query), "\(query): \(step)")
            }
        }
        #expect(looked > 25)
    }

    @Test("A list of sessions is found by an index, and in its order wherever it is not one owner's few")
    func listPlans() throws {
        let folder = try TemporaryFolder()
        try SQLitePortalStore(folder: folder.data).close()
        let connection = try Connection(path: folder.database, access: .reading)
        let place = SessionPlace(moment: SampleRows.moment, name: try #require(SessionName(rawValue: "lab-w01-s001")))
        var looked = 0
        for order in SessionListing.Order.allCases {
            for position in [SessionListing.Position.start, .after(place), .before(place)] {
                for filter in 0..<8 {
                    let listing = SessionListing(
                        environment: filter & 1 != 0 ? EnvironmentName(rawValue: "lab-w01") : nil,
                        owner: filter & 2 != 0 ? UserID(rawValue: "somebody") : nil,
                        search: filter & 4 != 0 ? "x" : "", order: order, position: position)
                    for state in SessionState.allCases {
                        guard let query = SessionListQuery(listing, state: state) else {
                            #expect(order == .ending && (state == .stopping || state == .stopped))
                            continue
                        }
                        let sql = "EXPLAIN QUERY PLAN " + query.sql
                        let steps = try connection.withStatement(sql) { try $0.all { $0.text(3) } }
                        looked += steps.count
                        for step in steps {
                            // The index of what expires holds just that, in order.
                            let mayWalk = order == .ending && step.hasPrefix("SCAN s USING INDEX sessions_expiring")
                            #expect(
                                !step.hasPrefix("SCAN") || step.hasPrefix("SCALAR") || mayWalk, "\(query.sql): \(step)")
                            // Sessions of the very same moment are put in order among themselves.
                            let sorts =
                                step.contains("TEMP B-TREE") && !step.contains("RIGHT PART")
                                && !step.contains("LAST TERM")
                            #expect(!sorts || listing.owner != nil, "\(query.sql): \(step)")
                        }
                    }
                }
            }
        }
        #expect(looked > 300)
    }
}

/// Rows for tests that need a few of them.
enum SampleRows {
    static let moment = Timestamp(seconds: 1_800_000_000)

    static func digest(_ number: Int) throws -> TokenDigest {
        try #require(TokenDigest(stored: (0..<32).map { UInt8(truncatingIfNeeded: number >> ($0 % 8 * 8)) }))
    }
    static func user(_ name: String) throws -> UserID { try #require(UserID(rawValue: name)) }

    static func environment(_ number: Int) throws -> WorkshopEnvironment {
        WorkshopEnvironment(
            name: try #require(EnvironmentName(rawValue: "lab-w0\(number)")), number: number, workshop: "w",
            resource: "w", revision: "r", state: .running, position: number,
            limits: EnvironmentLimits(capacity: 10, initial: 1, reserved: 1), created: moment)
    }

    static func session(_ number: Int, owner: String? = nil) throws -> WorkshopSession {
        WorkshopSession(
            name: try #require(SessionName(rawValue: "lab-w01-s\(1000 + number)")),
            environment: try #require(EnvironmentName(rawValue: "lab-w01")), number: number,
            state: owner == nil ? .waiting : .running, isReady: true, owner: try owner.map(user),
            created: moment.advanced(bySeconds: number), clientSecret: try digest(number))
    }
}
