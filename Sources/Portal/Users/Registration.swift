public import Platform

extension PortalAccounts {
    /// Makes an account and signs the browser in (spec/portal-http.md, section 4, `register/`).
    /// - Parameters:
    ///   - typed: the name that is wanted.
    ///   - shown: as in `signIn`.
    public func register(
        name typed: String, password: String, replacing shown: TokenDigest?,
        completion: @escaping @Sendable (Result<RegistrationOutcome, any Error>) -> Void
    ) {
        guard context.definitions.portal.isRegistrationOpen else { return completion(.success(.closed)) }
        let name: UserName
        let passwordProblem = PasswordRules.check(password, name: typed)
        switch UserName.checked(typed, reserved: context.reservedNames) {
        case .failure(let problem):
            return completion(.success(.invalid(name: problem, password: passwordProblem)))
        case .success(let checked): name = checked
        }
        if let passwordProblem { return completion(.success(.invalid(name: nil, password: passwordProblem))) }
        guard let id = UserID(rawValue: name.text) else {
            return completion(.success(.invalid(name: .characters, password: nil)))
        }
        do {
            // Asked before the costly part; what counts is asked again in the transaction.
            if try context.store.read({ try isTaken(name, id, in: $0) }) { return completion(.success(.nameTaken)) }
        } catch {
            return completion(.failure(error))
        }
        let isWaiting = workers.run {
            do {
                let hash = try PasswordHash.make(password, cost: self.context.settings.passwordCost)
                self.insert(name, id, hash, replacing: shown, completion)
            } catch {
                completion(.failure(error))
            }
        }
        if !isWaiting {
            context.counters.add(.passwordsQueueFull)
            completion(.success(.busy(retryAfter: PortalAccounts.busyRetryAfter)))
        }
    }

    private func isTaken(_ name: UserName, _ id: UserID, in store: any PortalReader) throws -> Bool {
        if try store.account(named: name.key) != nil { return true }
        // Trusted clients name users as they like.
        return try store.user(id) != nil
    }

    private func insert(
        _ name: UserName, _ id: UserID, _ hash: PasswordHash, replacing shown: TokenDigest?,
        _ completion: @escaping @Sendable (Result<RegistrationOutcome, any Error>) -> Void
    ) {
        let now = context.clock.now()
        let lifetime = context.settings.loginLifetime
        context.store.write(
            { store -> RegistrationOutcome in
                guard try !self.isTaken(name, id, in: store) else { return .nameTaken }
                let user = PortalUser(id: id, kind: .registered, joined: now)
                try store.insert(user)
                try store.save(
                    UserAccount(user: id, nameKey: name.key, password: hash, displayName: name.text, changed: now))
                return .registered(
                    try store.issueLogin(for: id, replacing: shown, now: now, lifetime: lifetime), user)
            },
            completion: { result in
                if case .success(.registered) = result {
                    self.context.counters.add(.usersCreated)
                    self.context.counters.add(.registrations)
                }
                completion(result)
            })
    }

    // MARK: Another password

    /// Gives a user another password and signs them out everywhere else.
    /// - Parameter shown: the login of the browser that asks; it is replaced by a new one.
    public func changePassword(
        of user: UserID, from old: String, to new: String, address: String, replacing shown: TokenDigest?,
        completion: @escaping @Sendable (Result<PasswordChangeOutcome, any Error>) -> Void
    ) {
        let account: UserAccount?
        do {
            account = try self.account(of: user)
        } catch {
            return completion(.failure(error))
        }
        guard let account, let key = account.nameKey, account.password != nil else {
            return completion(.success(.noPassword))
        }
        if let problem = PasswordRules.check(new, name: account.displayName) {
            return completion(.success(.invalid(problem)))
        }
        check(name: key, password: old, from: address) { result in
            switch result {
            case .failure(let error): completion(.failure(error))
            case .success(.wrong): completion(.success(.wrong))
            case .success(.wait(let seconds)): completion(.success(.wait(seconds: seconds)))
            case .success(.busy(let seconds)): completion(.success(.busy(retryAfter: seconds)))
            case .success(.right(let verified)):
                guard verified.user == user else { return completion(.success(.wrong)) }
                // This thread is one of those that hash.
                do {
                    let hash = try PasswordHash.make(new, cost: self.context.settings.passwordCost)
                    self.replace(verified, by: hash, replacing: shown, completion)
                } catch {
                    completion(.failure(error))
                }
            }
        }
    }

    private func replace(
        _ verified: VerifiedUser, by hash: PasswordHash, replacing shown: TokenDigest?,
        _ completion: @escaping @Sendable (Result<PasswordChangeOutcome, any Error>) -> Void
    ) {
        let now = context.clock.now()
        let lifetime = context.settings.loginLifetime
        context.store.write(
            { store -> PasswordChangeOutcome in
                guard let user = try self.confirm(verified, in: store, now: now),
                    var account = try store.account(of: user.id)
                else { return .wrong }
                account.password = hash
                account.changed = now
                try store.save(account)
                let login = try store.issueLogin(for: user.id, replacing: shown, now: now, lifetime: lifetime) {
                    try store.deleteLogins(of: user.id)
                }
                try store.deleteTokens(.user(user.id))
                return .changed(login)
            },
            completion: completion)
    }

    // MARK: By the word of a login provider

    /// Signs in whom a login provider vouches for, and makes the user at the first time.
    /// - Parameters:
    ///   - displayName: what pages call the user.
    ///   - isStaff: whether the provider says so, as the definition asks for.
    public func signIn(
        _ identity: ProviderIdentity, displayName: String, isStaff: Bool, replacing shown: TokenDigest?,
        completion: @escaping @Sendable (Result<IssuedLogin, any Error>) -> Void
    ) {
        let now = context.clock.now()
        let lifetime = context.settings.loginLifetime
        let kind: PortalUser.Kind = isStaff ? .staff : .registered
        context.store.write(
            { store -> (login: IssuedLogin, isNew: Bool) in
                let id = try store.account(of: identity)?.user ?? UserID.of(identity)
                let known = try store.user(id)
                let user = PortalUser(id: id, kind: kind, joined: known?.joined ?? now)
                if known == nil {
                    try store.insert(user)
                } else if known?.kind != kind {
                    // Whatever was opened as staff, or as none, ends with that.
                    try store.deleteLogins(of: id)
                    try store.deleteTokens(.user(id))
                    try store.update(user)
                }
                try store.save(UserAccount(user: id, displayName: displayName, identity: identity, changed: now))
                let login = try store.issueLogin(for: id, replacing: shown, now: now, lifetime: lifetime)
                return (login, known == nil)
            },
            completion: { result in
                if case .success(let signedIn) = result {
                    self.context.counters.add(.signIns)
                    if signedIn.isNew { self.context.counters.add(.usersCreated) }
                }
                completion(result.map(\.login))
            })
    }
}

public enum RegistrationOutcome: Sendable {
    case registered(IssuedLogin, PortalUser)
    /// The name, or one that could be taken for it.
    case nameTaken
    case invalid(name: UserName.Problem?, password: PasswordRules.Problem?)
    case closed
    case busy(retryAfter: Int)
}

public enum PasswordChangeOutcome: Sendable {
    /// The new cookie of the browser that asked; all others have ended.
    case changed(IssuedLogin)
    /// The old password was wrong.
    case wrong
    case invalid(PasswordRules.Problem)
    /// The user signs in in another way.
    case noPassword
    case wait(seconds: Int)
    case busy(retryAfter: Int)
}

extension PortalContext {
    /// Names that the definition gives to staff and programs.
    var reservedNames: [String] {
        [credentials.admin.name, credentials.robot.name]
    }
}
