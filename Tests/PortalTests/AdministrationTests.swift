import Platform
import PortalTesting
import Synchronization
import Testing

@testable import Portal

@Suite("What staff does")
struct AdministrationTests {
    private static let staff = Fixture.user("ada")

    private static func portal(
        expires: Int = 3600, deadline: Int = 7200, workshops: Int = 1
    ) async throws -> TestPortal {
        let limits = EnvironmentLimits(
            capacity: 9, initial: 0, reserved: 0, expires: expires, deadline: max(expires, deadline))
        let portal = try await TestPortal(
            Fixture.definitions((0..<workshops).map { (name: $0 == 0 ? "lab-shell" : "lab-\($0)", limits: limits) }))
        let now = portal.clock.now
        try await portal.store.write { store in
            try store.insert(PortalUser(id: staff, kind: .staff, joined: now))
            for kind in [PortalUser.Kind.anonymous, .registered, .robot] {
                try store.insert(PortalUser(id: Fixture.user(kind.rawValue), kind: kind, joined: now))
            }
        }
        try await portal.settle()
        return portal
    }

    // MARK: More time

    private static let start = Timestamp(seconds: 1_795_000_000)

    private static func running(expires: Int?, started: Int = 0) -> WorkshopSession {
        var session = Fixture.session(owner: nil, created: start)
        let limits = EnvironmentLimits(capacity: 1, initial: 0, reserved: 0)
        _ = session.allocate(
            to: Fixture.user("a"), indexURL: nil, parameters: [:], activation: nil, limits, now: start)
        _ = session.becomeReady(limits, now: start.advanced(bySeconds: started))
        session.expires = expires.map { start.advanced(bySeconds: $0) }
        return session
    }

    @Test(
        "moves an end at most to the deadline, from the end that was seen, and only of what is in use",
        arguments: [
            (expires: 3600, deadline: 7200, end: 3600, minutes: 10, seen: 3600, now: 0, result: 4200),
            (3600, 7200, 3600, 60, 3600, 0, 7200), (3600, 7200, 6900, 10, 6900, 0, 7200),
            (3600, 7200, 7200, 10, 7200, 0, -1), (3600, 3600, 3600, 30, 3600, 10, -1),
            (3600, 7200, 4200, 10, 3600, 0, -2), (3600, 7200, 60, 10, 3600, 0, -2),
            (3600, 7200, 60, 10, 60, 0, 660), (3600, 7200, 60, 10, 60, 60, -3), (3600, 7200, 60, 10, 60, 61, -3),
            (0, 0, 60, 30, 60, 0, 1860), (3600, 100, 1800, 60, 1800, 0, 3600),
        ])
    func extend(
        _ row: (expires: Int, deadline: Int, end: Int, minutes: Int, seen: Int, now: Int, result: Int)
    ) {
        let start = AdministrationTests.start
        let limits = EnvironmentLimits(
            capacity: 1, initial: 0, reserved: 0, expires: row.expires, deadline: row.deadline)
        let found = StaffExtension.decide(
            AdministrationTests.running(expires: row.end), limits, bySeconds: row.minutes * 60,
            seen: start.advanced(bySeconds: row.seen), now: start.advanced(bySeconds: row.now))
        let expected: StaffExtension =
            switch row.result {
            case -1: .atDeadline
            case -2: .movedBefore
            case -3: .notRunning
            default: .moved(to: start.advanced(bySeconds: row.result))
            }
        #expect(found == expected)
    }

    @Test("gives no time to what has no end, and none to what is not running")
    func extendOthers() {
        let limits = EnvironmentLimits(capacity: 1, initial: 0, reserved: 0)
        let now = AdministrationTests.start
        let endless = AdministrationTests.running(expires: nil)
        #expect(StaffExtension.decide(endless, limits, bySeconds: 600, seen: nil, now: now) == .neverEnds)
        for state in [SessionState.starting, .waiting, .stopping, .stopped] {
            var session = AdministrationTests.running(expires: 60)
            session.state = state
            #expect(StaffExtension.decide(session, limits, bySeconds: 600, seen: nil, now: now) == .notRunning)
        }
    }

    @Test("sent twice, moves an end once")
    func extendTwice() async throws {
        let portal = try await AdministrationTests.portal()
        let session = try await portal.enter().session.name
        try await portal.settle()
        let seen = try #require(try portal.session(session).expires)
        let wish = AdminAction.extend(session, minutes: 30, seen: seen)
        let first = try await portal.perform(wish)
        let second = try await portal.perform(wish)
        #expect(first?.outcome == .extended)
        #expect(first?.amount == 1800)
        #expect(second?.outcome == .movedBefore)
        #expect(try portal.session(session).expires == seen.advanced(bySeconds: 1800))
    }

    // MARK: The end

    @Test("lets a session in use end in a minute, which its learner cannot take back and staff can")
    func expire() async throws {
        let portal = try await AdministrationTests.portal()
        let entered = try await portal.enter()
        let session = entered.session.name
        try await portal.settle()
        let entry = try await portal.perform(.expire(session))
        #expect(entry?.outcome == .expiring)
        let soon = portal.clock.now.advanced(bySeconds: 60)
        #expect(try portal.session(session).expires == soon)
        #expect(try portal.session(session).state == .running)
        let extended = try await portal.extend(session, by: entered.user.id)
        #expect(!extended)
        #expect(try portal.session(session).expires == soon)

        portal.clock.advance(bySeconds: 10)
        #expect(try await portal.perform(.expire(session))?.amount == 50)
        #expect(try portal.session(session).expires == soon)
        #expect(try await portal.perform(.extend(session, minutes: 10, seen: soon))?.outcome == .extended)
        #expect(try portal.session(session).end == nil)

        _ = try await portal.perform(.expire(session))
        portal.clock.advance(bySeconds: 59)
        try await portal.settle()
        #expect(try portal.session(session).state == .running)
        portal.clock.advance(bySeconds: 2)
        try await portal.settle()
        #expect(try portal.session(session).state == .stopped)
        #expect(try portal.session(session).end == .expired)
        #expect(portal.portal.counters[.endedExpired] == 1)
        #expect(try await portal.perform(.expire(session))?.outcome == .endedBefore)
    }

    @Test("ends at once what nobody is in")
    func expireReserved() async throws {
        var definitions = Fixture.definitions([("lab-shell", Fixture.limits(reserved: 1))])
        definitions.portal.maximumSessions = 0
        let portal = try await TestPortal(definitions)
        try await portal.hireStaff()
        try await portal.settle()
        let reserved = try #require(portal.store.allSessions.first { $0.isReserved })
        #expect(try await portal.perform(.expire(reserved.name))?.outcome == .ended)
        #expect(try portal.session(reserved.name).state == .stopping)
        try await portal.settle()
        #expect(try portal.session(reserved.name).end == .terminated)
        #expect(portal.store.allSessions.contains { $0.isReserved }, "the reserve was not refilled")
    }

    @Test("ends a session once, and its sandbox with it")
    func terminate() async throws {
        let portal = try await AdministrationTests.portal()
        let session = try await portal.enter().session.name
        try await portal.settle()
        #expect(try await portal.perform(.terminate(session))?.outcome == .ended)
        #expect(try await portal.perform(.terminate(session))?.outcome == .endedBefore)
        try await portal.settle()
        #expect(portal.base.sandboxes.isEmpty)
        #expect(try portal.session(session).end == .terminated)
        #expect(portal.portal.counters[.endedTerminated] == 1)
    }

    @Test("ends everything that one user has, and nobody else's")
    func endSessions() async throws {
        let portal = try await AdministrationTests.portal(workshops: 3)
        let user = Fixture.user("learner")
        var own: [SessionName] = []
        for workshop in ["lab-shell", "lab-1", "lab-2"] {
            own.append(try await portal.enter(workshop) { $0.visitor = .user(user) }.session.name)
        }
        let other = try await portal.enter().session.name
        try await portal.settle()
        let entry = try await portal.perform(.endSessions(of: user))
        #expect(entry?.outcome == .ended)
        #expect(entry?.amount == 3)
        try await portal.settle()
        for name in own { #expect(try portal.session(name).state == .stopped) }
        #expect(try portal.session(other).state == .running)
        #expect(try await portal.perform(.endSessions(of: user))?.outcome == .endedBefore)
        #expect(try await portal.perform(.endSessions(of: Fixture.user("nobody")))?.outcome == .unknown)
    }

    // MARK: Environments

    @Test("replaces an environment once; learners stay where they are and newcomers come into the new one")
    func refresh() async throws {
        let portal = try await AdministrationTests.portal()
        let session = try await portal.enter().session.name
        try await portal.settle()
        let old = Fixture.environmentName("lab-w01")
        #expect(try await portal.perform(.refresh(old))?.outcome == .refreshed)
        #expect(try await portal.perform(.refresh(old))?.outcome == .replacedBefore)
        try await portal.settle()
        let states = try portal.store.read { try $0.environments().map { "\($0.name) \($0.state)" } }
        #expect(states == ["lab-w01 stopping", "lab-w02 running"])
        #expect(try portal.session(session).state == .running)
        #expect(try await portal.enter().session.environment.rawValue == "lab-w02")
        _ = try await portal.perform(.terminate(session))
        try await portal.settle()
        #expect(try portal.store.read { try $0.environment(old)?.state } == .stopped)
        #expect(try await portal.perform(.refresh(Fixture.environmentName("lab-w77")))?.outcome == .unknown)
    }

    @Test("does not take away an environment that nothing could replace")
    func refreshUndefined() async throws {
        let portal = try await AdministrationTests.portal()
        var definitions = Fixture.definitions()
        definitions.workshops = [:]
        portal.portal.reload(definitions)
        try await portal.settle()
        let name = Fixture.environmentName("lab-w01")
        #expect(try await portal.perform(.refresh(name))?.outcome == .notDefined)
        #expect(try portal.store.read { try $0.environment(name)?.state } == .running)
    }

    // MARK: The rest

    @Test("forgets what has ended, however much it is, and neither users nor what has not")
    func purge() async throws {
        let portal = try await AdministrationTests.portal()
        let users = portal.store.allUsers.count
        let now = portal.clock.now
        try await portal.store.write { store in
            for number in 1...130 {
                var session = Fixture.session("lab-w01-s\(1000 + number)", owner: nil, created: now)
                session.state = .stopped
                session.stopped = now.advanced(bySeconds: -1)
                try store.insert(session)
            }
        }
        let live = try await portal.enter().session.name
        try await portal.settle()
        let entry = try await portal.perform(.purgeEnded)
        #expect(entry?.outcome == .purged)
        #expect(entry?.amount == 130)
        #expect(portal.store.allSessions.map(\.name) == [live])
        #expect(portal.store.allUsers.count == users + 1)
        #expect(try await portal.perform(.purgeEnded)?.amount == 0)
    }

    @Test(
        "is done by staff alone, and leaves no trace when somebody else tries",
        arguments: ["anonymous", "registered", "robot", "nobody"])
    func others(_ user: String) async throws {
        let portal = try await AdministrationTests.portal()
        let session = try await portal.enter().session
        try await portal.settle()
        let before = portal.store.allSessions
        let actions: [AdminAction] = [
            .extend(session.name, minutes: 10, seen: nil), .expire(session.name), .terminate(session.name),
            .open(session.name), .refresh(session.environment), .endSessions(of: try #require(session.owner)),
            .purgeEnded,
        ]
        for action in actions {
            let entry = try await portal.perform(action, by: Fixture.user(user))
            #expect(entry == nil)
        }
        #expect(portal.store.allSessions == before)
        #expect(try portal.store.read { try $0.environments().count } == 1)
        #expect(try portal.store.read { try $0.auditEntries(before: nil, limit: 9).isEmpty })
    }

    @Test("is written down, whatever came of it, together with the deed or not at all")
    func log() async throws {
        let portal = try await AdministrationTests.portal()
        let session = try await portal.enter().session.name
        try await portal.settle()
        let nothing = Fixture.sessionName("lab-w01-s999")
        for action in [
            AdminAction.open(session), .open(nothing), .extend(nothing, minutes: 10, seen: nil), .expire(nothing),
            .terminate(nothing), .terminate(session), .open(session),
        ] {
            _ = try await portal.perform(action)
        }
        let entries = try portal.store.read { try $0.auditEntries(before: nil, limit: 99) }.reversed()
        #expect(
            entries.map { "\($0.action) \($0.target) \($0.outcome)" } == [
                "open lab-w01-s001 opened", "open lab-w01-s999 unknown", "extend lab-w01-s999 unknown",
                "expire lab-w01-s999 unknown", "terminate lab-w01-s999 unknown", "terminate lab-w01-s001 ended",
                "open lab-w01-s001 notRunning",
            ])
        #expect(entries.allSatisfy { $0.actor == AdministrationTests.staff && $0.moment == portal.clock.now })
        portal.store.failWrites(1)
        await #expect(throws: PortalStoreError.full) { try await portal.perform(.purgeEnded) }
        #expect(try portal.store.read { try $0.auditEntries(before: nil, limit: 99).count } == entries.count)
    }

    @Test("is forgotten by the log after its time")
    func logRetention() async throws {
        let portal = try await AdministrationTests.portal()
        _ = try await portal.perform(.purgeEnded)
        portal.clock.advance(bySeconds: 90 * 86_400 - 10)
        _ = try await portal.perform(.purgeEnded)
        try await portal.settle()
        #expect(try portal.store.read { try $0.auditEntries(before: nil, limit: 9).count } == 2)
        portal.clock.advance(bySeconds: 7200)
        try await portal.settle()
        #expect(try portal.store.read { try $0.auditEntries(before: nil, limit: 9).count } == 1)
    }

    // MARK: Measuring

    @Test("tells memory at once and the share of the processor from the second sample on, and forgets who left")
    func usage() async throws {
        let portal = try await AdministrationTests.portal()
        let first = Fixture.sessionName("lab-w01-s001")
        let second = Fixture.sessionName("lab-w01-s002")
        portal.base.setUsage(first, SessionUsage(memory: 5 << 20, processorTime: 1_000_000))
        let meter = portal.portal.administration.usage
        let begin = await meter.sample([first, second])
        #expect(begin == [first: SessionLoad(memory: 5 << 20)])
        try await Task.sleep(for: .milliseconds(120))
        portal.base.setUsage(first, SessionUsage(memory: 6 << 20, processorTime: 1_050_000))
        let load = await meter.sample([first])[first]
        #expect(load?.memory == 6 << 20)
        #expect((1...45).contains(load?.processorPercent ?? 0))
        #expect(await meter.sample([]).isEmpty)
        try await Task.sleep(for: .milliseconds(120))
        #expect(await meter.sample([first])[first]?.processorPercent == nil)
    }

    @Test(
        "finds shares that are what was worked in the time",
        arguments: [
            (0, 1_000_000, 1000, 100 as Int?), (0, 500_000, 1000, 50), (0, 3_000_000, 1000, 300), (0, 0, 1000, 0),
            (9_000_000, 0, 1000, 0), (0, 1_000_000, 50, nil), (0, 4000, 1000, 0), (0, 5000, 1000, 1),
        ])
    func share(_ row: (from: Int, to: Int, milliseconds: Int, percent: Int?)) {
        let found = UsageMeter.percent(
            from: SessionUsage(memory: 0, processorTime: row.from), to: SessionUsage(memory: 0, processorTime: row.to),
            milliseconds: row.milliseconds)
        #expect(found == row.percent)
    }
}

extension TestPortal {
    func hireStaff(_ user: UserID = Fixture.user("ada")) async throws {
        let now = clock.now
        try await store.write { try $0.insert(PortalUser(id: user, kind: .staff, joined: now)) }
    }

    @discardableResult
    func perform(_ action: AdminAction, by user: UserID = Fixture.user("ada")) async throws -> AuditEntry? {
        try await withCheckedThrowingContinuation { continuation in
            portal.administration.perform(action, by: user) { continuation.resume(with: $0) }
        }
    }

    /// - Returns: whether the learner got more time.
    func extend(_ session: SessionName, by user: UserID) async throws -> Bool {
        let outcome = try await withCheckedThrowingContinuation { continuation in
            portal.allocator.extend(session, by: user) { continuation.resume(with: $0) }
        }
        if case .schedule(_, let extended) = outcome { return extended }
        return false
    }
}
