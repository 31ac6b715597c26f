internal import Glibc

/// Where the time comes from. Code that decides takes a `Timestamp`; code at the edge takes this.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Timestamp

    public init(_ read: @escaping @Sendable () -> Timestamp) { self.read = read }
    /// The present moment.
    public func now() -> Timestamp { read() }

    /// The machine's own clock.
    public static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
