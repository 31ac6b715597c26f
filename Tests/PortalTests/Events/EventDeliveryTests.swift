import Platform
import PortalTesting
import Synchronization
import Testing

@testable import Portal

/// A network in which receivers do what a test says.
private final class FakeNetwork: EventSender {
    struct State {
        var sent: [EventMessage] = []
        var pending: [@Sendable (EventOutcome) -> Void] = []
        /// `nil` leaves attempts open.
        var outcome: EventOutcome? = .accepted
    }
    private let state = Mutex(State())

    func send(_ message: EventMessage, completion: @escaping @Sendable (EventOutcome) -> Void) {
        let outcome = state.withLock { state in
            state.sent.append(message)
            if state.outcome == nil { state.pending.append(completion) }
            return state.outcome
        }
        if let outcome { completion(outcome) }
    }

    func set(_ outcome: EventOutcome?) { state.withLock { $0.outcome = outcome } }
    var sent: [EventMessage] { state.withLock { $0.sent } }
    func forget() { state.withLock { $0.sent = [] } }
    func finish(_ outcome: EventOutcome) {
        let pending = state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
        for completion in pending { completion(outcome) }
    }
}

extension EventMessage {
    fileprivate var id: String { headers.first { $0.name == "webhook-id" }?.value ?? "" }
    fileprivate var event: String {
        let text = String(decoding: body, as: UTF8.self)
        guard let start = text.firstRange(of: "\"event\":{\"name\":\"")?.upperBound else { return "" }
        return String(text[start...].prefix { $0 != "\"" })
    }
}

@Suite("The delivery of events")
struct EventDeliveryTests {
    private struct World {
        let store = MemoryStore()
        let network = FakeNetwork()
        let clock = ManualClock()
        let log = RecordedLog()
        let secret = WebhookSecret.random()
        let portal: PortalService

        init(
            webhook: String = "https://hook.example.com/", settings: PortalSettings = PortalSettings(),
            privateHosts: [String] = []
        ) async throws {
            var definitions = Fixture.definitions()
            definitions.portal.webhookURL = webhook
            definitions.portal.privateAnalyticsHosts = privateHosts
            portal = try await PortalService.open(
                definitions: definitions, address: Fixture.address, store: store, runtime: InstantRuntime(),
                clock: clock.wallClock, log: log.log, settings: settings, sender: network, secret: secret)
        }

        func turn(_ times: Int = 20) { for _ in 0..<times { portal.events.delivery.turn(clock.now) } }

        func user(_ number: Int) async throws {
            let user = PortalUser(id: Fixture.user("anon@educates:\(number)"), kind: .anonymous, joined: clock.now)
            try await store.write { try $0.insert(user) }
        }
    }

    @Test("An event is sent with id, moment and signature, and leaves the outbox when it is accepted")
    func accepted() async throws {
        let world = try await World()
        try await world.user(1)
        #expect(world.portal.events.backlog == 0)
        world.turn()
        let message = try #require(world.network.sent.first)
        #expect(message.url == "https://hook.example.com/" && message.reach == .anywhere)
        let seconds = world.clock.now.milliseconds / 1000
        let expected = world.secret.signature(id: message.id, seconds: seconds, body: message.body)
        let headers = Dictionary(message.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        #expect(headers["webhook-signature"] == expected && headers["webhook-timestamp"] == String(seconds))
        #expect(headers["Content-Type"] == "application/json")
        #expect(world.network.sent.count == 1 && world.store.allEntries.isEmpty && world.portal.events.backlog == 0)
        #expect(world.portal.counters[.eventsDelivered] == 1)
    }

    @Test("What a receiver refuses is sent again later with the same id, also by the next program")
    func retried() async throws {
        let world = try await World()
        world.network.set(.refused(status: 503, retryAfter: nil))
        try await world.user(1)
        world.turn()
        #expect(world.network.sent.count == 1 && world.portal.events.backlog == 1)
        world.turn()
        #expect(world.network.sent.count == 1)
        world.clock.advance(bySeconds: 1)
        world.turn()
        #expect(world.network.sent.count == 2 && Set(world.network.sent.map(\.id)).count == 1)

        var definitions = Fixture.definitions()
        definitions.portal.webhookURL = "https://new.example.com/"
        let next = FakeNetwork()
        let later = try await PortalService.open(
            definitions: definitions, address: Fixture.address, store: world.store, runtime: InstantRuntime(),
            clock: world.clock.wallClock, log: .silent, sender: next)
        for _ in 0..<5 { later.events.delivery.turn(world.clock.now) }
        #expect(next.sent.map(\.id) == [world.network.sent[0].id] && next.sent[0].url == "https://new.example.com/")
        #expect(world.store.allEntries.isEmpty)
    }

    @Test("An event that nobody takes for long enough is given up, and the log says which")
    func givenUp() async throws {
        var settings = PortalSettings()
        settings.eventGiveUp = 3600
        let world = try await World(settings: settings)
        world.network.set(.failed("connection refused"))
        try await world.user(1)
        for _ in 0..<200 {
            world.turn(3)
            world.clock.advance(bySeconds: 60)
        }
        #expect(world.store.allEntries.isEmpty && world.portal.counters[.eventsGivenUp] == 1)
        #expect(world.log.lines.contains { $0.contains("given up") && $0.contains("User/Create") })
        #expect(!world.log.lines.contains { $0.contains(world.secret.text) })
    }

    @Test("A full outbox drops its oldest events, counts them and says so")
    func full() async throws {
        var settings = PortalSettings()
        settings.outboxLimit = 100
        let world = try await World(settings: settings)
        world.network.set(nil)
        world.turn()
        for number in 1...150 { try await world.user(number) }
        world.turn(5)
        #expect(world.store.allEntries.count <= 100 && world.store.allEntries.count >= 90)
        let dropped = world.portal.counters[.eventsDropped]
        #expect(dropped == 150 - world.store.allEntries.count && world.portal.events.backlog == 150 - dropped)
        #expect(world.store.allEntries.last?.event == "User/Create")
        #expect(world.log.lines.contains { $0.contains("outbox is full") })
        // The one under way was dropped too; that it is accepted now changes nothing.
        world.network.finish(.accepted)
        world.network.set(.accepted)
        world.turn(300)
        #expect(world.store.allEntries.isEmpty && world.portal.events.backlog == 0)
    }

    @Test("A user who is erased is not told of any more but for the erasure itself, also after a refusal")
    func erased() async throws {
        let world = try await World()
        world.network.set(.refused(status: 503, retryAfter: nil))
        for number in 1...3 { try await world.user(number) }
        world.turn()
        #expect(world.network.sent.count == 1)
        world.network.forget()
        try await world.store.write { try $0.erase(Fixture.user("anon@educates:1")) }
        #expect(world.portal.events.backlog == 3)
        world.network.set(.accepted)
        world.clock.advance(bySeconds: 3600)
        world.turn()
        let about = world.network.sent.filter { String(decoding: $0.body, as: UTF8.self).contains("educates:1\"") }
        #expect(about.map(\.event) == ["User/Delete"])
        #expect(world.network.sent.count == 3 && world.portal.events.backlog == 0 && world.store.allEntries.isEmpty)
    }

    @Test("An outbox that cannot be written to does not have events sent again")
    func storeTrouble() async throws {
        let world = try await World()
        try await world.user(1)
        world.store.failWrites(1)
        world.turn()
        #expect(world.network.sent.count == 1 && world.store.allEntries.count == 1)
        world.clock.advance(bySeconds: 3)
        world.turn()
        #expect(world.network.sent.count == 1 && world.store.allEntries.isEmpty)
    }

    @Test("A session's own receiver is reached as far as it is allowed to be, and not at all when no longer allowed")
    func analytics() async throws {
        let world = try await World(webhook: "", privateHosts: ["inside.internal"])
        let environment = Fixture.environment()
        func launch(_ number: Int, to url: String) async throws {
            var session = Fixture.session("lab-w01-s00\(number)", number: number)
            session.analyticsURL = url
            try await world.store.write { [session] in try $0.insert(session) }
        }
        try await world.store.write { try $0.insert(environment) }
        try await launch(1, to: "https://events.example.com/")
        try await launch(2, to: "http://inside.internal:9/x")
        try await launch(3, to: "http://127.0.0.1:6379/")
        #expect(world.store.allEntries.count == 3)
        world.turn()
        let reached = Dictionary(world.network.sent.map { ($0.url, $0.reach) }, uniquingKeysWith: { $1 })
        #expect(reached == ["https://events.example.com/": .publicOnly, "http://inside.internal:9/x": .anywhere])
        #expect(world.store.allEntries.isEmpty && world.portal.counters[.eventsDropped] == 1)
    }

    @Test("Without a webhook nothing is recorded; one that comes with a reload is told from then on")
    func reloaded() async throws {
        let world = try await World(webhook: "")
        try await world.user(1)
        #expect(world.store.allEntries.isEmpty)
        var definitions = Fixture.definitions()
        definitions.portal.webhookURL = "https://hook.example.com/"
        world.portal.reload(definitions)
        world.network.set(.failed("down"))
        try await world.user(2)
        world.turn()
        #expect(world.network.sent.count == 1 && world.store.allEntries.count == 1)
        definitions.portal.webhookURL = ""
        world.portal.reload(definitions)
        try await world.user(3)
        world.turn()
        #expect(world.store.allEntries.isEmpty && world.portal.events.backlog == 0)
    }

    // MARK: Reports from inside

    private func report(
        _ world: World, _ name: String, _ data: String = "{}", of session: String = "lab-w01-s001"
    ) async throws -> ReportOutcome {
        try await withCheckedThrowingContinuation { continuation in
            world.portal.events.report(name, data: EventData(json: data), of: Fixture.sessionName(session)) {
                continuation.resume(with: $0)
            }
        }
    }

    private func session(_ world: World, change: (inout WorkshopSession) -> Void = { _ in }) async throws {
        var session = Fixture.session(state: .running, owner: Fixture.user("ann"))
        change(&session)
        let environment = Fixture.environment()
        try await world.store.write { [session] store in
            try store.insert(environment)
            try store.insert(PortalUser(id: Fixture.user("ann"), kind: .registered, joined: world.clock.now))
            try store.insert(session)
        }
    }

    @Test("What the inside of a session reports is told with the session's owner, and its page is remembered")
    func reports() async throws {
        let world = try await World()
        try await session(world)
        world.turn()
        world.network.forget()
        let data = #"{"prev_page":null,"current_page":"01-one","next_page":"02","page_number":1,"pages_total":7}"#
        #expect(try await report(world, "Workshop/View", data) == .recorded)
        world.turn()
        let message = try #require(world.network.sent.last)
        let text = String(decoding: message.body, as: UTF8.self)
        #expect(text.contains(#""user":"ann","session":"lab-w01-s001","environment":"lab-w01","workshop":"lab-shell""#))
        #expect(text.hasSuffix(#""data":\#(data)}}"#))
        let page = world.portal.events.pageReached(in: Fixture.sessionName("lab-w01-s001"))
        #expect(page?.page == "01-one" && page?.number == 1 && page?.total == 7 && page?.since == world.clock.now)
        for bad in ["{}", "[1]", "null", #"{"current_page":"x","page_number":8,"pages_total":7}"#] {
            #expect(try await report(world, "Workshop/View", bad) == .recorded)
            #expect(world.portal.events.pageReached(in: Fixture.sessionName("lab-w01-s001")) == page)
        }
        _ = try await world.portal.end(Fixture.sessionName("lab-w01-s001"), by: nil)
        #expect(world.portal.events.pageReached(in: Fixture.sessionName("lab-w01-s001")) == nil)
    }

    @Test(
        "The portal's own events cannot be claimed from inside, however they are written",
        arguments: [
            "User/Create", "Session/Deleted", "session/deleted", "SESSION/x", "Environment/Terminate", "Resource/Ready",
            "Session/",
        ])
    func forged(name: String) async throws {
        let world = try await World()
        try await session(world)
        let before = world.store.allEntries.count
        #expect(try await report(world, name) == .forbidden)
        #expect(world.store.allEntries.count == before && world.portal.counters[.eventsRefused] == 1)
    }

    @Test("Names, sizes and sessions that are not right are refused, and nothing is recorded")
    func refused() async throws {
        let world = try await World()
        try await session(world)
        let before = world.store.allEntries.count
        for name in ["", "Work shop/View", "Workshop\n/View", "W\u{f6}rkshop", String(repeating: "x", count: 101)] {
            #expect(try await report(world, name) == .invalidName)
        }
        let large = "\"" + String(repeating: "x", count: PortalEvents.longestData) + "\""
        #expect(try await report(world, "Workshop/View", large) == .tooLarge)
        #expect(try await report(world, "Workshop/View", of: "lab-w01-s999") == .unknown)
        #expect(world.store.allEntries.count == before)
    }

    @Test("One session's reports have a limit, which others do not feel and time lifts")
    func limited() async throws {
        let world = try await World(webhook: "")
        try await session(world)
        for _ in 0..<120 { #expect(try await report(world, "Workshop/View") == .recorded) }
        #expect(try await report(world, "Workshop/View") == .tooMany(retryAfter: 1))
        #expect(try await report(world, "Workshop/View", of: "lab-w01-s002") == .unknown)
        world.clock.advance(bySeconds: 1)
        for _ in 0..<4 { #expect(try await report(world, "Workshop/View") == .recorded) }
        #expect(try await report(world, "Workshop/View") == .tooMany(retryAfter: 1))
    }
}
