import Platform
import PortalTesting
import Testing

@testable import Portal

@Suite("The queue of sandboxes")
struct SandboxQueueTests {
    private let now = Timestamp(seconds: 1_795_000_000)
    private let environment = Fixture.environmentName("lab-w01")
    private func name(_ number: Int) -> SessionName { Fixture.sessionName("lab-w01-s00\(number)") }
    private func limits(capacity: Int = 9, maximum: Int = 0, starts: Int = 4, reserved: Int = 2) -> SandboxQueue.Limits
    {
        var limits = SandboxQueue.Limits()
        limits.capacity = [environment: capacity]
        limits.maximum = maximum
        limits.starts = starts
        limits.reservedStarts = reserved
        return limits
    }

    @Test("serves those who wait before the reserve, and never fills up with the reserve")
    func order() {
        var queue = SandboxQueue()
        for number in 1...3 { queue.wantStart(name(number), in: environment, isOwned: false) }
        queue.wantStart(name(4), in: environment, isOwned: true)
        queue.claim(name(3))
        let first = queue.next(limits(), now: now)
        #expect(first == [.start(name(4)), .start(name(3)), .start(name(1)), .start(name(2))])
        queue.wantStart(name(5), in: environment, isOwned: false)
        let second = queue.next(limits(starts: 9), now: now)
        #expect(second == [])
        let verdict = queue.startEnded(name(1), .succeeded, now: now, attempts: 1)
        #expect(verdict == .up)
        let third = queue.next(limits(), now: now)
        #expect(third == [.start(name(5))])
    }

    @Test("starts nothing where there is no place, until a stop has ended")
    func places() {
        var queue = SandboxQueue()
        queue.adopt(name(1), in: environment, isOwned: true)
        queue.wantStart(name(2), in: environment, isOwned: true)
        #expect(queue.placesTaken == 1)
        var actions = queue.next(limits(capacity: 1), now: now)
        #expect(actions == [])
        queue.wantStop(name(1), in: environment)
        actions = queue.next(limits(capacity: 1), now: now)
        #expect(actions == [.stop(name(1))])
        var verdict = queue.stopEnded(name(1), succeeded: false, now: now)
        #expect(verdict == .again && queue.placesTaken == 1)
        #expect(queue.nextDue == now.advanced(bySeconds: 1))
        actions = queue.next(limits(maximum: 1), now: now.advanced(bySeconds: 1))
        #expect(actions == [.stop(name(1))])
        verdict = queue.stopEnded(name(1), succeeded: true, now: now)
        #expect(verdict == .gone && queue.placesTaken == 0)
        actions = queue.next(limits(maximum: 1), now: now)
        #expect(actions == [.start(name(2))])
    }

    @Test("starts nothing in an environment whose content is not ready")
    func unprepared() {
        var queue = SandboxQueue()
        queue.wantStart(name(1), in: environment, isOwned: true)
        var closed = limits()
        closed.capacity = [:]
        let actions = queue.next(closed, now: now)
        #expect(actions == [])
    }

    @Test("lets a start under way end before it is stopped, and hurries it")
    func stopWhileStarting() {
        var queue = SandboxQueue()
        queue.wantStart(name(1), in: environment, isOwned: true)
        _ = queue.next(limits(), now: now)
        queue.wantStop(name(1), in: environment)
        queue.wantStop(name(1), in: environment)
        var actions = queue.next(limits(), now: now)
        #expect(actions == [.cancelStart(name(1))])
        let verdict = queue.startEnded(name(1), .succeeded, now: now, attempts: 3)
        #expect(verdict == .unwanted)
        actions = queue.next(limits(), now: now)
        #expect(actions == [.stop(name(1))])
    }

    @Test("cleans up after a failed start, tries again for somebody who waits, then gives up")
    func attempts() {
        var queue = SandboxQueue()
        queue.wantStart(name(1), in: environment, isOwned: true)
        _ = queue.next(limits(), now: now)
        var verdict = queue.startEnded(name(1), .failed, now: now, attempts: 2)
        #expect(verdict == .again)
        #expect(!queue.isFinalStop(name(1)))
        var actions = queue.next(limits(), now: now)
        #expect(actions == [.stop(name(1))])
        _ = queue.stopEnded(name(1), succeeded: true, now: now)
        actions = queue.next(limits(), now: now)
        #expect(actions == [.start(name(1))])
        verdict = queue.startEnded(name(1), .failed, now: now, attempts: 2)
        #expect(verdict == .failed)
    }

    @Test("does not try again for the reserve")
    func reservedAttempt() {
        var queue = SandboxQueue()
        queue.wantStart(name(1), in: environment, isOwned: false)
        _ = queue.next(limits(), now: now)
        let verdict = queue.startEnded(name(1), .failed, now: now, attempts: 2)
        #expect(verdict == .failed)
    }

    @Test("needs no start for a session that is ended while it waits, and its stop takes no place")
    func neverStarted() {
        var queue = SandboxQueue()
        queue.wantStart(name(1), in: environment, isOwned: true)
        queue.wantStop(name(1), in: environment)
        #expect(queue.placesTaken == 0)
        let actions = queue.next(limits(), now: now)
        #expect(actions == [.stop(name(1))])
        _ = queue.stopEnded(name(1), succeeded: true, now: now)
        #expect(!queue.knows(name(1)) && queue.placesTaken == 0)
    }

    @Test("waits longer after each failed stop, at most a minute")
    func backOff() {
        var queue = SandboxQueue()
        queue.wantStop(name(1), in: environment)
        var moment = now
        var waits: [Int] = []
        for _ in 0..<9 {
            _ = queue.next(limits(), now: moment)
            _ = queue.stopEnded(name(1), succeeded: false, now: moment)
            let due = queue.nextDue ?? moment
            waits.append(due.seconds(since: moment))
            moment = due
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    }
}
