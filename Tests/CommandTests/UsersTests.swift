import FoundationEssentials
import Platform
import Portal
import PortalStorage
import Testing

@testable import lectern

@Suite("lectern users")
struct UsersTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/lectern-users-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func fill(_ folder: String) async throws {
        let store = try SQLitePortalStore(folder: folder)
        defer { store.close() }
        let now = Timestamp(seconds: 1_800_000_000)
        let ada = try #require(UserID(rawValue: "ada"))
        try await store.write { store in
            try store.insert(PortalUser(id: ada, kind: .registered, joined: now))
            try store.save(
                UserAccount(
                    user: ada, nameKey: "ada", password: try PasswordHash.make("a long one", cost: .leastForTests),
                    displayName: "Ada", changed: now))
            try store.insert(
                LoginCookie(
                    digest: SecretToken(presented: "cookie").digest, user: ada, created: now,
                    expires: now.advanced(bySeconds: 60)))
        }
    }

    @Test("What is stored is exported without what would let its reader in, erased, and gone")
    func exportAndErase() async throws {
        try await withFolder { folder in
            try await fill(folder)
            let ada = try #require(UserID(rawValue: "ada"))
            let record = try #require(try SQLitePortalStore.inspect(folder: folder) { try $0.record(of: ada) })
            let json = try ExportedUser(record).json()
            #expect(json.contains("\"displayName\" : \"Ada\""))
            #expect(json.contains("\"hasPassword\" : true"))
            #expect(!json.contains("argon2"))
            #expect(Lectern.run(["users", "list", "--data", folder]) == 0)
            #expect(Lectern.run(["users", "export", "ada", "--data", folder]) == 0)
            #expect(Lectern.run(["users", "erase", "ada", "--data", folder]) == 0)
            #expect(try SQLitePortalStore.inspect(folder: folder) { try $0.record(of: ada) } == nil)
            #expect(Lectern.run(["users", "erase", "ada", "--data", folder]) == 1)
            #expect(Lectern.run(["users", "export", "ada", "--data", folder]) == 1)
        }
    }

    @Test("A portal that runs is read beside it, and what it does not announce is not erased behind its back")
    func running() async throws {
        try await withFolder { folder in
            try await fill(folder)
            let store = try SQLitePortalStore(folder: folder)
            defer { store.close() }
            #expect(Lectern.run(["users", "list", "--data", folder]) == 0)
            #expect(Lectern.run(["users", "erase", "ada", "--data", folder]) == 1)
            #expect(try store.read { try $0.user(#require(UserID(rawValue: "ada"))) } != nil)
        }
    }

    @Test("Without a database, or asked wrongly, it says so")
    func wrong() {
        let nowhere = FileManager.default.temporaryDirectory.path + "/lectern-nowhere-\(UUID().uuidString)"
        for words in [["list"], ["export", "ada"], ["erase", "ada"]] {
            #expect(Lectern.run(["users"] + words + ["--data", nowhere]) == 1)
        }
        for words in [[], ["erase"], ["list", "ada"], ["drop", "ada"], ["erase", "a\u{7}b"]] {
            #expect(Lectern.run(["users"] + words) == 2)
        }
        #expect(!FileManager.default.fileExists(atPath: nowhere))
    }
}
