public import Platform

/// One line of the log of what staff did: who, when, what, to what, and what came of it. Written in the same transaction as
/// the deed itself.
public struct AuditEntry: Sendable, Equatable {
    public enum Action: String, Sendable, CaseIterable {
        case extend, expire, terminate, open, refresh
        case endSessions = "end-sessions"
        case purge
    }

    /// What came of it.
    public enum Outcome: String, Sendable, CaseIterable {
        /// The end was moved; `amount` is by how many seconds.
        case extended
        /// The end is at the deadline already.
        case atDeadline = "at-deadline"
        /// The end was not the one that had been seen any more: the same request once more, or somebody was faster.
        case movedBefore = "moved-before"
        /// The session has no end that could be moved.
        case neverEnds = "never-ends"
        /// Not in use now, so that there is nothing to extend or to enter.
        case notRunning = "not-running"
        /// It ends when its grace is over; `amount` is how many seconds that is.
        case expiring
        /// Ended at once. Of a user: `amount` sessions were.
        case ended
        /// It was ending or had ended before.
        case endedBefore = "ended-before"
        case opened
        /// A successor was made and the environment takes no more visitors.
        case refreshed
        /// It had been replaced before.
        case replacedBefore = "replaced-before"
        /// Its workshop is not defined any more, so that there could be no successor.
        case notDefined = "not-defined"
        /// `amount` ended sessions were removed.
        case purged
        /// Nothing of that name.
        case unknown
    }

    /// In order of writing. The store gives it; 0 before.
    public var number: Int
    public let moment: Timestamp
    public let actor: UserID
    public let action: Action
    /// The name of a session or environment, or a user's identifier; empty for none.
    public let target: String
    public let outcome: Outcome
    public let amount: Int

    public init(
        number: Int = 0, moment: Timestamp, actor: UserID, action: Action, target: String, outcome: Outcome,
        amount: Int = 0
    ) {
        self.number = number
        self.moment = moment
        self.actor = actor
        self.action = action
        self.target = target
        self.outcome = outcome
        self.amount = amount
    }

    /// What stands for a user who was erased.
    public static let erased = UserID(unchecked: "(erased)")

    /// Entries kept; the oldest go first.
    public static let limit = 20_000
}
