internal import Glibc
internal import Synchronization

/// When a learner was last here, so that the portal can find sessions that nobody uses any more.
final class ActivityClock: Sendable {
    private let monotonic: @Sendable () -> Double
    private let moments: Mutex<(heard: Double, viewed: Double)>

    /// - Parameter monotonic: seconds on a clock that nobody sets.
    init(monotonic: @escaping @Sendable () -> Double = ActivityClock.bootTime) {
        self.monotonic = monotonic
        let now = monotonic()
        moments = Mutex((now, now))
    }

    /// A page is open; `isVisible` when somebody can see it.
    func heard(isVisible: Bool) {
        let now = monotonic()
        moments.withLock { moments in
            moments.heard = now
            if isVisible { moments.viewed = now }
        }
    }

    /// Seconds since a page was last open and since one was last visible (spec/dashboard.md section 2).
    var idle: (time: Double, view: Double) {
        let now = monotonic()
        return moments.withLock { (max(0, now - $0.heard), max(0, now - $0.viewed)) }
    }

    static let bootTime: @Sendable () -> Double = {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
