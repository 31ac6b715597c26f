import Platform
import PortalTesting
import Testing

@testable import Portal

@Suite("A session's clocks")
struct SessionExpiryTests {
    private let start = Timestamp(seconds: 1_795_000_000)
    private func after(_ seconds: Int) -> Timestamp { start.advanced(bySeconds: seconds) }

    private func limits(expires: Int = 0, overtime: Int = 0, deadline: Int = 0, orphaned: Int = 0, overdue: Int = 0)
        -> EnvironmentLimits
    {
        EnvironmentLimits(
            capacity: 1, initial: 0, reserved: 0, expires: expires, overtime: overtime, deadline: deadline,
            orphaned: orphaned,
            overdue: overdue)
    }

    private func running(_ limits: EnvironmentLimits) -> WorkshopSession {
        var session = Fixture.session(owner: nil, created: start)
        _ = session.allocate(to: Fixture.user("a"), indexURL: nil, parameters: [:], activation: nil, limits, now: start)
        _ = session.becomeReady(limits, now: start)
        return session
    }

    @Test("end a running session when its time is over, not before")
    func expired() {
        let limits = limits(expires: 60)
        let session = running(limits)
        #expect(SessionExpiry.due(session, limits, now: after(59)) == nil)
        #expect(SessionExpiry.due(session, limits, now: after(60)) == .expired)
        #expect(SessionExpiry.due(running(self.limits()), self.limits(), now: after(1_000_000)) == nil)
    }

    @Test("begin to count the learner's time when the session is ready")
    func fromReady() {
        let limits = limits(expires: 60, overdue: 30)
        var session = Fixture.session(created: start)
        _ = session.allocate(to: Fixture.user("a"), indexURL: nil, parameters: [:], activation: nil, limits, now: start)
        #expect(session.expires == after(30))
        _ = session.becomeReady(limits, now: after(20))
        #expect(session.started == after(20))
        #expect(session.expires == after(80))
    }

    @Test("end a session that is not ready in time")
    func overdue() {
        let limits = limits(expires: 60, overdue: 30)
        var session = Fixture.session(created: start)
        _ = session.allocate(to: Fixture.user("a"), indexURL: nil, parameters: [:], activation: nil, limits, now: start)
        #expect(SessionExpiry.due(session, limits, now: after(29)) == nil)
        #expect(SessionExpiry.due(session, limits, now: after(30)) == .startFailed)
    }

    @Test("end a session that is not activated in time")
    func activation() {
        let limits = limits(expires: 600, overdue: 300)
        let token = SecretToken.random().digest
        var session = Fixture.session(created: start)
        _ = session.allocate(
            to: Fixture.user("a"), indexURL: nil, parameters: [:], activation: (token, after(60)), limits, now: start)
        _ = session.becomeReady(limits, now: after(1))
        #expect(session.state == .waiting)
        #expect(SessionExpiry.due(session, limits, now: after(59)) == nil)
        #expect(SessionExpiry.due(session, limits, now: after(60)) == .notActivated)
        _ = session.activate(limits, now: after(50))
        #expect(session.state == .running)
        #expect(session.expires == after(650))
        let changed1 = session.activate(limits, now: after(51))
        #expect(!changed1)
    }

    @Test("end a session whose learner was not seen for too long")
    func orphaned() {
        let limits = limits(expires: 600, orphaned: 100)
        var session = running(limits)
        #expect(SessionExpiry.due(session, limits, now: after(99)) == nil)
        #expect(SessionExpiry.due(session, limits, now: after(100)) == .orphaned)
        session.lastSeen = after(50)
        #expect(SessionExpiry.due(session, limits, now: after(149)) == nil)
        #expect(SessionExpiry.due(session, limits, now: after(150)) == .orphaned)
        #expect(SessionExpiry.due(session, self.limits(), now: after(10_000)) == .expired)
    }

    @Test("do not exist for reserved sessions")
    func reserved() {
        let limits = limits(expires: 60, orphaned: 1, overdue: 1)
        var session = Fixture.session(created: start)
        #expect(SessionExpiry.due(session, limits, now: after(100_000)) == nil)
        _ = session.becomeReady(limits, now: start)
        #expect(session.state == .waiting)
        #expect(session.expires == nil)
        #expect(SessionExpiry.due(session, limits, now: after(100_000)) == nil)
    }

    @Test("move by the reference's example: an hour gives a window and a step of a quarter")
    func quarter() {
        let limits = limits(expires: 3600, deadline: 7200)
        var session = running(limits)
        #expect(SessionExtension.extended(session, limits, now: after(2699)) == nil)
        #expect(SessionExtension.extended(session, limits, now: after(2700)) == nil)
        #expect(SessionExtension.extended(session, limits, now: after(2701)) == after(4500))
        session.expires = after(7000)
        #expect(SessionExtension.extended(session, limits, now: after(6990)) == after(7200))
        session.expires = after(7200)
        #expect(SessionExtension.extended(session, limits, now: after(7190)) == nil)
    }

    @Test("move by at least five minutes, and not past the deadline")
    func overtime() {
        let limits = limits(expires: 1200, overtime: 120, deadline: 1320)
        let session = running(limits)
        #expect(SessionExtension.threshold(limits) == 300)
        #expect(SessionExtension.increment(limits) == 300)
        #expect(SessionExtension.extended(session, limits, now: after(899)) == nil)
        #expect(SessionExtension.extended(session, limits, now: after(901)) == after(1320))
    }

    @Test("never move to an earlier moment, whatever the definition has become")
    func lowered() {
        var limits = limits(expires: 3600, deadline: 7200)
        let session = running(limits)
        limits.deadline = 60
        limits.expires = 60
        #expect(SessionExtension.extended(session, limits, now: after(3590)) == nil)
    }

    @Test("never bring a session back that is over or ending")
    func over() {
        let limits = limits(expires: 3600, deadline: 7200)
        var session = running(limits)
        #expect(SessionExtension.extended(session, limits, now: after(3600)) == nil)
        _ = session.beginEnd(.deleted, now: after(3500))
        #expect(SessionExtension.extended(session, limits, now: after(3500)) == nil)
        let changed2 = session.beginEnd(.expired, now: after(3501))
        #expect(!changed2)
        #expect(session.end == .deleted)
    }

    @Test("are told to the learner without those that are not about the end")
    func schedule() {
        let limits = limits(expires: 3600, deadline: 7200, overdue: 30)
        var session = Fixture.session(created: start)
        _ = session.allocate(to: Fixture.user("a"), indexURL: nil, parameters: [:], activation: nil, limits, now: start)
        let waiting = SessionSchedule(of: session, limits, now: start)
        #expect(waiting.status == .starting)
        #expect(waiting.expires == nil && waiting.countdown == nil && !waiting.isExpiring && !waiting.isExtendable)
        _ = session.becomeReady(limits, now: start)
        let fresh = SessionSchedule(of: session, limits, now: after(10))
        #expect(fresh.countdown == 3590 && !fresh.isExpiring && !fresh.isExtendable)
        let late = SessionSchedule(of: session, limits, now: after(2800))
        #expect(late.countdown == 800 && late.isExpiring && late.isExtendable)
        #expect(SessionSchedule(of: session, limits, now: after(4000)).countdown == 0)
        let endless = SessionSchedule(of: running(self.limits()), self.limits(), now: after(9))
        #expect(endless.expires == nil && !endless.isExpiring && !endless.isExtendable)
    }

    @Test("leave a stopped session as it is")
    func stopped() {
        let limits = limits(expires: 60)
        var session = running(limits)
        _ = session.beginEnd(.deleted, now: after(1))
        let changed3 = session.becomeStopped(now: after(2))
        #expect(changed3)
        let changed4 = session.becomeStopped(now: after(3))
        #expect(!changed4)
        let changed5 = session.becomeReady(limits, now: after(3))
        #expect(!changed5)
        #expect(session.stopped == after(2))
        #expect(SessionExpiry.due(session, limits, now: after(100)) == nil)
    }

    @Test("follow how long a start takes without being upset by one")
    func startup() {
        var startup = SessionStartup()
        let name = Fixture.environmentName("lab-w01")
        #expect(startup.usually(in: name) == nil)
        startup.took(40, in: name)
        #expect(startup.usually(in: name) == 40)
        startup.took(440, in: name)
        #expect(startup.usually(in: name) == 140)
        for _ in 0..<20 { startup.took(40, in: name) }
        #expect((40...45).contains(startup.usually(in: name) ?? 0))
        startup.took(-5, in: name)
        #expect((startup.usually(in: name) ?? 0) >= 0)
    }
}
