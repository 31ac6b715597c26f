public import Platform

/// What a store tells of its own work, since it was opened: for metrics. A store keeps one if it can.
public final class StoreMeasures: Sendable {
    /// A commit, from its first write to the moment at which it is durable.
    public let commit = Histogram.ofShortDurations()
    /// Writes that shared a commit.
    public let batch = Histogram(.amount, [1, 2, 4, 8, 16, 32, 64, 128, 256])
    /// One read of any size.
    public let read = Histogram.ofShortDurations()
    public let commitsFailed = Count()
    /// Bytes of the write-ahead log.
    public let logBytes = Gauge()

    public init() {}
}
