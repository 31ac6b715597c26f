internal import Platform
internal import Portal

/// Accounts, and what is known about a user.
extension StoreReader {
    func account(of user: UserID) throws -> UserAccount? {
        let statement = try connection.statement(.accountOfUser)
        statement.bind(1, user.rawValue)
        return try statement.first(UserAccount.init(row:))
    }

    func account(named key: String) throws -> UserAccount? {
        let statement = try connection.statement(.accountNamed)
        statement.bind(1, key)
        return try statement.first(UserAccount.init(row:))
    }

    func account(of identity: ProviderIdentity) throws -> UserAccount? {
        let statement = try connection.statement(.accountOfProvider)
        statement.bind(1, identity.issuer)
        statement.bind(2, identity.subject)
        return try statement.first(UserAccount.init(row:))
    }

    func staff() throws -> [PortalUser] {
        try connection.statement(.staff).all(PortalUser.init(row:))
    }

    func users(after: UserID?, limit: Int) throws -> [PortalUser] {
        let statement = try connection.statement(.users)
        statement.bind(1, after?.rawValue ?? "")
        statement.bind(2, max(0, limit))
        return try statement.all(PortalUser.init(row:))
    }

    func record(of user: UserID) throws -> UserRecord? {
        guard let known = try self.user(user) else { return nil }
        func all<Value>(_ query: Query, _ read: (Statement) throws -> Value) throws -> [Value] {
            let statement = try connection.statement(query)
            statement.bind(1, user.rawValue)
            return try statement.all(read)
        }
        let logins = try all(.loginsOfUser) { row in
            LoginCookie(
                digest: try row.digest(0), user: user, hasShownAccessCode: row.bool(1), created: row.timestamp(2),
                expires: row.timestamp(3))
        }
        return UserRecord(
            user: known, account: try account(of: user), details: try details(of: user), logins: logins,
            sessions: try all(.allSessionsOfOwner) { try SessionRow($0).session },
            accessTokens: try all(.accessTokensOfUser, AccessToken.init(row:)),
            refreshTokens: try all(.refreshTokensOfUser, RefreshToken.init(row:)))
    }
}

extension UserAccount {
    fileprivate init(row: Statement) throws {
        let password = try row.optionalText(2).map { text in
            guard let hash = PasswordHash(stored: text) else {
                throw PortalStoreError.damaged(path: row.connection.path, detail: "a password's hash has no meaning")
            }
            return hash
        }
        let identity = row.optionalText(4).map { ProviderIdentity(issuer: $0, subject: row.text(5)) }
        self.init(
            user: try row.value(0), nameKey: row.optionalText(1), password: password, displayName: row.text(3),
            identity: identity, changed: row.timestamp(6))
    }
}

extension PortalUser {
    /// Reads id, kind, joined.
    init(row: Statement) throws {
        self.init(id: try row.value(0), kind: try row.value(1), joined: row.timestamp(2))
    }
}
