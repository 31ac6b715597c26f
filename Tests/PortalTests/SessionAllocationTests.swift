import Platform
import PortalTesting
import Testing

@testable import Portal

@Suite("The allocation decision")
struct SessionAllocationTests {
    private func snapshot(
        state: EnvironmentState = .running, capacity: Int = 3, active: Int = 0, portalActive: Int? = nil,
        maximum: Int = 0
    ) -> SessionAllocation.Snapshot {
        SessionAllocation.Snapshot(
            environment: Fixture.environment(state: state, limits: Fixture.limits(capacity: capacity)),
            inEnvironment: SessionCounts(active: active), inPortal: SessionCounts(active: portalActive ?? active),
            maximum: maximum)
    }
    private let anybody = SessionAllocation.Request()
    private let name = Fixture.sessionName("lab-w01-s001")

    @Test("gives back the session that the user has, before every limit and in every state of the environment")
    func reuse() {
        for state in EnvironmentState.allCases {
            var full = snapshot(state: state, capacity: 0, maximum: 1)
            full.own = name
            full.ownLive = 5
            #expect(SessionAllocation.decide(.init(userLimit: 1), full) == .reuse(name))
        }
    }

    @Test("takes a reserved session even where nothing could be started")
    func take() {
        var full = snapshot(capacity: 1, active: 1, maximum: 1)
        full.reserved = name
        #expect(SessionAllocation.decide(anybody, full) == .take(name))
    }

    @Test("starts a session as long as there are places")
    func start() {
        #expect(SessionAllocation.decide(anybody, snapshot(active: 2)) == .start)
        #expect(SessionAllocation.decide(anybody, snapshot(active: 3)) == .refuse(.noCapacity))
        #expect(SessionAllocation.decide(anybody, snapshot(capacity: 0)) == .refuse(.noCapacity))
        #expect(SessionAllocation.decide(anybody, snapshot(active: 0, portalActive: 4, maximum: 5)) == .start)
        #expect(
            SessionAllocation.decide(anybody, snapshot(active: 0, portalActive: 5, maximum: 5)) == .refuse(.portalFull))
    }

    @Test("promises the place of a departing session once")
    func departing() {
        var full = snapshot(active: 3)
        full.departingFromEnvironment = 1
        #expect(SessionAllocation.decide(anybody, full) == .start)
        full.inEnvironment.active = 4
        #expect(SessionAllocation.decide(anybody, full) == .refuse(.noCapacity))
        var portalFull = snapshot(active: 0, portalActive: 5, maximum: 5)
        portalFull.departingFromPortal = 1
        #expect(SessionAllocation.decide(anybody, portalFull) == .start)
    }

    @Test("evicts a reserved session of another workshop only when the portal is full")
    func evict() {
        let other = Fixture.sessionName("lab-w02-s001")
        var full = snapshot(active: 0, portalActive: 5, maximum: 5)
        full.evictable = other
        #expect(SessionAllocation.decide(anybody, full) == .startInPlaceOf(other))
        var workshopFull = snapshot(active: 3, portalActive: 5, maximum: 5)
        workshopFull.evictable = other
        #expect(SessionAllocation.decide(anybody, workshopFull) == .refuse(.noCapacity))
        var room = snapshot(active: 0, portalActive: 4, maximum: 5)
        room.evictable = other
        #expect(SessionAllocation.decide(anybody, room) == .start)
    }

    @Test("keeps users to their limit, but not staff")
    func userLimit() {
        var atLimit = snapshot()
        atLimit.ownLive = 2
        #expect(SessionAllocation.decide(.init(userLimit: 2), atLimit) == .refuse(.userLimit))
        #expect(SessionAllocation.decide(.init(userLimit: 3), atLimit) == .start)
        #expect(SessionAllocation.decide(.init(userLimit: 0), atLimit) == .start)
        #expect(SessionAllocation.decide(.init(isStaff: true, userLimit: 2), atLimit) == .start)
    }

    @Test("tells apart an environment that is not ready yet and one that is being withdrawn")
    func states() {
        var starting = snapshot(state: .starting)
        starting.startsWithin = 4
        #expect(SessionAllocation.decide(anybody, starting) == .refuse(.environmentNotReady(startsWithin: 4)))
        #expect(SessionAllocation.decide(anybody, snapshot(state: .stopping)) == .refuse(.environmentStopping))
        #expect(SessionAllocation.decide(anybody, snapshot(state: .stopped)) == .refuse(.environmentStopping))
    }
}

@Suite("Reserve maintenance")
struct ReservationPlanTests {
    private func stock(
        _ number: Int = 1, capacity: Int = 10, reserved: Int = 2, initial: Int? = nil, active: Int = 0,
        available: Int = 0,
        warming: Int = 0, made: Int = 2, state: EnvironmentState = .running, allowance: Int = .max
    ) -> ReservationPlan.Stock {
        var environment = Fixture.environment(
            "lab-w0\(number)", number: number, state: state,
            limits: Fixture.limits(capacity: capacity, reserved: reserved, initial: initial))
        environment.nextSession = made + 1
        return ReservationPlan.Stock(
            environment: environment,
            counts: SessionCounts(active: active, available: available, warming: warming), allowance: allowance)
    }
    private func plan(_ stocks: [ReservationPlan.Stock], active: Int = 0, maximum: Int = 0, departing: Int = 0)
        -> ReservationPlan
    {
        let reserved = stocks.map { $0.counts.available + $0.counts.warming }.reduce(0, +)
        return ReservationPlan.plan(
            stocks, inPortal: SessionCounts(active: active, available: reserved), maximum: maximum, departing: departing
        )
    }
    private func started(_ plan: ReservationPlan) -> [Int] { plan.start.map(\.count) }
    private func dropped(_ plan: ReservationPlan) -> [Int] { plan.drop.map(\.count) }

    @Test("fills the reserve up to what is wanted, counting those that are still starting")
    func fill() {
        #expect(started(plan([stock()])) == [2])
        #expect(started(plan([stock(active: 1, warming: 1)])) == [1])
        #expect(plan([stock(active: 2, available: 1, warming: 1)]).isEmpty)
    }

    @Test("makes the initial stock when an environment becomes ready")
    func initial() {
        #expect(started(plan([stock(reserved: 1, initial: 4, made: 0)])) == [4])
        // Larger than the reserve, it is left alone until it has been used.
        #expect(plan([stock(reserved: 1, initial: 4, active: 4, available: 4, made: 4)]).isEmpty)
        #expect(plan([stock(reserved: 1, initial: 4, active: 4, available: 2, made: 4)]).isEmpty)
        #expect(started(plan([stock(reserved: 1, initial: 4, active: 4, available: 0, made: 4)])) == [1])
    }

    @Test("waits for the first visitor where the initial stock is 0")
    func none() {
        #expect(plan([stock(reserved: 2, initial: 0, made: 0)]).isEmpty)
        #expect(started(plan([stock(reserved: 2, initial: 0, active: 1, made: 1)])) == [2])
        #expect(plan([stock(reserved: 0, active: 1)]).isEmpty)
    }

    @Test("never goes beyond capacity or the portal's maximum, and serves the catalogue from the top")
    func limits() {
        #expect(started(plan([stock(capacity: 3, active: 2)])) == [1])
        #expect(plan([stock(capacity: 3, active: 3)]).isEmpty)
        let both = plan([stock(1), stock(2)], active: 2, maximum: 5)
        #expect(
            both.start == [.init(Fixture.environmentName("lab-w01"), 2), .init(Fixture.environmentName("lab-w02"), 1)])
        #expect(plan([stock(1)], active: 6, maximum: 5).start.isEmpty)
    }

    @Test("drops what is too much: a smaller reserve, a smaller capacity, a stopping environment, a smaller maximum")
    func drop() {
        #expect(dropped(plan([stock(reserved: 1, active: 3, available: 3, made: 5)])) == [2])
        #expect(dropped(plan([stock(capacity: 2, reserved: 2, active: 4, available: 2, made: 5)])) == [2])
        #expect(dropped(plan([stock(active: 2, available: 2, state: .stopping)])) == [2])
        #expect(plan([stock(active: 2, available: 2)], active: 4, maximum: 3).dropAnywhere == 1)
        #expect(plan([stock(active: 2, available: 2)], active: 4, maximum: 3, departing: 1).dropAnywhere == 0)
        #expect(plan([stock(active: 1, available: 1)], active: 9, maximum: 3).dropAnywhere == 1)
    }

    @Test("starts nothing in an environment that is not running")
    func notRunning() {
        #expect(plan([stock(made: 0, state: .starting)]).isEmpty)
        #expect(plan([stock(made: 3, state: .stopping)]).isEmpty)
    }

    @Test("holds back after failed starts, tries one, and goes on when it worked")
    func failures() {
        let name = Fixture.environmentName("lab-w01")
        var failures = StartFailures()
        let now = Timestamp(seconds: 1000)
        #expect(failures.allowance(for: name, warming: 0, now: now) == .max)
        failures.failed(name, now: now)
        #expect(failures.allowance(for: name, warming: 0, now: now) == 0)
        #expect(failures.nextDue(after: now) == now.advanced(bySeconds: 5))
        #expect(failures.allowance(for: name, warming: 0, now: now.advanced(bySeconds: 5)) == 1)
        #expect(failures.allowance(for: name, warming: 1, now: now.advanced(bySeconds: 5)) == 0)
        failures.failed(name, now: now)
        #expect(failures.allowance(for: name, warming: 0, now: now.advanced(bySeconds: 9)) == 0)
        failures.succeeded(name)
        #expect(failures.allowance(for: name, warming: 9, now: now) == .max)
        #expect(StartFailures.delay(after: 1000) == 600)
        #expect(started(plan([stock(allowance: 1)])) == [1])
    }
}
