import Platform
import PortalTesting
import Testing

@testable import Portal

@Suite("The plan for environments")
struct EnvironmentPlanTests {
    private let now = Timestamp(seconds: 1_795_000_000)

    private func plan(
        _ definitions: PortalDefinitions, _ environments: [WorkshopEnvironment], now: Timestamp? = nil,
        empty: Bool = true
    ) -> EnvironmentPlan {
        EnvironmentPlan.plan(definitions, environments, now: now ?? self.now) { _ in empty }
    }

    @Test("makes what is missing, in the order of the catalogue")
    func create() {
        let plan = plan(Fixture.definitions([("a", Fixture.limits()), ("b", Fixture.limits())]), [])
        #expect(plan.create.map(\.entry.name) == ["a", "b"])
        #expect(plan.create.map(\.position) == [1, 2])
        #expect(plan.stop.isEmpty)
    }

    @Test("is empty when everything is as it should be")
    func settled() {
        let definitions = Fixture.definitions()
        #expect(plan(definitions, [Fixture.environment()]).isEmpty)
        #expect(plan(definitions, [Fixture.environment(state: .starting)]).isEmpty)
    }

    @Test("brings new limits and positions to what exists")
    func update() {
        let definitions = Fixture.definitions([("other", Fixture.limits()), ("lab-shell", Fixture.limits(capacity: 9))])
        let other = Fixture.environment("lab-w02", number: 2, workshop: "other")
        let plan = plan(definitions, [Fixture.environment(), other])
        #expect(plan.update.map(\.name.rawValue) == ["lab-w02", "lab-w01"])
        #expect(plan.update.last?.limits.capacity == 9)
        #expect(plan.update.last?.position == 2)
        #expect(plan.create.isEmpty && plan.stop.isEmpty)
    }

    @Test("stops what was removed, and finishes it when it is empty")
    func stop() {
        let definitions = Fixture.definitions([])
        #expect(plan(definitions, [Fixture.environment()]).stop.map(\.rawValue) == ["lab-w01"])
        let stopping = Fixture.environment(state: .stopping)
        #expect(plan(definitions, [stopping], empty: false).isEmpty)
        #expect(plan(definitions, [stopping]).finish.map(\.rawValue) == ["lab-w01"])
    }

    @Test("replaces a changed workshop only where updates are on")
    func changed() {
        var definitions = Fixture.definitions()
        definitions.workshops["lab-shell"]?.revision = "2"
        #expect(plan(definitions, [Fixture.environment()]).isEmpty)
        definitions.portal.replacesEnvironmentsOnWorkshopUpdate = true
        let plan = plan(definitions, [Fixture.environment()])
        #expect(plan.stop.map(\.rawValue) == ["lab-w01"])
        #expect(plan.create.map(\.revision) == ["2"])
    }

    @Test("replaces an alias that means another workshop now")
    func renamed() {
        var definitions = Fixture.definitions([("b", Fixture.limits())])
        definitions.portal.workshops[0].alias = "lab-shell"
        let plan = plan(definitions, [Fixture.environment()])
        #expect(plan.stop.count == 1 && plan.create.map(\.entry.name) == ["b"])
    }

    @Test("replaces what has reached its age, and says when the next will")
    func refresh() {
        var limits = Fixture.limits()
        limits.refresh = 3600
        let definitions = Fixture.definitions([("lab-shell", limits)])
        let environment = Fixture.environment(limits: limits, created: now)
        let before = plan(definitions, [environment], now: now.advanced(bySeconds: 3599))
        #expect(before.isEmpty && before.nextRefresh == now.advanced(bySeconds: 3600))
        let after = plan(definitions, [environment], now: now.advanced(bySeconds: 3600))
        #expect(after.stop.count == 1 && after.create.count == 1)
    }

    @Test("treats several aliases of one workshop each by itself")
    func aliases() {
        var definitions = Fixture.definitions([("a", Fixture.limits()), ("a", Fixture.limits())])
        definitions.portal.workshops[1].alias = "second"
        definitions.portal.replacesEnvironmentsOnWorkshopUpdate = true
        definitions.workshops["a"]?.revision = "2"
        let environments = [Fixture.environment("lab-w01", number: 1, workshop: "a")]
        let plan = plan(definitions, environments)
        #expect(plan.create.map(\.entry.publishedName) == ["a", "second"])
        #expect(plan.stop.map(\.rawValue) == ["lab-w01"])
    }

    @Test("leaves alone what has lost its definition, and says so")
    func missing() {
        var definitions = Fixture.definitions([("lab-shell", Fixture.limits()), ("b", Fixture.limits())])
        definitions.workshops = [:]
        let plan = plan(definitions, [Fixture.environment()])
        #expect(plan.stop.isEmpty && plan.create.isEmpty)
        #expect(plan.missing == ["lab-shell", "b"])
    }

    @Test("counts the first of two entries with one name, and the newer of two environments")
    func duplicates() {
        let definitions = Fixture.definitions([
            ("lab-shell", Fixture.limits()), ("lab-shell", Fixture.limits(capacity: 9)),
        ])
        #expect(plan(definitions, []).create.count == 1)
        let two = [Fixture.environment(), Fixture.environment("lab-w02", number: 2)]
        #expect(plan(definitions, two).stop.map(\.rawValue) == ["lab-w01"])
    }
}

@Suite("A name in a link")
struct EnvironmentLookupTests {
    private func found(_ name: String, _ environments: [WorkshopEnvironment]) async throws -> String? {
        let store = MemoryStore()
        try await store.write { transaction in for environment in environments { try transaction.insert(environment) } }
        return try store.read { try EnvironmentLookup.find(name, in: $0)?.name.rawValue }
    }

    @Test("may be an environment's, a published or a resource name")
    func names() async throws {
        let plain = Fixture.environment("lab-w01", number: 1, workshop: "first")
        let aliased = WorkshopEnvironment(
            name: Fixture.environmentName("lab-w02"), number: 2, workshop: "Second Title", resource: "second",
            revision: "1",
            state: .running, position: 2, limits: Fixture.limits(), created: plain.created)
        #expect(try await found("lab-w01", [plain, aliased]) == "lab-w01")
        #expect(try await found("first", [plain, aliased]) == "lab-w01")
        #expect(try await found("Second Title", [plain, aliased]) == "lab-w02")
        #expect(try await found("second", [plain, aliased]) == "lab-w02")
        #expect(try await found("third", [plain, aliased]) == nil)
        #expect(try await found("", [plain]) == nil)
        #expect(try await found("../../etc", [plain]) == nil)
    }

    @Test("of an old environment leads to its successor")
    func successor() async throws {
        let old = Fixture.environment("lab-w01", number: 1, workshop: "first", state: .stopped)
        let older = Fixture.environment("lab-w02", number: 2, workshop: "first", state: .stopping)
        let new = Fixture.environment("lab-w05", number: 5, workshop: "first", state: .starting)
        #expect(try await found("lab-w01", [old, older, new]) == "lab-w05")
        #expect(try await found("lab-w02", [old, older, new]) == "lab-w05")
        #expect(try await found("first", [old, older, new]) == "lab-w05")
        #expect(try await found("lab-w02", [old, older]) == "lab-w02")
        #expect(try await found("lab-w01", [old]) == "lab-w01")
    }
}

@Suite("Names")
struct NamingTests {
    @Test("of environments and sessions count up and are padded")
    func numbers() {
        let environment = EnvironmentName(portal: "lab", number: 1)
        #expect(environment?.rawValue == "lab-w01")
        #expect(EnvironmentName(portal: "lab", number: 123)?.rawValue == "lab-w123")
        let session = environment.flatMap { SessionName(environment: $0, number: 7) }
        #expect(session?.rawValue == "lab-w01-s007")
        #expect(session?.environmentName == environment)
        #expect(environment.flatMap { SessionName(environment: $0, number: 12_345) }?.rawValue == "lab-w01-s12345")
    }

    @Test(
        "are DNS labels whatever the portal is called",
        arguments: ["", "---", "Lab Ünïcode!", String(repeating: "x", count: 300), "a.b.c", "-a-", "ABC", "日本語"])
    func safe(portal: String) throws {
        for number in [1, 99, 100, 1_000_000] {
            let environment = try #require(EnvironmentName(portal: portal, number: number))
            for session in [1, 999, 9_999_999] {
                let name = try #require(SessionName(environment: environment, number: session))
                #expect(name.environmentName == environment)
            }
        }
    }

    @Test("that are not a session's point to no environment")
    func foreign() {
        #expect(Fixture.sessionName("lab").environmentName == nil)
        #expect(Fixture.sessionName("lab-x1").environmentName == nil)
        #expect(Fixture.sessionName("lab-s").environmentName == nil)
    }
}

@Suite("The portal's address")
struct PortalAddressTests {
    @Test("tells where portal and sessions are")
    func urls() throws {
        let local = try #require(PortalAddress(publicURL: "http://Lectern.localhost:8080/"))
        #expect(local.portalURL == "http://lectern.localhost:8080" && !local.isSecure)
        #expect(local.sessionURL(Fixture.sessionName("lab-w01-s001")) == "http://lab-w01-s001.lectern.localhost:8080")
        let world = try #require(PortalAddress(publicURL: "https://labs.example.com:443"))
        #expect(world.portalURL == "https://labs.example.com" && world.isSecure)
        #expect(world.callbackURL(Fixture.sessionName("a")) == "https://a.labs.example.com/oauth_callback")
    }

    @Test("knows its own hosts from others")
    func hosts() throws {
        let address = Fixture.address
        #expect(address.isPortal(hostHeader: "LECTERN.localhost:8080"))
        #expect(address.isPortal(hostHeader: "lectern.localhost"))
        #expect(!address.isPortal(hostHeader: "evil.example"))
        #expect(address.session(hostHeader: "Lab-w01-s001.lectern.localhost:8080")?.rawValue == "lab-w01-s001")
        for other in [
            "lectern.localhost", "a.b.lectern.localhost", ".lectern.localhost", "xlectern.localhost", "",
            "a.evil.example",
        ] {
            #expect(address.session(hostHeader: other) == nil)
        }
    }

    @Test(
        "is refused where sessions could not live below it",
        arguments: [
            "", "lectern.localhost", "ftp://x.example", "https://labs.example.com/path", "https://labs.example.com?x",
            "https://127.0.0.1:8080", "http://[::1]", "https://user@labs.example.com", "https://a_b.example",
        ])
    func refused(text: String) {
        #expect(PortalAddress(publicURL: text) == nil)
    }
}
