public import Platform

/// How a user signs in by name and password, or through the organisation's own login. Anonymous visitors have none.
public struct UserAccount: Sendable, Equatable {
    public let user: UserID
    /// What the name is compared by (`UserName.key`): two accounts with one key could be taken for each other. `nil` for
    /// an account that has no name to type.
    public var nameKey: String?
    /// `nil` for an account that cannot be entered with a password.
    public var password: PasswordHash?
    /// What pages call the user, 1 to 150 characters.
    public var displayName: String
    /// The user at a login provider; no two accounts have the same.
    public var identity: ProviderIdentity?
    /// When the password or the rest was last changed.
    public var changed: Timestamp

    public init(
        user: UserID, nameKey: String? = nil, password: PasswordHash? = nil, displayName: String,
        identity: ProviderIdentity? = nil, changed: Timestamp
    ) {
        self.user = user
        self.nameKey = nameKey
        self.password = password
        self.displayName = displayName
        self.identity = identity
        self.changed = changed
    }
}

/// A user as a login provider knows it: only both together tell one from others (OpenID Connect Core 1.0, section 2).
public struct ProviderIdentity: Sendable, Equatable, Hashable {
    public let issuer: String
    public let subject: String

    public init(issuer: String, subject: String) {
        self.issuer = issuer
        self.subject = subject
    }
}

/// Everything that is stored about a user, for `lectern users`.
public struct UserRecord: Sendable, Equatable {
    public var user: PortalUser
    public var account: UserAccount?
    public var details: UserDetails?
    public var logins: [LoginCookie]
    /// In any state, oldest first.
    public var sessions: [WorkshopSession]
    public var accessTokens: [AccessToken]
    public var refreshTokens: [RefreshToken]

    public init(
        user: PortalUser, account: UserAccount?, details: UserDetails?, logins: [LoginCookie],
        sessions: [WorkshopSession],
        accessTokens: [AccessToken], refreshTokens: [RefreshToken]
    ) {
        self.user = user
        self.account = account
        self.details = details
        self.logins = logins
        self.sessions = sessions
        self.accessTokens = accessTokens
        self.refreshTokens = refreshTokens
    }
}
