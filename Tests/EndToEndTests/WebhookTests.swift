import Foundation
import HTTP
import Synchronization
import Testing

/// What threads share.
private final class Shared<Value: Sendable>: Sendable {
    private let held: Mutex<Value>
    init(_ value: Value) { held = Mutex(value) }
    var value: Value { held.withLock { $0 } }
    func change(_ body: @Sendable (inout Value) -> Void) { held.withLock { body(&$0) } }
}

@Suite("A real portal's webhook", .serialized)
struct WebhookTests {
    /// The session that a launch's redirect leads to.
    private static func session(in answer: HTTPClientResponse) -> String? {
        guard answer.status == 302, let target = answer.headers["Location"], target.contains("/oauth_callback") else {
            return nil
        }
        return target.split(separator: "/").dropFirst().first?.split(separator: ".").first.map(String.init)
    }

    @Test("Through crashes of both sides every event arrives, in order for each session, and once by its id")
    func crashes() throws {
        let receiver = try EventReceiver()
        defer { receiver.stop() }
        let portal = try RunningPortal(
            capacity: 100_000, webhook: receiver.url, options: ["--front-door", "none", "--event-timeout", "1"])
        defer { portal.remove() }
        let secret = try String(contentsOfFile: portal.folder + "/data/webhook-secret", encoding: .utf8)
        receiver.expect(secret: secret.trimmingCharacters(in: .whitespacesAndNewlines))

        let launched = Shared<Set<String>>([])
        let isOver = Shared(false)
        let done = DispatchGroup()
        for _ in 0..<4 {
            DispatchQueue.global().async(group: done) {
                while !isOver.value {
                    // Between two lives of the portal nobody answers.
                    guard let answer = try? portal.get(portal.createPath), let name = WebhookTests.session(in: answer)
                    else {
                        usleep(5_000)
                        continue
                    }
                    launched.change { _ = $0.insert(name) }
                    usleep(10_000)
                }
            }
        }
        defer { isOver.change { $0 = true } }
        for round in 0..<4 {
            usleep(UInt32.random(in: 200_000...500_000))
            switch round {
            case 0: receiver.set(.refuses)
            case 1: receiver.set(.hangs)
            case 2:
                receiver.stop()
            default: break
            }
            usleep(UInt32.random(in: 50_000...300_000))
            portal.kill()
            try portal.start()
            usleep(UInt32.random(in: 100_000...300_000))
            if round == 2 { try receiver.start() }
            receiver.set(.takes)
        }
        isOver.change { $0 = true }
        done.wait()
        let names = launched.value
        #expect(names.count > 50)
        for _ in 0..<600 {
            let started = Set(receiver.taken.filter { $0.name == "Session/Started" }.compactMap(\.session))
            if started.isSuperset(of: names) { break }
            usleep(100_000)
        }

        let taken = receiver.taken
        var bodies: [String: [UInt8]] = [:]
        var histories: [String: [String]] = [:]
        var users: Set<String> = []
        for delivery in taken {
            if let known = bodies[delivery.id] {
                #expect(known == delivery.body, "one id for two events")
                continue
            }
            bodies[delivery.id] = delivery.body
            if let session = delivery.session { histories[session, default: []].append(delivery.name) }
            if delivery.name == "User/Create", let user = delivery.user {
                let isNew = users.insert(user).inserted
                #expect(isNew)
            }
        }
        for name in names {
            let history = histories[name]
            #expect(history == ["Session/Created", "Session/Started"], "\(name): \(history ?? [])")
        }
        let owners = Set(taken.filter { $0.name == "Session/Started" }.compactMap(\.user))
        #expect(users.isSuperset(of: owners))
        let forged = receiver.forged
        #expect(forged == 0)
    }

    @Test("A webhook that hangs holds up no launch")
    func hanging() throws {
        let receiver = try EventReceiver()
        defer { receiver.stop() }
        receiver.set(.hangs)
        let options = ["--front-door", "none"]
        let hanging = try RunningPortal(capacity: 100_000, webhook: receiver.url, options: options)
        defer { hanging.remove() }
        let without = try RunningPortal(capacity: 100_000, options: options)
        defer { without.remove() }
        // By turns, so that a busy machine is busy for both.
        var times = (hanging: [Double](), without: [Double]())
        for _ in 0..<150 {
            for (portal, isHanging) in [(hanging, true), (without, false)] {
                let begin = Date()
                let answer = try portal.get(portal.createPath)
                let time = Date().timeIntervalSince(begin)
                #expect(answer.status == 302)
                if isHanging { times.hanging.append(time) } else { times.without.append(time) }
            }
        }
        let middle = (hanging: times.hanging.sorted()[75], without: times.without.sorted()[75])
        #expect(middle.hanging < 2 * middle.without + 0.002, "\(middle)")
        let attempts = receiver.attempts
        #expect(attempts >= 1)
        receiver.set(.takes)
        try hanging.eventually { receiver.taken.filter { $0.name == "Session/Started" }.count == 150 ? () : nil }
    }

    @Test(
        "A real session tells what its learner does, also what happened while the portal was away",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/bwrap")))
    func inside() throws {
        let receiver = try EventReceiver()
        defer { receiver.stop() }
        let portal = try RunningPortal(capacity: 2, runtime: "local", webhook: receiver.url)
        defer { portal.remove() }
        let browser = TestBrowser(portal)
        let room = try browser.open(portal.url(portal.createPath)) { $0.status == 200 && $0.url.contains("/dashboard") }
        func names() -> [String] { receiver.taken.map(\.name).filter { $0.hasPrefix("Workshop/") } }
        try portal.eventually { names().count >= 2 ? () : nil }
        #expect(names() == ["Workshop/Load", "Workshop/Start"])
        portal.kill()
        let away = try browser.open(room.url)
        #expect(away.status == 200)
        try portal.start()
        let poll = room.url.replacing("/dashboard/", with: "/session/poll")
        try portal.eventually {
            _ = try browser.open(poll)
            return names().count >= 3 ? () : nil
        }
        #expect(names() == ["Workshop/Load", "Workshop/Start", "Workshop/Load"])
        let owners = Set(receiver.taken.filter { $0.name.hasPrefix("Workshop/") }.map { $0.user ?? "" })
        #expect(owners.count == 1 && owners.first?.hasPrefix("anon@educates:") == true)
    }

    @Test("A webhook that is taken out of the definition is told nothing more; one that comes is told from then on")
    func reload() throws {
        let receiver = try EventReceiver()
        defer { receiver.stop() }
        let portal = try RunningPortal(
            capacity: 50_000, webhook: receiver.url, options: ["--front-door", "none"])
        defer { portal.remove() }
        _ = try portal.get(portal.createPath)
        try portal.eventually { receiver.taken.contains { $0.session == "test-w01-s001" } ? () : nil }
        try portal.edit { $0.replacing("  analytics:", with: "  #analytics:") }
        portal.signal(SIGHUP)
        try portal.eventually { portal.logText.contains("definitions taken") ? () : nil }
        _ = try portal.get(portal.createPath)
        try portal.edit { $0.replacing("  #analytics:", with: "  analytics:") }
        portal.signal(SIGHUP)
        try portal.eventually {
            _ = try portal.get(portal.createPath)
            return receiver.taken.contains { ($0.session ?? "") > "test-w01-s002" } ? () : nil
        }
        let untold = receiver.taken.contains { $0.session == "test-w01-s002" }
        #expect(!untold)
    }

    @Test("A secret that is none keeps the portal from starting, and says so")
    func badSecret() throws {
        let portal = try RunningPortal(capacity: 1, options: ["--front-door", "none"])
        defer { portal.remove() }
        portal.terminate()
        try "hunter2\n".write(toFile: portal.folder + "/data/webhook-secret", atomically: true, encoding: .utf8)
        let again = try portal.runAgain()
        #expect(again.status == 1)
        #expect(again.text.contains("whsec_") && !again.text.contains("hunter2"))
    }
}
