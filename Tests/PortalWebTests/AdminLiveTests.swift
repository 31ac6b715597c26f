import HTTP
import Platform
import Portal
import PortalTesting
import Synchronization
import Testing

@testable import PortalWeb

@Suite("The live view of staff", .timeLimit(.minutes(2)))
struct AdminLiveTests {
    /// A feed with quick turns, and viewers on it.
    private struct Watching {
        let portal: TestPortal
        let feed: LiveFeed
        let login: TokenDigest

        static func run(
            _ definitions: PortalDefinitions = AdminTests.definitions(), runtime: any SessionRuntime = InstantRuntime(),
            pace: Duration = .milliseconds(2), _ body: (Watching) async throws -> Void
        ) async throws {
            try await TestPortal.run(definitions, runtime: runtime) { portal in
                let staff = try await portal.signedIn("ada", .staff)
                let secret = SecretToken(presented: try #require(staff.cookies["lectern-login"]))
                let feed = LiveFeed(portal.service, log: portal.log.log, pace: pace)
                try await body(Watching(portal: portal, feed: feed, login: secret.digest))
            }
        }

        func open(_ query: QueryParameters = [:], since: String? = nil) -> (viewer: LiveViewer, reader: Reader) {
            let viewer = LiveViewer(feed, AdminView(query), login: login, since: since)
            let reader = Reader(viewer)
            viewer.opened(reader)
            return (viewer, reader)
        }
    }

    /// The browser's end of a stream.
    private final class Reader: HTTPStream {
        private let state = Mutex<(text: String, pending: Int, isFinished: Bool)>(("", 0, false))
        private weak let viewer: LiveViewer?

        init(_ viewer: LiveViewer) { self.viewer = viewer }

        func send(_ bytes: [UInt8]) { state.withLock { $0.text += String(decoding: bytes, as: UTF8.self) } }
        var pendingBytes: Int { state.withLock { $0.pending } }
        func finish() {
            let isFirst = state.withLock { state in
                defer { state.isFinished = true }
                return !state.isFinished
            }
            if isFirst { viewer?.closed() }
        }

        /// As a reader who takes nothing, or takes all again.
        func setPending(_ count: Int) { state.withLock { $0.pending = count } }
        var isFinished: Bool { state.withLock { $0.isFinished } }
        var text: String { state.withLock { $0.text } }

        var events: [(name: String, id: String?, data: JSONValue)] {
            text.split(separator: "\n\n").compactMap { block in
                var fields: [String: String] = [:]
                for line in block.split(separator: "\n") {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    if parts.count == 2 { fields[String(parts[0])] = String(parts[1].dropFirst()) }
                }
                guard let name = fields["event"], let data = fields["data"], let json = JSONValue(parsing: data) else {
                    return nil
                }
                return (name, fields["id"], json)
            }
        }
        /// One that was waited for. More of them may have come meanwhile.
        func event(_ index: Int, named name: String? = nil) throws -> (name: String, id: String?, data: JSONValue) {
            try #require(events.filter { name == nil || $0.name == name }.dropFirst(index).first)
        }
        func events(named name: String) -> [(name: String, id: String?, data: JSONValue)] {
            events.filter { $0.name == name }
        }
    }

    private static func rows(_ data: JSONValue, _ table: String = "sessions") -> [String] {
        guard case .object(let members)? = data[table]?["rows"] else { return [] }
        return members.map(\.name)
    }
    private static func order(_ data: JSONValue) -> [String]? {
        guard case .array(let items)? = data["sessions"]?["order"] else { return nil }
        return items.compactMap(\.string)
    }

    @Test("begins with everything, and afterwards sends what is different and nothing else")
    func differences() async throws {
        try await Watching.run { watching in
            let first = try await watching.portal.browser().launch()
            let (viewer, reader) = watching.open()
            try await until("it begins") { reader.events.count == 1 }
            #expect(reader.text.hasPrefix("retry: 3000\n\n"))
            let begin = try reader.event(0)
            #expect(AdminLiveTests.rows(begin.data) == ["s-\(first)"])
            #expect(AdminLiveTests.rows(begin.data, "environments") == ["env-lab-w01"])
            #expect(begin.data["summary"]?.string == "1 session, 1 with an owner")

            let second = try await watching.portal.browser().launch()
            try await until("the second is shown as it stays") {
                reader.events.contains {
                    $0.data["sessions"]?["rows"]?["s-\(second)"]?.string?.contains(">in use<") == true
                }
            }
            // A session in use stays as it is: nothing follows by itself.
            let shown = reader.events
            for event in shown.dropFirst() {
                #expect(!AdminLiveTests.rows(event.data).contains("s-\(first)"), "what is the same was sent again")
            }
            #expect(shown.compactMap { AdminLiveTests.order($0.data) }.last == ["s-\(second)", "s-\(first)"])

            let count = shown.count
            let ends = try #require(watching.portal.session(first)?.expires)
            let wish = AdminAction.extend(Fixture.sessionName(first), minutes: 10, seen: ends)
            watching.portal.service.administration.perform(wish, by: Fixture.user("ada")) { _ in }
            try await until("the extension is shown") { reader.events.count > count }
            let change = try reader.event(count)
            #expect(AdminLiveTests.rows(change.data) == ["s-\(first)"])
            #expect(AdminLiveTests.order(change.data) == nil)
            #expect(change.data["environments"] == nil)
            let html = change.data["sessions"]?["rows"]?["s-\(first)"]?.string ?? ""
            #expect(html.contains("data-ends=\"\(ends.milliseconds + 600_000)\""))
            #expect(change.id != begin.id)
            viewer.closed()
        }
    }

    @Test("sends nothing at all to a page that shows what is, and everything to one that does not")
    func resume() async throws {
        try await Watching.run { watching in
            let session = try await watching.portal.browser().launch()
            let page = try AdminModel.read(AdminView([:]), from: watching.portal.service)
            let (same, upToDate) = watching.open(since: page.fingerprint)
            let (other, old) = watching.open(since: "from another time")
            try await until("the old one is brought up to date") { !old.events.isEmpty }
            let begin = try old.event(0)
            #expect(AdminLiveTests.rows(begin.data) == ["s-\(session)"])
            #expect(begin.id == page.fingerprint)
            // A change that both see: what was sent before it is known then.
            let next = try await watching.portal.browser().launch()
            try await until("both see the next one") {
                [upToDate, old].allSatisfy { $0.text.contains("s-\(next)") }
            }
            for event in upToDate.events { #expect(!AdminLiveTests.rows(event.data).contains("s-\(session)")) }
            same.closed()
            other.closed()
        }
    }

    @Test("shows each viewer their own page")
    func pages() async throws {
        try await Watching.run(AdminTests.definitions(workshops: 2)) { watching in
            let first = try await watching.portal.browser().launch("lab-w01")
            let second = try await watching.portal.browser().launch("lab-w02")
            let owner = try #require(watching.portal.session(first)?.owner)
            let (one, ofEnvironment) = watching.open(["environment": "lab-w02"])
            let (two, ofOwner) = watching.open(["owner": owner.rawValue])
            try await until("both begin") { !ofEnvironment.events.isEmpty && !ofOwner.events.isEmpty }
            let (environmentBegin, ownerBegin) = (try ofEnvironment.event(0), try ofOwner.event(0))
            #expect(AdminLiveTests.rows(environmentBegin.data) == ["s-\(second)"])
            #expect(AdminLiveTests.rows(ownerBegin.data) == ["s-\(first)"])
            #expect(ownerBegin.data["environments"] == nil)
            one.closed()
            two.closed()
        }
    }

    @Test("passes over a viewer who takes nothing, and gives them the sum of it all later")
    func slow() async throws {
        try await Watching.run { watching in
            let (slow, slowReader) = watching.open()
            let (quick, quickReader) = watching.open()
            try await until("both begin") { !slowReader.events.isEmpty && !quickReader.events.isEmpty }
            slowReader.setPending(1)
            let before = slowReader.events.count
            var names: [String] = []
            for number in 1...5 {
                names.append(try await watching.portal.browser().launch())
                try await until("the quick one sees session \(number)") {
                    quickReader.text.contains("s-\(names[number - 1])")
                }
            }
            #expect(slowReader.events.count == before)
            slowReader.setPending(0)
            try await until("the slow one sees them") { names.allSatisfy { slowReader.text.contains("s-\($0)") } }
            let sum = try slowReader.event(before)
            #expect(Set(AdminLiveTests.rows(sum.data)) == Set(names.map { "s-\($0)" }))
            slow.closed()
            quick.closed()
        }
    }

    @Test("ends when the viewer signs out or is not staff any more")
    func signOut() async throws {
        try await Watching.run { watching in
            let (_, reader) = watching.open()
            try await until("it begins") { !reader.events.isEmpty }
            #expect(!reader.isFinished)
            try await watching.portal.store.write { try $0.deleteLogin(watching.login) }
            try await until("it ends") { reader.isFinished }
            try await until("nobody watches") { watching.feed.viewers == 0 }
            let (_, late) = watching.open()
            try await until("a late one ends too") { late.isFinished }
            #expect(late.events.isEmpty)
        }
    }

    @Test("measures only what is on a page that somebody watches, and stops when nobody does")
    func usage() async throws {
        let runtime = InstantRuntime()
        try await Watching.run(runtime: runtime) { watching in
            let session = try await watching.portal.browser().launch()
            let name = Fixture.sessionName(session)
            runtime.setUsage(name, SessionUsage(memory: 100 << 20, processorTime: 0))
            #expect(runtime.usageQuestions == 0)
            let (viewer, reader) = watching.open()
            try await until("the memory is shown") { !reader.events(named: "usage").isEmpty }
            let usage = try reader.event(0, named: "usage")
            #expect(
                usage.data["s-\(session)"] == .array([.string("100 MiB"), .string("–")]))
            runtime.setUsage(name, SessionUsage(memory: 200 << 20, processorTime: 0))
            try await until("more memory is shown") { reader.text.contains("200 MiB") }
            let model = try AdminModel.read(AdminView([:]), from: watching.portal.service)
            #expect(watching.feed.loads(of: model)[name]?.memory == 200 << 20)
            viewer.closed()
            try await until("nobody watches") { watching.feed.viewers == 0 && watching.feed.loads(of: model).isEmpty }
            let questions = runtime.usageQuestions
            try await Task.sleep(for: .milliseconds(50))
            #expect(runtime.usageQuestions == questions)
        }
    }

    @Test("knows of each row what it shows of memory, also of one that was sent anew between two samples")
    func usageOfNewRows() async throws {
        let runtime = InstantRuntime()
        // One turn, and the next ones by hand.
        try await Watching.run(runtime: runtime, pace: .seconds(600)) { watching in
            let session = try await watching.portal.browser().launch()
            let name = Fixture.sessionName(session)
            let (less, more) = (SessionLoad(memory: 100 << 20), SessionLoad(memory: 200 << 20))
            runtime.setUsage(name, SessionUsage(memory: less.memory, processorTime: 0))
            let (viewer, reader) = watching.open()
            try await until("the memory is shown") { !reader.events(named: "usage").isEmpty }
            var model = try AdminModel.read(AdminView([:]), from: watching.portal.service)
            model.sessions[0].isReady.toggle()
            viewer.show(model, version: .max, loads: [name: more], now: watching.portal.clock.now)
            let row = reader.events(named: "change").last?.data["sessions"]?["rows"]?["s-\(session)"]?.string ?? ""
            #expect(row.contains("200 MiB"))
            let count = reader.events.count
            viewer.show([name: more])
            #expect(reader.events.count == count, "what is the same was sent again")
            viewer.show([name: less])
            #expect(
                reader.events.last?.data["s-\(session)"] == .array([.string("100 MiB"), .string("–")]))
            viewer.show(model, version: .max, loads: [:], now: watching.portal.clock.now)
            viewer.show([:])
            #expect(reader.events.last?.data["s-\(session)"] == .array([.string("–"), .string("–")]))
            viewer.closed()
        }
    }

    @Test("follows learners from page to page of the instructions")
    func pagesReached() async throws {
        try await Watching.run { watching in
            let session = try await watching.portal.browser().launch()
            let (viewer, reader) = watching.open()
            try await until("it begins") { !reader.events.isEmpty }
            let data = EventData(json: #"{"current_page":"02-edit/files","page_number":2,"pages_total":7}"#)
            watching.portal.service.events.report("Workshop/View", data: data, of: Fixture.sessionName(session)) { _ in
            }
            try await until("the page is shown") { reader.text.contains("2 of 7") }
            #expect(reader.text.contains("02-edit/files"))
            viewer.closed()
        }
    }

    @Test("says something now and then where nothing happens")
    func heartbeat() async throws {
        try await Watching.run { watching in
            let (viewer, reader) = watching.open()
            try await until("there was a comment") { reader.text.contains("\n\n:\n\n") }
            viewer.closed()
        }
    }

    @Test("goes on when the store fails for a while")
    func storeFails() async throws {
        try await Watching.run { watching in
            let (viewer, reader) = watching.open()
            try await until("it begins") { !reader.events.isEmpty }
            watching.portal.store.close()
            try await until("it is in the log") {
                watching.portal.log.lines.contains { $0.contains("live view cannot be read") }
            }
            #expect(!reader.isFinished)
            viewer.closed()
            try await until("nobody watches") { watching.feed.viewers == 0 }
        }
    }

    @Test("comes as an event stream that no proxy holds back, for staff alone")
    func endpoint() async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let staff = try await portal.signedIn("ada", .staff)
            let response = await staff.get("/admin/events/?q=x")
            #expect(response.status == 200)
            #expect(response.headers["Content-Type"] == "text/event-stream")
            #expect(response.headers["X-Accel-Buffering"] == "no")
            #expect(response.headers["Cache-Control"] == "no-store")
            guard case .stream = response.body else {
                Issue.record("no stream")
                return
            }
            guard case .bytes(let bytes) = await staff.get("/admin/events/", method: .head).body else {
                Issue.record("HEAD opened a stream")
                return
            }
            #expect(bytes.isEmpty)
            #expect(await portal.browser().get("/admin/events/").status == 302)
        }
    }
}
