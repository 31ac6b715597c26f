public import Platform

/// The right to act for a user (RFC 6749, section 1.4), as the store keeps it: the token itself is known to its holder
/// only.
///
/// A token that is found in the store is not necessarily good: whoever takes one compares `expires` with the time.
public struct AccessToken: Sendable, Equatable {
    public let digest: TokenDigest
    /// The OAuth2 client that holds it: the robot's client id, or a session's name for the session's agent.
    public let client: String
    public let user: UserID
    /// The only session that it reaches, whoever the user is and whatever else they may do: what a session's agent holds
    /// lies within a learner's reach. `nil` for a token that reaches all that its user does.
    public let session: SessionName?
    /// Scopes (RFC 6749, section 3.3), separated by spaces.
    public let scope: String
    /// The same for all tokens that go back to one grant, so that they can be revoked together: the digest of the
    /// authorization code, or of the first token that was issued.
    public let family: TokenDigest
    public let issued: Timestamp
    public let expires: Timestamp

    /// - Parameter family: `nil` for a token that is a family by itself.
    public init(
        digest: TokenDigest, client: String, user: UserID, session: SessionName?,
        scope: String = AccessToken.standardScope, family: TokenDigest? = nil, issued: Timestamp, expires: Timestamp
    ) {
        self.digest = digest
        self.client = client
        self.user = user
        self.session = session
        self.scope = scope
        self.family = family ?? digest
        self.issued = issued
        self.expires = expires
    }

    /// The only scope that there is (spec/portal-http.md, section 3.1).
    public static let standardScope = "user:info"

    /// Whether it may be used for that session. Who the user is, is another question.
    public func reaches(_ session: SessionName) -> Bool { self.session == nil || self.session == session }
}

/// What a client exchanges for a new access token (RFC 6749, section 1.5). It works once: each exchange issues the next
/// one of its family (RFC 9700, section 4.14.2). Session agents get none.
public struct RefreshToken: Sendable, Equatable {
    public let digest: TokenDigest
    public let client: String
    public let user: UserID
    public let scope: String
    public let family: TokenDigest
    public let issued: Timestamp
    public let expires: Timestamp
    /// Whether it was exchanged already. It is kept until it would have expired: who shows it again has stolen it, or was
    /// stolen from.
    public var isSpent: Bool

    public init(
        digest: TokenDigest, client: String, user: UserID, scope: String, family: TokenDigest, issued: Timestamp,
        expires: Timestamp, isSpent: Bool = false
    ) {
        self.digest = digest
        self.client = client
        self.user = user
        self.scope = scope
        self.family = family
        self.issued = issued
        self.expires = expires
        self.isSpent = isSpent
    }
}
