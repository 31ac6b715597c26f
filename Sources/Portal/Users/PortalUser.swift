public import Platform

/// A user's identifier: 1 to 150 characters without control characters; `anon@educates:<uuid>` for anonymous visitors.
public struct UserID: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
    public let rawValue: String
    public init?(rawValue: String) {
        // No text has more characters than bytes, and counting characters is slow.
        guard !rawValue.isEmpty, rawValue.utf8.count <= 150 || rawValue.count <= 150,
            rawValue.utf8.allSatisfy({ $0 >= 32 && $0 != 127 })
        else { return nil }
        self.rawValue = rawValue
    }
    /// - Parameter rawValue: a text that is known to fit.
    init(unchecked rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }
}

public struct PortalUser: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable { case anonymous, registered, staff, robot }

    public let id: UserID
    public let kind: Kind
    public let joined: Timestamp

    public init(id: UserID, kind: Kind, joined: Timestamp) {
        self.id = id
        self.kind = kind
        self.joined = joined
    }
}

/// What a browser's login cookie stands for. The store knows the cookie only by its digest.
public struct LoginCookie: Sendable, Equatable {
    public let digest: TokenDigest
    /// `nil` for a visitor who has only shown the access code.
    public var user: UserID?
    /// Whether the access code was shown (spec/portal-http.md, section 1.1).
    public var hasShownAccessCode: Bool
    public let created: Timestamp
    public var expires: Timestamp

    public init(
        digest: TokenDigest, user: UserID?, hasShownAccessCode: Bool = false, created: Timestamp, expires: Timestamp
    ) {
        self.digest = digest
        self.user = user
        self.hasShownAccessCode = hasShownAccessCode
        self.created = created
        self.expires = expires
    }
}

/// An OAuth2 authorization code for one session's agent (RFC 6749, section 4.1): usable once, for a minute.
public struct AuthorizationCode: Sendable, Equatable {
    public let digest: TokenDigest
    public let session: SessionName
    public let user: UserID
    public let redirectURI: String
    /// The PKCE S256 challenge (RFC 7636), `nil` for a code handed over with the launch redirect itself.
    public let challenge: String?
    public let expires: Timestamp

    public init(
        digest: TokenDigest, session: SessionName, user: UserID, redirectURI: String, challenge: String?,
        expires: Timestamp
    ) {
        self.digest = digest
        self.session = session
        self.user = user
        self.redirectURI = redirectURI
        self.challenge = challenge
        self.expires = expires
    }
}
