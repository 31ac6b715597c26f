internal import Platform
internal import Portal

/// Changes of accounts, and the end of a user.
extension StoreTransaction {
    func save(_ account: UserAccount) throws {
        try willWrite()
        let statement = try connection.statement(.saveAccount)
        statement.bind(1, try userNumber(account.user))
        statement.bind(2, account.nameKey)
        statement.bind(3, account.password?.text)
        statement.bind(4, account.displayName)
        statement.bind(5, account.identity?.issuer)
        statement.bind(6, account.identity?.subject)
        statement.bind(7, account.changed)
        try statement.run()
    }

    func update(_ user: PortalUser) throws {
        try willWrite()
        let statement = try connection.statement(.updateUser)
        statement.bind(1, user.id.rawValue)
        statement.bind(2, user.kind.rawValue)
        try statement.run()
        guard connection.changes == 1 else { throw PortalStoreError.failed(detail: "no such user to update") }
    }

    @discardableResult
    func deleteLogins(of user: UserID) throws -> Int {
        let count = try delete(.deleteLoginsOfUser, user)
        if count > 0 { usersHaveGone() }
        return count
    }

    func erase(_ user: UserID) throws {
        guard try sessions(ownedBy: user).isEmpty else {
            throw PortalStoreError.failed(detail: "the user has sessions that are not stopped")
        }
        let kind = try self.user(user)?.kind
        _ = try delete(.deleteSessionsOfOwner, user)
        _ = try delete(.deleteCodesOfUser, user)
        _ = try deleteTokens(.user(user))
        for query in [Query.eraseAuditActor, .eraseAuditTarget] {
            let statement = try connection.statement(query)
            statement.bind(1, user.rawValue)
            statement.bind(2, AuditEntry.erased.rawValue)
            try statement.run()
        }
        // Logins and account go with the user.
        guard try delete(.deleteUser, user) == 1 else { throw PortalStoreError.failed(detail: "no such user") }
        usersHaveGone()
        try withdrawEvents(about: user)
        if kind == .anonymous, let recorder { try add(recorder.entries(removingAnonymous: user)) }
    }

    private func delete(_ query: Query, _ user: UserID) throws -> Int {
        try willWrite()
        let statement = try connection.statement(query)
        statement.bind(1, user.rawValue)
        try statement.run()
        return connection.changes
    }
}
