internal import Synchronization

/// How values are spread: fixed buckets that any thread may count in, without a lock and without an allocation.
///
/// Recording is one search among a dozen numbers and two atomic additions. A snapshot that is taken meanwhile is exact for
/// what was recorded before it; of what is recorded beside it, the count may be there and the sum not yet.
public final class Histogram: @unchecked Sendable {
    /// What raw values are: durations are recorded in nanoseconds and shown in seconds, amounts as they are.
    public enum Unit: Sendable {
        case seconds, amount
        var perUnit: Double { self == .seconds ? 1e9 : 1 }
    }

    public struct Snapshot: Sendable, Equatable {
        /// Upper bounds in seconds or as they are, rising. There is one more bucket, for what is beyond the last.
        public let bounds: [Double]
        /// How many values were in each bucket alone; one more than bounds.
        public let counts: [Int]
        /// Of all values, in the unit of the bounds.
        public let sum: Double
        /// All of them.
        public var count: Int { counts.reduce(0, +) }
    }

    private let unit: Unit
    private let bounds: [Double]
    /// The bounds as raw values.
    private let limits: [Int]
    /// A bucket for each bound, one for the rest, then the sum of raw values. Apart from their initialisation they are
    /// touched by atomic operations only, which is why the class may be shared.
    private let cells: UnsafeMutablePointer<Atomic<Int>>

    /// - Parameter bounds: upper bounds of the buckets, rising.
    public init(_ unit: Unit, _ bounds: [Double]) {
        self.unit = unit
        self.bounds = bounds
        limits = bounds.map { Int(($0 * unit.perUnit).rounded()) }
        cells = .allocate(capacity: bounds.count + 2)
        for index in 0..<(bounds.count + 2) { (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize(count: bounds.count + 2)
        cells.deallocate()
    }

    /// - Parameter value: nanoseconds, or an amount. A negative one counts as 0.
    public func record(_ value: Int) {
        let value = max(0, value)
        var bucket = 0
        while bucket < limits.count && value > limits[bucket] { bucket += 1 }
        cells[bucket].add(1, ordering: .relaxed)
        cells[limits.count + 1].add(value, ordering: .relaxed)
    }

    /// Records how long something took until now.
    public func record(_ watch: Stopwatch) { record(watch.nanoseconds) }

    public var snapshot: Snapshot {
        Snapshot(
            bounds: bounds, counts: (0...bounds.count).map { cells[$0].load(ordering: .relaxed) },
            sum: Double(cells[bounds.count + 1].load(ordering: .relaxed)) / unit.perUnit)
    }
}

extension Histogram {
    /// For what takes microseconds to seconds: reads, decisions, commits.
    public static func ofShortDurations() -> Histogram {
        Histogram(
            .seconds, [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5])
    }

    /// For what takes milliseconds to minutes: requests, sandboxes.
    public static func ofDurations() -> Histogram {
        Histogram(.seconds, [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120])
    }
}

/// A number that only grows, for any thread.
public final class Count: Sendable {
    private let value = Atomic<Int>(0)

    public init() {}

    public func add(_ amount: Int = 1) { value.add(amount, ordering: .relaxed) }

    public var total: Int { value.load(ordering: .relaxed) }
}

/// A number that was found last, for any thread.
public final class Gauge: Sendable {
    private let stored = Atomic<Int>(0)

    public init() {}

    public var value: Int {
        get { stored.load(ordering: .relaxed) }
        set { stored.store(newValue, ordering: .relaxed) }
    }
}
