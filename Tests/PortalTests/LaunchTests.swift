import Platform
import PortalTesting
import Testing

@testable import Portal

@Suite("A launch")
struct LaunchTests {
    @Test("takes a new visitor from a link to a session that is ready, and leaves a user and a login behind")
    func newVisitor() async throws {
        let test = try await TestPortal()
        try await test.settle()
        let entered = try await test.enter {
            $0.returnAddress = ReturnAddress(stored: "https://www.example.com/index?a=1")
            $0.wantsHandover = true
        }
        #expect(entered.session.name.rawValue == "lab-w01-s001")
        #expect(entered.session.state == .starting)
        #expect(entered.isNewUser)
        #expect(entered.login != nil)
        #expect(entered.handover != nil)
        try await test.settle()
        let session = try test.session(entered.session.name)
        #expect(session.state == .running)
        #expect(session.isReady)
        #expect(session.started == test.clock.now)
        #expect(session.indexURL == "https://www.example.com/index?a=1")
        #expect(session.owner == entered.user.id)
        #expect(test.base.sandboxes.count == 1)
    }

    @Test("hands out a reserved session at once and refills the reserve")
    func reserved() async throws {
        let test = try await TestPortal(Fixture.definitions([("lab-shell", Fixture.limits(capacity: 3, reserved: 1))]))
        try await test.settle()
        #expect(test.base.sandboxes.count == 1)
        let entered = try await test.enter()
        #expect(entered.way == .reserved)
        #expect(entered.session.isReady)
        #expect(entered.session.state == .running)
        try await test.settle()
        #expect(test.base.sandboxes.count == 2)
    }

    @Test("that is refused leaves no user behind")
    func refused() async throws {
        let test = try await TestPortal(Fixture.definitions([("lab-shell", Fixture.limits(capacity: 1))]))
        try await test.settle()
        _ = try await test.enter()
        guard case .refused(.noCapacity) = try await test.launch() else {
            Issue.record("the second visitor should have been refused")
            return
        }
        guard case .refused(.unknown) = try await test.launch("no-such-workshop") else {
            Issue.record("an unknown workshop should have been refused")
            return
        }
        #expect(test.store.allUsers.count == 1)
    }
}

@Suite("A launch in detail")
struct LaunchDetailTests {
    @Test("finds the session that the visitor has, even at the limit and in a full workshop")
    func reuse() async throws {
        var definitions = Fixture.definitions([("lab-shell", Fixture.limits(capacity: 1))])
        definitions.portal.sessionsPerAnonymousUser = 1
        let test = try await TestPortal(definitions)
        try await test.settle()
        let first = try await test.enter { $0.returnAddress = ReturnAddress(stored: "https://a.example/") }
        let again = try await test.enter {
            $0.visitor = .browser(first.login?.login.digest)
            $0.returnAddress = ReturnAddress(stored: "https://b.example/")
        }
        #expect(again.session.name == first.session.name)
        #expect(again.session.indexURL == "https://a.example/")
        #expect(again.login == nil && !again.isNewUser)
        #expect(test.store.allUsers.count == 1)
    }

    @Test("keeps a visitor to the limit over all workshops")
    func userLimit() async throws {
        var definitions = Fixture.definitions([("a", Fixture.limits()), ("b", Fixture.limits())])
        definitions.portal.sessionsPerAnonymousUser = 1
        let test = try await TestPortal(definitions)
        try await test.settle()
        let first = try await test.enter("a")
        let visitor = LaunchRequest.Visitor.browser(first.login?.login.digest)
        guard case .refused(.userLimit) = try await test.launch("b", { $0.visitor = visitor }) else {
            Issue.record("one session at a time")
            return
        }
        _ = try await test.portal.end(first.session.name, by: first.user.id)
        #expect(try await test.enter("b") { $0.visitor = visitor }.user == first.user)
    }

    @Test("replaces a cookie that only showed the access code, and remembers that it was shown")
    func accessCode() async throws {
        let test = try await TestPortal()
        try await test.settle()
        let shown = LoginCookie(
            digest: SecretToken.random().digest, user: nil, hasShownAccessCode: true, created: test.clock.now,
            expires: test.clock.now.advanced(bySeconds: 60))
        try await test.store.write { try $0.insert(shown) }
        let entered = try await test.enter { $0.visitor = .browser(shown.digest) }
        #expect(entered.login?.login.hasShownAccessCode == true)
        #expect(entered.login?.login.user == entered.user.id)
        #expect(try test.portal.entry.login(shown.digest) == nil)
    }

    @Test("needs a login where the portal is not anonymous")
    func signIn() async throws {
        var definitions = Fixture.definitions()
        definitions.portal.registration = .oneStep
        let test = try await TestPortal(definitions)
        try await test.settle()
        guard case .refused(.signInRequired) = try await test.launch() else {
            Issue.record("nobody is signed in")
            return
        }
        #expect(test.store.allUsers.isEmpty)
    }

    @Test("counts against the limits for addresses before anything else")
    func throttled() async throws {
        var definitions = Fixture.definitions()
        definitions.portal.launches.perAddressPerMinute = 2
        let test = try await TestPortal(definitions)
        try await test.settle()
        for _ in 0..<2 { _ = try await test.enter { $0.throttledAddress = "192.0.2.1" } }
        guard
            case .refused(.tooMany(let seconds)) = try await test.launch(
                "lab-shell", { $0.throttledAddress = "192.0.2.1" })
        else {
            Issue.record("two a minute")
            return
        }
        #expect((1...60).contains(seconds))
        _ = try await test.enter { $0.throttledAddress = "192.0.2.2" }
        #expect(test.portal.counters[.refusedTooMany] == 1)
    }

    @Test("that cannot be committed leaves nothing behind and says so")
    func fullDisk() async throws {
        let test = try await TestPortal()
        try await test.settle()
        test.store.failWrites(1)
        await #expect(throws: PortalStoreError.full) { _ = try await test.enter() }
        #expect(test.store.allUsers.isEmpty && test.store.allSessions.isEmpty)
        #expect(test.portal.counters[.launchesFailed] == 1)
        #expect(try await test.enter().session.number == 1)
    }

    @Test("of two hundred visitors for five seats gives exactly five sessions")
    func race() async throws {
        let test = try await TestPortal(Fixture.definitions([("lab-shell", Fixture.limits(capacity: 5, reserved: 2))]))
        try await test.settle()
        let outcomes = try await withThrowingTaskGroup(of: LaunchOutcome.self) { group in
            for _ in 0..<200 { group.addTask { try await test.launch() } }
            return try await group.reduce(into: [LaunchOutcome]()) { $0.append($1) }
        }
        let entered = outcomes.compactMap { if case .entered(let session) = $0 { session } else { nil } }
        #expect(entered.count == 5)
        #expect(Set(entered.map(\.session.name)).count == 5)
        #expect(test.store.allUsers.count == 5)
        #expect(test.portal.counters[.refusedNoCapacity] == 195)
    }

    @Test("sets request parameters that the workshop declares, and no others")
    func parameters() async throws {
        var definitions = Fixture.definitions()
        definitions.workshops["lab-shell"]?.parameters = [
            .init(name: "colour", value: "red"), .init(name: "size", value: "1"),
        ]
        let test = try await TestPortal(definitions)
        try await test.settle()
        let entered = try await test.enter { $0.parameters = ["colour": "blue", "PATH": "/evil"] }
        #expect(entered.session.parameters == ["colour": "blue", "size": "1"])
    }

    @Test("shows in the catalogue at once, and the catalogue is read again only after a change")
    func catalog() async throws {
        let test = try await TestPortal(Fixture.definitions([("lab-shell", Fixture.limits(capacity: 2))]))
        try await test.settle()
        let before = try test.portal.catalog()
        #expect(before.entries.first?.freePlaces == 2)
        #expect(try test.portal.catalog().version == before.version)
        let entered = try await test.enter()
        let after = try test.portal.catalog()
        #expect(after.version > before.version)
        #expect(after.entries.first?.freePlaces == 1 && after.counts.allocated == 1)
        _ = try await test.portal.end(entered.session.name, by: nil)
        try await test.settle()
        #expect(try test.portal.catalog().entries.first?.freePlaces == 2)
    }

    @Test("tells the runtime all that a session's agent must know")
    func manifest() async throws {
        var definitions = Fixture.definitions()
        definitions.workshops["lab-shell"]?.variables = [.init(name: "A", value: "1"), .init(name: "B", value: "2")]
        definitions.workshops["lab-shell"]?.terminal.layout = "split"
        definitions.portal.workshops[0].variables = [.init(name: "B", value: "3"), .init(name: "C", value: "4")]
        definitions.portal.frameAncestors = ["https://www.example.com"]
        let test = try await TestPortal(definitions)
        try await test.settle()
        let entered = try await test.enter()
        let workshop = try #require(definitions.workshops["lab-shell"])
        let environment = try #require(try test.store.read { try $0.environment(entered.session.environment) })
        let launch = SessionLaunch(
            entered.session, in: environment, workshop, definitions.portal, test.portal.address,
            test.portal.context.secrets)
        let manifest = launch.manifest
        #expect(manifest.session == "lab-w01-s001" && manifest.workshop == "lab-shell")
        #expect(manifest.sessionURL == "http://lab-w01-s001.lectern.localhost:8080")
        #expect(manifest.variables.map { "\($0.name)=\($0.value)" } == ["A=1", "B=3", "C=4"])
        #expect(manifest.terminalLayout == "split" && manifest.workshopLayout == "default")
        #expect(manifest.frameAncestors == ["https://www.example.com"] && !manifest.hasExpiry)
        #expect(SecretToken(presented: manifest.clientSecret).digest == entered.session.clientSecret)
    }

    @Test("makes users with a UUID of version 7, which begins with the moment")
    func userIDs() throws {
        let ids = Set((0..<1000).map { _ in UserID.anonymous(at: Timestamp(milliseconds: 0x0123_4567_89AB)).rawValue })
        #expect(ids.count == 1000)
        let pattern = /anon@educates:01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        for id in ids { #expect(id.wholeMatch(of: pattern) != nil) }
    }
}
