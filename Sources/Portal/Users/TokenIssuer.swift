public import Platform

/// Issues tokens to REST clients, takes them back, and tells about them. Those of session agents come from `SessionEntry`.
///
/// Completions are called once, on the store's thread.
public final class TokenIssuer: Sendable {
    let context: PortalContext
    /// For hashing what the operator chose.
    let records = WorkerThreads(name: "credentials", threads: 1, waiting: 16)

    init(_ context: PortalContext) { self.context = context }

    /// Issues tokens.
    /// - Parameters:
    ///   - client: has been authenticated.
    ///   - scope: as the client asked, `nil` when it did not.
    public func grant(
        _ request: TokenRequest, to client: OAuthClient, scope: String?,
        completion: @escaping @Sendable (Result<GrantOutcome, any Error>) -> Void
    ) {
        let credentials = context.credentials
        let outcome = decide(request, client, scope, credentials)
        if let outcome {
            context.counters.add(.tokensRefused)
            return completion(.success(outcome))
        }
        let now = context.clock.now()
        context.store.write(
            { [context] store -> GrantOutcome in
                // A reload revokes in a write of its own, before or after this one.
                guard context.credentials.isSameRobot(as: credentials) else { return .invalidClient }
                guard let robot = try TokenIssuer.robot(credentials.robot.name, in: store, now: now) else {
                    return .noRobot
                }
                let lifetimes = TokenLifetimes(context.settings, now: now)
                let access = SecretToken.random(at: now)
                guard case .refresh(let old) = request else {
                    return .granted(
                        try lifetimes.issue(
                            access, refreshable: request.isRefreshable, to: client, robot, AccessToken.standardScope,
                            family: nil, in: store))
                }
                guard let token = try store.refreshToken(old.digest), token.client == client.id,
                    token.user == robot.id, token.expires > now
                else { return .invalidGrant }
                guard let scope = TokenScope.narrowed(token.scope, to: scope) else { return .invalidScope }
                guard try store.spendRefreshToken(token.digest) else {
                    try store.deleteTokens(.family(token.family))
                    return .reused
                }
                return .granted(
                    try lifetimes.issue(
                        access, refreshable: true, to: client, robot, scope, family: token.family, in: store))
            },
            completion: { [context] result in
                if case .success(let outcome) = result {
                    if case .granted = outcome {
                        context.counters.add(.tokensIssued)
                    } else {
                        context.counters.add(.tokensRefused)
                    }
                    if case .reused = outcome {
                        context.counters.add(.refreshTokensReused)
                        context.log.warning("a refresh token was shown twice: its family is revoked")
                    }
                    if case .noRobot = outcome {
                        context.log.error(
                            "the robot's name belongs to another account", ("name", credentials.robot.name))
                    }
                }
                completion(result)
            })
    }

    /// What can be refused without looking into the store.
    private func decide(
        _ request: TokenRequest, _ client: OAuthClient, _ scope: String?, _ credentials: PortalCredentials
    ) -> GrantOutcome? {
        guard case .robot(let id) = client else { return .unauthorizedClient }
        guard id == credentials.client.name else { return .invalidClient }
        switch request {
        case .password(let account):
            guard secretsAreEqual(account.name, credentials.robot.name),
                secretsAreEqual(account.secret, credentials.robot.secret)
            else { return .invalidGrant }
        case .clientCredentials: break
        case .refresh: return nil
        }
        return TokenScope.narrowed(AccessToken.standardScope, to: scope) == nil ? .invalidScope : nil
    }

    /// The robot's account, made when it is needed first. `nil` when the name is somebody else's.
    private static func robot(_ name: String, in store: any PortalTransaction, now: Timestamp) throws -> PortalUser? {
        guard let id = UserID(rawValue: name) else { return nil }
        if let known = try store.user(id) { return known.kind == .robot ? known : nil }
        let robot = PortalUser(id: id, kind: .robot, joined: now)
        try store.insert(robot)
        return robot
    }

    // MARK: Revocation and introspection

    /// Takes back a token and all that goes back to the same grant (RFC 7009, section 2.1).
    public func revoke(
        _ token: SecretToken, by client: OAuthClient,
        completion: @escaping @Sendable (Result<RevokeOutcome, any Error>) -> Void
    ) {
        let digest = token.digest
        context.store.write(
            { store -> RevokeOutcome in
                let access = try store.accessToken(digest)
                let refresh = try store.refreshToken(digest)
                guard let owner = access?.client ?? refresh?.client, let family = access?.family ?? refresh?.family
                else { return .unknown }
                guard owner == client.id else { return .notTheirs }
                try store.deleteTokens(.family(family))
                return .revoked
            },
            completion: completion)
    }

    /// What a token is good for now (RFC 7662, section 2.2). `nil` when it is good for nothing, and when it is another
    /// client's.
    /// - Throws: `PortalStoreError`.
    public func introspect(_ token: SecretToken, by client: OAuthClient) throws -> TokenFacts? {
        let now = context.clock.now()
        let digest = token.digest
        return try context.store.read { store in
            if let access = try store.accessToken(digest), access.client == client.id, access.expires > now {
                if let name = access.session, try store.session(name)?.isLive != true { return nil }
                guard try store.user(access.user) != nil else { return nil }
                return TokenFacts(
                    isAccessToken: true, client: access.client, user: access.user, session: access.session,
                    scope: access.scope, issued: access.issued, expires: access.expires)
            }
            if let refresh = try store.refreshToken(digest), refresh.client == client.id, refresh.expires > now,
                !refresh.isSpent
            {
                return TokenFacts(
                    isAccessToken: false, client: refresh.client, user: refresh.user, session: nil,
                    scope: refresh.scope, issued: refresh.issued, expires: refresh.expires)
            }
            return nil
        }
    }
}

extension PortalCredentials {
    /// Whether tokens that were issued under the other ones go on being good.
    func isSameRobot(as other: PortalCredentials) -> Bool { robot == other.robot && client == other.client }
}

/// Scopes of tokens (RFC 6749, section 3.3).
enum TokenScope {
    /// What a client gets of a scope when it asks for so much; all of it when it does not say. `nil` when it asks for more
    /// than there is.
    static func narrowed(_ granted: String, to asked: String?) -> String? {
        guard let asked else { return granted }
        let wanted = asked.split(separator: " ")
        if wanted.isEmpty { return granted }
        let all = granted.split(separator: " ")
        guard wanted.allSatisfy(all.contains) else { return nil }
        return all.filter(wanted.contains).joined(separator: " ")
    }
}

/// For how long tokens that are issued now are good.
private struct TokenLifetimes {
    let now: Timestamp
    let access: Int
    let refresh: Int

    init(_ settings: PortalSettings, now: Timestamp) {
        self.now = now
        access = settings.tokenLifetime
        refresh = settings.refreshTokenLifetime
    }

    func issue(
        _ token: SecretToken, refreshable: Bool, to client: OAuthClient, _ user: PortalUser, _ scope: String,
        family: TokenDigest?, in store: any PortalTransaction
    ) throws -> IssuedTokens {
        let family = family ?? token.digest
        try store.insert(
            AccessToken(
                digest: token.digest, client: client.id, user: user.id, session: nil, scope: scope, family: family,
                issued: now, expires: now.advanced(bySeconds: access)))
        var issued = IssuedTokens(access: token, refresh: nil, expiresIn: access, scope: scope)
        guard refreshable else { return issued }
        let next = SecretToken.random(at: now)
        try store.insert(
            RefreshToken(
                digest: next.digest, client: client.id, user: user.id, scope: scope, family: family, issued: now,
                expires: now.advanced(bySeconds: refresh)))
        issued.refresh = next
        return issued
    }
}

/// What a REST client shows for a token.
public enum TokenRequest: Sendable {
    /// The robot's name and password (RFC 6749, section 4.3).
    case password(Credentials)
    /// Nothing but its own id and secret (section 4.4).
    case clientCredentials
    /// The refresh token that it got with the last access token (section 6).
    case refresh(SecretToken)

    /// A client that can ask with its secret alone needs no refresh token (section 4.4.3).
    var isRefreshable: Bool {
        switch self {
        case .password, .refresh: true
        case .clientCredentials: false
        }
    }
}

public enum GrantOutcome: Sendable {
    case granted(IssuedTokens)
    /// `invalid_grant` of RFC 6749, section 5.2.
    case invalidGrant
    /// The same for the client; all tokens of the grant are revoked now.
    case reused
    case invalidScope
    case unauthorizedClient
    /// The client's credentials were changed while it asked.
    case invalidClient
    /// The definition names a robot whose name is another user's.
    case noRobot
}

public struct IssuedTokens: Sendable {
    public let access: SecretToken
    /// `nil` where none is issued.
    public var refresh: SecretToken?
    /// Seconds that the access token is good for.
    public let expiresIn: Int
    public let scope: String
}

public enum RevokeOutcome: Sendable, Equatable {
    case revoked
    /// No such token, or one that is revoked already.
    case unknown
    /// It was issued to another client, and stays.
    case notTheirs
}

/// What may be told about a token.
public struct TokenFacts: Sendable, Equatable {
    /// `false` for a refresh token.
    public let isAccessToken: Bool
    public let client: String
    public let user: UserID
    public let session: SessionName?
    public let scope: String
    public let issued: Timestamp
    public let expires: Timestamp
}
