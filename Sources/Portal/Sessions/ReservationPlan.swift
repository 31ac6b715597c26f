/// How many warm sessions to start or to drop (spec/portal-lifecycle.md, section 5, "Reserve maintenance"). Values in,
/// values out.
///
/// A refill counts every session that is not stopped, departing ones too: a reserved session never waits for a place, and
/// never takes one that was promised to a learner.
public struct ReservationPlan: Sendable, Equatable {
    /// One environment as the plan sees it.
    public struct Stock: Sendable, Equatable {
        public var environment: WorkshopEnvironment
        public var counts: SessionCounts
        /// Departing sessions; needed only when the environment is over its capacity.
        public var departing: Int
        /// How many may be started now; fewer than needed after failed starts (`StartFailures`).
        public var allowance: Int

        public init(environment: WorkshopEnvironment, counts: SessionCounts, departing: Int = 0, allowance: Int = .max)
        {
            self.environment = environment
            self.counts = counts
            self.departing = departing
            self.allowance = allowance
        }

        var reserved: Int { counts.available + counts.warming }
    }

    public struct Change: Sendable, Equatable {
        public var environment: EnvironmentName
        public var count: Int
        public init(_ environment: EnvironmentName, _ count: Int) {
            self.environment = environment
            self.count = count
        }
    }

    /// Sessions to start, in the order of the catalogue.
    public var start: [Change] = []
    /// Reserved sessions to drop, oldest first in each environment.
    public var drop: [Change] = []
    /// Reserved sessions to drop wherever they are, oldest first, beside those in `drop`: the portal is over its maximum.
    public var dropAnywhere = 0

    public var isEmpty: Bool { start.isEmpty && drop.isEmpty && dropAnywhere == 0 }

    /// - Parameters:
    ///   - stocks: every environment that is not stopped, by position.
    ///   - maximum: the portal's; 0 means none.
    ///   - departing: departing sessions of the portal; needed only when it is over its maximum.
    public static func plan(_ stocks: [Stock], inPortal: SessionCounts, maximum: Int, departing: Int = 0)
        -> ReservationPlan
    {
        var plan = ReservationPlan()
        var dropped = 0
        for stock in stocks {
            let count = surplus(of: stock)
            guard count > 0 else { continue }
            plan.drop.append(Change(stock.environment.name, count))
            dropped += count
        }
        if maximum > 0 {
            let over = inPortal.active - departing - dropped - maximum
            let left = inPortal.available + inPortal.warming - dropped
            plan.dropAnywhere = max(0, min(over, left))
        }
        var room = maximum == 0 ? Int.max : max(0, maximum - inPortal.active)
        for stock in stocks where room > 0 {
            let count = min(shortage(of: stock), room)
            guard count > 0 else { continue }
            plan.start.append(Change(stock.environment.name, count))
            if maximum > 0 { room -= count }
        }
        return plan
    }

    private static func surplus(of stock: Stock) -> Int {
        let limits = stock.environment.limits
        switch stock.environment.state {
        case .starting: return 0
        case .stopping, .stopped: return stock.reserved
        case .running:
            // An initial stock larger than the reserve stays until it has been used.
            let wanted =
                stock.environment.sessionsMade <= limits.initial
                ? max(limits.initial, limits.reserved) : limits.reserved
            let overCapacity = stock.counts.active - stock.departing - limits.capacity
            return max(0, min(stock.reserved, max(stock.reserved - wanted, overCapacity)))
        }
    }

    private static func shortage(of stock: Stock) -> Int {
        let limits = stock.environment.limits
        let made = stock.environment.sessionsMade
        guard stock.environment.state == .running, !(limits.initial == 0 && made == 0) else { return 0 }
        let wanted = max(limits.initial - made, limits.reserved - stock.reserved)
        return max(0, min(wanted, limits.capacity - stock.counts.active, stock.allowance))
    }
}
