public import Platform

/// The secrets of session agents. They are derived from the portal's key and the session's name, which is never used
/// twice, so that a session which is started again after a crash gets the same ones; the store keeps digests only.
public struct SessionSecrets: Sendable {
    private let key: DerivationKey

    public init(key: DerivationKey) { self.key = key }

    /// The OAuth2 client secret that a session's agent shows when it exchanges a code.
    public func clientSecret(of session: SessionName) -> SecretToken {
        key.secret(for: "session client secret", of: session.rawValue)
    }

    /// The key that signs the agent's own cookies.
    public func cookieKey(of session: SessionName) -> SecretToken {
        key.secret(for: "session cookie key", of: session.rawValue)
    }

    /// The token of a session's activation link: the same one as long as the session waits for it, so that a link that
    /// was handed out before keeps working when the session is asked for again.
    public func activationToken(of session: SessionName) -> SecretToken {
        key.secret(for: "session activation", of: session.rawValue)
    }

    /// What opens a session's configuration to a client that was told it (spec/portal-http.md, section 3.7, `config`).
    public func configurationPassword(of session: SessionName) -> SecretToken {
        key.secret(for: "session configuration", of: session.rawValue)
    }

    /// A secret of the portal itself.
    func secret(for purpose: String) -> SecretToken { key.secret(for: "portal", of: purpose) }

    /// Loads the portal's key from the store, or makes it.
    static func load(from store: any PortalStore) async throws -> SessionSecrets {
        let bytes = try await store.write { transaction in
            if let known = try transaction.setting("session-secrets-key") { return known }
            let new = DerivationKey.random().bytes
            try transaction.setSetting("session-secrets-key", to: new)
            return new
        }
        guard let key = DerivationKey(stored: bytes) else {
            throw PortalStoreError.failed(detail: "the key for session secrets is not 32 bytes long")
        }
        return SessionSecrets(key: key)
    }
}
