import Platform
import PortalTesting
import Testing

@testable import Portal

@Suite("The order of deliveries")
struct DeliveryQueueTests {
    private let start = Timestamp(seconds: 1_795_000_000)

    private func entry(_ number: Int64, _ stream: String, target: String = "", age: Int = 0) -> OutboxEntry {
        OutboxEntry(
            number: number, target: target, id: "evt_\(number)", created: start.advanced(bySeconds: -age),
            content: .payload([], event: "E", stream: stream))
    }

    /// A queue that has read these entries.
    private func queue(_ entries: [OutboxEntry], limits: DeliveryQueue.Limits = .init()) -> DeliveryQueue {
        var queue = DeliveryQueue(limits: limits)
        for target in Set(entries.map(\.target)) {
            queue.mayHaveMore(target)
            queue.read(entries.filter { $0.target == target }, of: target, limit: 1000)
        }
        return queue
    }

    @Test("One attempt first, then several at once, one for each stream, in order")
    func order() {
        var queue = queue([entry(1, "a"), entry(2, "a"), entry(3, "b"), entry(4, "c")])
        let first = queue.next(now: start)
        #expect(first.map(\.number) == [1])
        #expect(queue.next(now: start).isEmpty)
        let done = queue.ended(first[0], .accepted, now: start, spread: 0)
        #expect(done.isAccepted && done.done.map(\.number) == [1])
        #expect(Set(queue.next(now: start).map(\.number)) == [2, 3, 4])
        #expect(queue.next(now: start).isEmpty)
    }

    @Test("After a failure a target waits longer and longer, with another stream each time")
    func backOff() {
        var queue = queue([entry(1, "a"), entry(2, "b")])
        var now = start
        var order: [Int64] = []
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let next = queue.next(now: now)
            #expect(next.count == 1)
            guard let attempt = next.first else { return }
            order.append(attempt.number)
            _ = queue.ended(attempt, .failed("down"), now: now, spread: 1)
            #expect(queue.next(now: now.advanced(bySeconds: seconds - 1)).isEmpty)
            now = queue.nextDue(after: now) ?? now
        }
        #expect(order.prefix(4) == [1, 2, 1, 2])
    }

    @Test("Waits are between half and all of 1, 2, 4 … seconds, or as the receiver asks, an hour at most")
    func waits() {
        for (failures, seconds) in [(1, 1), (2, 2), (5, 16), (11, 600), (1000, 600)] {
            for spread in [0, 0.5, 1] {
                let due = DeliveryQueue.again(after: failures, asked: 0, longest: 600, now: start, spread: spread)
                let wait = due.milliseconds - start.milliseconds
                #expect(wait >= Int64(seconds) * 500 && wait <= Int64(seconds) * 1000)
            }
        }
        for (asked, seconds) in [(120, 120), (86_400, 3600), (-5, 1)] {
            let due = DeliveryQueue.again(after: 1, asked: asked, longest: 600, now: start, spread: 1)
            #expect(due == start.advanced(bySeconds: seconds))
        }
    }

    @Test("An entry that a receiver will not have holds up its own stream and no other")
    func poison() {
        var queue = queue((1...40).map { entry(Int64($0), $0 % 4 == 1 ? "bad" : "good-\($0 % 4)") })
        var now = start
        var delivered: [Int64] = []
        for _ in 0..<200 {
            for attempt in queue.next(now: now) {
                let outcome: EventOutcome =
                    attempt.stream == "bad" ? .refused(status: 400, retryAfter: nil) : .accepted
                _ = queue.ended(attempt, outcome, now: now, spread: 0.5)
                if outcome == .accepted { delivered.append(attempt.number) }
            }
            now = now.advanced(bySeconds: 1)
        }
        #expect(Set(delivered) == Set((1...40).filter { $0 % 4 != 1 }.map(Int64.init)))
    }

    @Test("Receivers that hang, however many, leave room for those that answer and for the webhook")
    func hanging() {
        let limits = DeliveryQueue.Limits()
        var entries = (1...100).map { entry(Int64($0), "s\($0)", target: "http://hang-\($0).example.com/") }
        entries += (101...140).map { entry(Int64($0), "s\($0)", target: "http://good.example.com/") }
        entries += (141...180).map { entry(Int64($0), "s\($0)") }
        var queue = queue(entries, limits: limits)
        var good = 0
        var hooks = 0
        // Those that hang never end.
        for _ in 0..<400 {
            for attempt in queue.next(now: start) where !attempt.target.contains("hang") {
                _ = queue.ended(attempt, .accepted, now: start, spread: 0)
                if attempt.target.isEmpty { hooks += 1 } else { good += 1 }
            }
        }
        #expect(hooks == 40)
        // The good one has to prove itself, and comes to its turn unless doubtful ones hold all their places.
        #expect(queue.underWay <= limits.doubtful)
        if good > 0 { #expect(good == 40) }
    }

    @Test("Of a receiver that does not answer, little is kept in memory; of one that does, more is read")
    func reading() {
        var queue = DeliveryQueue()
        queue.mayHaveMore("")
        #expect(queue.wanted.map(\.limit) == [64])
        queue.read((1...64).map { entry(Int64($0), "s\($0)") }, of: "", limit: 64)
        var now = start
        // Each failure is another stream's; more is read when few are left that were not tried.
        for failures in 1...49 {
            let attempt = queue.next(now: now)
            #expect(attempt.count == 1)
            if let attempt = attempt.first { _ = queue.ended(attempt, .failed("down"), now: now, spread: 0) }
            #expect(queue.wanted.isEmpty == (failures < 49))
            now = now.advanced(bySeconds: 61)
        }
        let attempt = queue.next(now: now)
        if let attempt = attempt.first { _ = queue.ended(attempt, .accepted, now: now, spread: 0) }
        #expect(queue.wanted.map(\.limit) == [1024 - 63])
    }

    @Test("What nobody has taken within its time is given up, at the next failure")
    func givingUp() {
        var limits = DeliveryQueue.Limits()
        limits.giveUp = 100
        var queue = queue(
            [entry(1, "a", age: 200), entry(2, "a", age: 150), entry(3, "b", age: 101), entry(4, "b", age: 5)],
            limits: limits)
        let attempt = queue.next(now: start)
        let result = queue.ended(attempt[0], .failed("down"), now: start, spread: 0)
        #expect(Set(result.done.map(\.number)) == [1, 2, 3])
        #expect(queue.next(now: start.advanced(bySeconds: 5)).map(\.number) == [4])
    }

    @Test("Entries dropped by others are forgotten, also the one that is under way")
    func dropped() {
        var queue = queue([entry(1, "a"), entry(2, "a"), entry(3, "b")])
        let attempt = queue.next(now: start)
        queue.dropped([1, 3])
        #expect(queue.ended(attempt[0], .accepted, now: start, spread: 0).done.isEmpty)
        #expect(queue.next(now: start).map(\.number) == [2])
    }

    @Test(
        "Random sequences: each stream in order, each entry once, never more under way than allowed", arguments: 0..<60)
    func random(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var limits = DeliveryQueue.Limits()
        limits.loaded = 16
        limits.giveUp = 1_000_000
        var queue = DeliveryQueue(limits: limits)
        var store: [OutboxEntry] = []
        var number: Int64 = 0
        var now = start
        var underWay: [OutboxEntry] = []
        var delivered: [String: [Int64]] = [:]
        let targets = ["", "x", "y", "z"]
        for step in 0..<3000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<3 where step < 1500:
                let target = targets.randomElement(using: &random) ?? ""
                number += 1
                store.append(entry(number, "s\(Int.random(in: 0..<5, using: &random))", target: target))
                queue.mayHaveMore(target)
            case 3..<5: now = now.advanced(bySeconds: Int.random(in: 0...20, using: &random))
            case 5..<9:
                guard let place = underWay.indices.randomElement(using: &random) else { continue }
                let attempt = underWay.remove(at: place)
                let isAccepted = step > 1500 || Int.random(in: 0..<3, using: &random) > 0
                let result = queue.ended(
                    attempt, isAccepted ? .accepted : .failed(""), now: now,
                    spread: Double.random(in: 0...1, using: &random))
                for entry in result.done {
                    store.removeAll { $0.number == entry.number }
                    delivered["\(entry.target) \(entry.stream)", default: []].append(entry.number)
                }
            default:
                for wanted in queue.wanted {
                    let page = store.filter { $0.target == wanted.target && $0.number > wanted.after }
                    queue.read(Array(page.prefix(wanted.limit)), of: wanted.target, limit: wanted.limit)
                }
                underWay += queue.next(now: now)
            }
            #expect(underWay.count == queue.underWay && underWay.count <= limits.total)
            let streams = underWay.map { "\($0.target) \($0.stream)" }
            #expect(Set(streams).count == streams.count)
        }
        // The rest, without further failures.
        for _ in 0..<2000 where !store.isEmpty {
            now = now.advanced(bySeconds: 60)
            for wanted in queue.wanted {
                let page = store.filter { $0.target == wanted.target && $0.number > wanted.after }
                queue.read(Array(page.prefix(wanted.limit)), of: wanted.target, limit: wanted.limit)
            }
            underWay += queue.next(now: now)
            for attempt in underWay {
                for entry in queue.ended(attempt, .accepted, now: now, spread: 0).done {
                    store.removeAll { $0.number == entry.number }
                    delivered["\(entry.target) \(entry.stream)", default: []].append(entry.number)
                }
            }
            underWay = []
        }
        #expect(store.isEmpty, "\(store.count) entries were never delivered")
        for (stream, numbers) in delivered { #expect(numbers == numbers.sorted(), "\(stream)") }
        let count = delivered.values.reduce(0) { $0 + $1.count }
        #expect(Int64(count) == number)
        #expect(queue.underWay == 0)
    }
}
