import Foundation
import HTTP
import Portal
import PortalStorage
import Synchronization
import PortalTesting
import Testing

@Suite("Launching at a real portal", .serialized)
struct LaunchTests {
    @Test("200 visitors at once for 5 seats: 5 get in, 195 are sent back, nobody sees an error")
    func race() async throws {
        let portal = try RunningPortal(capacity: 5)
        defer { portal.remove() }
        let answers = await withTaskGroup(of: (Int, String).self, returning: [(Int, String)].self) { group in
            for _ in 0..<200 {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        Thread.detachNewThread {
                            let response = try? portal.get(portal.createPath)
                            continuation.resume(returning: (response?.status ?? 0, response?.headers["Location"] ?? ""))
                        }
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.0 == 302 })
        let refused = answers.filter { $0.1 == "http://localhost:9/page?notification=session-unavailable" }
        let admitted = answers.filter { sessionName(in: $0.1) != nil }
        #expect(refused.count == 195)
        #expect(admitted.count == 5)
        #expect(Set(admitted.map { sessionName(in: $0.1) }).count == 5)
    }

    @Test("Killed at 50 random moments, the portal comes back with every launch it answered, once, within capacity")
    func crash() throws {
        let seed = UInt64(ProcessInfo.processInfo.environment["LECTERN_SEED"] ?? "") ?? .random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let capacity = 4_000
        let portal = try RunningPortal(capacity: capacity, options: ["--front-door", "none"])
        defer { portal.remove() }
        let isOver = Atomic(false)
        let answered = Mutex<[String]>([])
        let errors = Mutex<[Int]>([])
        let visitors = DispatchGroup()
        for _ in 0..<4 {
            visitors.enter()
            Thread.detachNewThread {
                while !isOver.load(ordering: .relaxed) {
                    guard let response = try? portal.get(portal.createPath) else {
                        usleep(1_000)
                        continue
                    }
                    guard response.status == 302, let target = response.headers["Location"] else {
                        errors.withLock { $0.append(response.status) }
                        continue
                    }
                    if target.contains("notification=session-unavailable") {
                        usleep(2_000)
                    } else {
                        answered.withLock { $0.append(target) }
                    }
                }
                visitors.leave()
            }
        }
        for _ in 0..<50 {
            usleep(UInt32.random(in: 1_000...60_000, using: &generator))
            portal.kill()
            try portal.start()
        }
        isOver.store(true, ordering: .relaxed)
        visitors.wait()

        let targets = answered.withLock { $0 }
        #expect(targets.count > 50, "seed \(seed): hardly anything was launched")
        #expect(Set(targets).count == targets.count, "seed \(seed): a session was given twice")
        // A portal that is starting may say so (503), never fail (500).
        #expect(errors.withLock { $0 }.allSatisfy { $0 == 503 }, "seed \(seed)")
        let left = try portal.get("/workshops/catalog/")
        #expect(left.status == 200)
        let stored = try storedSessions(portal)
        #expect(stored.count <= capacity, "seed \(seed): over capacity")
        #expect(Set(stored).count == stored.count)
        for target in targets {
            let name = try #require(sessionName(in: target), "no session in \(target)")
            #expect(stored.contains(name), "seed \(seed): \(name) was answered and is lost")
        }
    }

    private func sessionName(in target: String) -> String? {
        target.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "-" })
            .map(String.init).first { $0.hasPrefix("test-w01-s") }
    }

    private func storedSessions(_ portal: RunningPortal) throws -> Set<String> {
        let copy = portal.folder + "/copy.sqlite"
        let backup = Process()
        backup.executableURL = URL(fileURLWithPath: RunningPortal.program)
        backup.arguments = ["backup", "--data", portal.folder + "/data", "--force", copy]
        backup.standardOutput = FileHandle.nullDevice
        try backup.run()
        backup.waitUntilExit()
        try #require(backup.terminationStatus == 0)
        // Restored as Documentation/backup.md says: put in the place of the database of a folder.
        let folder = portal.folder + "/restored"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: copy, toPath: folder + "/portal.sqlite")
        let store = try SQLitePortalStore(folder: folder)
        defer { store.close() }
        try store.check()
        return try store.read { store in
            let active = try store.environments().flatMap { try store.sessions(of: $0.name) }
            #expect(try store.countsOfPortal().active == active.count)
            return Set(active.map(\.name.rawValue))
        }
    }
}
