internal import Glibc

/// Measures how long something takes, by the clock that nobody can set. Costs no system call.
public struct Stopwatch: Sendable {
    private let began: Int

    /// Begins to measure.
    public init() { began = Stopwatch.now() }

    /// Nanoseconds since the beginning.
    public var nanoseconds: Int { Stopwatch.now() - began }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
