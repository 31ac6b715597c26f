import Platform
import Portal

extension StoreConformance {
    static let environmentChecks = [
        StoreCheck("An empty store has nothing") { store in
            let name = try Sample.environmentName(1)
            let session = try Sample.sessionName(1, 1)
            let user = try Sample.user(1)
            let digest = try Sample.digest(1)
            try store.read { reader in
                try require(try reader.environments().isEmpty, "environments")
                try require(try reader.environment(name) == nil, "an environment")
                try requireEqual(try reader.counts(of: name), SessionCounts(), "counts of an environment")
                try requireEqual(try reader.countsOfPortal(), SessionCounts(), "counts of the portal")
                try require(try reader.session(session) == nil, "a session")
                try require(try reader.sessions(ownedBy: user).isEmpty, "sessions of a user")
                try require(try reader.reservedSession(of: name) == nil, "a reserved session")
                try require(try reader.reservedSessions(of: nil, limit: 9).isEmpty, "reserved sessions")
                try require(try reader.sessions(of: name).isEmpty, "sessions of an environment")
                try require(try reader.nextExpiry() == nil, "an expiry")
                try require(try reader.user(user) == nil, "a user")
                try require(try reader.login(digest) == nil, "a login")
                try require(try reader.accessToken(digest) == nil, "a token")
                try require(try reader.refreshToken(digest) == nil, "a refresh token")
                try require(try reader.setting("key") == nil, "a setting")
            }
        },
        StoreCheck("An environment comes back as it was written, and as it was changed") { store in
            var environment = try Sample.environment(1, state: .starting)
            try await store.write { [environment] in try $0.insert(environment) }
            try requireEqual(try store.read { try $0.environment(environment.name) }, environment, "inserted")
            environment.state = .stopping
            environment.position = 7
            environment.limits = EnvironmentLimits(capacity: 0, initial: 0, reserved: 0)
            environment.nextSession = 12
            environment.problem = "no such workshop: \"caf\u{e9}\" '; --"
            try await store.write { [environment] in try $0.update(environment) }
            try requireEqual(try store.read { try $0.environment(environment.name) }, environment, "updated")
            environment.nextSession = 13
            environment.problem = nil
            try await store.write { [environment] in try $0.update(environment) }
            environment.nextSession = 14
            try await store.write { [environment] in try $0.update(environment) }
            try requireEqual(try store.read { try $0.environments() }, [environment], "counted up")
        },
        StoreCheck(
            "Environments come by position, then number, without the stopped ones, which are still found by name"
        ) {
            store in
            let places = [(1, 3), (2, 1), (3, 2), (4, 1)]
            try await store.write { transaction in
                for (number, position) in places {
                    try transaction.insert(try Sample.environment(number, position: position))
                }
            }
            try requireEqual(try store.read { try $0.environments().map(\.number) }, [2, 4, 3, 1], "order")
            try await store.write { transaction in
                var stopped = try Sample.found(try transaction.environment(try Sample.environmentName(4)))
                stopped.state = .stopped
                try transaction.update(stopped)
                var moved = try Sample.found(try transaction.environment(try Sample.environmentName(1)))
                moved.position = 0
                try transaction.update(moved)
            }
            try requireEqual(try store.read { try $0.environments().map(\.number) }, [1, 2, 3], "order after changes")
            let stopped = try store.read { try $0.environment(try Sample.environmentName(4)) }
            try requireEqual(stopped?.state, .stopped, "the stopped environment")
        },
        StoreCheck("Stopped environments come latest first and within the limit") { store in
            try await store.write { transaction in
                for number in 1...5 {
                    let state: EnvironmentState = number == 3 ? .running : .stopped
                    try transaction.insert(try Sample.environment(number, state: state, position: 9 - number))
                }
            }
            func stopped(_ limit: Int) throws -> [Int] {
                try store.read { try $0.stoppedEnvironments(limit: limit).map(\.number) }
            }
            try requireEqual(try stopped(10), [5, 4, 2, 1], "all")
            try requireEqual(try stopped(2), [5, 4], "two")
            try requireEqual(try stopped(0), [], "none")
        },
        StoreCheck("An environment's name is taken once, and only an existing one can be changed") { store in
            try await store.prepare(environments: 1)
            try await requireRefusal("a second environment of the name") {
                try await store.write { try $0.insert(try Sample.environment(1)) }
            }
            try await requireRefusal("changing an unknown environment") {
                try await store.write { try $0.update(try Sample.environment(2)) }
            }
            try requireEqual(try store.read { try $0.environments() }, [try Sample.environment(1)], "afterwards")
        },
        StoreCheck("Environment numbers rise and are never given out twice") { store in
            var given: [Int] = []
            for round in 0..<12 {
                do {
                    given.append(
                        try await store.write { transaction in
                            let number = try transaction.takeEnvironmentNumber()
                            if round % 3 == 2 { throw ChangedItsMind() }
                            return number
                        })
                } catch is ChangedItsMind {}
            }
            try requireEqual(given.count, 8, "numbers given")
            try requireEqual(given.first, 1, "the first number")
            try require(zip(given, given.dropFirst()).allSatisfy { $0 < $1 }, "numbers repeat: \(given)")
            let two = try await store.write { [try $0.takeEnvironmentNumber(), try $0.takeEnvironmentNumber()] }
            try require(two[0] < two[1], "numbers repeat within a transaction")
        },
    ]

    static let sessionChecks = [
        StoreCheck("A session comes back as it was written, and as it was changed") { store in
            try await store.prepare(environments: 1, users: 2)
            var session = try Sample.session(1, 1, .starting)
            session.parameters = ["name": "caf\u{e9} \u{1F393} \"'\\\n</script>", "": "", "null": "\u{0}x"]
            try await store.insert([session])
            try requireEqual(try store.read { try $0.session(session.name) }, session, "inserted")

            let changes: [@Sendable (inout WorkshopSession) throws -> Void] = [
                { $0.isReady = true },
                { $0.state = .waiting },
                { $0.owner = try Sample.user(2) },
                { $0.started = Sample.moment(1) },
                { $0.expires = Sample.moment(2) },
                { $0.lastSeen = Sample.moment(3) },
                { $0.activation = try Sample.digest(4) },
                { $0.indexURL = "https://example.org/?a=b&c='\u{fc}'" },
                { $0.clientSecret = try Sample.digest(5) },
                { $0.parameters = [:] },
                { $0.expires = nil },
                { $0.activation = nil },
                { $0.indexURL = "" },
                { $0.end = .terminated },
                { $0.state = .stopped },
                { $0.stopped = Sample.moment(6) },
                { _ in },
            ]
            for (step, change) in changes.enumerated() {
                try change(&session)
                try await store.write { [session] in try $0.update(session) }
                try requireEqual(try store.read { try $0.session(session.name) }, session, "after change \(step)")
            }
        },
        StoreCheck("Many sessions can be changed in one transaction, in any order") { store in
            try await store.prepare(environments: 1, users: 1)
            try await store.insert(try (1...50).map { try Sample.session(1, $0, .waiting) })
            try await store.write { transaction in
                let all = try transaction.sessions(of: try Sample.environmentName(1))
                for var session in all.reversed() {
                    session.state = .running
                    session.owner = try Sample.user(1)
                    try transaction.update(session)
                    session.expires = Sample.moment(session.number)
                    try transaction.update(session)
                }
            }
            let all = try store.read { try $0.sessions(ownedBy: try Sample.user(1)) }
            try requireEqual(all.map(\.number), Array(1...50), "sessions changed")
            try require(all.allSatisfy { $0.expires == Sample.moment($0.number) }, "the second change")
            let counts = try store.read { try $0.countsOfPortal() }
            try requireEqual(counts, SessionCounts(active: 50, allocated: 50), "counts")
        },
        StoreCheck("A session's name is taken once, and the refused session leaves no trace") { store in
            try await store.prepare(environments: 1, users: 1)
            let first = try Sample.session(1, 1, .waiting)
            try await store.insert([first])
            try await requireRefusal("a second session of the name") {
                try await store.insert([try Sample.session(1, 1, .running, owner: 1)])
            }
            try requireEqual(try store.read { try $0.session(first.name) }, first, "the first session")
            try requireEqual(
                try store.read { try $0.countsOfPortal() }, SessionCounts(active: 1, available: 1), "counts")
        },
        StoreCheck("A body that goes on after a refusal keeps what else it did") { store in
            try await store.prepare(environments: 1)
            try await store.insert([try Sample.session(1, 1)])
            try await store.write { transaction in
                do {
                    try transaction.insert(try Sample.session(1, 1))
                } catch is PortalStoreError {
                    try transaction.insert(try Sample.session(1, 2))
                }
            }
            let names = try store.read { try $0.sessions(of: try Sample.environmentName(1)).map(\.number) }
            try requireEqual(names, [1, 2], "sessions")
            try requireEqual(try store.read { try $0.countsOfPortal().active }, 2, "active")
        },
        StoreCheck("Only an existing session can be changed") { store in
            try await store.prepare(environments: 1)
            try await requireRefusal("changing an unknown session") {
                try await store.write { try $0.update(try Sample.session(1, 1)) }
            }
        },
        StoreCheck("What a row names must exist: a session's environment and owner, a login's user") { store in
            try await store.prepare(environments: 1, users: 1)
            try await requireRefusal("a session of no environment") {
                try await store.insert([try Sample.session(2, 1)])
            }
            try await requireRefusal("a session of no user") {
                try await store.insert([try Sample.session(1, 1, owner: 2)])
            }
            try await store.insert([try Sample.session(1, 1, .waiting)])
            try await requireRefusal("handing a session to nobody known") {
                try await store.write { transaction in
                    var session = try Sample.session(1, 1, .waiting)
                    session.owner = try Sample.user(2)
                    try transaction.update(session)
                }
            }
            try await requireRefusal("a login of no user") {
                try await store.write { transaction in
                    try transaction.insert(
                        LoginCookie(
                            digest: try Sample.digest(1), user: try Sample.user(2), created: Sample.moment(0),
                            expires: Sample.moment(1)))
                }
            }
            try requireEqual(
                try store.read { try $0.countsOfPortal() }, SessionCounts(active: 1, available: 1), "counts")
        },
    ]

    static let userChecks = [
        StoreCheck("A user comes back as written, and an identifier is taken once") { store in
            let users = try zip(1..., PortalUser.Kind.allCases).map {
                PortalUser(id: try Sample.user($0), kind: $1, joined: Sample.moment($0))
            }
            try await store.write { transaction in
                for user in users { try transaction.insert(user) }
            }
            for user in users { try requireEqual(try store.read { try $0.user(user.id) }, user, "a user") }
            try await requireRefusal("a second user of the identifier") {
                try await store.write { try $0.insert(try Sample.anonymous(1)) }
            }
            try requireEqual(try store.read { try $0.user(users[0].id) }, users[0], "the first user")
        },
        StoreCheck("A login comes back as written and as changed, and is gone once deleted") { store in
            try await store.prepare(environments: 0, users: 2)
            var login = LoginCookie(
                digest: try Sample.digest(1), user: nil, hasShownAccessCode: true, created: Sample.moment(0),
                expires: Sample.moment(10))
            try await store.write { [login] in try $0.insert(login) }
            for _ in 0..<2 { try requireEqual(try store.read { try $0.login(login.digest) }, login, "inserted") }
            login.user = try Sample.user(2)
            login.hasShownAccessCode = false
            login.expires = Sample.moment(20)
            try await store.write { [login] in try $0.update(login) }
            for _ in 0..<2 { try requireEqual(try store.read { try $0.login(login.digest) }, login, "updated") }
            _ = try await requireFailure("the changed mind") {
                try await store.write { [login] transaction in
                    try transaction.deleteLogin(login.digest)
                    throw ChangedItsMind()
                }
            }
            try requireEqual(try store.read { try $0.login(login.digest) }, login, "after an undone delete")
            try await store.write { [login] transaction in
                try transaction.deleteLogin(login.digest)
                try require(try transaction.login(login.digest) == nil, "the login in its transaction")
                try transaction.deleteLogin(login.digest)
            }
            try requireEqual(try store.read { try $0.login(login.digest) }, nil, "deleted")
            try await requireRefusal("changing an unknown login") {
                try await store.write { [login] in try $0.update(login) }
            }
        },
        StoreCheck("A code is taken once, by whoever is first, and kept when the taker changes its mind") { store in
            try await store.prepare(environments: 1, users: 1)
            try await store.insert([try Sample.session(1, 1, owner: 1)])
            let codes = try [nil, "challenge"].enumerated().map { number, challenge in
                AuthorizationCode(
                    digest: try Sample.digest(number), session: try Sample.sessionName(1, 1), user: try Sample.user(1),
                    redirectURI: "https://example.org/\(number)", challenge: challenge, expires: Sample.moment(30))
            }
            try await store.write { transaction in
                for code in codes { try transaction.insert(code) }
            }
            _ = try await requireFailure("the changed mind") {
                try await store.write { transaction in
                    _ = try transaction.takeCode(codes[0].digest)
                    throw ChangedItsMind()
                }
            }
            let taken = try await store.write { [try $0.takeCode(codes[0].digest), try $0.takeCode(codes[0].digest)] }
            try requireEqual(taken, [codes[0], nil], "taken")
            try requireEqual(try await store.write { try $0.takeCode(codes[0].digest) }, nil, "taken again")
            try requireEqual(try await store.write { try $0.takeCode(codes[1].digest) }, codes[1], "the other code")
        },
        StoreCheck("A setting is bytes of any length, and the last one written counts") { store in
            for value in [[1, 2, 0, 255], [], [UInt8](repeating: 7, count: 100_000)] as [[UInt8]] {
                try await store.write { try $0.setSetting("key", to: value) }
                try requireEqual(try store.read { try $0.setting("key") }, value, "the value")
            }
            try requireEqual(try store.read { try $0.setting("Key") }, nil, "another name")
        },
    ]
}
