public import Platform

/// When a session ends by itself, and how long it may go on (spec/portal-lifecycle.md, section 6). Values in, values out.
///
/// One moment, `WorkshopSession.expires`, carries whichever clock is running: for a session that is starting, the moment
/// by which it must be ready (`overdue`); for one held for activation, the moment by which its link must be used; for a
/// running one, its end. So one question to the store finds everything that is due.
///
/// The learner's time begins when the session is ready, not when it was decided.
public enum SessionExpiry {
    /// Why the session has to end now, or `nil`.
    public static func due(_ session: WorkshopSession, _ limits: EnvironmentLimits, now: Timestamp) -> SessionEnd? {
        switch session.state {
        case .stopping, .stopped: return nil
        case .starting, .waiting, .running: break
        }
        if let expires = session.expires, expires <= now {
            if session.activation != nil { return .notActivated }
            return session.state == .running ? .expired : .startFailed
        }
        if let orphaned = orphanMoment(of: session, limits), orphaned <= now { return .orphaned }
        return nil
    }

    /// When a running session counts as orphaned unless the learner is seen before. `nil` when the rule is off.
    public static func orphanMoment(of session: WorkshopSession, _ limits: EnvironmentLimits) -> Timestamp? {
        guard limits.orphaned > 0, session.state == .running, let seen = session.lastSeen ?? session.started else {
            return nil
        }
        return seen.advanced(bySeconds: limits.orphaned)
    }

    /// By when a session that starts for somebody must be ready. `nil` means no limit.
    public static func startDeadline(_ limits: EnvironmentLimits, now: Timestamp) -> Timestamp? {
        limits.overdue > 0 ? now.advanced(bySeconds: limits.overdue) : nil
    }

    /// When a session that becomes running now will end. `nil` means never.
    public static func end(_ limits: EnvironmentLimits, started now: Timestamp) -> Timestamp? {
        limits.expires > 0 ? now.advanced(bySeconds: limits.expires) : nil
    }
}
