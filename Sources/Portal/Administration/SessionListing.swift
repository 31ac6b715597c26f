public import Platform

/// Which sessions somebody who looks after the portal wants to see, and how many at once.
///
/// A page begins where another ended, at a session's place in the order, and not at a number of rows: it costs the same
/// wherever it is, and sessions that come and go meanwhile are neither shown twice nor skipped.
public struct SessionListing: Sendable, Hashable {
    public enum Order: String, Sendable, CaseIterable {
        /// By creation, the youngest first.
        case newest
        /// By name, which puts the sessions of one environment together.
        case name
        /// By their end, the nearest first. Only sessions whose `expires` lies ahead of them have a place in it: those
        /// that never end, are being stopped or have stopped are left out.
        case ending
    }

    public enum Position: Sendable, Hashable {
        case start
        case after(SessionPlace)
        /// The page that ends just before the place.
        case before(SessionPlace)
    }

    public var states: Set<SessionState>
    public var environment: EnvironmentName?
    public var owner: UserID?
    /// A part of the session's name or of its owner's identifier, whatever the case of `A` to `Z`. Empty for all.
    public var search: String
    public var order: Order
    public var position: Position
    /// Sessions on a page, at least 1.
    public var limit: Int

    /// All but `stopped`.
    public static let active: Set<SessionState> = [.starting, .waiting, .running, .stopping]

    public init(
        states: Set<SessionState> = active, environment: EnvironmentName? = nil, owner: UserID? = nil,
        search: String = "", order: Order = .newest, position: Position = .start, limit: Int = 50
    ) {
        self.states = states
        self.environment = environment
        self.owner = owner
        self.search = search
        self.order = order
        self.position = position
        self.limit = limit
    }

    /// Whether the session belongs to the list, on whatever page.
    public func contains(_ session: WorkshopSession) -> Bool {
        guard states.contains(session.state), environment == nil || session.environment == environment,
            owner == nil || session.owner == owner, hasPlace(session)
        else { return false }
        guard !search.isEmpty else { return true }
        let wanted = SessionListing.lowered(search)
        return SessionListing.lowered(session.name.rawValue).contains(wanted)
            || session.owner.map { SessionListing.lowered($0.rawValue).contains(wanted) } ?? false
    }

    private func hasPlace(_ session: WorkshopSession) -> Bool {
        guard order == .ending else { return true }
        return session.expires != nil && session.state != .stopping && session.state != .stopped
    }

    /// Whether one place comes before another in this order.
    public func isOrdered(_ first: SessionPlace, _ second: SessionPlace) -> Bool {
        switch order {
        case .newest: (second.moment, second.name) < (first.moment, first.name)
        case .name: first.name < second.name
        case .ending: (first.moment, first.name) < (second.moment, second.name)
        }
    }

    /// `A` to `Z` made small and nothing else, as SQLite's `lower` does it.
    public static func lowered(_ text: String) -> String {
        String(decoding: text.utf8.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 }, as: UTF8.self)
    }
}

/// Where a session stands in an order.
public struct SessionPlace: Sendable, Hashable {
    /// Its creation or its end, whichever the order goes by; the beginning of time where it goes by name alone.
    public var moment: Timestamp
    public var name: SessionName

    public init(moment: Timestamp, name: SessionName) {
        self.moment = moment
        self.name = name
    }

    public init(of session: WorkshopSession, in order: SessionListing.Order) {
        name = session.name
        moment =
            switch order {
            case .newest: session.created
            case .name: Timestamp(milliseconds: 0)
            case .ending: session.expires ?? Timestamp(milliseconds: 0)
            }
    }
}

/// One page of a list.
public struct SessionPage: Sendable, Equatable {
    public var sessions: [WorkshopSession]
    /// Whether there are sessions before the first and after the last one of these. The side that a page was reached from
    /// counts as having some.
    public var hasEarlier: Bool
    public var hasLater: Bool

    public init(sessions: [WorkshopSession], hasEarlier: Bool, hasLater: Bool) {
        self.sessions = sessions
        self.hasEarlier = hasEarlier
        self.hasLater = hasLater
    }

    /// Makes a page of what was found from its position on, in the direction of the search.
    /// - Parameter found: up to one more than fits, nearest to the position first.
    public init(_ found: [WorkshopSession], of listing: SessionListing) {
        let fitting = Array(found.prefix(max(1, listing.limit)))
        let hasMore = found.count > fitting.count
        switch listing.position {
        case .start: self.init(sessions: fitting, hasEarlier: false, hasLater: hasMore)
        case .after: self.init(sessions: fitting, hasEarlier: true, hasLater: hasMore)
        case .before: self.init(sessions: fitting.reversed(), hasEarlier: hasMore, hasLater: true)
        }
    }
}
