public import Platform

/// What can be done to one session, also from the command line.
public enum SessionAction: Sendable, Equatable {
    /// - Parameter minutes: at least 1.
    case extend(SessionName, minutes: Int)
    case expire(SessionName)
    case terminate(SessionName)

    var asAdminAction: AdminAction {
        switch self {
        case .extend(let session, let minutes): .extend(session, minutes: minutes, seen: nil)
        case .expire(let session): .expire(session)
        case .terminate(let session): .terminate(session)
        }
    }
}

extension UserID {
    /// Who is named for what was asked at the machine; no account can have this name.
    public static let machineOperator = UserID(unchecked: "(operator)")
}

/// What staff can do to a portal at work (spec/portal-http.md, section 5). Each may be repeated: the second time finds it
/// done.
public enum AdminAction: Sendable, Equatable {
    /// Moves the end of a session in use, at most to its deadline.
    /// - Parameters:
    ///   - minutes: at least 1.
    ///   - seen: the end as it was shown to whoever asks. Nothing is moved when it is another one by now, so that a request
    ///     that is sent twice moves it once. `nil` takes the present end, whatever it is.
    case extend(SessionName, minutes: Int, seen: Timestamp?)
    /// Ends a session: one in use after a minute's grace, any other at once.
    case expire(SessionName)
    /// Ends a session at once.
    case terminate(SessionName)
    /// Notes that a member of staff enters a session of somebody else's.
    case open(SessionName)
    /// Replaces an environment: a new one takes the visitors from now on, sessions in the old one run on.
    case refresh(EnvironmentName)
    /// Ends everything that a user has.
    case endSessions(of: UserID)
    /// Forgets sessions that have ended before now.
    case purgeEnded

    /// Seconds that a learner gets to finish when staff lets the session expire.
    public static let grace = 60

    public var kind: AuditEntry.Action {
        switch self {
        case .extend: .extend
        case .expire: .expire
        case .terminate: .terminate
        case .open: .open
        case .refresh: .refresh
        case .endSessions: .endSessions
        case .purgeEnded: .purge
        }
    }

    /// What the log names.
    public var target: String {
        switch self {
        case .extend(let session, _, _), .expire(let session), .terminate(let session), .open(let session):
            session.rawValue
        case .refresh(let environment): environment.rawValue
        case .endSessions(let user): user.rawValue
        case .purgeEnded: ""
        }
    }
}
