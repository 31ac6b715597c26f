public import Platform

/// Who may enter a session, and with what: authorization codes for browsers, access tokens for session agents
/// (RFC 6749, section 4.1; RFC 7636). The session host never sees the portal's cookie.
public final class SessionEntry: Sendable {
    private let context: PortalContext

    init(_ context: PortalContext) { self.context = context }

    // MARK: Codes

    /// Issues an authorization code for a browser whose login is known.
    /// - Parameters:
    ///   - redirectURI: as the agent asked; only the session's own callback is accepted.
    ///   - challenge: the S256 challenge of the agent's proof key; `nil` only for the portal's own hand-over.
    public func authorize(
        _ name: SessionName, for user: UserID, redirectURI: String, challenge: String?,
        completion: @escaping @Sendable (Result<AuthorizeOutcome, any Error>) -> Void
    ) {
        guard redirectURI == context.address.callbackURL(name) else { return completion(.success(.wrongRedirect)) }
        let now = context.clock.now()
        let lifetime = challenge == nil ? context.settings.handoverLifetime : context.settings.codeLifetime
        context.store.write(
            { store -> AuthorizeOutcome in
                guard let session = try store.session(name) else { return .unknown }
                let isStaff = try store.user(user)?.kind == .staff
                guard session.owner == user || isStaff else { return .notOwner }
                guard session.isLive else { return .gone(session) }
                let code = SecretToken.random()
                try store.insert(
                    AuthorizationCode(
                        digest: code.digest, session: name, user: user, redirectURI: redirectURI, challenge: challenge,
                        expires: now.advanced(bySeconds: lifetime)))
                return .code(code, session)
            },
            completion: { result in
                if case .success(.code) = result { self.context.counters.add(.codesIssued) }
                completion(result)
            })
    }

    /// Exchanges a code for an access token that reaches one session (RFC 6749, section 4.1.3). A code works once, whether
    /// the rest of the request is right or not.
    public func exchange(
        _ request: CodeExchange, completion: @escaping @Sendable (Result<ExchangeOutcome, any Error>) -> Void
    ) {
        let now = context.clock.now()
        let lifetime = context.settings.accessTokenLifetime
        context.store.write(
            { store -> ExchangeOutcome in
                guard let session = try store.session(request.client),
                    request.clientSecret.digest == session.clientSecret
                else { return .invalidClient }
                guard let code = try store.takeCode(request.code.digest) else {
                    // Whoever shows a code for the second time, what it was exchanged for is no longer to be trusted
                    // (RFC 6749, section 4.1.2).
                    try store.deleteTokens(.family(request.code.digest))
                    return .invalidGrant
                }
                guard code.session == request.client, code.expires > now, code.redirectURI == request.redirectURI,
                    proves(code.challenge, request.verifier),
                    session.isLive, let owner = session.owner, let user = try store.user(code.user)
                else { return .invalidGrant }
                let token = SecretToken.random()
                try store.insert(
                    AccessToken(
                        digest: token.digest, client: session.name.rawValue, user: user.id, session: session.name,
                        family: code.digest, issued: now, expires: now.advanced(bySeconds: lifetime)))
                return .granted(
                    AccessGrant(
                        token: token, expiresIn: lifetime, session: session, owner: owner, user: user.id,
                        isStaff: user.kind == .staff))
            },
            completion: { result in
                if case .success(let outcome) = result {
                    if case .granted = outcome {
                        self.context.counters.add(.codesExchanged)
                    } else {
                        self.context.counters.add(.codesRefused)
                    }
                }
                completion(result)
            })
    }

    // MARK: Tokens

    /// Whose request this is, if the token is good and reaches the session.
    /// - Throws: `PortalStoreError`.
    public func access(_ token: SecretToken, to session: SessionName) throws -> AccessToken? {
        let now = context.clock.now()
        return try context.store.read { store in
            guard let access = try store.accessToken(token.digest), access.session == session, access.expires > now
            else {
                return nil
            }
            return access
        }
    }

    /// The login that a cookie stands for, and its user. `nil` when it is unknown or over.
    /// - Throws: `PortalStoreError`.
    public func login(_ digest: TokenDigest) throws -> (login: LoginCookie, user: PortalUser?)? {
        let now = context.clock.now()
        return try context.store.read { store in
            guard let login = try store.login(digest), login.expires > now else { return nil }
            return (login, try login.user.flatMap(store.user))
        }
    }
}

/// Without a challenge no verifier is needed, and one is not accepted: the request would not be the one that was begun.
private func proves(_ challenge: String?, _ verifier: String?) -> Bool {
    guard let challenge else { return verifier == nil }
    guard let verifier, ProofKey.isVerifier(verifier) else { return false }
    return secretsAreEqual(SHA256.challenge(of: verifier), challenge)
}

public enum AuthorizeOutcome: Sendable {
    case code(SecretToken, WorkshopSession)
    /// The redirect address is not the session's own: answer with an error page, never with a redirect.
    case wrongRedirect
    case notOwner
    /// Ending or ended.
    case gone(WorkshopSession)
    case unknown
}

/// A token request of a session's agent.
public struct CodeExchange: Sendable {
    public var code: SecretToken
    /// The client id: the session's name.
    public var client: SessionName
    public var clientSecret: SecretToken
    public var redirectURI: String
    public var verifier: String?

    public init(
        code: SecretToken, client: SessionName, clientSecret: SecretToken, redirectURI: String, verifier: String? = nil
    ) {
        self.code = code
        self.client = client
        self.clientSecret = clientSecret
        self.redirectURI = redirectURI
        self.verifier = verifier
    }
}

public enum ExchangeOutcome: Sendable {
    case granted(AccessGrant)
    /// `invalid_client` of RFC 6749, section 5.2.
    case invalidClient
    /// `invalid_grant`.
    case invalidGrant
}

public struct AccessGrant: Sendable {
    public let token: SecretToken
    /// Seconds.
    public let expiresIn: Int
    public let session: WorkshopSession
    public let owner: UserID
    public let user: UserID
    public let isStaff: Bool
}
