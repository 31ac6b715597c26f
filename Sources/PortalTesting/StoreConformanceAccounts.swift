import Platform
import Portal

extension StoreConformance {
    static let accountChecks = [
        StoreCheck("An account comes back as written and as changed, by user, by name and by provider") { store in
            try await store.prepare(environments: 0, users: 2)
            let hash = try PasswordHash.make("a long one", cost: .leastForTests)
            var account = UserAccount(
                user: try Sample.user(1), nameKey: "ada", password: hash, displayName: "Ada \u{1F980} '; --",
                changed: Sample.moment(1))
            let identity = ProviderIdentity(issuer: "https://login.example", subject: "caf\u{e9}")
            try await store.write { [account] in try $0.save(account) }
            try requireEqual(try store.read { try $0.account(of: account.user) }, account, "by user")
            try requireEqual(try store.read { try $0.account(named: "ada") }, account, "by name")
            try requireEqual(try store.read { try $0.account(named: "Ada") }, nil, "by another name")
            try requireEqual(try store.read { try $0.account(of: identity) }, nil, "by provider")
            try requireEqual(try store.read { try $0.account(of: try Sample.user(2)) }, nil, "of another user")
            account.nameKey = nil
            account.password = nil
            account.displayName = "Ada"
            account.identity = identity
            account.changed = Sample.moment(2)
            try await store.write { [account] in try $0.save(account) }
            try requireEqual(try store.read { try $0.account(of: identity) }, account, "by provider, changed")
            try requireEqual(try store.read { try $0.account(named: "ada") }, nil, "by the old name")
        },
        StoreCheck("No two accounts have one name or one identity, and none is without a user") { store in
            try await store.prepare(environments: 0, users: 2)
            let identity = ProviderIdentity(issuer: "https://login.example", subject: "1")
            func account(_ user: Int, _ key: String?, _ identity: ProviderIdentity?) throws -> UserAccount {
                UserAccount(
                    user: try Sample.user(user), nameKey: key, displayName: "x", identity: identity,
                    changed: Sample.moment(0))
            }
            let first = try account(1, "ada", identity)
            let sameName = try account(2, "ada", nil)
            let sameIdentity = try account(2, nil, identity)
            let nobodys = try account(3, "eve", nil)
            let nameless = try account(2, nil, nil)
            try await store.write { try $0.save(first) }
            try await requireRefusal("a second account of the name") { try await store.write { try $0.save(sameName) } }
            try await requireRefusal("a second account of the identity") {
                try await store.write { try $0.save(sameIdentity) }
            }
            try await requireRefusal("nobody's account") { try await store.write { try $0.save(nobodys) } }
            try await store.write { try $0.save(nameless) }
            try requireEqual(try store.read { try $0.account(of: first.user) }, first, "the first account")
        },
        StoreCheck("Users come by id, staff apart, and a user's kind can be changed") { store in
            try await store.prepare(environments: 0, users: 3)
            let ids = [try Sample.user(1), try Sample.user(2), try Sample.user(3)]
            try await store.write { transaction in
                try transaction.update(PortalUser(id: ids[1], kind: .staff, joined: Sample.moment(0)))
            }
            try requireEqual(try store.read { try $0.users(after: nil, limit: 2).map(\.id) }, [ids[0], ids[1]], "two")
            try requireEqual(try store.read { try $0.users(after: ids[1], limit: 9).map(\.id) }, [ids[2]], "the rest")
            try requireEqual(try store.read { try $0.staff().map(\.id) }, [ids[1]], "staff")
            try requireEqual(try store.read { try $0.user(ids[1])?.kind }, .staff, "the kind")
            try requireEqual(try store.read { try $0.user(ids[1])?.joined }, Sample.moment(0), "when they joined")
            try await requireRefusal("changing an unknown user") {
                try await store.write { try $0.update(try Sample.anonymous(9)) }
            }
        },
        StoreCheck("All logins of a user end together, and nobody else's") { store in
            try await store.prepare(environments: 0, users: 2)
            try await store.write { transaction in
                for (number, user) in [(1, 1), (2, 1), (3, 2)] {
                    try transaction.insert(
                        LoginCookie(
                            digest: try Sample.digest(number), user: try Sample.user(user), created: Sample.moment(0),
                            expires: Sample.moment(60)))
                }
            }
            // Read before, so that whatever is cached must be forgotten.
            for number in 1...3 {
                try require(try store.read { try $0.login(try Sample.digest(number)) != nil }, "login \(number)")
            }
            let count = try await store.write { try $0.deleteLogins(of: try Sample.user(1)) }
            try requireEqual(count, 2, "logins that ended")
            for (number, isThere) in [(1, false), (2, false), (3, true)] {
                try requireEqual(
                    try store.read { try $0.login(try Sample.digest(number)) != nil }, isThere, "login \(number)")
            }
            try requireEqual(try await store.write { try $0.deleteLogins(of: try Sample.user(1)) }, 0, "once more")
        },
        StoreCheck("What is stored about a user is found together, and goes together") { store in
            try await fillForErasure(store)
            let user = try Sample.user(1)
            let record = try Sample.found(try store.read { try $0.record(of: user) })
            try requireEqual(record.user.id, user, "the user")
            try requireEqual(record.account?.nameKey, "ada", "the account")
            try requireEqual(record.details?.email, "ada@example.com", "details")
            try requireEqual(record.logins.map(\.digest), [try Sample.digest(1)], "logins")
            try requireEqual(record.sessions.map(\.number), [1], "sessions")
            try requireEqual(record.accessTokens.map(\.digest), [try Sample.digest(11)], "access tokens")
            try requireEqual(record.refreshTokens.map(\.digest), [try Sample.digest(21)], "refresh tokens")

            try await store.write { try $0.erase(user) }
            try requireEqual(try store.read { try $0.record(of: user) }, nil, "the record")
            try requireEqual(try store.read { try $0.login(try Sample.digest(1)) }, nil, "the login")
            try requireEqual(try store.read { try $0.accessToken(try Sample.digest(11)) }, nil, "the token")
            try requireEqual(try store.read { try $0.account(named: "ada") }, nil, "the account")
            try requireEqual(try store.read { try $0.session(try Sample.sessionName(1, 1)) }, nil, "the session")
            let other = try Sample.found(try store.read { try $0.record(of: try Sample.user(2)) })
            try requireEqual(
                [
                    other.logins.count, other.sessions.count, other.accessTokens.count, other.refreshTokens.count,
                ], [1, 1, 1, 1], "what is another's")
            try await requireRefusal("erasing once more") { try await store.write { try $0.erase(user) } }
        },
        StoreCheck("A user with a session that is not stopped cannot be erased") { store in
            try await store.prepare(environments: 1, users: 1)
            try await store.insert([try Sample.session(1, 1, .stopping, owner: 1)])
            try await requireRefusal("erasing") { try await store.write { try $0.erase(try Sample.user(1)) } }
            try requireEqual(try store.read { try $0.user(try Sample.user(1))?.kind }, .anonymous, "the user")
        },
    ]

    /// Two users, each with one of everything.
    private static func fillForErasure(_ store: any PortalStore) async throws {
        try await store.prepare(environments: 1, users: 2)
        try await store.insert([
            try Sample.session(1, 1, .stopped, owner: 1), try Sample.session(1, 2, .running, owner: 2),
        ])
        try await store.write { transaction in
            for (number, key) in [(1, "ada"), (2, "bob")] {
                let user = try Sample.user(number)
                try transaction.save(
                    UserAccount(user: user, nameKey: key, displayName: key, changed: Sample.moment(0)))
                try transaction.setDetails(UserDetails(email: "\(key)@example.com"), of: user)
                try transaction.insert(
                    LoginCookie(
                        digest: try Sample.digest(number), user: user, created: Sample.moment(0),
                        expires: Sample.moment(60)))
                try transaction.insert(
                    AccessToken(
                        digest: try Sample.digest(10 + number), client: "robot", user: user, session: nil,
                        issued: Sample.moment(0), expires: Sample.moment(60)))
                try transaction.insert(
                    RefreshToken(
                        digest: try Sample.digest(20 + number), client: "robot", user: user, scope: "",
                        family: try Sample.digest(10 + number), issued: Sample.moment(0), expires: Sample.moment(60)))
                try transaction.insert(
                    AuthorizationCode(
                        digest: try Sample.digest(30 + number), session: try Sample.sessionName(1, number), user: user,
                        redirectURI: "x", challenge: nil, expires: Sample.moment(60)))
            }
        }
    }
}
