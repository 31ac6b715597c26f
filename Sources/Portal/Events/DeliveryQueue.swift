internal import Platform

/// Which entry of the outbox is sent next, and when again after a failure. A value: it reads no clock and does no I/O.
///
/// * One attempt at a time for each stream of a target, in order; other streams go on beside it.
/// * After a failure a target gets one attempt at a time, further apart from failure to failure, and each time with another
///   stream, so that an entry which a receiver will not have holds up nothing but its own stream.
/// * Targets that have not answered well may use a part of the attempts under way only; the others always find room.
struct DeliveryQueue: Sendable {
    struct Limits: Sendable, Equatable {
        /// Attempts under way, altogether and for one target.
        var total = 16
        var perTarget = 6
        /// Of `total`, kept for the portal's own webhook.
        var keptForWebhook = 4
        /// By sessions' own receivers that have not taken anything yet, or whose last attempt failed.
        var doubtful = 6
        /// Entries of one target in memory.
        var loaded = 1024
        /// Streams that were not tried yet, below which more is read for a target that does not answer well.
        var untried = 16
        /// Seconds after which an entry that nobody takes is given up.
        var giveUp = 24 * 3600
    }

    private struct Stream: Sendable {
        var entries: [OutboxEntry]
        var failures = 0
        var notBefore: Timestamp?
        var isUnderWay = false
    }

    private struct Target: Sendable {
        var streams: [String: Stream] = [:]
        var failedStreams: Int { streams.values.reduce(0) { $0 + ($1.failures > 0 ? 1 : 0) } }
        /// Streams with entries, in the order of their turns.
        var turns: [String] = []
        var loaded = 0
        /// The number of the last entry that was read.
        var cursor: Int64 = 0
        /// Whether the store may have more behind the cursor.
        var hasMore = true
        var underWay = 0
        /// In a row.
        var failures = 0
        var hasAccepted = false
        var notBefore: Timestamp?
    }

    private(set) var limits: Limits
    private var targets: [String: Target] = [:]
    private var turns: [String] = []
    private(set) var underWay = 0
    private var doubtfulUnderWay = 0

    init(limits: Limits = Limits()) { self.limits = limits }

    // MARK: Reading

    /// The store may have something new for a target.
    mutating func mayHaveMore(_ target: String) {
        if targets[target] == nil {
            targets[target] = Target()
            turns.append(target)
        }
        targets[target]?.hasMore = true
    }

    /// What should be read from the store now.
    var wanted: [(target: String, after: Int64, limit: Int)] {
        targets.compactMap { name, target in
            let room = limits.loaded - target.loaded
            // In halves of what fits, so that a long outbox is not read in crumbs.
            guard target.hasMore, room * 2 >= limits.loaded else { return nil }
            guard isCareful(target) else { return (name, target.cursor, room) }
            // One attempt at a time needs little; the rest may well be dropped before its turn comes.
            guard target.streams.count - target.failedStreams < limits.untried else { return nil }
            return (name, target.cursor, min(room, 4 * limits.untried))
        }
    }

    /// Whether a target gets one attempt at a time.
    private func isCareful(_ target: Target) -> Bool { target.failures > 0 || !target.hasAccepted }

    /// - Parameter limit: that of the question; fewer entries mean that there are no more for now.
    mutating func read(_ entries: [OutboxEntry], of name: String, limit: Int) {
        guard var target = targets[name] else { return }
        for entry in entries where entry.number > target.cursor {
            let stream = entry.stream
            if target.streams[stream] == nil {
                target.streams[stream] = Stream(entries: [])
                target.turns.append(stream)
            }
            target.streams[stream]?.entries.append(entry)
            target.cursor = entry.number
            target.loaded += 1
        }
        if entries.count < limit { target.hasMore = false }
        targets[name] = target
        forgetIfIdle(name)
    }

    // MARK: Sending

    /// The attempts to make now; they count as under way.
    mutating func next(now: Timestamp) -> [OutboxEntry] {
        var chosen: [OutboxEntry] = []
        var hasFound = true
        // One for each target at a time, so that a long outbox of one does not take every place.
        while hasFound && underWay < limits.total {
            hasFound = false
            for name in turns where underWay < limits.total {
                guard let entry = nextEntry(of: name, now: now) else { continue }
                chosen.append(entry)
                hasFound = true
            }
        }
        if turns.count > 1 { turns.append(turns.removeFirst()) }
        return chosen
    }

    private func isDoubtful(_ name: String, _ target: Target) -> Bool {
        !name.isEmpty && (target.failures > 0 || !target.hasAccepted)
    }

    private mutating func nextEntry(of name: String, now: Timestamp) -> OutboxEntry? {
        guard let target = targets[name], target.notBefore.map({ $0 <= now }) ?? true else { return nil }
        let others = underWay - (targets[""]?.underWay ?? 0)
        guard target.underWay < (isCareful(target) ? 1 : limits.perTarget),
            name.isEmpty || others < limits.total - limits.keptForWebhook,
            !isDoubtful(name, target) || doubtfulUnderWay < limits.doubtful,
            let place = target.turns.firstIndex(where: { isReady(target.streams[$0], now: now) })
        else { return nil }
        let stream = target.turns[place]
        guard let entry = target.streams[stream]?.entries.first else { return nil }
        targets[name]?.turns.remove(at: place)
        targets[name]?.turns.append(stream)
        targets[name]?.streams[stream]?.isUnderWay = true
        targets[name]?.underWay += 1
        underWay += 1
        if isDoubtful(name, target) { doubtfulUnderWay += 1 }
        return entry
    }

    private func isReady(_ stream: Stream?, now: Timestamp) -> Bool {
        guard let stream, !stream.isUnderWay, !stream.entries.isEmpty else { return false }
        return stream.notBefore.map { $0 <= now } ?? true
    }

    // MARK: Outcomes

    /// An attempt has ended.
    /// - Parameters:
    ///   - spread: from 0 to 1, at random: keeps many senders from coming back at the same moment.
    /// - Returns: entries that are done with: the one that was accepted, or those given up.
    mutating func ended(
        _ entry: OutboxEntry, _ outcome: EventOutcome, now: Timestamp, spread: Double
    ) -> (done: [OutboxEntry], isAccepted: Bool) {
        guard var target = targets[entry.target] else { return ([], outcome == .accepted) }
        let stream = entry.stream
        let wasDoubtful = isDoubtful(entry.target, target)
        if wasDoubtful { doubtfulUnderWay -= 1 }
        underWay -= 1
        target.underWay -= 1
        target.streams[stream]?.isUnderWay = false
        var done: [OutboxEntry] = []
        switch outcome {
        case .accepted:
            target.failures = 0
            target.hasAccepted = true
            target.notBefore = nil
            // It may have been dropped meanwhile.
            if target.streams[stream]?.entries.first?.number == entry.number {
                target.streams[stream]?.entries.removeFirst()
                target.streams[stream]?.failures = 0
                target.streams[stream]?.notBefore = nil
                target.loaded -= 1
                done = [entry]
            }
        case .refused, .failed:
            target.failures += 1
            let asked: Int
            if case .refused(_, let seconds?) = outcome { asked = seconds } else { asked = 0 }
            target.notBefore = DeliveryQueue.again(
                after: target.failures, asked: asked, longest: 60, now: now, spread: spread)
            if var failed = target.streams[stream] {
                failed.failures += 1
                failed.notBefore = DeliveryQueue.again(
                    after: failed.failures, asked: asked, longest: 600, now: now, spread: spread)
                target.streams[stream] = failed
            }
            done = DeliveryQueue.giveUp(&target, before: now.advanced(bySeconds: -limits.giveUp))
        }
        DeliveryQueue.dropEmpty(&target, stream)
        targets[entry.target] = target
        // All that is under way for a doubtful target counts, whenever it began.
        let isNowDoubtful = isDoubtful(entry.target, target)
        if wasDoubtful != isNowDoubtful {
            doubtfulUnderWay += isNowDoubtful ? target.underWay : -target.underWay
        }
        forgetIfIdle(entry.target)
        return (done, outcome == .accepted)
    }

    /// 1, 2, 4 … seconds, not beyond `longest` unless the receiver asks for more, an hour at most; from half of it to all.
    static func again(after failures: Int, asked: Int, longest: Int, now: Timestamp, spread: Double) -> Timestamp {
        let step = min(longest, 1 << min(max(0, failures - 1), 20))
        let wait = Double(step) * (0.5 + min(1, max(0, spread)) / 2)
        let milliseconds = max(Int64(wait * 1000), Int64(min(3600, max(0, asked))) * 1000)
        return Timestamp(milliseconds: now.milliseconds + milliseconds)
    }

    private static func giveUp(_ target: inout Target, before moment: Timestamp) -> [OutboxEntry] {
        var given: [OutboxEntry] = []
        for (name, stream) in target.streams {
            guard !stream.isUnderWay, let first = stream.entries.first, first.created <= moment else { continue }
            let old = stream.entries.filter { $0.created <= moment }
            given += old
            target.loaded -= old.count
            target.streams[name]?.entries.removeAll { $0.created <= moment }
            target.streams[name]?.failures = 0
            target.streams[name]?.notBefore = nil
        }
        for entry in given { dropEmpty(&target, entry.stream) }
        return given
    }

    private static func dropEmpty(_ target: inout Target, _ stream: String) {
        guard let known = target.streams[stream], known.entries.isEmpty, !known.isUnderWay else { return }
        target.streams[stream] = nil
        target.turns.removeAll { $0 == stream }
    }

    /// Entries were removed from the store by others.
    mutating func dropped(_ numbers: Set<Int64>) {
        for (name, target) in targets {
            var target = target
            for (key, stream) in target.streams where stream.entries.contains(where: { numbers.contains($0.number) }) {
                let left = stream.entries.filter { !numbers.contains($0.number) }
                target.loaded -= stream.entries.count - left.count
                target.streams[key]?.entries = left
                DeliveryQueue.dropEmpty(&target, key)
            }
            targets[name] = target
            forgetIfIdle(name)
        }
    }

    /// A target is no longer to be told anything: everything of it that is in memory and not under way.
    mutating func takeAll(of name: String) -> [OutboxEntry] {
        guard var target = targets[name] else { return [] }
        var taken: [OutboxEntry] = []
        for (key, stream) in target.streams {
            let kept = stream.isUnderWay ? Array(stream.entries.prefix(1)) : []
            taken += stream.entries.dropFirst(kept.count)
            target.streams[key]?.entries = kept
            DeliveryQueue.dropEmpty(&target, key)
        }
        target.loaded -= taken.count
        targets[name] = target
        forgetIfIdle(name)
        return taken
    }

    private mutating func forgetIfIdle(_ name: String) {
        guard let target = targets[name], target.streams.isEmpty, !target.hasMore, target.underWay == 0 else { return }
        // The portal's own webhook is always there, and its cursor saves reading past what is on its way to others.
        guard !name.isEmpty else { return }
        targets[name] = nil
        turns.removeAll { $0 == name }
    }

    /// The next moment at which `next` may have something that no event announces.
    func nextDue(after now: Timestamp) -> Timestamp? {
        var due: Timestamp?
        for target in targets.values where !target.streams.isEmpty {
            if let moment = target.notBefore, moment > now {
                due = min(due ?? moment, moment)
                continue
            }
            for stream in target.streams.values {
                if let moment = stream.notBefore, moment > now { due = min(due ?? moment, moment) }
            }
        }
        return due
    }

    /// Targets that have entries in memory or may have some in the store.
    var knownTargets: [String] { turns }
}
