public import Platform

/// Logins that begin and end without a launch. Completions are called once, on the store's thread.
extension PortalService {
    /// Makes an anonymous user and signs the browser in as it (spec/portal-http.md, section 4, `create/`).
    /// - Parameter shown: the login that the browser shows; it ends, and that the access code was shown is kept.
    public func registerAnonymously(
        replacing shown: TokenDigest?,
        completion: @escaping @Sendable (Result<IssuedLogin, any Error>) -> Void
    ) {
        let now = clock.now()
        let lifetime = settings.loginLifetime
        store.write(
            { store -> IssuedLogin in
                let user = PortalUser(id: .anonymous(at: now), kind: .anonymous, joined: now)
                try store.insert(user)
                return try store.issueLogin(for: user.id, replacing: shown, now: now, lifetime: lifetime)
            },
            completion: { result in
                if case .success = result { self.counters.add(.usersCreated) }
                completion(result)
            })
    }

    /// Notes that a browser has shown the portal's access code.
    /// - Returns: by the completion, the cookie to set; `nil` when the browser's own login was marked.
    public func rememberAccessCode(
        shownBy digest: TokenDigest?, completion: @escaping @Sendable (Result<IssuedLogin?, any Error>) -> Void
    ) {
        let now = clock.now()
        let lifetime = settings.loginLifetime
        store.write(
            { store -> IssuedLogin? in
                if let digest, var login = try store.login(digest), login.expires > now {
                    login.hasShownAccessCode = true
                    try store.update(login)
                    return nil
                }
                let token = SecretToken.random()
                let login = LoginCookie(
                    digest: token.digest, user: nil, hasShownAccessCode: true, created: now,
                    expires: now.advanced(bySeconds: lifetime))
                try store.insert(login)
                return IssuedLogin(token: token, login: login)
            },
            completion: completion)
    }

    /// Ends a login. Its user and that user's sessions stay.
    public func signOut(_ digest: TokenDigest, completion: @escaping @Sendable (Result<Void, any Error>) -> Void) {
        store.write({ store in try store.deleteLogin(digest) }, completion: completion)
    }
}

extension PortalTransaction {
    /// Makes a new login for a browser: never one that it had before, because somebody else may have planted that.
    /// - Parameters:
    ///   - shown: the login that the browser shows; it ends, and that the access code was shown is kept.
    ///   - between: done after the old login was looked at, and before the new one is made.
    func issueLogin(
        for user: UserID, replacing shown: TokenDigest?, now: Timestamp, lifetime: Int, between: () throws -> Void = {}
    ) throws -> IssuedLogin {
        let old = try shown.flatMap(login).flatMap { $0.expires > now ? $0 : nil }
        if let old { try deleteLogin(old.digest) }
        try between()
        let token = SecretToken.random()
        let login = LoginCookie(
            digest: token.digest, user: user, hasShownAccessCode: old?.hasShownAccessCode ?? false, created: now,
            expires: now.advanced(bySeconds: lifetime))
        try insert(login)
        return IssuedLogin(token: token, login: login)
    }
}
