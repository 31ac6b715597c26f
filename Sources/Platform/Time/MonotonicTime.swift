internal import Glibc

/// A clock that nobody can set, for measuring and for waiting. It begins at some moment and says nothing about the date.
package enum MonotonicTime {
    package static func nanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    package static func milliseconds() -> Int { nanoseconds() / 1_000_000 }
}
