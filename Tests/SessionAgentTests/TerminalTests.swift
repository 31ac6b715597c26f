import Foundation
import HTTP
import Synchronization
import Platform
import SessionAgent
import PortalTesting
import Testing

/// The page's end of a terminal, and the connection to it: reads as fast as it is told to.
final class TestViewer: WebSocketConnection {
    private struct State {
        var output: [UInt8] = []
        var position: UInt64 = 0
        var stream: UInt64 = 0
        var resets = 0
        var gaps = 0
        var accepted = 0
        var sizes: [[UInt8]] = []
        var shells: [Bool] = []
        var pongs = 0
        var stalled: [[UInt8]] = []
        var pending = 0
        var isStalled = false
        var mostPending = 0
        var isOrdered = true
        var closeCode: UInt16?
    }
    private let state = Mutex(State())
    let peer: any WebSocketPeer
    private let acknowledges: Bool

    init(_ response: HTTPResponse, acknowledges: Bool = true) throws {
        guard case .webSocket(let peer) = response.body else { throw NoSocket(status: response.status) }
        self.peer = peer
        self.acknowledges = acknowledges
        peer.opened(self)
    }
    struct NoSocket: Error { let status: Int }

    func send(_ message: WebSocketMessage) {
        guard case .binary(let bytes) = message else { return }
        let isStalled = state.withLock { state in
            if state.isStalled {
                state.stalled.append(bytes)
                state.pending += bytes.count
                state.mostPending = max(state.mostPending, state.pending)
            }
            return state.isStalled
        }
        if !isStalled { take(bytes) }
    }
    var pendingBytes: Int { state.withLock { $0.pending } }
    func close(code: UInt16, reason: String) { state.withLock { $0.closeCode = code } }

    /// Stops reading, as a laptop behind a bad line does.
    func stall() { state.withLock { $0.isStalled = true } }
    func resume() {
        // In order: what comes meanwhile waits behind what waits already.
        while true {
            let next = state.withLock { state -> [UInt8]? in
                guard !state.stalled.isEmpty else {
                    state.isStalled = false
                    return nil
                }
                let next = state.stalled.removeFirst()
                state.pending -= next.count
                return next
            }
            guard let next else { break }
            take(next)
        }
        peer.drained()
    }

    private func take(_ bytes: [UInt8]) {
        func number(_ at: Int) -> UInt64 { bytes[at..<(at + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
        let shown = state.withLock { state -> UInt64? in
            switch bytes[0] {
            case 0:
                state.stream = number(1)
                state.position = number(9)
                if bytes[17] & 1 != 0 {
                    state.resets += 1
                    state.output = []
                }
                if bytes[17] & 2 != 0 { state.gaps += 1 }
            case 1:
                if number(1) != state.position { state.isOrdered = false }
                state.output += bytes[9...]
                state.position += UInt64(bytes.count - 9)
                return state.position
            case 2: state.shells.append(bytes[1] == 1)
            case 3: state.pongs += 1
            case 4: state.accepted += 1
            case 5: state.sizes.append(Array(bytes[1...]))
            default: state.isOrdered = false
            }
            return nil
        }
        if let shown, acknowledges { say(2, (0..<8).map { UInt8(truncatingIfNeeded: shown >> UInt64(56 - 8 * $0)) }) }
    }

    func say(_ kind: UInt8, _ bytes: [UInt8]) { peer.received(.binary([kind] + bytes)) }
    func type(_ text: String) { say(0, Array(text.utf8)) }

    var output: [UInt8] { state.withLock { $0.output } }
    var text: String { String(decoding: output, as: UTF8.self) }
    var position: UInt64 { state.withLock { $0.position } }
    var stream: UInt64 { state.withLock { $0.stream } }
    var resets: Int { state.withLock { $0.resets } }
    var gaps: Int { state.withLock { $0.gaps } }
    var accepted: Int { state.withLock { $0.accepted } }
    var sizes: [[UInt8]] { state.withLock { $0.sizes } }
    var shells: [Bool] { state.withLock { $0.shells } }
    var pongs: Int { state.withLock { $0.pongs } }
    var mostPending: Int { state.withLock { $0.mostPending } }
    var isOrdered: Bool { state.withLock { $0.isOrdered } }
    var closeCode: UInt16? { state.withLock { $0.closeCode } }

    /// Waits until something holds, at most 20 seconds.
    func wait(_ what: String, until condition: @Sendable (TestViewer) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while !condition(self) {
            guard ContinuousClock.now < deadline else {
                Issue.record("waited in vain for \(what); the screen ends with \(text.suffix(300).debugDescription)")
                return
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
    func waitFor(_ text: String) async throws { try await wait(text) { $0.text.contains(text) } }
    /// For much output: looks only at the end of it.
    func waitForLast(_ text: String) async throws { try await wait(text) { $0.tail.contains(text) } }
    private var tail: String { String(decoding: state.withLock { $0.output.suffix(400) }, as: UTF8.self) }
}

@Suite("Terminals", .serialized)
struct TerminalTests {
    func open(
        _ fixture: AgentFixture, _ cookie: String, id: String = "1", query: String = "", acknowledges: Bool = true
    ) async throws -> TestViewer {
        let response = await fixture.send(
            .get, "/terminal/session/\(id)/socket?\(query)",
            headers: ["Origin": AgentFixture.sessionURL, "Upgrade": "websocket"], cookie: cookie)
        return try TestViewer(response, acknowledges: acknowledges)
    }

    @Test("A shell echoes, knows its size, its home and its variables, and speaks UTF-8")
    func shell() async throws {
        let fixture = try AgentFixture()
        let viewer = try await open(fixture, try await fixture.enter(), query: "columns=101&rows=33")
        viewer.type(
            "stty size; echo \"<$GREETING>\" \"$TERM\" \"$LANG\"; pwd; echo gr\u{FC}\u{DF}e-\u{1F600}; tty; echo $((40+2))x\r"
        )
        try await viewer.waitFor("42x")
        #expect(viewer.text.contains("33 101") && viewer.text.contains("<hello there> xterm-256color C.UTF-8"))
        #expect(
            viewer.text.contains("\n" + fixture.manifest.home) && viewer.text.contains("\ngr\u{FC}\u{DF}e-\u{1F600}"))
        #expect(viewer.text.contains("/dev/pts/") && viewer.isOrdered)
    }

    @Test("The shell has no descriptor but its terminal, and its own session")
    func descriptors() async throws {
        let fixture = try AgentFixture()
        let viewer = try await open(fixture, try await fixture.enter())
        viewer.type(
            "ls /proc/$$/fd | tr '\\n' ,; test $(ps -o sid= -p $$) -eq $$ && echo leader; sleep 100 & jobs; echo don''e\r"
        )
        try await viewer.waitFor("done\r\n")
        #expect(viewer.text.contains("0,1,2,255,leader"))
        #expect(!viewer.text.contains("no job control"))
    }

    @Test("Interrupt reaches what runs in the shell")
    func interrupt() async throws {
        let fixture = try AgentFixture()
        let viewer = try await open(fixture, try await fixture.enter())
        // Said by what is to be interrupted, once it has the terminal.
        viewer.type("sh -c 'echo star\"\"ted; exec sleep 1000'\r")
        try await viewer.waitFor("started")
        viewer.say(0, [3])
        // The terminal forgets what was typed before an interrupt has been dealt with.
        try await viewer.wait("a new prompt") {
            $0.text.split(separator: "^C").count == 2 && $0.text.hasSuffix("# ") || $0.text.hasSuffix("$ ")
        }
        viewer.type("echo af''ter\r")
        try await viewer.waitFor("after")
    }

    @Test("Two windows see one shell, in the size that fits both")
    func twoWindows() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        let first = try await open(fixture, cookie, query: "columns=120&rows=40")
        first.type("echo on''e\r")
        try await first.waitFor("one\r\n")
        let second = try await open(fixture, cookie, query: "columns=80&rows=50")
        try await second.waitFor("one\r\n")
        second.type("stty size\r")
        try await first.waitFor("40 80")
        #expect(first.sizes.last == [0, 80, 0, 40])
        second.peer.closed()
        first.type("stty size\r")
        try await first.waitFor("40 120")
    }

    @Test("After a lost connection exactly the missing bytes arrive")
    func reconnect() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        let first = try await open(fixture, cookie)
        first.type("echo befor''e\r")
        try await first.waitFor("before\r\n")
        first.peer.closed()
        let other = try await open(fixture, cookie)
        other.type("echo meanwhil''e; seq 1000\r")
        try await other.waitFor("\r\n1000\r\n")
        try await other.wait("prompt") { $0.text.hasSuffix("$ ") || $0.text.hasSuffix("# ") }
        let again = try await open(fixture, cookie, query: "from=\(String(first.stream, radix: 16)):\(first.position)")
        try await again.waitFor("\r\n1000\r\n")
        try await again.wait("the end") { $0.position == other.position }
        #expect(again.resets == 0)
        #expect(first.output + again.output == other.output)
    }

    @Test(
        "Who comes back with numbers of another life gets a clean screen",
        arguments: ["from=1:5", "from=zz:1", "from=:"])
    func otherLife(query: String) async throws {
        let fixture = try AgentFixture()
        let viewer = try await open(fixture, try await fixture.enter(), query: query)
        #expect(viewer.resets == 1 && viewer.position == 0)
    }

    @Test(
        "50 MB of output with a viewer that reads nothing: the shell finishes, nothing piles up, the newest part is shown"
    )
    func stalledViewer() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        let stalled = try await open(fixture, cookie)
        stalled.type("echo read''y\r")
        try await stalled.waitFor("ready")
        stalled.stall()
        let reader = try await open(fixture, cookie)
        reader.type("head -c 50000000 /dev/zero | tr '\\0' x | fold -w 99; echo finishe''d\r")
        try await reader.waitForLast("finished\r\n")
        // A ping needs no answer from a full connection; the next part of a paste waits for one.
        for _ in 0..<10_000 { stalled.say(3, [UInt8](repeating: 0, count: 64)) }
        stalled.say(4, [])
        #expect(stalled.mostPending < 256 * 1024)
        stalled.resume()
        try await stalled.wait("the newest output") { $0.text.suffix(400).contains("finished\r\n") }
        #expect(stalled.accepted == 1)
        #expect(stalled.gaps >= 1 && stalled.output.count < 1 << 20)
        #expect(reader.isOrdered && stalled.isOrdered)
    }

    @Test("A page that shows nothing is not sent more than the window")
    func window() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        let lazy = try await open(fixture, cookie, acknowledges: false)
        let reader = try await open(fixture, cookie)
        reader.type("head -c 3000000 /dev/zero | tr '\\0' y | fold -w 99; echo finishe''d\r")
        try await reader.waitForLast("finished\r\n")
        #expect(lazy.position < 512 * 1024)
    }

    @Test("A long paste arrives whole and at the shell's pace")
    func paste() async throws {
        let fixture = try AgentFixture()
        let viewer = try await open(fixture, try await fixture.enter())
        viewer.type("stty -echo; echo go''on; cat | md5sum; stty echo\r")
        try await viewer.waitFor("goon\r\n")
        let line = String(repeating: "0123456789", count: 9) + "\n"
        for part in 1...200 {
            viewer.say(4, Array(String(repeating: line, count: 22).utf8))
            try await viewer.wait("part \(part)") { $0.accepted >= part }
            if viewer.accepted < part { return }
        }
        viewer.say(0, [4])
        // md5sum of 4400 such lines.
        let expected = try md5(String(repeating: line, count: 4400), in: fixture)
        try await viewer.waitFor(expected)
    }

    private func md5(_ text: String, in fixture: AgentFixture) throws -> String {
        let file = fixture.folder.appending(path: "expected")
        try Data(text.utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/md5sum")
        process.arguments = [file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        process.waitUntilExit()
        return String(decoding: pipe.fileHandleForReading.readDataToEndOfFile().prefix(32), as: UTF8.self)
    }

    @Test("When the shell ends the page says so, and Enter starts another")
    func ending() async throws {
        let fixture = try AgentFixture()
        let viewer = try await open(fixture, try await fixture.enter())
        viewer.type("echo last word''s; exit 3\r")
        try await viewer.waitFor("press Enter for a new one")
        #expect(viewer.text.contains("last words"))
        viewer.type("x")
        viewer.type("\r")
        viewer.type("echo again-$((1+1))\r")
        try await viewer.wait("the news") { $0.shells.suffix(2) == [false, true] }
        viewer.type("echo again-$((1+1))\r")
        try await viewer.waitFor("again-2")
    }

    @Test("The portal is told of the owner's terminals as they come, go, return and end, and of no guest's")
    func events() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        func told(_ names: [String]) async throws {
            var events: [(name: String, data: String, token: String)] = []
            for _ in 0..<2000 {
                events = fixture.portal.state.withLock { $0.events }.filter { $0.name.hasPrefix("Terminal/") }
                if events.count >= names.count { break }
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(events.map(\.name) == names.map { "Terminal/" + $0 })
            #expect(events.allSatisfy { $0.data == #"{"terminal_id":"1"}"# })
        }
        let staffEntry = await fixture.send(.get, "/oauth_callback?code=staff&state=handover")
        let guest = try await open(fixture, try #require(staffEntry.cookie(named: "lectern-session")))
        guest.type("exit\r")
        try await guest.waitFor("press Enter for a new one")
        let first = try await open(fixture, cookie)
        try await told(["Connect"])
        first.peer.closed()
        try await told(["Connect", "Closed"])
        let again = try await open(fixture, cookie, query: "from=\(String(first.stream, radix: 16)):\(first.position)")
        try await told(["Connect", "Closed", "Reconnect"])
        again.type("exit\r")
        try await told(["Connect", "Closed", "Reconnect", "Exited"])
    }

    @Test("Staff type into a shell of their own")
    func staff() async throws {
        let fixture = try AgentFixture()
        let owner = try await open(fixture, try await fixture.enter())
        let response = await fixture.send(.get, "/oauth_callback?code=staff&state=handover")
        let guest = try await open(fixture, try #require(response.cookie(named: "lectern-session")))
        guest.type("echo gues''t\r")
        try await guest.waitFor("guest\r\n")
        #expect(!owner.text.contains("guest") && owner.stream != guest.stream)
    }

    @Test("Each name is a shell of its own, with the script of its name")
    func names() async throws {
        let fixture = try AgentFixture(pages: ["workshop/terminal/build.sh": "echo builder-$((2+3)); exec bash"])
        let cookie = try await fixture.enter()
        let plain = try await open(fixture, cookie, id: "2")
        let named = try await open(fixture, cookie, id: "build")
        try await named.waitFor("builder-5")
        plain.type("echo pla''in\r")
        try await plain.waitFor("plain\r\n")
        #expect(plain.stream != named.stream && !named.text.contains("plain"))
    }

    @Test("A session has so many terminals and no more; one where nothing runs makes room, staff take nobody's place")
    func limit() async throws {
        let fixture = try AgentFixture { $0.terminalLimits = .init(count: 3) }
        let cookie = try await fixture.enter()
        let first = try await open(fixture, cookie, id: "a")
        let others = [try await open(fixture, cookie, id: "b"), try await open(fixture, cookie, id: "c")]
        #expect(try await open(fixture, cookie, id: "d").closeCode == 4001)
        // The same one again is no new one.
        #expect(try await open(fixture, cookie, id: "b").closeCode == nil)
        let response = await fixture.send(.get, "/oauth_callback?code=staff&state=handover")
        let guest = try await open(fixture, try #require(response.cookie(named: "lectern-session")), id: "d")
        guest.type("echo gues''t\r")
        try await guest.waitFor("guest\r\n")
        // A shell that runs stays, whoever looks at it; one that has ended goes with its last viewer.
        others[1].peer.closed()
        #expect(try await open(fixture, cookie, id: "d").closeCode == 4001)
        first.type("exit\r")
        try await first.waitFor("press Enter for a new one")
        #expect(try await open(fixture, cookie, id: "d").closeCode == 4001)
        first.peer.closed()
        let late = try await open(fixture, cookie, id: "d")
        late.type("echo lat''e\r")
        try await late.waitFor("late\r\n")
    }

    @Test("A workshop's own script is what the terminal runs")
    func script() async throws {
        let fixture = try AgentFixture(pages: ["workshop/terminal/1.sh": "echo own-$((2+3)); exec bash"])
        let viewer = try await open(fixture, try await fixture.enter())
        try await viewer.waitFor("own-5")
    }

    @Test("A socket opens only for our own page, with a cookie, and for a terminal that exists")
    func upgrade() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        let path = "/terminal/session/1/socket"
        let ours: HTTPHeaders = ["Origin": AgentFixture.sessionURL, "Upgrade": "websocket"]
        #expect(await fixture.send(.get, path, headers: ours).status == 401)
        for origin in [
            "https://evil.example", "null", "http://lectern.localhost:8080", AgentFixture.sessionURL + ".evil",
        ] {
            let response = await fixture.send(
                .get, path, headers: ["Origin": origin, "Upgrade": "websocket"], cookie: cookie)
            #expect(response.status == 403, "\(origin)")
        }
        #expect(await fixture.send(.get, path, headers: ["Upgrade": "websocket"], cookie: cookie).status == 403)
        for id in ["../1", "", "1%2f", "a:1", "-", String(repeating: "x", count: 41)] {
            let response = await fixture.send(.get, "/terminal/session/\(id)/socket", headers: ours, cookie: cookie)
            #expect(response.status == 404, "\(id)")
        }
    }

    @Test("Garbage closes the connection or is ignored, and never the agent")
    func garbage() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        for message in [[], [9], [1], [1, 0, 0], [2], [2, 1, 2], [3] + [UInt8](repeating: 0, count: 66)] as [[UInt8]] {
            let viewer = try await open(fixture, cookie)
            viewer.peer.received(.binary(message))
            #expect(viewer.closeCode == 1003, "\(message.prefix(4))")
            viewer.peer.closed()
        }
        let viewer = try await open(fixture, cookie)
        viewer.peer.received(.text("hello"))
        #expect(viewer.closeCode == 1003)
        viewer.say(1, [0, 0, 0, 0])
        viewer.say(1, [255, 255, 255, 255])
        viewer.say(2, [UInt8](repeating: 255, count: 8))
        viewer.say(0, [])
        viewer.say(3, [])
        viewer.type("echo aliv''e\r")
        try await viewer.waitFor("alive")
        #expect(viewer.pongs == 1)
    }

    @Test("Windows that open and close at random moments leave one working shell")
    func churn() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        await withTaskGroup(of: Void.self) { group in
            for seed in UInt64(0)..<8 {
                group.addTask {
                    var generator = SeededGenerator(seed: seed)
                    for _ in 0..<20 {
                        guard let viewer = try? await open(fixture, cookie, query: "columns=\(seed + 40)&rows=20")
                        else { continue }
                        viewer.type("echo \(seed)\r")
                        if Bool.random(using: &generator) { await Task.yield() }
                        viewer.peer.closed()
                    }
                }
            }
        }
        let viewer = try await open(fixture, cookie)
        viewer.type("echo stil''l\r")
        try await viewer.waitFor("still")
    }

    @Test("Stopping the agent ends the shells with what runs in them")
    func stop() async throws {
        let fixture = try AgentFixture()
        let viewer = try await open(fixture, try await fixture.enter())
        viewer.type("echo pid=$$.\r")
        try await viewer.wait("the pid") { $0.text.contains(/pid=[0-9]+\./) }
        let pid = try #require(viewer.text.firstMatch(of: /pid=([0-9]+)\./)).1
        fixture.agent.stop()
        #expect(!FileManager.default.fileExists(atPath: "/proc/\(pid)"))
    }
}
