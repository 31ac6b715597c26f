public import Platform

/// Slows down whoever guesses: after a few wrong tries a key (an address, an account) has to wait, twice as long each time.
/// In bounded memory; time is passed in.
public struct BackOff: Sendable {
    /// Wrong tries that cost nothing: typing mistakes. 0 turns the limit off.
    public var free: Int
    /// Seconds of waiting at most.
    public var longest: Int

    /// Seconds after which a key is forgotten.
    public static let memory = 3600
    /// Keys remembered at most; beyond that the ones seen longest ago go.
    public static let limit = 20_000

    private struct Record: Sendable {
        var wrong = 0
        var last: Timestamp
        var blockedUntil: Timestamp
    }
    private var records: [String: Record] = [:]

    public init(free: Int, longest: Int = 300) {
        self.free = free
        self.longest = longest
    }

    /// Keys that are remembered.
    public var count: Int { records.count }

    /// Seconds that this key still has to wait before it may try again, `nil` when it may now.
    public func wait(of key: String, at now: Timestamp) -> Int? {
        guard free > 0, let record = records[key], record.blockedUntil > now else { return nil }
        return max(1, Int((record.blockedUntil.milliseconds - now.milliseconds + 999) / 1000))
    }

    public mutating func wasWrong(_ key: String, at now: Timestamp) {
        if records.count >= BackOff.limit { forgetOldest(at: now) }
        var record = records[key] ?? Record(last: now, blockedUntil: now)
        if now.seconds(since: record.last) > BackOff.memory { record.wrong = 0 }
        record.wrong += 1
        record.last = now
        if record.wrong > free {
            let doublings = min(20, record.wrong - free)
            record.blockedUntil = now.advanced(bySeconds: min(longest, 1 << doublings))
        }
        records[key] = record
    }

    /// A right try begins the count anew.
    public mutating func wasRight(_ key: String) { records[key] = nil }

    /// Takes the last wrong try back: it was none.
    public mutating func takeBack(_ key: String, at now: Timestamp) {
        guard var record = records[key] else { return }
        record.wrong -= 1
        if record.wrong <= free { record.blockedUntil = now }
        records[key] = record.wrong > 0 ? record : nil
    }

    private mutating func forgetOldest(at now: Timestamp) {
        records = records.filter { now.seconds(since: $0.value.last) <= BackOff.memory }
        guard records.count >= BackOff.limit else { return }
        let oldest = records.sorted { $0.value.last < $1.value.last }.prefix(BackOff.limit / 4)
        for (key, _) in oldest { records.removeValue(forKey: key) }
    }
}
