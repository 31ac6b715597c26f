import Platform
import PortalTesting
import Testing

@testable import Portal

extension TokenIssuer {
    fileprivate func grant(_ request: TokenRequest, to client: OAuthClient, scope: String? = nil) async throws
        -> GrantOutcome
    {
        try await withCheckedThrowingContinuation { continuation in
            grant(request, to: client, scope: scope) { continuation.resume(with: $0) }
        }
    }
    fileprivate func revoke(_ token: SecretToken, by client: OAuthClient) async throws -> RevokeOutcome {
        try await withCheckedThrowingContinuation { continuation in
            revoke(token, by: client) { continuation.resume(with: $0) }
        }
    }
}

extension GrantOutcome {
    fileprivate var tokens: IssuedTokens? { if case .granted(let tokens) = self { tokens } else { nil } }
    fileprivate var name: String {
        switch self {
        case .granted: "granted"
        case .invalidGrant: "invalid grant"
        case .reused: "reused"
        case .invalidScope: "invalid scope"
        case .unauthorizedClient: "unauthorized client"
        case .invalidClient: "invalid client"
        case .noRobot: "no robot"
        }
    }
}

@Suite("Tokens of REST clients")
struct TokenIssuerTests {
    private func robot(_ test: TestPortal) -> OAuthClient { .robot(id: test.portal.credentials.client.name) }

    private func isGood(_ token: SecretToken?, _ test: TestPortal) throws -> Bool {
        guard let token else { return false }
        return try test.portal.tokens.introspect(token, by: robot(test)) != nil
    }

    @Test("The robot's password gives tokens with the documented lifetimes, to the robot's account")
    func password() async throws {
        let test = try await TestPortal()
        let tokens = try await test.portal.tokens.grant(.password(test.portal.credentials.robot), to: robot(test))
        let issued = try #require(tokens.tokens)
        #expect(issued.expiresIn == 36_000 && issued.scope == "user:info")
        let access = try #require(try test.store.read { try $0.accessToken(issued.access.digest) })
        #expect(access.session == nil && access.user.rawValue == "robot@educates")
        #expect(access.expires == test.clock.now.advanced(bySeconds: 36_000))
        #expect(try test.store.read { try $0.user(access.user)?.kind } == .robot)
        let refresh = try #require(issued.refresh)
        let stored = try #require(try test.store.read { try $0.refreshToken(refresh.digest) })
        #expect(stored.expires == test.clock.now.advanced(bySeconds: 30 * 86_400))
        #expect(stored.family == access.family)
        test.clock.advance(bySeconds: 36_000)
        #expect(try !isGood(issued.access, test))
        #expect(try isGood(refresh, test))
    }

    @Test("Other names, passwords and clients get nothing, and no account is made for them")
    func refused() async throws {
        let test = try await TestPortal()
        let good = test.portal.credentials.robot
        let admin = test.portal.credentials.admin
        let cases: [(TokenRequest, OAuthClient, String?, String)] = [
            (.password(Credentials(name: good.name, secret: "guess")), robot(test), nil, "invalid grant"),
            (.password(Credentials(name: "x", secret: good.secret)), robot(test), nil, "invalid grant"),
            (.password(Credentials(name: "", secret: "")), robot(test), nil, "invalid grant"),
            (.password(admin), robot(test), nil, "invalid grant"),
            (.password(good), .agent(Fixture.sessionName("lab-w01-s001")), nil, "unauthorized client"),
            (.clientCredentials, .agent(Fixture.sessionName("lab-w01-s001")), nil, "unauthorized client"),
            (.password(good), .robot(id: "an older id"), nil, "invalid client"),
            (.password(good), robot(test), "user:info admin", "invalid scope"),
            (.clientCredentials, robot(test), "admin", "invalid scope"),
            (.refresh(SecretToken(presented: "guess")), robot(test), nil, "invalid grant"),
        ]
        for (request, client, scope, expected) in cases {
            let outcome = try await test.portal.tokens.grant(request, to: client, scope: scope)
            #expect(outcome.name == expected)
        }
        #expect(test.portal.counters[.tokensRefused] == cases.count && test.portal.counters[.tokensIssued] == 0)
        // The last one has looked into the store.
        #expect(test.store.allUsers.allSatisfy { $0.kind == .robot })
    }

    @Test("Client credentials give an access token alone")
    func clientCredentials() async throws {
        let test = try await TestPortal()
        let issued = try #require(try await test.portal.tokens.grant(.clientCredentials, to: robot(test)).tokens)
        #expect(issued.refresh == nil)
        #expect(try isGood(issued.access, test))
    }

    @Test("A refresh token is exchanged once; shown again it takes its whole family with it, and no other")
    func rotation() async throws {
        let test = try await TestPortal()
        let tokens = test.portal.tokens
        let request = TokenRequest.password(test.portal.credentials.robot)
        let other = try #require(try await tokens.grant(request, to: robot(test)).tokens)
        let first = try #require(try await tokens.grant(request, to: robot(test)).tokens)
        let firstRefresh = try #require(first.refresh)
        test.clock.advance(bySeconds: 29 * 86_400)
        let second = try #require(try await tokens.grant(.refresh(firstRefresh), to: robot(test)).tokens)
        let secondRefresh = try #require(second.refresh)
        #expect(second.access.text != first.access.text && secondRefresh.text != firstRefresh.text)
        #expect(try !isGood(firstRefresh, test))
        test.clock.advance(bySeconds: 29 * 86_400)
        let third = try #require(try await tokens.grant(.refresh(secondRefresh), to: robot(test)).tokens)
        #expect(try isGood(third.access, test) && isGood(third.refresh, test))

        #expect(try await tokens.grant(.refresh(secondRefresh), to: robot(test)).name == "reused")
        #expect(try !isGood(third.access, test) && !isGood(third.refresh, test) && !isGood(second.access, test))
        let thirdRefresh = try #require(third.refresh)
        #expect(try await tokens.grant(.refresh(thirdRefresh), to: robot(test)).name == "invalid grant")
        #expect(try await tokens.grant(.refresh(secondRefresh), to: robot(test)).name == "invalid grant")
        #expect(test.portal.counters[.refreshTokensReused] == 1)
        let digest = try #require(other.refresh).digest
        #expect(try test.store.read { try $0.refreshToken(digest) } != nil)
    }

    @Test("Asking for too much spends no refresh token, nor does another client, nor a late one")
    func refreshRefused() async throws {
        let test = try await TestPortal()
        let tokens = test.portal.tokens
        let first = try await tokens.grant(.password(test.portal.credentials.robot), to: robot(test)).tokens
        let refresh = try #require(first?.refresh)
        #expect(try await tokens.grant(.refresh(refresh), to: robot(test), scope: "more").name == "invalid scope")
        #expect(
            try await tokens.grant(.refresh(refresh), to: .agent(Fixture.sessionName("s"))).name
                == "unauthorized client")
        #expect(try isGood(refresh, test))
        test.clock.advance(bySeconds: 30 * 86_400)
        #expect(try await tokens.grant(.refresh(refresh), to: robot(test)).name == "invalid grant")
    }

    @Test("Of many who exchange one refresh token at once, one gets a token, and then nobody has a good one")
    func race() async throws {
        let test = try await TestPortal()
        let tokens = test.portal.tokens
        let client = robot(test)
        let first = try await tokens.grant(.password(test.portal.credentials.robot), to: client).tokens
        let refresh = try #require(first?.refresh)
        let outcomes = try await withThrowingTaskGroup(of: GrantOutcome.self) { group in
            for _ in 0..<16 { group.addTask { try await tokens.grant(.refresh(refresh), to: client) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let granted = outcomes.compactMap(\.tokens)
        #expect(granted.count == 1)
        #expect(outcomes.filter { $0.name == "reused" }.count == 1)
        #expect(try granted.allSatisfy { try !isGood($0.access, test) && !isGood($0.refresh, test) })
    }

    @Test("A reload that changes the robot ends its tokens; one that does not leaves them")
    func reload() async throws {
        let test = try await TestPortal()
        let changes: [(String, (inout TrainingPortalDefinition) -> Void, Bool)] = [
            ("a title", { $0.title = "Other" }, true),
            ("the admin", { $0.adminCredentials = Credentials(name: "boss", secret: "chosen") }, true),
            ("the password", { $0.robotCredentials = Credentials(name: "robot@educates", secret: "chosen") }, false),
            ("the name", { $0.robotCredentials = Credentials(name: "crane", secret: "chosen") }, false),
            ("the secret", { $0.robotClient = Credentials(name: "client", secret: "chosen") }, false),
            ("the id", { $0.robotClient = Credentials(name: "other", secret: "chosen") }, false),
            ("back to what was drawn", { $0.robotClient = nil }, false),
        ]
        var definitions = test.portal.definitions
        for (what, change, isKept) in changes {
            let old = test.portal.credentials
            let request = TokenRequest.password(old.robot)
            let issued = try await test.portal.tokens.grant(request, to: robot(test)).tokens
            let tokens = try #require(issued, "before \(what)")
            let refresh = try #require(tokens.refresh)
            change(&definitions.portal)
            test.portal.reload(definitions)
            let left = try test.store.read { store in
                (try store.accessToken(tokens.access.digest) != nil, try store.refreshToken(refresh.digest) != nil)
            }
            #expect(left.0 == isKept && left.1 == isKept, "after \(what)")
            let again = try await test.portal.tokens.grant(.password(old.robot), to: .robot(id: old.client.name))
            // A new secret alone is what `authenticate` refuses.
            if what != "the secret" { #expect((again.tokens != nil) == isKept, "after \(what)") }
            #expect(
                try (test.portal.tokens.authenticate([old.client]) != nil)
                    == (old.client == test.portal.credentials.client))
        }
    }

    @Test("A change that was made while the portal was stopped ends the robot's tokens, a start alone does not")
    func changedWhileStopped() async throws {
        let store = MemoryStore()
        let clock = ManualClock()
        let log = RecordedLog()
        let drawn = DrawnSecrets.random()
        var settings = PortalSettings()
        settings.passwordCost = .leastForTests
        func start(_ change: (inout TrainingPortalDefinition) -> Void) async throws -> PortalService {
            var definitions = Fixture.definitions()
            change(&definitions.portal)
            return try await PortalService.open(
                definitions: definitions, address: Fixture.address, store: store, runtime: InstantRuntime(),
                clock: clock.wallClock, log: log.log, settings: settings, drawn: drawn)
        }
        let chosen = Credentials(name: "robot@educates", secret: "chosen at first")
        let steps: [(String, Bool, (inout TrainingPortalDefinition) -> Void)] = [
            ("the same, drawn", true, { _ in }),
            ("a chosen password", false, { $0.robotCredentials = chosen }),
            ("the same, chosen", true, { $0.robotCredentials = chosen }),
            ("another password", false, { $0.robotCredentials = Credentials(name: chosen.name, secret: "other") }),
            ("another name", false, { $0.robotCredentials = Credentials(name: "crane", secret: "other") }),
            (
                "another client", false,
                {
                    $0.robotCredentials = Credentials(name: "crane", secret: "other")
                    $0.robotClient = Credentials(name: "site", secret: "")
                }
            ),
            ("drawn ones again", false, { _ in }),
        ]
        var portal = try await start { _ in }
        for (what, isKept, change) in steps {
            let client = OAuthClient.robot(id: portal.credentials.client.name)
            let issued = try await portal.tokens.grant(.password(portal.credentials.robot), to: client).tokens
            let tokens = try #require(issued, "before \(what)")
            portal = try await start(change)
            let left = try store.read { try $0.accessToken(tokens.access.digest) != nil }
            #expect(left == isKept, "after \(what)")
        }
        let record = try #require(try store.read { try $0.setting(RobotRecord.setting) })
        #expect(!String(decoding: record, as: UTF8.self).contains(drawn.robotPassword))

        // A reload notes what is in use from then on.
        var definitions = Fixture.definitions()
        definitions.portal.robotCredentials = chosen
        portal.reload(definitions)
        for _ in 0..<2000 {
            let noted = try store.read { try $0.setting(RobotRecord.setting) }.flatMap(RobotRecord.init(stored:))
            if noted?.isOf(portal.credentials) == true { break }
            try await Task.sleep(for: .milliseconds(1))
        }
        let client = OAuthClient.robot(id: portal.credentials.client.name)
        let tokens = try #require(try await portal.tokens.grant(.clientCredentials, to: client).tokens)
        _ = try await start { $0.robotCredentials = chosen }
        #expect(try store.read { try $0.accessToken(tokens.access.digest) } != nil)
    }

    @Test("A record of credentials that was cut short is none", arguments: ["", "a\nb", "a\nb\nc", "a\nb\n\nd"])
    func badRecord(_ text: String) {
        #expect(RobotRecord(stored: Array(text.utf8)) == nil)
    }

    @Test("A robot with the name of a learner is none, and the operator is told")
    func nameTaken() async throws {
        var definitions = Fixture.definitions()
        definitions.portal.robotCredentials = Credentials(name: "ann", secret: "chosen")
        let test = try await TestPortal(definitions)
        let learner = PortalUser(id: Fixture.user("ann"), kind: .registered, joined: test.clock.now)
        try await test.store.write { try $0.insert(learner) }
        let outcome = try await test.portal.tokens.grant(.clientCredentials, to: robot(test))
        #expect(outcome.name == "no robot")
        #expect(test.log.lines.contains { $0.contains("belongs to another account") })
        #expect(!test.log.lines.contains { $0.contains("chosen") })
    }

    @Test("A client takes back its own tokens, and is told when they are another's")
    func revoke() async throws {
        let test = try await TestPortal()
        let tokens = test.portal.tokens
        let agent = OAuthClient.agent(Fixture.sessionName("lab-w01-s001"))
        for isByRefresh in [false, true] {
            let issued = try await tokens.grant(.password(test.portal.credentials.robot), to: robot(test)).tokens
            let access = try #require(issued?.access)
            let refresh = try #require(issued?.refresh)
            let shown = isByRefresh ? refresh : access
            #expect(try await tokens.revoke(shown, by: agent) == .notTheirs)
            #expect(try tokens.introspect(access, by: agent) == nil)
            #expect(try isGood(access, test) && isGood(refresh, test))
            #expect(try await tokens.revoke(shown, by: robot(test)) == .revoked)
            #expect(try !isGood(access, test) && !isGood(refresh, test))
            #expect(try await tokens.revoke(shown, by: robot(test)) == .unknown)
        }
    }

    @Test("A code that is shown twice takes back what it was exchanged for (RFC 6749, section 4.1.2)")
    func codeTwice() async throws {
        let test = try await TestPortal()
        try await test.settle()
        let entered = try await test.enter { $0.wantsHandover = true }
        try await test.settle()
        let name = entered.session.name
        let exchange = CodeExchange(
            code: try #require(entered.handover), client: name,
            clientSecret: test.portal.context.secrets.clientSecret(of: name),
            redirectURI: test.portal.address.callbackURL(name))
        guard case .granted(let grant) = try await test.portal.exchange(exchange) else {
            Issue.record("the code is good")
            return
        }
        let agent = OAuthClient.agent(name)
        let facts = try #require(try test.portal.tokens.introspect(grant.token, by: agent))
        #expect(facts.session == name && facts.user == entered.user.id)
        #expect(try test.portal.tokens.introspect(grant.token, by: robot(test)) == nil)
        guard case .invalidGrant = try await test.portal.exchange(exchange) else {
            Issue.record("a code works once")
            return
        }
        #expect(try test.portal.tokens.introspect(grant.token, by: agent) == nil)
        #expect(try test.portal.entry.access(grant.token, to: name) == nil)
    }

    @Test("A token of a staff member who looks at a session reaches that session only, and is nothing when it is over")
    func staff() async throws {
        let test = try await TestPortal()
        try await test.settle()
        let entered = try await test.enter()
        try await test.settle()
        let name = entered.session.name
        let staff = PortalUser(id: Fixture.user("staff"), kind: .staff, joined: test.clock.now)
        try await test.store.write { try $0.insert(staff) }
        guard case .code(let code, _) = try await test.portal.authorize(name, staff.id) else {
            Issue.record("staff may enter")
            return
        }
        let exchange = CodeExchange(
            code: code, client: name, clientSecret: test.portal.context.secrets.clientSecret(of: name),
            redirectURI: test.portal.address.callbackURL(name))
        guard case .granted(let grant) = try await test.portal.exchange(exchange) else {
            Issue.record("the code is good")
            return
        }
        let token = try #require(try test.store.read { try $0.accessToken(grant.token.digest) })
        #expect(token.session == name && token.reaches(name) && !token.reaches(Fixture.sessionName("lab-w01-s002")))
        #expect(try test.store.read { try $0.refreshToken(grant.token.digest) } == nil)
        _ = try await test.portal.end(name, by: nil)
        #expect(try test.portal.tokens.introspect(grant.token, by: .agent(name)) == nil)
    }

    @Test(
        "A scope is what was asked for of what there is",
        arguments: [
            ("user:info", nil, "user:info"), ("user:info", "", "user:info"), ("user:info", "  ", "user:info"),
            ("user:info", "user:info", "user:info"), ("user:info", "user:info user:info", "user:info"),
            ("user:info", "USER:INFO", nil), ("user:info", "user:info x", nil), ("a b c", "c a", "a c"),
            ("a b", "c", nil),
        ] as [(String, String?, String?)])
    func scope(granted: String, asked: String?, expected: String?) {
        #expect(TokenScope.narrowed(granted, to: asked) == expected)
    }
}

@Suite("Credentials of a portal")
struct PortalCredentialsTests {
    private let drawn = DrawnSecrets(
        adminPassword: "drawn admin", robotPassword: "drawn robot", clientID: "drawn id", clientSecret: "drawn secret")

    @Test("What the definition leaves open is drawn")
    func drawnOnes() {
        var portal = TrainingPortalDefinition(name: "lab")
        var credentials = PortalCredentials(portal, drawn: drawn)
        #expect(credentials.admin == Credentials(name: "educates", secret: "drawn admin"))
        #expect(credentials.robot == Credentials(name: "robot@educates", secret: "drawn robot"))
        #expect(credentials.client == Credentials(name: "drawn id", secret: "drawn secret"))
        portal.adminCredentials = Credentials(name: "boss", secret: "")
        portal.robotCredentials = Credentials(name: "robot@educates", secret: "chosen")
        portal.robotClient = Credentials(name: "", secret: "chosen too")
        credentials = PortalCredentials(portal, drawn: drawn)
        #expect(credentials.admin == Credentials(name: "boss", secret: "drawn admin"))
        #expect(credentials.robot == Credentials(name: "robot@educates", secret: "chosen"))
        #expect(credentials.client == Credentials(name: "drawn id", secret: "chosen too"))
    }

    @Test("Drawn secrets are long, differ from each other and from the next portal's, and print as nothing")
    func random() {
        let all = (0..<20).flatMap { _ -> [String] in
            let drawn = DrawnSecrets.random()
            return [drawn.adminPassword, drawn.robotPassword, drawn.clientID, drawn.clientSecret]
        }
        #expect(Set(all).count == 80)
        // The first characters too: no part of them is the time.
        #expect(Set(all.map { $0.prefix(8) }).count == 80)
        #expect(all.allSatisfy { $0.utf8.count == 32 })
        #expect("\(drawn)" == "(secret)")
        var text = ""
        dump(drawn, to: &text)
        #expect(!text.contains("drawn admin"))
    }
}
