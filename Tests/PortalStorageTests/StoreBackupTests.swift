import Glibc
import Portal
import Testing

@testable import PortalStorage

@Suite("A backup")
struct StoreBackupTests {
    /// A store's data folder made of a backup, as Documentation/backup.md says.
    private func restore(_ file: String, to folder: String) throws -> SQLitePortalStore {
        mkdir(folder, 0o700)
        try write(try contents(of: file), to: folder + "/portal.sqlite")
        return try SQLitePortalStore(folder: folder)
    }

    @Test("A backup made while the portal writes is one consistent state")
    func whileWriting() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLitePortalStore(folder: folder.data)
        defer { store.close() }
        let filling = [UInt8](repeating: 3, count: 4 << 20)
        try await store.write { transaction in
            try transaction.insert(try SampleRows.environment(1))
            try transaction.setSetting("filling", to: filling)
            try transaction.setSetting("sessions", to: [0])
        }
        let data = folder.data
        let copies = (1...5).map { "\(folder.path)/copy-\($0)" }
        let writing = Task {
            for number in 1... {
                if Task.isCancelled { return number - 1 }
                try await store.write { transaction in
                    try transaction.insert(try SampleRows.session(number))
                    try transaction.setSetting("sessions", to: [UInt8(number / 256), UInt8(number % 256)])
                }
            }
            return 0
        }
        for copy in copies { try SQLitePortalStore.backup(folder: data, to: copy) }
        writing.cancel()
        let written = try await writing.value
        for (place, copy) in copies.enumerated() {
            #expect(mode(of: copy) == 0o600)
            let restored = try restore(copy, to: "\(folder.path)/restored-\(place)")
            defer { restored.close() }
            try restored.check()
            let counted = try restored.read { try $0.countsOfPortal().available }
            let setting = try #require(try restored.read { try $0.setting("sessions") })
            #expect(setting.reduce(0) { $0 * 256 + Int($1) } == counted)
            #expect(counted <= written)
            #expect(try restored.read { try $0.setting("filling") } == filling)
        }
        try store.check()
    }

    @Test("A backup of a portal that does not run has its last commit")
    func atRest() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLitePortalStore(folder: folder.data)
        try await store.write { try $0.setSetting("key", to: [9]) }
        store.close()
        let copy = folder.path + "/copy"
        try SQLitePortalStore.backup(folder: folder.data, to: copy)
        let restored = try restore(copy, to: folder.path + "/restored")
        defer { restored.close() }
        #expect(try restored.read { try $0.setting("key") } == [9])
        try SQLitePortalStore(folder: folder.data).close()
    }

    @Test("An existing file is replaced only when that was asked for")
    func existingFile() throws {
        let folder = try TemporaryFolder()
        try SQLitePortalStore(folder: folder.data).close()
        let copy = folder.path + "/copy"
        try write(Array("precious".utf8), to: copy)
        #expect(throws: BackupError.fileExists(path: copy)) {
            try SQLitePortalStore.backup(folder: folder.data, to: copy)
        }
        #expect(try contents(of: copy) == Array("precious".utf8))
        try SQLitePortalStore.backup(folder: folder.data, to: copy, replacing: true)
        try restore(copy, to: folder.path + "/restored").close()
        #expect(access("\(copy).partial-\(getpid())", F_OK) != 0)
    }

    @Test("Nothing to back up, and nowhere to write to, are told apart")
    func impossible() throws {
        let folder = try TemporaryFolder()
        #expect(throws: BackupError.nothingToBackUp(folder: folder.data)) {
            try SQLitePortalStore.backup(folder: folder.data, to: folder.path + "/copy")
        }
        try SQLitePortalStore(folder: folder.data).close()
        let failure = #expect(throws: PortalStoreError.self) {
            try SQLitePortalStore.backup(folder: folder.data, to: folder.path + "/missing/copy")
        }
        let told = failure.map { "\($0)" } ?? ""
        #expect(told.contains("\(folder.path)/missing/copy") && told.contains("No such file"), "\(told)")
    }
}
