import Platform
import PortalTesting
import Testing

@testable import Portal

extension PortalService {
    func exchange(_ request: CodeExchange) async throws -> ExchangeOutcome {
        try await withCheckedThrowingContinuation { continuation in
            entry.exchange(request) { continuation.resume(with: $0) }
        }
    }
    func authorize(_ session: SessionName, _ user: UserID, redirectURI: String? = nil, challenge: String? = nil)
        async throws
        -> AuthorizeOutcome
    {
        try await withCheckedThrowingContinuation { continuation in
            entry.authorize(
                session, for: user, redirectURI: redirectURI ?? address.callbackURL(session), challenge: challenge
            ) {
                continuation.resume(with: $0)
            }
        }
    }
    func activate(_ session: SessionName, _ token: SecretToken, login: TokenDigest? = nil, replacing: Bool = false)
        async throws
        -> ActivateOutcome
    {
        try await withCheckedThrowingContinuation { continuation in
            allocator.activate(session, token: token, login: login, replacesLogin: replacing) {
                continuation.resume(with: $0)
            }
        }
    }
    func extend(_ session: SessionName, by user: UserID?) async throws -> ExtendOutcome {
        try await withCheckedThrowingContinuation { continuation in
            allocator.extend(session, by: user) { continuation.resume(with: $0) }
        }
    }
}

@Suite("Entry into a session")
struct SessionEntryTests {
    private func request(_ test: TestPortal, _ entered: LaunchedSession, code: SecretToken?) -> CodeExchange {
        let name = entered.session.name
        return CodeExchange(
            code: code ?? SecretToken(presented: "none"), client: name,
            clientSecret: test.portal.context.secrets.clientSecret(of: name),
            redirectURI: test.portal.address.callbackURL(name))
    }
    private func launched() async throws -> (TestPortal, LaunchedSession) {
        let test = try await TestPortal()
        try await test.settle()
        let entered = try await test.enter { $0.wantsHandover = true }
        try await test.settle()
        return (test, entered)
    }
    private func isInvalidGrant(_ outcome: ExchangeOutcome) -> Bool {
        if case .invalidGrant = outcome { true } else { false }
    }
    private func isInvalidClient(_ outcome: ExchangeOutcome) -> Bool {
        if case .invalidClient = outcome { true } else { false }
    }

    @Test("works once with the code that travels with the launch, and gives a token for that session only")
    func handover() async throws {
        let (test, entered) = try await launched()
        let request = request(test, entered, code: entered.handover)
        guard case .granted(let grant) = try await test.portal.exchange(request) else {
            Issue.record("the code is good")
            return
        }
        #expect(grant.owner == entered.user.id && grant.user == entered.user.id && !grant.isStaff)
        #expect(grant.expiresIn == 86_400)
        #expect(try test.portal.entry.access(grant.token, to: entered.session.name)?.user == entered.user.id)
        #expect(try test.portal.entry.access(grant.token, to: Fixture.sessionName("lab-w01-s002")) == nil)
        #expect(try test.portal.entry.access(SecretToken.random(), to: entered.session.name) == nil)
        #expect(isInvalidGrant(try await test.portal.exchange(request)))
        test.clock.advance(bySeconds: 86_400)
        #expect(try test.portal.entry.access(grant.token, to: entered.session.name) == nil)
    }

    @Test("fails for a late code")
    func late() async throws {
        let (test, entered) = try await launched()
        test.clock.advance(bySeconds: 30)
        #expect(isInvalidGrant(try await test.portal.exchange(request(test, entered, code: entered.handover))))
    }

    @Test("fails for another client, a wrong secret, another redirect, or a verifier that nobody asked for")
    func wrong() async throws {
        let (test, entered) = try await launched()
        let good = request(test, entered, code: entered.handover)
        var bad = good
        bad.clientSecret = SecretToken(presented: "")
        #expect(isInvalidClient(try await test.portal.exchange(bad)))
        bad = good
        bad.client = Fixture.sessionName("lab-w01-s999")
        #expect(isInvalidClient(try await test.portal.exchange(bad)))
        bad = good
        bad.redirectURI += "/"
        #expect(isInvalidGrant(try await test.portal.exchange(bad)))
        // The code was used up by the last attempt.
        #expect(isInvalidGrant(try await test.portal.exchange(good)))
        let other = try await launched().1
        bad = good
        bad.code = try #require(other.handover)
        #expect(isInvalidGrant(try await test.portal.exchange(bad)))
        guard case .code(let code, _) = try await test.portal.authorize(entered.session.name, entered.user.id) else {
            Issue.record("the owner may enter")
            return
        }
        bad = good
        bad.code = code
        bad.verifier = String(repeating: "v", count: 43)
        #expect(isInvalidGrant(try await test.portal.exchange(bad)))
    }

    @Test("with a proof key needs the verifier of the challenge (the example of RFC 7636, appendix B)")
    func proofKey() async throws {
        let (test, entered) = try await launched()
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        for (shown, isGood) in [(verifier, true), (nil, false), (String(verifier.reversed()), false), ("short", false)]
        {
            guard
                case .code(let code, _) = try await test.portal.authorize(
                    entered.session.name, entered.user.id, challenge: challenge)
            else {
                Issue.record("the owner may enter")
                return
            }
            var exchange = request(test, entered, code: code)
            exchange.verifier = shown
            if case .granted = try await test.portal.exchange(exchange) {
                #expect(isGood)
            } else {
                #expect(!isGood)
            }
        }
    }

    @Test("is for the owner and staff, through the session's own address, while the session lives")
    func authorize() async throws {
        let (test, entered) = try await launched()
        let name = entered.session.name
        let staff = PortalUser(id: Fixture.user("staff"), kind: .staff, joined: test.clock.now)
        let other = PortalUser(id: Fixture.user("other"), kind: .registered, joined: test.clock.now)
        try await test.store.write { transaction in
            try transaction.insert(staff)
            try transaction.insert(other)
        }
        guard case .code = try await test.portal.authorize(name, staff.id) else {
            Issue.record("staff may enter")
            return
        }
        guard case .notOwner = try await test.portal.authorize(name, other.id) else {
            Issue.record("others may not")
            return
        }
        guard
            case .wrongRedirect = try await test.portal.authorize(
                name, staff.id, redirectURI: "https://evil.example/oauth_callback")
        else {
            Issue.record("nothing else gets a code")
            return
        }
        guard case .unknown = try await test.portal.authorize(Fixture.sessionName("nobody"), staff.id) else {
            Issue.record("there is no such session")
            return
        }
        guard case .code(let code, _) = try await test.portal.authorize(name, entered.user.id) else {
            Issue.record("the owner may enter")
            return
        }
        _ = try await test.portal.end(name, by: entered.user.id)
        guard case .gone = try await test.portal.authorize(name, entered.user.id) else {
            Issue.record("it is over")
            return
        }
        #expect(isInvalidGrant(try await test.portal.exchange(request(test, entered, code: code))))
    }

    @Test("through an activation link works once, and asks before it replaces another login")
    func activation() async throws {
        let test = try await TestPortal()
        try await test.settle()
        let visitor = try await test.enter()
        let offered = try await test.enter {
            $0.visitor = .user(Fixture.user("learner@example.com"))
            $0.activationTimeout = 60
        }
        try await test.settle()
        let token = try #require(offered.activation)
        let name = offered.session.name
        #expect(try test.session(name).state == .waiting)
        guard case .invalid = try await test.portal.activate(name, SecretToken.random()) else {
            Issue.record("a wrong token opens nothing")
            return
        }
        let login = visitor.login?.login.digest
        guard case .otherLogin(let user) = try await test.portal.activate(name, token, login: login) else {
            Issue.record("somebody else is signed in")
            return
        }
        #expect(user == visitor.user.id)
        guard
            case .activated(let session, let issued?) = try await test.portal.activate(
                name, token, login: login, replacing: true)
        else {
            Issue.record("the link is good")
            return
        }
        #expect(session.state == .running && issued.login.user == offered.user.id)
        #expect(try test.portal.entry.login(issued.login.digest)?.user?.id == offered.user.id)
        #expect(try login.flatMap { try test.portal.entry.login($0) } == nil)
        guard case .invalid = try await test.portal.activate(name, token) else {
            Issue.record("a link works once")
            return
        }
    }

    @Test("ends with the session, for its owner only; a session that is over is told apart")
    func ends() async throws {
        let (test, entered) = try await launched()
        let name = entered.session.name
        #expect(try await test.portal.end(name, by: Fixture.user("other")) == .notOwner)
        #expect(try await test.portal.end(Fixture.sessionName("nobody"), by: nil) == .unknown)
        guard case .ended = try await test.portal.end(name, by: entered.user.id) else {
            Issue.record("the owner may end it")
            return
        }
        guard case .ending = try await test.portal.end(name, by: entered.user.id) else {
            Issue.record("it is ending")
            return
        }
        try await test.settle()
        guard case .gone(let session) = try await test.portal.end(name, by: entered.user.id) else {
            Issue.record("it is gone")
            return
        }
        #expect(session.end == .deleted)
        #expect(test.portal.counters[.endedDeleted] == 1)
    }

    @Test("can be extended near the end, by its owner")
    func extend() async throws {
        var limits = Fixture.limits()
        limits.expires = 3600
        limits.deadline = 7200
        let test = try await TestPortal(Fixture.definitions([("lab-shell", limits)]))
        try await test.settle()
        let entered = try await test.enter()
        try await test.settle()
        let name = entered.session.name
        guard case .schedule(let early, extended: false) = try await test.portal.extend(name, by: entered.user.id)
        else {
            Issue.record("it is too early")
            return
        }
        #expect(early.countdown == 3600)
        test.clock.advance(bySeconds: 3000)
        #expect(try await test.portal.extend(name, by: Fixture.user("other")) == .notOwner)
        guard case .schedule(let late, extended: true) = try await test.portal.extend(name, by: entered.user.id) else {
            Issue.record("it is time")
            return
        }
        #expect(late.countdown == 1500)
        test.clock.advance(bySeconds: 600)
        try await test.settle()
        #expect(try test.session(name).state == .running)
    }
}

@Suite("A store in memory")
struct MemoryStoreTests {
    @Test("keeps the contract", arguments: StoreConformance.checks)
    func contract(check: StoreCheck) async throws { try await check.run { MemoryStore() } }
}
