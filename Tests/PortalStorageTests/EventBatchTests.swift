import Glibc
import Platform
import Portal
import Synchronization
import Testing

@testable import PortalStorage

@Suite("Events in the database")
struct EventBatchTests {
    private func contents() throws -> [OutboxEntry.Content] {
        let name = try SampleRows.session(1).name
        let environment = try SampleRows.environment(1).name
        let owned = PortalEvent.Subject.session(
            name, environment: environment, workshop: "a workshop", user: try SampleRows.user("somebody"))
        let reserved = PortalEvent.Subject.session(name, environment: environment, workshop: "", user: nil)
        let data = EventData(json: "{\n  \"a\": \"\u{1F600}\"\n}")
        return [
            .event(PortalEvent("Session/Started", owned), generation: 1),
            .event(PortalEvent("Session/Created", reserved), generation: 12),
            .event(PortalEvent("Environment/Created", .environment(environment, workshop: "W\u{f6}")), generation: 2),
            .event(PortalEvent("Action/Event", owned, data: data), generation: 1),
            .payload(Array("{\n}\n".utf8), event: "User/Create", stream: "user anon@educates:1"),
            .event(PortalEvent("User/Create", .user(try SampleRows.user("an id with blanks"))), generation: 1),
        ]
    }

    @Test("What is written into a batch is read from it, in order")
    func roundTrip() throws {
        let entries = try contents().enumerated().map { index, content in
            OutboxEntry(
                target: "t", id: "evt_\(index)", created: Timestamp(milliseconds: 1_795_000_000_000 + Int64(index)),
                content: content)
        }
        var batch = EventBatch(target: "t", created: entries[0].created)
        for entry in entries {
            batch.append(entry)
            batch.appendWithdrawn()
        }
        var reader = EventBatchReader(target: "t", bytes: batch.bytes)
        var read: [OutboxEntry?] = []
        while let entry = reader.next() { read.append(entry) }
        #expect(read == entries.flatMap { [$0, nil] } && batch.count == read.count)
    }

    @Test("Damaged batches end the reading, and nothing else", arguments: 0..<200)
    func garbage(seed: UInt64) throws {
        var batch = EventBatch(target: "", created: SampleRows.moment)
        for content in try contents() {
            batch.append(OutboxEntry(target: "", id: "evt", created: SampleRows.moment, content: content))
        }
        var bytes = batch.bytes
        var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
        for _ in 0..<4 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 20)
        }
        bytes.removeLast(Int(state >> 40) % 20)
        var reader = EventBatchReader(target: "", bytes: bytes)
        var count = 0
        while reader.next() != nil, count <= bytes.count { count += 1 }
        #expect(count <= bytes.count)
    }

    private func rows(in folder: TemporaryFolder) throws -> [Int64] {
        let connection = try Connection(path: folder.database, access: .reading)
        return try connection.withStatement("SELECT events FROM outbox ORDER BY number") {
            try $0.all { $0.integer(0) }
        }
    }

    private func user(_ number: Int) -> PortalUser {
        PortalUser(
            id: UserID(rawValue: "anon@educates:\(number)") ?? AuditEntry.erased, kind: .anonymous,
            joined: SampleRows.moment)
    }

    @Test("All events of a transaction are one row; what was delivered of it is not read again by the next program")
    func oneRow() async throws {
        let folder = try TemporaryFolder()
        let first = try SQLitePortalStore(folder: folder.data)
        first.recordEvents(with: EventRecorder(clock: .system, hasWebhook: true))
        let users = (1...30).map(user)
        try await first.write { transaction in for user in users { try transaction.insert(user) } }
        #expect(try rows(in: folder) == [30])
        let all = try first.read { try $0.outbox(for: "", after: 0, limit: 99) }
        _ = try await first.write { try $0.removeFromOutbox(all.prefix(12).map(\.number)) }
        #expect(try rows(in: folder) == [30])
        first.close()
        let second = try SQLitePortalStore(folder: folder.data)
        defer { second.close() }
        #expect(try second.read { try $0.outbox(for: "", after: 0, limit: 99) } == Array(all.dropFirst(12)))
        #expect(try second.read { try $0.outboxCount() } == 18)
        _ = try await second.write { try $0.removeFromOutbox(all.map(\.number)) }
        #expect(try rows(in: folder) == [])
    }

    @Test("A row does not grow without bounds")
    func largeRows() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLitePortalStore(folder: folder.data)
        defer { store.close() }
        store.recordEvents(with: EventRecorder(clock: .system, hasWebhook: true))
        let users = (1...1000).map(user)
        try await store.write { transaction in for user in users { try transaction.insert(user) } }
        let rows = try rows(in: folder)
        #expect(rows.reduce(0, +) == 1000 && rows.count > 5 && rows.count < 20)
        let read = try store.read { try $0.outbox(for: "", after: 0, limit: 2000) }
        #expect(read.map(\.stream) == users.map { "user \($0.id)" })
    }

    @Test("Of a user who is erased, no event is left in the file")
    func erased() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLitePortalStore(folder: folder.data)
        defer { store.close() }
        store.recordEvents(with: EventRecorder(clock: .system, hasWebhook: true))
        let users = (1...9).map(user)
        try await store.write { transaction in for user in users { try transaction.insert(user) } }
        store.recordEvents(with: EventRecorder(clock: .system, hasWebhook: false))
        try await store.write { try $0.erase(users[4].id) }
        let connection = try Connection(path: folder.database, access: .reading)
        #expect(
            try connection.integer("SELECT count(*) FROM outbox WHERE instr(body, CAST('educates:5' AS BLOB))") == 0)
        #expect(try store.read { try $0.outboxCount() } == 8)
    }

    @Test("Events that an earlier program recorded are delivered with their own payload, and erased with their user")
    func older() async throws {
        let folder = try TemporaryFolder()
        try #require(mkdir(folder.data, 0o700) == 0)
        close(open(folder.database, O_RDWR | O_CREAT | O_CLOEXEC, 0o600))
        let body = #"{"event":{"name":"User/Create","user":"anon@educates:%"}}"#
        do {
            let old = try Connection(path: folder.database, access: .writing)
            try Schema.migrate(old, steps: Schema.migrations.filter { $0.version < 7 })
            for number in 1...3 {
                try old.execute(
                    """
                    INSERT INTO outbox VALUES (\(number * 10), '\(number == 2 ? "https://a.example.com/" : "")',
                        'evt_\(number)', 'user anon@educates:\(number)', 1795000000000, 'User/Create',
                        CAST(replace('\(body)', '%', '\(number)\u{f6}') AS BLOB))
                    """)
            }
            try old.execute(
                "INSERT INTO users (id, kind, joined) VALUES ('anon@educates:3\u{f6}', 'anonymous', 1795000000000)")
        }
        let store = try SQLitePortalStore(folder: folder.data)
        defer { store.close() }
        let all = try store.read { try $0.outbox(for: "", after: 0, limit: 9) }
        #expect(all.map(\.number) == [10, 30] && all.map(\.id) == ["evt_1", "evt_3"])
        #expect(all.map(\.event) == ["User/Create", "User/Create"] && all[0].stream == "user anon@educates:1")
        let expected = Array("{\"event\":{\"name\":\"User/Create\",\"user\":\"anon@educates:1\u{f6}\"}}".utf8)
        #expect(all[0].content == .payload(expected, event: "User/Create", stream: "user anon@educates:1"))
        #expect(try store.read { try $0.outboxTargets() } == ["https://a.example.com/"])
        store.recordEvents(with: EventRecorder(clock: .system, hasWebhook: true))
        try await store.write { [user = user(4)] in try $0.insert(user) }
        #expect(try store.read { try $0.outbox(for: "", after: 30, limit: 9).map(\.number) } == [31])
        let erased = try #require(UserID(rawValue: "anon@educates:3\u{f6}"))
        try await store.write { try $0.erase(erased) }
        let left = try store.read { try $0.outbox(for: "", after: 0, limit: 9) }
        #expect(left.map(\.id).first == "evt_1" && left.map(\.event).last == "User/Delete" && left.count == 3)
    }
}
