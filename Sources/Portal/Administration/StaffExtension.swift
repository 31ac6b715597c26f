public import Platform

/// How a session's end moves when staff moves it. Values in, values out.
public enum StaffExtension: Sendable, Equatable {
    case moved(to: Timestamp)
    /// As late as it may be.
    case atDeadline
    /// The end is not the one that was seen: the same request once more, or somebody else was faster.
    case movedBefore
    case neverEnds
    case notRunning

    /// - Parameter seen: the end that whoever asks has in mind; `nil` for the present one.
    public static func decide(
        _ session: WorkshopSession, _ limits: EnvironmentLimits, bySeconds seconds: Int, seen: Timestamp?,
        now: Timestamp
    ) -> StaffExtension {
        guard session.state == .running, let started = session.started else { return .notRunning }
        guard let expires = session.expires else { return .neverEnds }
        guard expires > now else { return .notRunning }
        // A lab without an end has one only when staff lets it expire; there is no deadline to keep then.
        let latest =
            limits.expires > 0 || limits.deadline > 0
            ? SessionExtension.latestEnd(limits, started: started) : Timestamp.distantFuture
        if let seen, seen != expires { return .movedBefore }
        return expires < latest ? .moved(to: min(expires.advanced(bySeconds: max(1, seconds)), latest)) : .atDeadline
    }
}
