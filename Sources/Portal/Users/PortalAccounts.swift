public import Platform
internal import Synchronization

/// Lets people in by name and password, or by the word of a login provider, and makes accounts.
///
/// Passwords are hashed and compared on a few threads of their own (`WorkerThreads`), never in a transaction: what was
/// found there is checked again where it is written. Completions are called once, on some thread, and must not block.
public final class PortalAccounts: Sendable {
    let context: PortalContext
    let reconciler: SessionReconciler
    let workers: WorkerThreads
    private let housekeeping = WorkerThreads(name: "accounts", threads: 1, waiting: 16)
    private let throttle: Mutex<SignInThrottle>
    /// What is compared with where there is no account, so that it takes as long.
    private let nobodysPassword = Mutex<PasswordHash?>(nil)

    /// Seconds after which it is worth trying again when too many passwords wait to be hashed.
    static let busyRetryAfter = 3

    init(_ context: PortalContext, _ reconciler: SessionReconciler) {
        self.context = context
        self.reconciler = reconciler
        workers = WorkerThreads(
            name: "passwords", threads: context.settings.passwordThreads, waiting: context.settings.passwordQueue)
        throttle = Mutex(SignInThrottle(context.definitions.portal.signIn))
    }

    /// The account of a user, `nil` for anonymous ones.
    /// - Throws: `PortalStoreError`.
    public func account(of user: UserID) throws -> UserAccount? { try context.store.read { try $0.account(of: user) } }

    // MARK: Checking a password

    /// Compares a name and a password with what is known. Counts against the limits on guessing.
    /// - Parameter address: the client's.
    public func check(
        name: String, password: String, from address: String,
        completion: @escaping @Sendable (Result<PasswordCheck, any Error>) -> Void
    ) {
        let key = UserName.key(of: name)
        let now = context.clock.now()
        let limits = context.definitions.portal.signIn
        let seconds = throttle.withLock { throttle in
            throttle.limits = limits
            return throttle.admit(account: key ?? "", address: address, now: now)
        }
        if let seconds { return completion(.success(.wait(seconds: seconds))) }
        let isTaken = workers.run {
            do {
                let verified = try self.compare(key, password)
                if verified != nil {
                    self.throttle.withLock { $0.wasRight(account: key ?? "", address: address, now: now) }
                }
                completion(.success(verified.map(PasswordCheck.right) ?? .wrong))
            } catch {
                self.throttle.withLock { $0.takeBack(account: key ?? "", address: address, now: now) }
                completion(.failure(error))
            }
        }
        if !isTaken {
            throttle.withLock { $0.takeBack(account: key ?? "", address: address, now: now) }
            context.counters.add(.passwordsQueueFull)
            completion(.success(.busy(retryAfter: PortalAccounts.busyRetryAfter)))
        }
    }

    /// Takes the same time whether there is such an account or not.
    private func compare(_ key: String?, _ password: String) throws -> VerifiedUser? {
        let cost = context.settings.passwordCost
        let admin = context.staffCredentials
        let isAdmin = admin.map { key != nil && UserName.key(of: $0.name) == key } ?? false
        let adminID = admin.flatMap { UserID(rawValue: $0.name) }
        let account = try context.store.read { store in
            isAdmin ? try adminID.flatMap(store.account(of:)) : try key.flatMap(store.account(named:))
        }
        let hash = account?.password
        var isRight = try (hash ?? nobodys(cost)).verify(password) && hash != nil
        guard isAdmin, let admin, let adminID else {
            guard isRight, let account, let hash else { return nil }
            let fresh = hash.isOutdated(for: cost) ? try PasswordHash.make(password, cost: cost) : nil
            return VerifiedUser(user: account.user, isAdmin: false, seen: hash, fresh: fresh)
        }
        let isKept = isRight
        isRight = secretsAreEqual(password, admin.secret)
        guard isRight else { return nil }
        let isCurrent = isKept && hash.map { !$0.isOutdated(for: cost) } ?? false
        return VerifiedUser(
            user: adminID, isAdmin: true, seen: hash,
            fresh: isCurrent ? nil : try PasswordHash.make(password, cost: cost))
    }

    private func nobodys(_ cost: PasswordCost) throws -> PasswordHash {
        if let known = nobodysPassword.withLock({ $0 }) { return known }
        let made = try PasswordHash.make(SecretToken.random().text, cost: cost)
        nobodysPassword.withLock { $0 = made }
        return made
    }

    // MARK: Signing in

    /// Signs a browser in. It gets a new cookie, so that one that somebody else may have planted is worth nothing.
    /// - Parameter shown: the login that the browser shows; it ends, and that the access code was shown is kept.
    public func signIn(
        name: String, password: String, from address: String, replacing shown: TokenDigest?,
        completion: @escaping @Sendable (Result<SignInOutcome, any Error>) -> Void
    ) {
        check(name: name, password: password, from: address) { result in
            switch result {
            case .failure(let error): completion(.failure(error))
            case .success(.wrong):
                self.context.counters.add(.signInsRefused)
                completion(.success(.wrong))
            case .success(.wait(let seconds)):
                self.context.counters.add(.signInsRefused)
                completion(.success(.wait(seconds: seconds)))
            case .success(.busy(let seconds)): completion(.success(.busy(retryAfter: seconds)))
            case .success(.right(let verified)): self.enter(verified, replacing: shown, completion: completion)
            }
        }
    }

    private func enter(
        _ verified: VerifiedUser, replacing shown: TokenDigest?,
        completion: @escaping @Sendable (Result<SignInOutcome, any Error>) -> Void
    ) {
        let now = context.clock.now()
        let lifetime = context.settings.loginLifetime
        context.store.write(
            { store -> SignInOutcome in
                guard let user = try self.confirm(verified, in: store, now: now) else { return .wrong }
                let issued = try store.issueLogin(for: user.id, replacing: shown, now: now, lifetime: lifetime)
                return .signedIn(issued, user)
            },
            completion: { result in
                if case .success(.signedIn) = result { self.context.counters.add(.signIns) }
                completion(result)
            })
    }

    /// Whether what was compared with is still what counts; stores what has to be stored.
    /// - Returns: `nil` when the password was changed in between.
    public func confirm(_ verified: VerifiedUser, in store: any PortalTransaction, now: Timestamp) throws -> PortalUser?
    {
        let account = try store.account(of: verified.user)
        guard account?.password == verified.seen else { return nil }
        let user = try verified.isAdmin ? staffUser(verified.user, in: store, now: now) : store.user(verified.user)
        guard let user else { return nil }
        if let fresh = verified.fresh {
            var account =
                account ?? UserAccount(user: user.id, displayName: user.id.rawValue, changed: now)
            account.password = fresh
            // Staff of the definition are found by the definition.
            if verified.isAdmin { account.nameKey = nil }
            try store.save(account)
        }
        return user
    }

    /// The definition says who is staff. Somebody who had that name before loses what they were signed in with.
    private func staffUser(_ id: UserID, in store: any PortalTransaction, now: Timestamp) throws -> PortalUser {
        let staff = PortalUser(id: id, kind: .staff, joined: try store.user(id)?.joined ?? now)
        guard let known = try store.user(id) else {
            try store.insert(staff)
            return staff
        }
        if known.kind != .staff {
            try store.deleteLogins(of: id)
            try store.deleteTokens(.user(id))
            try store.update(staff)
        }
        return staff
    }

    // MARK: Staff that is none any more

    /// Signs out whoever was staff by a definition that has changed: another name or password of the administrator, or
    /// another login provider. To be called when a portal starts and after each reload.
    func definitionsChanged() {
        let admin = context.staffCredentials
        let provider = context.definitions.portal.oidc
        _ = housekeeping.run {
            do {
                try self.endOutdatedStaff(admin: admin, provider: provider)
            } catch {
                self.context.log.error("staff could not be compared with the definition", ("error", "\(error)"))
            }
        }
    }

    private func endOutdatedStaff(admin: Credentials?, provider: LoginProvider?) throws {
        let accounts = try context.store.read { store in
            try store.staff().compactMap { try store.account(of: $0.id) }
        }
        let outdated = accounts.filter { account in
            if let identity = account.identity {
                return provider?.issuer != identity.issuer || provider?.staffClaim == nil
            }
            guard let admin, account.user.rawValue == admin.name, let hash = account.password else { return true }
            return !hash.verify(admin.secret)
        }
        guard !outdated.isEmpty else { return }
        context.store.write(
            { store in
                for var account in outdated {
                    guard let user = try store.user(account.user) else { continue }
                    try store.deleteLogins(of: user.id)
                    try store.deleteTokens(.user(user.id))
                    if user.id.rawValue != admin?.name {
                        try store.update(PortalUser(id: user.id, kind: .registered, joined: user.joined))
                    }
                    account.password = nil
                    try store.save(account)
                }
            },
            completion: { result in
                if case .failure(let error) = result {
                    self.context.log.error("staff could not be signed out", ("error", "\(error)"))
                }
            })
    }
}

/// Whether a name and a password belong together.
public enum PasswordCheck: Sendable {
    case right(VerifiedUser)
    case wrong
    /// Too many wrong ones before; not even looked at.
    case wait(seconds: Int)
    /// Too many passwords wait to be hashed.
    case busy(retryAfter: Int)
}

/// Who showed the right password. Good only once `PortalAccounts.confirm` has seen it in a transaction.
public struct VerifiedUser: Sendable {
    public let user: UserID
    /// Whether it is the administrator of the portal's definition.
    let isAdmin: Bool
    /// The hash that was compared with.
    let seen: PasswordHash?
    /// One at today's cost, to be stored.
    let fresh: PasswordHash?
}

public enum SignInOutcome: Sendable {
    case signedIn(IssuedLogin, PortalUser)
    case wrong
    case wait(seconds: Int)
    case busy(retryAfter: Int)
}

extension PortalContext {
    /// Name and password of the administrator, where there is one who can sign in.
    var staffCredentials: Credentials? {
        let admin = credentials.admin
        return admin.secret.isEmpty ? nil : admin
    }
}
