import Platform
import Portal

extension StoreConformance {
    static let tokenChecks = [
        StoreCheck("An access token comes back as written, with and without a session, and is taken once") { store in
            let tokens = [
                AccessToken(
                    digest: try Sample.digest(1), client: "lab-w01-s001", user: try Sample.user(1),
                    session: try Sample.sessionName(1, 1), family: try Sample.digest(7), issued: Sample.moment(1),
                    expires: Sample.moment(60)),
                AccessToken(
                    digest: try Sample.digest(2), client: "caf\u{e9} \u{1F980}'", user: try Sample.user(2),
                    session: nil,
                    scope: "a b", issued: Sample.moment(2), expires: Sample.moment(61)),
            ]
            try requireEqual(tokens[1].family, tokens[1].digest, "a family by itself")
            try await store.write { transaction in
                for token in tokens { try transaction.insert(token) }
            }
            for token in tokens { try requireEqual(try store.read { try $0.accessToken(token.digest) }, token, "it") }
            try requireEqual(try store.read { try $0.accessToken(try Sample.digest(3)) }, nil, "another token")
            try requireEqual(
                try store.read { try $0.refreshToken(tokens[0].digest) }, nil, "it as a token of the other kind")
            try await requireRefusal("a second token of the digest") {
                try await store.write { try $0.insert(tokens[0]) }
            }
        },
        StoreCheck("A refresh token comes back as written and is spent once, by whoever is first") { store in
            let token = try refreshToken(1, family: 9)
            try await store.write { try $0.insert(token) }
            try requireEqual(try store.read { try $0.refreshToken(token.digest) }, token, "the token")
            try requireEqual(
                try store.read { try $0.accessToken(token.digest) }, nil, "it as a token of the other kind")
            _ = try await requireFailure("the changed mind") {
                try await store.write { transaction in
                    _ = try transaction.spendRefreshToken(token.digest)
                    throw ChangedItsMind()
                }
            }
            let spent = try await store.write {
                [try $0.spendRefreshToken(token.digest), try $0.spendRefreshToken(token.digest)]
            }
            try requireEqual(spent, [true, false], "spent")
            try requireEqual(try await store.write { try $0.spendRefreshToken(token.digest) }, false, "spent again")
            try requireEqual(try store.read { try $0.refreshToken(token.digest)?.isSpent }, true, "kept as spent")
            try requireEqual(
                try await store.write { try $0.spendRefreshToken(try Sample.digest(2)) }, false, "an unknown one")
            try await requireRefusal("a second token of the digest") { try await store.write { try $0.insert(token) } }
        },
        StoreCheck("Tokens of both kinds end together: those of a grant, of a client, or of a user") { store in
            // Token n: family n / 2, client n % 3, user n % 5.
            func isLeft(_ number: Int) throws -> Bool {
                let digest = try Sample.digest(number)
                let (access, refresh) = try store.read { (try $0.accessToken(digest), try $0.refreshToken(digest)) }
                try require((access == nil) == (refresh == nil), "kinds differ at \(number)")
                return access != nil
            }
            let numbers = Array(0..<30)
            try await store.write { transaction in
                for number in numbers {
                    try transaction.insert(
                        AccessToken(
                            digest: try Sample.digest(number), client: "client-\(number % 3)",
                            user: try Sample.user(number % 5), session: nil, family: try Sample.digest(number / 2),
                            issued: Sample.moment(0), expires: Sample.moment(60)))
                    try transaction.insert(try refreshToken(number, family: number / 2, isSpent: number % 4 == 0))
                }
            }
            _ = try await requireFailure("the changed mind") {
                try await store.write { transaction in
                    try transaction.deleteTokens(.client("client-1"))
                    throw ChangedItsMind()
                }
            }
            try requireEqual(try numbers.filter(isLeft), numbers, "after an undone delete")

            let family = try Sample.digest(3)
            try requireEqual(try await store.write { try $0.deleteTokens(.family(family)) }, 4, "of a family")
            var expected = numbers.filter { $0 / 2 != 3 }
            try requireEqual(try numbers.filter(isLeft), expected, "left after a family")
            try requireEqual(try await store.write { try $0.deleteTokens(.family(family)) }, 0, "of a family again")

            let ofClient = expected.filter { $0 % 3 == 1 }
            try requireEqual(
                try await store.write { try $0.deleteTokens(.client("client-1")) }, ofClient.count * 2, "of a client")
            expected.removeAll { $0 % 3 == 1 }
            try requireEqual(try numbers.filter(isLeft), expected, "left after a client")

            let ofUser = expected.filter { $0 % 5 == 2 }
            let user = try Sample.user(2)
            try requireEqual(
                try await store.write { try $0.deleteTokens(.user(user)) }, ofUser.count * 2, "of a user")
            expected.removeAll { $0 % 5 == 2 }
            try requireEqual(try numbers.filter(isLeft), expected, "left after a user")
            try requireEqual(try await store.write { try $0.deleteTokens(.client("nobody")) }, 0, "of nobody")
        },
        StoreCheck("A token that is bound to a session ends with its grant or user, not with its client") { store in
            let user = try Sample.user(1)
            let tokens = try (1...2).map { number in
                AccessToken(
                    digest: try Sample.digest(number), client: "client", user: user,
                    session: try Sample.sessionName(1, number), issued: Sample.moment(0), expires: Sample.moment(60))
            }
            try await store.write { transaction in
                for token in tokens { try transaction.insert(token) }
            }
            try requireEqual(try await store.write { try $0.deleteTokens(.client("client")) }, 0, "of the client")
            let family = tokens[0].family
            try requireEqual(try await store.write { try $0.deleteTokens(.family(family)) }, 1, "of the grant")
            try requireEqual(try await store.write { try $0.deleteTokens(.user(user)) }, 1, "of the user")
        },
    ]

    private static func refreshToken(_ number: Int, family: Int, isSpent: Bool = false) throws -> RefreshToken {
        RefreshToken(
            digest: try Sample.digest(number), client: "client-\(number % 3)", user: try Sample.user(number % 5),
            scope: "user:info", family: try Sample.digest(family), issued: Sample.moment(1),
            expires: Sample.moment(600), isSpent: isSpent)
    }
}
