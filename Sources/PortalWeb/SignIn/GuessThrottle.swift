internal import Platform
internal import Synchronization

/// Slows down whoever guesses the access code: after a few wrong ones an address has to wait, twice as long each time.
final class GuessThrottle: Sendable {
    private struct Record {
        var wrong: Int
        var last: Timestamp
        var blockedUntil: Timestamp
    }
    private let records = Mutex<[String: Record]>([:])

    /// Wrong codes that cost nothing: typing mistakes, also those of a class behind one address. A right one from the same
    /// address begins the count anew.
    private static let free = 9
    /// Seconds after which an address is forgotten.
    private static let memory = 3600
    /// Seconds of waiting at most.
    private static let longest = 300
    /// Addresses remembered at most; beyond that the ones seen longest ago go.
    private static let limit = 20_000

    /// Seconds that this address still has to wait before it may try again, `nil` when it may now.
    func wait(of address: String, at now: Timestamp) -> Int? {
        records.withLock { records in
            guard let record = records[address], record.blockedUntil > now else { return nil }
            return max(1, Int((record.blockedUntil.milliseconds - now.milliseconds + 999) / 1000))
        }
    }

    func wasWrong(_ address: String, at now: Timestamp) {
        records.withLock { records in
            if records.count >= GuessThrottle.limit { GuessThrottle.forget(&records, at: now) }
            var record = records[address] ?? Record(wrong: 0, last: now, blockedUntil: now)
            if now.seconds(since: record.last) > GuessThrottle.memory { record.wrong = 0 }
            record.wrong += 1
            record.last = now
            if record.wrong > GuessThrottle.free {
                let doublings = min(10, record.wrong - GuessThrottle.free)
                record.blockedUntil = now.advanced(bySeconds: min(GuessThrottle.longest, 1 << doublings))
            }
            records[address] = record
        }
    }

    func wasRight(_ address: String) { records.withLock { _ = $0.removeValue(forKey: address) } }

    private static func forget(_ records: inout [String: Record], at now: Timestamp) {
        records = records.filter { now.seconds(since: $0.value.last) <= memory }
        guard records.count >= limit else { return }
        let oldest = records.sorted { $0.value.last < $1.value.last }.prefix(limit / 4)
        for (address, _) in oldest { records.removeValue(forKey: address) }
    }
}
