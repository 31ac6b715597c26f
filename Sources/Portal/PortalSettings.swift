public import Platform

/// What an operator may tune and a definition does not say. Durations are seconds.
public struct PortalSettings: Sendable, Equatable {
    /// Sandboxes that may be starting at once, and how many of them ahead of demand, so that a learner never queues behind
    /// the reserve.
    public var concurrentStarts = 4
    public var concurrentReservedStarts = 2
    public var concurrentStops = 4
    /// Longest that a start or a stop of a sandbox may take before it counts as failed.
    public var startTimeout = 120
    public var stopTimeout = 60
    /// Longest that making an environment's content ready may take: fetching it and copying it.
    public var prepareTimeout = 330
    /// Starts tried for a session that somebody waits for.
    public var startAttempts = 2
    /// Milliseconds for which the answer to a launch is held back for a session that is about to be ready: shorter than the
    /// blink of a page in between. 0 shows the progress page at once.
    public var launchPatience = 500
    /// Between comparisons of the store with what really runs.
    public var checkInterval = 300
    /// After which stopped sessions, and anonymous users without any, are forgotten.
    public var retention = 36 * 3600
    public var purgeInterval = 3600
    /// After which the log of what staff did forgets.
    public var auditRetention = 90 * 86_400
    public var loginLifetime = 14 * 86_400
    /// Of a token that a session's agent holds.
    public var accessTokenLifetime = 24 * 3600
    /// Of a token of a REST client, and of what refreshes it (spec/portal-http.md, section 3.1).
    public var tokenLifetime = 36_000
    public var refreshTokenLifetime = 30 * 86_400
    /// Of an authorization code that travels with the launch redirect, and of one that was asked for.
    public var handoverLifetime = 30
    public var codeLifetime = 60

    /// After which an event that its receiver does not take is given up.
    public var eventGiveUp = 24 * 3600
    /// Events that wait at most; beyond, the oldest are dropped.
    public var outboxLimit = 100_000

    /// What hashing a password costs, and how many are hashed at once; that many times the memory is needed.
    public var passwordCost = PasswordCost.standard
    public var passwordThreads = 2
    /// Passwords that may wait for that. Whoever comes beyond is asked to try again.
    public var passwordQueue = 64

    public init() {}
}
