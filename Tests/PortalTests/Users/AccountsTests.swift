import Platform
import PortalTesting
import Testing

@testable import Portal

@Suite("Accounts")
struct AccountsTests {
    private static let password = "ten of them and more"

    private static func definitions(_ change: (inout TrainingPortalDefinition) -> Void = { _ in }) -> PortalDefinitions
    {
        var definitions = Fixture.definitions()
        definitions.portal.registration = .oneStep
        definitions.portal.adminCredentials = Credentials(name: "harbour", secret: "lighthouse")
        change(&definitions.portal)
        return definitions
    }

    @Test("Whoever registers is signed in, and can sign in again with the name in any spelling")
    func registration() async throws {
        let test = try await TestPortal(Self.definitions())
        let login = try await test.register("Ada", Self.password)
        #expect(login.login.user?.rawValue == "Ada")
        #expect(try test.store.read { try $0.user(Fixture.user("Ada"))?.kind } == .registered)
        let account = try #require(try test.portal.accounts.account(of: Fixture.user("Ada")))
        #expect(account.displayName == "Ada")
        #expect(account.password?.text.contains(Self.password) == false)
        for name in ["Ada", "ada", " ＡＤＡ "] {
            let again = try await test.signIn(name, Self.password)
            #expect(again?.login.user?.rawValue == "Ada")
            #expect(again?.login.digest != login.login.digest)
        }
        #expect(try await test.signIn("Ada", Self.password.uppercased()) == nil)
        #expect(try await test.signIn("Eve", Self.password) == nil)
        #expect(test.portal.counters[.registrations] == 1)
        #expect(test.portal.counters[.signIns] == 3)
        #expect(test.portal.counters[.signInsRefused] == 2)
    }

    @Test("A name is taken once, whoever has it and however it is spelt")
    func taken() async throws {
        let test = try await TestPortal(Self.definitions())
        _ = try await test.register("Ada", Self.password)
        try await test.store.write { store in
            try store.insert(PortalUser(id: Fixture.user("client-7"), kind: .anonymous, joined: test.clock.now))
        }
        for name in ["ada", "ADA", "Ａda", "client-7"] {
            guard case .nameTaken = try await test.tryRegister(name, Self.password) else {
                Issue.record("\(name) was free")
                continue
            }
        }
        for name in ["harbour", "Harbour", "admin"] {
            guard case .invalid(name: .reserved, password: nil) = try await test.tryRegister(name, Self.password) else {
                Issue.record("\(name) was not reserved")
                continue
            }
        }
    }

    @Test("Of two who register one name at once, one gets it")
    func race() async throws {
        let test = try await TestPortal(Self.definitions())
        let registered = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    if case .registered = try await test.tryRegister(number % 2 == 0 ? "ada" : "ADA", Self.password) {
                        return true
                    }
                    return false
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(registered == 1)
    }

    @Test("A portal that takes no new accounts takes none, whatever is sent")
    func closed() async throws {
        for definitions in [
            Self.definitions { $0.isRegistrationEnabled = false }, Self.definitions { $0.registration = .anonymous },
        ] {
            let test = try await TestPortal(definitions)
            guard case .closed = try await test.tryRegister("ada", Self.password) else {
                Issue.record("it was open")
                continue
            }
            #expect(try test.store.read { try $0.users(after: nil, limit: 9) } == [])
        }
    }

    @Test("The administrator of the definition is staff, and loses all logins when name or password change")
    func administrator() async throws {
        let test = try await TestPortal(Self.definitions())
        #expect(try await test.signIn("harbour", "wrong") == nil)
        let login = try #require(try await test.signIn("Harbour", "lighthouse"))
        #expect(try test.store.read { try $0.user(Fixture.user("harbour"))?.kind } == .staff)
        // The same definition again changes nothing.
        test.portal.reload(Self.definitions())
        test.portal.reload(
            Self.definitions { $0.adminCredentials = Credentials(name: "harbour", secret: "another one") })
        try await until("the old login has ended") { try test.store.read { try $0.login(login.login.digest) } == nil }
        #expect(try await test.signIn("harbour", "lighthouse") == nil)
        let second = try #require(try await test.signIn("harbour", "another one"))
        #expect(try test.store.read { try $0.user(Fixture.user("harbour"))?.kind } == .staff)
        test.portal.reload(Self.definitions { $0.adminCredentials = Credentials(name: "other", secret: "another one") })
        try await until("the second login has ended") {
            try test.store.read { try $0.login(second.login.digest) } == nil
        }
        #expect(try test.store.read { try $0.user(Fixture.user("harbour"))?.kind } == .registered)
        #expect(try await test.signIn("harbour", "another one") == nil)
        #expect(try test.store.read { try $0.staff() } == [])
    }

    @Test("An administrator's login outlives a restart with the same definition, and not one with another")
    func restart() async throws {
        let first = try await TestPortal(Self.definitions())
        let login = try #require(try await first.signIn("harbour", "lighthouse"))
        let same = try await first.restarted(Self.definitions())
        #expect(try await same.signIn("harbour", "lighthouse") != nil)
        #expect(try first.store.read { try $0.login(login.login.digest) } != nil)
        let other = try await first.restarted(
            Self.definitions { $0.adminCredentials = Credentials(name: "harbour", secret: "another") })
        try await until("the login has ended") { try first.store.read { try $0.login(login.login.digest) } == nil }
        _ = (same, other)
    }

    @Test("A learner whose name becomes the administrator's loses what they were signed in with")
    func becomesAdministrator() async throws {
        let test = try await TestPortal(Self.definitions { $0.adminCredentials = nil })
        let learner = try await test.register("harbour", Self.password)
        test.portal.reload(Self.definitions())
        #expect(try await test.signIn("harbour", Self.password) == nil)
        #expect(try await test.signIn("harbour", "lighthouse") != nil)
        #expect(try test.store.read { try $0.login(learner.login.digest) } == nil)
        #expect(try test.store.read { try $0.user(Fixture.user("harbour"))?.kind } == .staff)
    }

    @Test("A new password ends every other login and every token, and the old one is worth nothing")
    func change() async throws {
        let test = try await TestPortal(Self.definitions())
        let here = try await test.register("ada", Self.password)
        let there = try #require(try await test.signIn("ada", Self.password))
        let token = AccessToken(
            digest: SecretToken.random().digest, client: "x", user: Fixture.user("ada"), session: nil,
            issued: test.clock.now, expires: test.clock.now.advanced(bySeconds: 999))
        try await test.store.write { try $0.insert(token) }

        guard case .wrong = try await test.change("ada", from: "wrong", to: "another long one", here) else {
            Issue.record("the wrong password was taken")
            return
        }
        guard case .invalid(.tooShort) = try await test.change("ada", from: Self.password, to: "short", here) else {
            Issue.record("the short password was taken")
            return
        }
        #expect(try test.store.read { try $0.login(there.login.digest) } != nil)
        guard case .changed(let new) = try await test.change("ada", from: Self.password, to: "another long one", here)
        else {
            Issue.record("it was not changed")
            return
        }
        for old in [here, there] { #expect(try test.store.read { try $0.login(old.login.digest) } == nil) }
        #expect(try test.store.read { try $0.login(new.login.digest)?.user } == Fixture.user("ada"))
        #expect(try test.store.read { try $0.accessToken(token.digest) } == nil)
        #expect(try await test.signIn("ada", Self.password) == nil)
        #expect(try await test.signIn("ada", "another long one") != nil)
    }

    @Test("A password that was hashed at another cost is hashed again when it is used")
    func rehash() async throws {
        let test = try await TestPortal(Self.definitions())
        _ = try await test.register("ada", Self.password)
        let old = try PasswordHash.make(Self.password, cost: PasswordCost(memory: 16 << 10, passes: 2))
        try await test.store.write { store in
            var account = try #require(try store.account(of: Fixture.user("ada")))
            account.password = old
            try store.save(account)
        }
        #expect(try await test.signIn("ada", "wrong") == nil)
        #expect(try test.portal.accounts.account(of: Fixture.user("ada"))?.password == old)
        #expect(try await test.signIn("ada", Self.password) != nil)
        let new = try #require(try test.portal.accounts.account(of: Fixture.user("ada"))?.password)
        #expect(!new.isOutdated(for: .leastForTests))
        #expect(new.verify(Self.password))
    }

    @Test("Wrong passwords make an account wait, a right one begins anew, and others do not suffer")
    func throttled() async throws {
        let test = try await TestPortal(Self.definitions { $0.signIn.failuresPerAccount = 2 })
        _ = try await test.register("ada", Self.password)
        _ = try await test.register("bob", Self.password)
        for _ in 0..<3 { #expect(try await test.signIn("ada", "wrong") == nil) }
        guard case .wait(let seconds) = try await test.trySignIn("ada", Self.password) else {
            Issue.record("it was looked at")
            return
        }
        #expect(seconds == 2)
        #expect(try await test.signIn("bob", Self.password) != nil)
        // A name that nobody has waits in the same way.
        for _ in 0..<3 { #expect(try await test.signIn("nobody", "wrong") == nil) }
        guard case .wait(2) = try await test.trySignIn("nobody", "wrong") else {
            Issue.record("an unknown name is treated in another way")
            return
        }
        test.clock.advance(bySeconds: 3)
        #expect(try await test.signIn("ada", Self.password) != nil)
        #expect(try await test.signIn("ada", "wrong") == nil)
        #expect(try await test.signIn("ada", Self.password) != nil)
    }

    @Test("More passwords at once than can wait are put off, and none is lost")
    func busy() async throws {
        var settings = PortalSettings()
        settings.passwordThreads = 1
        settings.passwordQueue = 1
        let test = try await TestPortal(
            Self.definitions { $0.signIn = SignInLimits.none }, settings: settings)
        let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<60 {
                group.addTask {
                    switch try await test.trySignIn("nobody\(number)", "wrong") {
                    case .wrong: true
                    case .busy(let seconds): seconds < 1
                    default: false
                    }
                }
            }
            return try await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.count == 60)
        #expect(outcomes.contains(true))
        #expect(test.portal.counters[.passwordsQueueFull] == outcomes.count { !$0 })
    }

    @Test("A failing store fails the login, and costs no try")
    func failingStore() async throws {
        let test = try await TestPortal(Self.definitions { $0.signIn.failuresPerAccount = 1 })
        _ = try await test.register("ada", Self.password)
        for _ in 0..<5 {
            test.store.failWrites(1)
            await #expect(throws: PortalStoreError.full) { try await test.signIn("ada", Self.password) }
        }
        #expect(try await test.signIn("ada", Self.password) != nil)
    }

    @Test("A provider's user is made once, keeps the id, and is staff as long as the provider says so")
    func provider() async throws {
        var provider = LoginProvider(issuer: "https://login.example", clientID: "x")
        provider.staffClaim = LoginProvider.StaffClaim(name: "groups", value: "staff")
        let test = try await TestPortal(Self.definitions { $0.oidc = provider })
        let identity = ProviderIdentity(issuer: "https://login.example", subject: "42")
        let first = try await test.signIn(identity, "Ada", isStaff: false)
        let user = try #require(first.login.user)
        let second = try await test.signIn(identity, "Ada L.", isStaff: false)
        #expect(second.login.user == user)
        #expect(try test.portal.accounts.account(of: user)?.displayName == "Ada L.")
        #expect(try test.store.read { try $0.login(first.login.digest) } != nil)

        let staff = try await test.signIn(identity, "Ada L.", isStaff: true)
        #expect(try test.store.read { try $0.user(user)?.kind } == .staff)
        #expect(try test.store.read { try $0.login(first.login.digest) } == nil)
        // Without the claim nobody is staff by the provider's word.
        test.portal.reload(Self.definitions { $0.oidc = LoginProvider(issuer: "https://login.example", clientID: "x") })
        try await until("the staff login has ended") { try test.store.read { try $0.login(staff.login.digest) } == nil }
        #expect(try test.store.read { try $0.user(user)?.kind } == .registered)
        #expect(try test.store.read { try $0.users(after: nil, limit: 9).count } == 1)
    }

    @Test("Registered users have the limit of registered users, and a stranger has to sign in")
    func sessionLimit() async throws {
        var definitions = Fixture.definitions([("lab-shell", Fixture.limits()), ("lab-other", Fixture.limits())])
        definitions.portal.registration = .oneStep
        definitions.portal.sessionsPerRegisteredUser = 1
        definitions.portal.sessionsPerAnonymousUser = 9
        let test = try await TestPortal(definitions)
        try await test.settle()
        let login = try await test.register("ada", Self.password)
        let launched = try await test.enter("lab-shell") { $0.visitor = .browser(login.login.digest) }
        #expect(launched.session.owner?.rawValue == "ada")
        #expect(launched.login == nil)
        let again = try await test.enter("lab-shell") { $0.visitor = .browser(login.login.digest) }
        #expect(again.session.name == launched.session.name)
        let more = try await test.launch("lab-other") { $0.visitor = .browser(login.login.digest) }
        guard case .refused(.userLimit) = more else {
            Issue.record("one more was given: \(more)")
            return
        }
        guard case .refused(.signInRequired) = try await test.launch("lab-other") else {
            Issue.record("a stranger was let in")
            return
        }
    }
}

extension SignInLimits {
    static var none: SignInLimits {
        var limits = SignInLimits()
        limits.failuresPerAccount = 0
        limits.failuresPerAddress = 0
        return limits
    }
}

extension TestPortal {
    func tryRegister(_ name: String, _ password: String) async throws -> RegistrationOutcome {
        try await withCheckedThrowingContinuation { continuation in
            portal.accounts.register(name: name, password: password, replacing: nil) { continuation.resume(with: $0) }
        }
    }

    func register(_ name: String, _ password: String) async throws -> IssuedLogin {
        let outcome = try await tryRegister(name, password)
        guard case .registered(let login, _) = outcome else { throw Unexpected(what: "\(outcome)") }
        return login
    }

    func trySignIn(_ name: String, _ password: String) async throws -> SignInOutcome {
        try await withCheckedThrowingContinuation { continuation in
            portal.accounts.signIn(name: name, password: password, from: "192.0.2.1", replacing: nil) {
                continuation.resume(with: $0)
            }
        }
    }

    /// `nil` for a wrong password.
    func signIn(_ name: String, _ password: String) async throws -> IssuedLogin? {
        let outcome = try await trySignIn(name, password)
        switch outcome {
        case .signedIn(let login, _): return login
        case .wrong: return nil
        default: throw Unexpected(what: "\(outcome)")
        }
    }

    func signIn(_ identity: ProviderIdentity, _ name: String, isStaff: Bool) async throws -> IssuedLogin {
        try await withCheckedThrowingContinuation { continuation in
            portal.accounts.signIn(identity, displayName: name, isStaff: isStaff, replacing: nil) {
                continuation.resume(with: $0)
            }
        }
    }

    func change(_ user: String, from old: String, to new: String, _ login: IssuedLogin) async throws
        -> PasswordChangeOutcome
    {
        try await withCheckedThrowingContinuation { continuation in
            portal.accounts.changePassword(
                of: Fixture.user(user), from: old, to: new, address: "192.0.2.1", replacing: login.login.digest
            ) { continuation.resume(with: $0) }
        }
    }

    /// Another program on the same store.
    func restarted(_ definitions: PortalDefinitions) async throws -> TestPortal {
        try await TestPortal(definitions, on: store, clock: clock)
    }
}

struct Unexpected: Error { let what: String }

/// Waits for something that happens on other threads.
func until(_ what: String, _ condition: () throws -> Bool) async throws {
    for _ in 0..<5000 {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(1))
    }
    Issue.record("waited in vain until \(what)")
}
