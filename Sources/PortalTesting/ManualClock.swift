public import Platform
internal import Synchronization

/// A clock that a test moves by hand; whoever sleeps on it wakes when its moment has come.
public final class ManualClock: Sendable {
    private struct State {
        var now: Timestamp
        var sleepers: [UInt64: (until: Timestamp, continuation: CheckedContinuation<Void, Never>)] = [:]
        var lastSleeper: UInt64 = 0
        var cancelled: Set<UInt64> = []
    }
    private let state: Mutex<State>

    /// - Parameter now: by default a moment in 2026.
    public init(now: Timestamp = Timestamp(seconds: 1_795_000_000)) { state = Mutex(State(now: now)) }

    public var now: Timestamp { state.withLock { $0.now } }
    public var wallClock: WallClock { WallClock { self.now } }

    public func advance(bySeconds seconds: Int) { advance(byMilliseconds: Int64(seconds) * 1000) }

    public func advance(byMilliseconds milliseconds: Int64) {
        let woken = state.withLock { state in
            state.now = Timestamp(milliseconds: state.now.milliseconds + milliseconds)
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Returns when the clock has reached the moment, or the task is cancelled.
    public func sleep(until moment: Timestamp) async {
        let id = state.withLock { state in
            state.lastSleeper += 1
            return state.lastSleeper
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isOver = state.withLock { state in
                    if moment <= state.now || state.cancelled.remove(id) != nil { return true }
                    state.sleepers[id] = (moment, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelled.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume()
        }
    }
}
