/// Measures how long something takes, by the clock that nobody can set. Costs no system call.
public struct Stopwatch: Sendable {
    private let began: Int

    /// Begins to measure.
    public init() { began = MonotonicTime.nanoseconds() }

    /// Nanoseconds since the beginning.
    public var nanoseconds: Int { MonotonicTime.nanoseconds() - began }
}
