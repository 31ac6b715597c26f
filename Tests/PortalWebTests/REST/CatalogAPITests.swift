import HTTP
import Platform
import Portal
import PortalTesting
import Testing

@Suite("The catalogue for programs")
struct CatalogAPITests {
    private static let environments = "/workshops/catalog/environments/"

    private func names(_ response: HTTPResponse) -> [String] {
        (response.json["environments"]?.array ?? []).compactMap { $0["name"]?.string }
    }

    @Test("is for bearers of a token, and for everybody where it is public")
    func access() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let nobody = TestProgram(portal: portal)
            for path in [CatalogAPITests.environments, "/workshops/catalog/workshops/"] {
                #expect(await nobody.get(path).status == 401)
                let learner = try await TestProgram.of(.anonymous, named: "learner", in: portal)
                #expect(await learner.get(path).status == 200)
                #expect(await TestProgram(portal: portal, token: "wrong").get(path).status == 401)
            }
            let session = try await TestProgram.of(in: portal).launch("learner")
            let agent = try await TestProgram.of(named: "learner", reaching: session, in: portal)
            #expect(await agent.get(CatalogAPITests.environments).status == 403)
        }
        try await TestPortal.run(TestPortal.definitions { $0.portal.isCatalogPublic = true }) { portal in
            #expect(await TestProgram(portal: portal).get(CatalogAPITests.environments).status == 200)
            #expect(await TestProgram(portal: portal, token: "wrong").get(CatalogAPITests.environments).status == 200)
        }
    }

    @Test("is filtered by resource name or alias, by any label, and by state for robots")
    func filters() async throws {
        let definitions = TestPortal.definitions { definitions in
            var second = PortalWorkshop(name: "lab-git", limits: Fixture.limits())
            second.labels = ["level": "advanced"]
            definitions.portal.workshops.append(second)
            definitions.workshops["lab-git"] = Fixture.workshop("lab-git")
        }
        try await TestPortal.run(definitions) { portal in
            let robot = try await TestProgram.of(in: portal)
            let learner = try await TestProgram.of(.registered, named: "learner", in: portal)
            let table: [(query: String, found: [String])] = [
                ("", ["lab-w01", "lab-w02"]), ("?", ["lab-w01", "lab-w02"]), ("?name=shell", ["lab-w01"]),
                ("?name=lab-shell", ["lab-w01"]), ("?name=shell&name=lab-git", ["lab-w01", "lab-w02"]),
                ("?name=a=b", []), ("?name=", []), ("?labels[level]=beginner", ["lab-w01"]),
                ("?labels%5Blevel%5D=advanced", ["lab-w02"]), ("?labels[level]=", []),
                ("?labels[example.com/group-a.b]=1", ["lab-w01"]), ("?labels[level]=beginner&labels[x]=y", []),
                ("?labels[level]=beginner&labels[level]=advanced", ["lab-w02"]),
                ("?state=RUNNING", ["lab-w01", "lab-w02"]), ("?state=starting", []),
                ("?state=running&state=Stopped", ["lab-w01", "lab-w02"]),
                ("?state=nonsense", ["lab-w01", "lab-w02"]), ("?other=1", ["lab-w01", "lab-w02"]),
            ]
            for (query, found) in table {
                let answer = await robot.get(CatalogAPITests.environments + query)
                #expect(answer.status == 200 && names(answer) == found, "\(query): \(answer.text)")
            }
            #expect(
                names(await learner.get(CatalogAPITests.environments + "?state=starting")) == ["lab-w01", "lab-w02"])
            let sessions = await learner.get(CatalogAPITests.environments + "?sessions=true")
            #expect(sessions.json["environments"]?.array?.first?["sessions"] == nil)
        }
    }

    @Test("has the present figures after each launch, and the sessions for robots")
    func figures() async throws {
        try await TestPortal.run(TestPortal.definitions(capacity: 5, reserved: 1)) { portal in
            let robot = try await TestProgram.of(in: portal)
            func first(_ query: String = "") async -> JSONValue {
                await robot.get(CatalogAPITests.environments + query).json["environments"]?.array?.first ?? .null
            }
            #expect(await first()["allocated"] == 0)
            #expect(await first("?sessions=true")["sessions"] == [])
            let session = try await robot.launch("learner")
            #expect(await first()["allocated"] == 1)
            let listed = await first("?sessions=1")["sessions"]?.array ?? []
            #expect(listed.map { $0["name"] } == [.string(session)])
            #expect(listed.first?["user"] == "learner")
            #expect(listed.first?["countdown"] == 3600)
            portal.clock.advance(bySeconds: 30)
            let later = await first("?sessions=true")["sessions"]?.array?.first
            #expect(later?["countdown"] == 3570)
            #expect(await first("?sessions=yes")["sessions"] == nil)
            _ = await robot.post("/workshops/session/\(session)/terminate/")
            try await until("it is gone") { await first("?sessions=true")["sessions"] == [] }
        }
    }

    @Test("shows environments that are starting, being withdrawn and gone (weaknesses 12 and 34)")
    func departed() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            let session = try await robot.launch("learner")
            var changed = portal.service.definitions
            changed.portal.workshops = []
            portal.service.reload(changed)
            func states(_ state: String) async -> [String] {
                let answer = await robot.get(CatalogAPITests.environments + "?sessions=true&state=\(state)")
                return (answer.json["environments"]?.array ?? []).compactMap { environment in
                    "\(environment["name"]?.string ?? "") \(environment["sessions"]?.array?.count ?? -1)"
                }
            }
            try await until("it is being withdrawn") { await states("stopping") == ["lab-w01 1"] }
            _ = await robot.post("/workshops/session/\(session)/terminate/")
            try await until("it is gone") { await states("STOPPED") == ["lab-w01 0"] }
            let status = await robot.get("/workshops/environment/lab-w01/status/?sessions=true")
            #expect(status.json["state"] == "STOPPED")
            #expect(status.json["workshop"]?["title"] == "Title of lab-shell")
        }
        // A runtime that never makes the environment ready.
        let slow = TroubledRuntime.unprepared(failures: .max)
        try await TestPortal.run(TestPortal.definitions(), runtime: slow, waitsForEnvironments: false) { portal in
            let robot = try await TestProgram.of(in: portal)
            try await until("it is starting") {
                names(await robot.get(CatalogAPITests.environments + "?state=starting")) == ["lab-w01"]
            }
            let status = await robot.get("/workshops/environment/shell/status/")
            #expect(status.status == 200 && status.json["state"] == "STARTING")
        }
    }

    @Test("changes with the definition")
    func reload() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            #expect(await robot.get(CatalogAPITests.environments).json["portal"]?["labels"] == ["room": "5"])
            var changed = portal.service.definitions
            changed.portal.labels = ["room": "6"]
            portal.service.reload(changed)
            #expect(await robot.get(CatalogAPITests.environments).json["portal"]?["labels"] == ["room": "6"])
        }
    }
}
