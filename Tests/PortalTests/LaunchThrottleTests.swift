import Platform
import PortalTesting
import Testing

@testable import Portal

/// A throttle that expectations can call.
private final class Door {
    private var throttle = LaunchThrottle()
    var size: Int { throttle.size }
    func admit(address: String, visitor: String?, limits: LaunchLimits, now: Timestamp) -> Int? {
        throttle.admit(address: address, visitor: visitor, limits: limits, now: now)
    }
}

@Suite("The launch limit")
struct LaunchThrottleTests {
    private let start = Timestamp(seconds: 1_795_000_020)
    private func limits(address: Int = 0, visitor: Int = 0) -> LaunchLimits {
        var limits = LaunchLimits()
        limits.perAddressPerMinute = address
        limits.perVisitorPerMinute = visitor
        return limits
    }

    @Test("lets through as many as are allowed in a minute, and says how long to wait")
    func address() throws {
        let throttle = Door()
        var now = start
        for _ in 0..<10 {
            #expect(throttle.admit(address: "192.0.2.1", visitor: nil, limits: limits(address: 10), now: now) == nil)
        }
        let wait = try #require(
            throttle.admit(address: "192.0.2.1", visitor: nil, limits: limits(address: 10), now: now))
        #expect((1...60).contains(wait))
        #expect(throttle.admit(address: "192.0.2.2", visitor: nil, limits: limits(address: 10), now: now) == nil)
        now = now.advanced(bySeconds: 125)
        #expect(throttle.admit(address: "192.0.2.1", visitor: nil, limits: limits(address: 10), now: now) == nil)
    }

    @Test("slides: what was used a minute ago is forgotten bit by bit, and waiting as told is enough")
    func slides() throws {
        let throttle = Door()
        var now = start
        for _ in 0..<6 { _ = throttle.admit(address: "192.0.2.1", visitor: nil, limits: limits(address: 6), now: now) }
        var refusals = 0
        while let wait = throttle.admit(address: "192.0.2.1", visitor: nil, limits: limits(address: 6), now: now) {
            now = now.advanced(bySeconds: wait)
            refusals += 1
            try #require(refusals < 4)
        }
        #expect(now.seconds(since: start) <= 80)
    }

    @Test("counts visitors apart from addresses")
    func visitor() {
        let throttle = Door()
        for index in 0..<3 {
            #expect(
                throttle.admit(address: "192.0.2.\(index)", visitor: "v", limits: limits(visitor: 3), now: start) == nil
            )
        }
        #expect(throttle.admit(address: "192.0.2.9", visitor: "v", limits: limits(visitor: 3), now: start) != nil)
        #expect(throttle.admit(address: "192.0.2.9", visitor: "w", limits: limits(visitor: 3), now: start) == nil)
        #expect(throttle.admit(address: "192.0.2.9", visitor: nil, limits: limits(visitor: 3), now: start) == nil)
    }

    @Test("takes all of a subscriber's IPv6 addresses as one")
    func networks() {
        #expect(LaunchThrottle.network(of: "2001:db8:1:2:3:4:5:6") == LaunchThrottle.network(of: "2001:0db8:1:2::ffff"))
        #expect(LaunchThrottle.network(of: "2001:db8:1:2::1") != LaunchThrottle.network(of: "2001:db8:1:3::1"))
        #expect(LaunchThrottle.network(of: "fe80::1%eth0") == LaunchThrottle.network(of: "fe80::2"))
        #expect(LaunchThrottle.network(of: "::ffff:192.0.2.1") == "192.0.2.1")
        #expect(LaunchThrottle.network(of: "192.0.2.1") != LaunchThrottle.network(of: "192.0.2.2"))
        for odd in [
            "", ":", "::", ":::", String(repeating: "1:", count: 100), String(repeating: "x", count: 999), "1::2::3",
            "%",
        ] {
            #expect(LaunchThrottle.network(of: odd).utf8.count <= 64)
        }
    }

    @Test("remembers no more than it has room for")
    func memory() {
        let throttle = Door()
        for index in 0..<(LaunchThrottle.capacity + 100) {
            _ = throttle.admit(
                address: "10.\(index >> 16).\(index >> 8 & 255).\(index & 255)", visitor: nil,
                limits: limits(address: 1), now: start)
        }
        #expect(throttle.size <= LaunchThrottle.capacity)
    }

    @Test("is no limit at 0")
    func off() {
        let throttle = Door()
        for _ in 0..<1000 {
            #expect(throttle.admit(address: "192.0.2.1", visitor: "v", limits: limits(), now: start) == nil)
        }
        #expect(throttle.size == 0)
    }
}
