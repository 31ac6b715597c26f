import Glibc
import Platform
import Portal
import Synchronization
import Testing

@testable import PortalStorage

@Suite("A store in trouble")
struct StoreFaultTests {
    private func error(_ work: () throws -> Void) -> PortalStoreError? {
        do { try work() } catch { return error as? PortalStoreError }
        return nil
    }

    @Test("A folder in use is refused, named, and free again afterwards")
    func locked() throws {
        let folder = try TemporaryFolder()
        let first = try SQLitePortalStore(folder: folder.data)
        #expect(error { _ = try SQLitePortalStore(folder: folder.data) } == .locked(path: folder.data))
        first.close()
        try SQLitePortalStore(folder: folder.data).close()
    }

    @Test("A store that is let go of closes itself")
    func letGo() throws {
        let folder = try TemporaryFolder()
        do { _ = try SQLitePortalStore(folder: folder.data) }
        try SQLitePortalStore(folder: folder.data).close()
    }

    @Test("A store that is closed, or let go of, by a completion finishes what is queued and frees the folder")
    func closedByCompletion() async throws {
        let folder = try TemporaryFolder()
        for isExplicit in [true, false] {
            let store = Mutex<SQLitePortalStore?>(try SQLitePortalStore(folder: folder.data))
            let isWritten = await withCheckedContinuation { continuation in
                let writing = store.withLock { $0 }
                writing?.write({ try $0.setSetting("first", to: [1]) }) { _ in
                    let mine = store.withLock { store in
                        defer { store = nil }
                        return store
                    }
                    mine?.write({ try $0.setSetting("second", to: [isExplicit ? 1 : 2]) }) { result in
                        continuation.resume(returning: (try? result.get()) != nil)
                    }
                    if isExplicit { mine?.close() }
                }
            }
            #expect(isWritten)
            // The thread that ends frees the folder a moment later.
            var reopened: SQLitePortalStore?
            for _ in 0..<5000 where reopened == nil {
                do { reopened = try SQLitePortalStore(folder: folder.data) } catch PortalStoreError.locked {
                    usleep(1000)
                }
            }
            #expect(try reopened?.read { try $0.setting("second") } == [isExplicit ? 1 : 2])
            reopened?.close()
        }
    }

    @Test(
        "A disk that is full is reported as full, nothing half is kept, and the store works again with room",
        .enabled(if: StoreFaultTests.mayMount))
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        await #expect(processExitsWith: .success) { [path = folder.path as String] in
            try FullDisk.run(folder: path)
        }
    }

    /// Whether this process may mount a small disk for itself (CAP_SYS_ADMIN, bit 21).
    static var mayMount: Bool {
        guard let status = try? contents(of: "/proc/self/status") else { return false }
        let text = String(decoding: status, as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let mask = line.flatMap { UInt64($0.dropFirst(7).drop { $0 == "\t" }, radix: 16) } ?? 0
        return mask & 1 << 21 != 0
    }

    @Test("A newer schema is refused and left alone")
    func newer() throws {
        let folder = try TemporaryFolder()
        try SQLitePortalStore(folder: folder.data).close()
        try Connection(path: folder.database, access: .writing).execute("PRAGMA user_version = 77")
        let before = try contents(of: folder.database)
        let expected = PortalStoreError.newer(found: 77, known: Schema.newest)
        #expect(error { _ = try SQLitePortalStore(folder: folder.data) } == expected)
        #expect(error { try SQLitePortalStore.backup(folder: folder.data, to: folder.path + "/copy") } == expected)
        #expect(try contents(of: folder.database) == before)
        #expect(access(folder.path + "/copy", F_OK) != 0)
    }

    @Test("A file that is no database, or another program's, is refused and left alone")
    func foreign() throws {
        let folder = try TemporaryFolder()
        mkdir(folder.data, 0o700)
        let text = Array(String(repeating: "This is a letter, not a database.\n", count: 400).utf8)
        try write(text, to: folder.database)
        guard case .damaged(folder.database, _)? = error({ _ = try SQLitePortalStore(folder: folder.data) }) else {
            Issue.record("a letter was opened")
            return
        }
        #expect(try contents(of: folder.database) == text)

        unlink(folder.database)
        try write([], to: folder.database)
        try Connection(path: folder.database, access: .writing).execute("CREATE TABLE addresses (name TEXT)")
        guard case .damaged(folder.database, _)? = error({ _ = try SQLitePortalStore(folder: folder.data) }) else {
            Issue.record("an address book was opened")
            return
        }
    }

    @Test("Damage in the middle of the file is found by a check and reported as damage")
    func damaged() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLitePortalStore(folder: folder.data)
        try await store.write { transaction in
            try transaction.insert(try SampleRows.environment(1))
            for number in 1...500 { try transaction.insert(try SampleRows.session(number)) }
        }
        try store.check()
        store.close()
        let pages = size(of: folder.database) / 4096
        try #require(pages > 40)
        for page in 30..<pages {
            try write([UInt8](repeating: 0xA5, count: 4096), to: folder.database, at: page * 4096)
        }
        let found = error {
            let store = try SQLitePortalStore(folder: folder.data)
            defer { store.close() }
            try store.check()
        }
        guard case .damaged(folder.database, _)? = found else {
            Issue.record("found \(String(describing: found))")
            return
        }
    }

    @Test("A full store completes every write of the batch as full, changes nothing, and works again with room")
    func full() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLitePortalStore(folder: folder.data, pageLimit: 80)
        try await store.write { try $0.insert(try SampleRows.environment(1)) }
        let big = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<3 {
            let found = await #expect(throws: PortalStoreError.self) {
                try await store.write { transaction in
                    try transaction.insert(try SampleRows.session(1))
                    try transaction.setSetting("big", to: big)
                }
            }
            #expect(found == .full)
        }
        // A body that hides the failure from the store does not get half of its work committed.
        let hidden = await #expect(throws: PortalStoreError.self) {
            try await store.write { transaction in
                try transaction.insert(try SampleRows.session(1))
                do { try transaction.setSetting("big", to: big) } catch { /* and goes on */  }
                try transaction.setSetting("small", to: [1])
            }
        }
        #expect(hidden == .full || hidden == .failed(detail: "the transaction has failed already"))
        #expect(try store.read { try $0.countsOfPortal() } == SessionCounts())
        #expect(try store.read { try $0.setting("small") } == nil)
        try store.check()
        try await store.write { try $0.insert(try SampleRows.session(1)) }
        #expect(try store.read { try $0.countsOfPortal().active } == 1)
        store.close()
        let reopened = try SQLitePortalStore(folder: folder.data)
        defer { reopened.close() }
        #expect(try reopened.read { try $0.countsOfPortal().active } == 1)
        try await reopened.write { try $0.setSetting("big", to: big) }
    }

    @Test("A batch that finds the store full fails as a whole, and the next one is judged anew")
    func fullBatch() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLitePortalStore(folder: folder.data, pageLimit: 120)
        defer { store.close() }
        try await store.write { try $0.insert(try SampleRows.environment(1)) }
        let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
            for number in 1...60 {
                group.addTask {
                    do {
                        try await store.write { transaction in
                            try transaction.insert(try SampleRows.session(number))
                            if number % 5 == 0 {
                                try transaction.setSetting("\(number)", to: [UInt8](repeating: 1, count: 1 << 20))
                            }
                        }
                        return (number, true)
                    } catch {
                        #expect(error as? PortalStoreError == .full)
                        return (number, false)
                    }
                }
            }
            return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
        }
        for number in 1...60 {
            let isThere = try store.read { try $0.session(try SampleRows.session(number).name) } != nil
            #expect(isThere == outcomes[number], "session \(number)")
            if number % 5 == 0 { #expect(outcomes[number] == false) }
        }
        try store.check()
    }

    @Test("A folder that cannot be written is refused and named")
    func readOnlyFolder() async throws {
        let folder = try TemporaryFolder()
        mkdir(folder.data, 0o555)
        chmod(folder.path, 0o755)
        let found = try asAnotherUser { error { _ = try SQLitePortalStore(folder: folder.data) } }
        #expect(found == .readOnly(path: folder.data + "/portal.lock"))
        let missing = try asAnotherUser { error { _ = try SQLitePortalStore(folder: folder.path + "/new") } }
        #expect(missing == .readOnly(path: folder.path + "/new"))
    }

    @Test("A database that cannot be written is refused and named")
    func readOnlyFile() async throws {
        let folder = try TemporaryFolder()
        try SQLitePortalStore(folder: folder.data).close()
        chmod(folder.path, 0o755)
        chmod(folder.data, 0o777)
        chmod(folder.data + "/portal.lock", 0o666)
        chmod(folder.database, 0o444)
        let found = try asAnotherUser { error { _ = try SQLitePortalStore(folder: folder.data) } }
        #expect(found == .readOnly(path: folder.database))
    }

    @Test("A folder inside a missing one is refused with the reason")
    func missingParent() throws {
        let folder = try TemporaryFolder()
        guard case .failed(let detail)? = error({ _ = try SQLitePortalStore(folder: folder.data + "/deep/er") }) else {
            Issue.record("it was made")
            return
        }
        #expect(detail.contains(folder.data + "/deep/er"))
    }

    @Test("A migration that fails leaves the old schema; a later one goes on from there")
    func migrations() throws {
        let folder = try TemporaryFolder()
        try SQLitePortalStore(folder: folder.data).close()
        let connection = try Connection(path: folder.database, access: .writing)
        let known = Schema.newest
        let good = Migration(version: known + 1, sql: "CREATE TABLE extra (a INTEGER) STRICT")
        let bad = Migration(version: known + 2, sql: "CREATE TABLE more (a INTEGER); INSERT INTO nowhere VALUES (1)")
        #expect(throws: PortalStoreError.self) {
            try Schema.migrate(connection, steps: Schema.migrations + [good, bad])
        }
        #expect(try connection.integer("PRAGMA user_version") == known)
        #expect(try connection.integer("SELECT count(*) FROM sqlite_schema WHERE name IN ('extra', 'more')") == 0)
        try Schema.migrate(connection, steps: Schema.migrations + [good])
        #expect(try connection.integer("PRAGMA user_version") == known + 1)
        #expect(try connection.integer("SELECT count(*) FROM extra") == 0)
        #expect(Schema.migrations.map(\.version) == Array(1...known))
    }

    @Test("Tokens of sessions outlive the step to tokens of other clients")
    func olderTokens() throws {
        let folder = try TemporaryFolder()
        try #require(mkdir(folder.data, 0o700) == 0)
        close(open(folder.database, O_RDWR | O_CREAT | O_CLOEXEC, 0o600))
        let digest = [UInt8](repeating: 7, count: 32)
        do {
            let old = try Connection(path: folder.database, access: .writing)
            try Schema.migrate(old, steps: [.portal])
            let hex = digest.map { _ in "07" }.joined()
            try old.execute("INSERT INTO tokens VALUES (x'\(hex)', 'lab-w01-s001', 'learner', 186400000)")
        }
        let store = try SQLitePortalStore(folder: folder.data)
        defer { store.close() }
        let known = try #require(TokenDigest(stored: digest))
        let token = try #require(try store.read { try $0.accessToken(known) })
        #expect(token.session?.rawValue == "lab-w01-s001" && token.client == "lab-w01-s001")
        #expect(token.user.rawValue == "learner" && token.scope == "user:info" && token.family == known)
        #expect(token.issued.milliseconds == 100_000_000 && token.expires.milliseconds == 186_400_000)
    }

    /// Runs on a thread whose file accesses count as those of user 65534, so that modes apply even to root.
    private func asAnotherUser<Value>(_ work: () -> Value) throws -> Value {
        guard geteuid() == 0 else { return work() }
        typealias SetUser = @convention(c) (UInt32) -> Int32
        let symbol = try #require(dlsym(nil, "setfsuid"))
        let setUser = unsafeBitCast(symbol, to: SetUser.self)
        // Affects this thread alone, and nothing is awaited until it is undone.
        _ = setUser(65534)
        defer { _ = setUser(0) }
        return work()
    }
}

/// Runs in a process of its own, whose mounts go with it.
enum FullDisk {
    static func run(folder: String) throws {
        typealias Unshare = @convention(c) (Int32) -> Int32
        let unshare = unsafeBitCast(try #require(dlsym(nil, "unshare")), to: Unshare.self)
        let newMounts: Int32 = 0x20000
        try #require(unshare(newMounts) == 0)
        try #require(mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == 0)
        try #require(mount("none", folder, "tmpfs", 0, "size=1500k") == 0)

        let store = try SQLitePortalStore(folder: folder + "/data")
        #expect(write(store) { try $0.insert(try SampleRows.environment(1)) } == nil)
        let piece = [UInt8](repeating: 7, count: 50_000)
        var written = 0
        var failure: PortalStoreError?
        while failure == nil && written < 100 {
            let number = written
            failure = write(store) { transaction in
                try transaction.insert(try SampleRows.session(number + 1))
                try transaction.setSetting("\(number)", to: piece)
            }
            if failure == nil { written += 1 }
        }
        #expect(failure == .full)
        #expect(written > 3)
        func checkKept(_ store: SQLitePortalStore) throws {
            #expect(try store.read { try $0.countsOfPortal().available } == written)
            #expect(try store.read { try $0.setting("\(written - 1)") } == piece)
            #expect(try store.read { try $0.setting("\(written)") } == nil)
        }
        try checkKept(store)
        // More room, as when somebody deletes something else.
        try #require(mount("none", folder, "tmpfs", UInt(MS_REMOUNT), "size=8m") == 0)
        #expect(write(store) { try $0.setSetting("room", to: piece) } == nil)
        try checkKept(store)
        try store.check()
        store.close()
        let reopened = try SQLitePortalStore(folder: folder + "/data")
        try checkKept(reopened)
        reopened.close()
    }

    private static func write(
        _ store: SQLitePortalStore, _ body: @escaping @Sendable (any PortalTransaction) throws -> Void
    ) -> PortalStoreError? {
        let done = Mutex<Result<Void, any Error>?>(nil)
        store.write(body) { result in done.withLock { $0 = result } }
        while true {
            switch done.withLock({ $0 }) {
            case .success?: return nil
            case .failure(let error)?: return error as? PortalStoreError ?? .failed(detail: "\(error)")
            case nil: usleep(100)
            }
        }
    }
}
