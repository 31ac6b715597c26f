import Platform
import Testing

@testable import Portal

@Suite("Guessing is slowed down")
struct BackOffTests {
    private let start = Timestamp(seconds: 1_800_000_000)

    @Test("A few wrong tries cost nothing, then each doubles the wait up to the longest")
    func doubling() {
        var backOff = BackOff(free: 3, longest: 10)
        var now = start
        var waits: [Int] = []
        for _ in 0..<8 {
            backOff.wasWrong("a", at: now)
            let wait = backOff.wait(of: "a", at: now) ?? 0
            waits.append(wait)
            now = now.advanced(bySeconds: wait)
            #expect(backOff.wait(of: "a", at: now) == nil)
        }
        #expect(waits == [0, 0, 0, 2, 4, 8, 10, 10])
        #expect(backOff.wait(of: "b", at: now) == nil)
    }

    @Test("A right try, an hour of peace and a limit of none clear the count")
    func cleared() {
        var backOff = BackOff(free: 1)
        for _ in 0..<5 { backOff.wasWrong("a", at: start) }
        #expect(backOff.wait(of: "a", at: start) != nil)
        backOff.wasRight("a")
        #expect(backOff.wait(of: "a", at: start) == nil)

        for _ in 0..<5 { backOff.wasWrong("a", at: start) }
        let later = start.advanced(bySeconds: BackOff.memory + 301)
        backOff.wasWrong("a", at: later)
        #expect(backOff.wait(of: "a", at: later) == nil)

        var off = BackOff(free: 0)
        for _ in 0..<100 { off.wasWrong("a", at: start) }
        #expect(off.wait(of: "a", at: start) == nil)
    }

    @Test("Memory stays bounded, and those that were seen last are kept")
    func bounded() {
        var backOff = BackOff(free: 1)
        for number in 0..<(BackOff.limit + 5000) {
            let now = start.advanced(bySeconds: number / 100)
            backOff.wasWrong("\(number)", at: now)
            backOff.wasWrong("\(number)", at: now)
        }
        #expect(backOff.count <= BackOff.limit)
        let last = "\(BackOff.limit + 4999)"
        #expect(backOff.wait(of: last, at: start.advanced(bySeconds: (BackOff.limit + 4999) / 100)) != nil)
    }

    @Test("Many tries at once gain nothing, and an account of one's own does not hide guesses at another's")
    func throttle() {
        var limits = SignInLimits()
        limits.failuresPerAccount = 3
        limits.failuresPerAddress = 5
        var throttle = SignInThrottle(limits)
        // All are let in before any is answered.
        let admitted = (0..<10).count { _ in throttle.admit(account: "ada", address: "192.0.2.1", now: start) == nil }
        #expect(admitted == 4)

        throttle = SignInThrottle(limits)
        var guesses = 0
        for number in 0..<100 {
            if throttle.admit(account: "victim\(number)", address: "192.0.2.1", now: start) != nil { break }
            guesses += 1
            if throttle.admit(account: "own", address: "192.0.2.1", now: start) == nil {
                throttle.wasRight(account: "own", address: "192.0.2.1", now: start)
            }
        }
        #expect(guesses == 6)
    }

    @Test("A try that was not looked at does not count")
    func takenBack() {
        var throttle = SignInThrottle(SignInLimits())
        for _ in 0..<100 {
            #expect(throttle.admit(account: "ada", address: "2001:db8::1", now: start) == nil)
            throttle.takeBack(account: "ada", address: "2001:db8::1", now: start)
        }
    }
}
