public import Platform

/// Remembers which environments fail to start sessions, so that a broken workshop does not start sandboxes for ever.
///
/// After a failure nothing is started ahead of demand for a while that doubles with every further one, and then a single
/// session is tried. The first that becomes ready clears the record. Learners who ask are always served: their own start
/// may work, and tells them at once when it does not.
public struct StartFailures: Sendable {
    /// Seconds to wait after the first failure, and at most.
    public static let firstDelay = 5
    public static let longestDelay = 600
    /// Failures in a row after which the workshop is called broken.
    public static let brokenAfter = 3

    private struct Entry {
        var count: Int
        var until: Timestamp
        var isTold = false
    }
    private var entries: [EnvironmentName: Entry] = [:]

    public init() {}

    public mutating func failed(_ environment: EnvironmentName, now: Timestamp) {
        let count = (entries[environment]?.count ?? 0) + 1
        entries[environment] = Entry(count: count, until: now.advanced(bySeconds: StartFailures.delay(after: count)))
    }

    public mutating func succeeded(_ environment: EnvironmentName) { entries[environment] = nil }

    public mutating func forget(_ environment: EnvironmentName) { entries[environment] = nil }

    /// Failures in a row.
    public func count(of environment: EnvironmentName) -> Int { entries[environment]?.count ?? 0 }

    /// How many sessions may be started ahead of demand now.
    /// - Parameter warming: those under way.
    public func allowance(for environment: EnvironmentName, warming: Int, now: Timestamp) -> Int {
        guard let entry = entries[environment] else { return .max }
        return now >= entry.until ? max(0, 1 - warming) : 0
    }

    /// Whether the wait of an environment has ended that had not ended when this was last asked.
    public mutating func takeDue(by now: Timestamp) -> Bool {
        var isDue = false
        for (name, entry) in entries where entry.until <= now && !entry.isTold {
            entries[name]?.isTold = true
            isDue = true
        }
        return isDue
    }

    /// When the next allowance begins.
    public func nextDue(after now: Timestamp) -> Timestamp? {
        entries.values.map(\.until).filter { $0 > now }.min()
    }

    /// Seconds: 5, 10, 20 … 600.
    public static func delay(after failures: Int) -> Int {
        min(longestDelay, firstDelay << max(0, min(failures, 12) - 1))
    }
}
