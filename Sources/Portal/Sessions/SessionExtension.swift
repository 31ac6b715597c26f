public import Platform

/// How a session's end moves when its learner asks for more time (spec/portal-lifecycle.md, section 6, "Extension").
public enum SessionExtension {
    /// Seconds before the end from which it is shown as near: a quarter of the session's length, counted up to four
    /// hours, at least five minutes.
    public static func threshold(_ limits: EnvironmentLimits) -> Int { max(300, min(limits.expires, 4 * 3600) / 4) }

    /// Seconds that one extension adds, and within which it may be asked for.
    public static func increment(_ limits: EnvironmentLimits) -> Int {
        limits.overtime > 0 ? max(300, limits.overtime) : threshold(limits)
    }

    /// The last moment to which extensions can lead. A deadline shorter than `expires` counts as `expires`: a change of
    /// the definition never shortens what was promised.
    public static func latestEnd(_ limits: EnvironmentLimits, started: Timestamp) -> Timestamp {
        started.advanced(bySeconds: max(limits.deadline, limits.expires))
    }

    /// The new end, or `nil` when the session cannot be extended now.
    public static func extended(_ session: WorkshopSession, _ limits: EnvironmentLimits, now: Timestamp) -> Timestamp? {
        // One that is ending while it runs was let expire by staff: only staff takes that back.
        guard session.state == .running, session.end == nil, let started = session.started,
            let expires = session.expires
        else { return nil }
        let latest = latestEnd(limits, started: started)
        guard expires > now, expires < latest, expires < now.advanced(bySeconds: increment(limits)) else { return nil }
        return min(expires.advanced(bySeconds: increment(limits)), latest)
    }
}

/// What a learner is told about the time left (spec/portal-http.md, section 3.7, `schedule`).
public struct SessionSchedule: Sendable, Equatable {
    public var status: SessionState
    public var started: Timestamp?
    /// When it ends. `nil` means never, or not yet known because it is still starting.
    public var expires: Timestamp?
    /// Whether the end is near.
    public var isExpiring: Bool
    /// Seconds to the end, at least 0. `nil` where `expires` is.
    public var countdown: Int?
    public var isExtendable: Bool

    public init(of session: WorkshopSession, _ limits: EnvironmentLimits, now: Timestamp) {
        status = session.state
        started = session.started
        // Before a session runs, its `expires` is a time limit for something else.
        let hasEnd = session.state == .running || session.state == .stopping || session.state == .stopped
        expires = hasEnd ? session.expires : nil
        countdown = expires.map { max(0, $0.seconds(since: now)) }
        isExpiring = countdown.map { $0 < SessionExtension.threshold(limits) } ?? false
        isExtendable = SessionExtension.extended(session, limits, now: now) != nil
    }
}
