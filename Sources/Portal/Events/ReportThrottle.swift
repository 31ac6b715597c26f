internal import Platform

/// How many events the inside of a session may report: a supply that each report draws on and time fills up again.
struct ReportThrottle: Sendable {
    /// Reports at once, and a second in the long run.
    static let burst = 120.0
    static let perSecond = 4.0
    /// Sessions remembered; more forget the fullest first, which have nothing to lose.
    private static let limit = 20_000

    private struct Supply: Sendable {
        var left: Double
        var at: Timestamp
    }
    private var supplies: [SessionName: Supply] = [:]

    /// - Returns: `nil` when the report is admitted, else the seconds until the next one will be.
    mutating func admit(_ session: SessionName, now: Timestamp) -> Int? {
        if supplies.count >= ReportThrottle.limit {
            supplies = supplies.filter { current($0.value, now: now) < ReportThrottle.burst }
            if supplies.count >= ReportThrottle.limit { supplies.removeAll() }
        }
        let left = supplies[session].map { current($0, now: now) } ?? ReportThrottle.burst
        guard left >= 1 else { return max(1, Int(((1 - left) / ReportThrottle.perSecond).rounded(.up))) }
        supplies[session] = Supply(left: left - 1, at: now)
        return nil
    }

    private func current(_ supply: Supply, now: Timestamp) -> Double {
        // A clock that was set back gives nothing.
        let seconds = Double(max(0, now.milliseconds - supply.at.milliseconds)) / 1000
        return min(ReportThrottle.burst, supply.left + seconds * ReportThrottle.perSecond)
    }
}
