import Platform
import PortalTesting
import Testing

@testable import Portal

@Suite("A launch")
struct LaunchTests {
    @Test("takes a new visitor from a link to a session that is ready, and leaves a user and a login behind")
    func newVisitor() async throws {
        let test = try await TestPortal()
        try await test.settle()
        let entered = try await test.enter {
            $0.returnAddress = ReturnAddress(stored: "https://www.example.com/index?a=1")
            $0.wantsHandover = true
        }
        #expect(entered.session.name.rawValue == "lab-w01-s001")
        #expect(entered.session.state == .starting)
        #expect(entered.isNewUser)
        #expect(entered.login != nil)
        #expect(entered.handover != nil)
        try await test.settle()
        let session = try test.session(entered.session.name)
        #expect(session.state == .running)
        #expect(session.isReady)
        #expect(session.started == test.clock.now)
        #expect(session.indexURL == "https://www.example.com/index?a=1")
        #expect(session.owner == entered.user.id)
        #expect(test.base.sandboxes.count == 1)
    }

    @Test("hands out a reserved session at once and refills the reserve")
    func reserved() async throws {
        let test = try await TestPortal(Fixture.definitions([("lab-shell", Fixture.limits(capacity: 3, reserved: 1))]))
        try await test.settle()
        #expect(test.base.sandboxes.count == 1)
        let entered = try await test.enter()
        #expect(entered.way == .reserved)
        #expect(entered.session.isReady)
        #expect(entered.session.state == .running)
        try await test.settle()
        #expect(test.base.sandboxes.count == 2)
    }

    @Test("that is refused leaves no user behind")
    func refused() async throws {
        let test = try await TestPortal(Fixture.definitions([("lab-shell", Fixture.limits(capacity: 1))]))
        try await test.settle()
        _ = try await test.enter()
        guard case .refused(.noCapacity) = try await test.launch() else {
            Issue.record("the second visitor should have been refused")
            return
        }
        guard case .refused(.unknown) = try await test.launch("no-such-workshop") else {
            Issue.record("an unknown workshop should have been refused")
            return
        }
        #expect(test.store.allUsers.count == 1)
    }
}
