import Glibc
import Portal
import Synchronization
import Testing

@testable import PortalStorage

@Suite("A killed writer", .serialized)
struct StoreCrashTests {
    @Test("After kill -9 at a random moment, what was completed is there and nothing is half there")
    func killed() async throws {
        let folder = try TemporaryFolder()
        let data = folder.data
        let first = try SQLitePortalStore(folder: data)
        try await first.write { try $0.insert(try SampleRows.environment(1)) }
        first.close()
        var next = 1
        for round in 0..<10 {
            let journal = "\(folder.path)/completed-\(round)"
            let microseconds = Int.random(in: 2_000...80_000)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [data = data as String, journal = journal as String, wait = microseconds as Int, next = next as Int] in
                try CrashingWriter.run(folder: data, journal: journal, from: next, killedAfter: wait)
            }
            let store = try SQLitePortalStore(folder: data)
            defer { store.close() }
            try store.check()
            let completed = try contents(of: journal).split(separator: 10).compactMap {
                Int(String(decoding: $0, as: UTF8.self))
            }
            let label = "round \(round), killed after \(microseconds) µs, completed \(completed.count)"
            try store.read { reader in
                for number in completed {
                    #expect(try reader.session(try SampleRows.session(number).name) != nil, "\(label): \(number)")
                }
                // Every write makes a session, its user and a setting: all three or none.
                var number = next
                while let session = try reader.session(try SampleRows.session(number).name) {
                    #expect(try reader.user(try SampleRows.user("user-\(number)")) != nil, "\(label): \(number)")
                    #expect(try reader.setting("setting-\(number)") == [1], "\(label): \(number)")
                    #expect(session.owner?.rawValue == "user-\(number)")
                    number += 1
                }
                for missing in number..<number + 40 {
                    #expect(try reader.session(try SampleRows.session(missing).name) == nil, "\(label): gap")
                    #expect(try reader.user(try SampleRows.user("user-\(missing)")) == nil, "\(label): gap")
                    #expect(try reader.setting("setting-\(missing)") == nil, "\(label): gap")
                }
                #expect(try reader.countsOfPortal().active == number - 1)
                next = number
            }
        }
        #expect(next > 1, "nothing was ever written")
    }
}

/// Runs in a process of its own until it is killed.
enum CrashingWriter {
    /// Writes sessions from `number` up, 16 at a time, and notes every completed one in a file.
    static func run(folder: String, journal: String, from number: Int, killedAfter microseconds: Int) throws {
        let descriptor = open(journal, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let store = try SQLitePortalStore(folder: folder)
        let killer = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        killer.initialize(to: microseconds)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                usleep(UInt32(context?.assumingMemoryBound(to: Int.self).pointee ?? 0))
                kill(getpid(), SIGKILL)
                return nil
            }, killer)
        let next = Mutex(number)
        @Sendable func writeNext() {
            let number = next.withLock { value in
                defer { value += 1 }
                return value
            }
            store.write({ transaction in
                let user = try SampleRows.user("user-\(number)")
                try transaction.insert(PortalUser(id: user, kind: .anonymous, joined: SampleRows.moment))
                try transaction.insert(try SampleRows.session(number, owner: user.rawValue))
                try transaction.setSetting("setting-\(number)", to: [1])
            }) { result in
                guard case .success = result else { return }
                let line = Array("\(number)\n".utf8)
                _ = Glibc.write(descriptor, line, line.count)
                writeNext()
            }
        }
        for _ in 0..<16 { writeNext() }
        pthread_join(thread, nil)
    }
}
