import HTTP
import Platform
import Portal
import PortalTesting
import Testing

@Suite("What programs read")
struct APIShapeTests {
    private static let figures = ["duration", "capacity", "reserved", "allocated", "available"]
    private static let workshop = [
        "name", "resource", "title", "description", "vendor", "authors", "difficulty", "duration", "tags", "labels",
        "logo", "url",
    ]
    private static let times = ["started", "expires", "countdown", "extendable"]

    @Test("has the members of spec/portal-http.md, sections 3.2 to 3.7, and their values")
    func members() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            let offer = await robot.request("shell", ["user": "learner@example.com"]).json
            #expect(offer.keys == ["name", "session", "user", "url", "namespace", "workshop", "environment"])
            let link = offer["url"]?.string ?? ""
            #expect(offer["name"] == "lab-w01-s001" && offer["session"] == "lab-w01-s001")
            #expect(offer["namespace"] == "lab-w01-s001" && offer["workshop"] == "lab-shell")
            #expect(offer["environment"] == "lab-w01" && offer["user"] == "learner@example.com")
            #expect(link.hasPrefix("/workshops/session/lab-w01-s001/activate/?token="))
            #expect(link.hasSuffix("&index_url=https%3A%2F%2Fwww.example.com%2Flabs"))
            #expect(await portal.browser().get(link).status == 302)
            try await until("it runs") { portal.session("lab-w01-s001")?.state == .running }

            let catalog = await robot.get("/workshops/catalog/environments/?sessions=true").json
            #expect(catalog.keys == ["portal", "environments"])
            let about = catalog["portal"] ?? .null
            #expect(about.keys == ["name", "labels", "uid", "generation", "url", "sessions"])
            #expect(about["name"] == "lab" && about["url"] == "http://lectern.localhost:8080")
            #expect(about["uid"]?.string?.count == 36 && about["generation"]?.int != nil)
            #expect(about["sessions"] == ["maximum": 0, "registered": 0, "anonymous": 0, "allocated": 1])
            let environment = catalog["environments"]?.array?.first ?? .null
            #expect(environment.keys == ["name", "state", "workshop"] + APIShapeTests.figures + ["sessions"])
            #expect(environment["state"] == "RUNNING" && environment["duration"] == 3600)
            let workshop = environment["workshop"] ?? .null
            #expect(workshop.keys == APIShapeTests.workshop)
            #expect(workshop["name"] == "shell" && workshop["resource"] == "lab-shell")
            #expect(workshop["duration"] == "90m" && workshop["authors"] == ["Ada"] && workshop["tags"] == ["shell"])
            #expect(workshop["labels"] == ["example.com/group-a.b": "1", "level": "beginner"])
            let listed = environment["sessions"]?.array?.first ?? .null
            #expect(listed.keys == ["name", "state", "namespace", "user"] + APIShapeTests.times)
            #expect(listed["state"] == "RUNNING" && listed["started"] == .string(portal.clock.now.iso8601))
            #expect(listed["expires"] == .string(portal.clock.now.advanced(bySeconds: 3600).iso8601))
            #expect(listed["extendable"] == false)

            let workshops = await robot.get("/workshops/catalog/workshops/").json
            #expect(workshops.keys == ["portal", "workshops"])
            let onOffer = workshops["workshops"]?.array?.first ?? .null
            #expect(onOffer.keys == APIShapeTests.workshop + ["environment"])
            #expect(onOffer["environment"]?.keys == ["name", "state"] + APIShapeTests.figures)

            // Its workshop goes by the resource name there; the alias's place is kept for it.
            let status = await robot.get("/workshops/environment/lab-w01/status/").json
            #expect(status.keys == ["name", "state", "workshop"] + APIShapeTests.figures)
            #expect(status["workshop"]?["name"] == "lab-shell")

            let sessions = await robot.get("/workshops/user/learner%40example.com/sessions/").json
            #expect(sessions.keys == ["user", "sessions"])
            let owned = sessions["sessions"]?.array?.first ?? .null
            #expect(owned.keys == ["name", "namespace", "workshop", "environment"] + APIShapeTests.times)

            let session = "/workshops/session/lab-w01-s001"
            let learner = try await TestProgram.of(named: "learner@example.com", in: portal)
            #expect(
                await learner.get(session + "/authorize/").json
                    == ["owner": "learner@example.com", "user": "learner@example.com", "staff": false])
            #expect(
                await robot.get(session + "/authorize/").json
                    == ["owner": "learner@example.com", "user": "robot@educates", "staff": false])
            let config = await robot.get(session + "/config/").json
            #expect(config.keys == ["url", "password"])
            #expect(config["url"] == "http://lab-w01-s001.lectern.localhost:8080")
            let schedule = await robot.get(session + "/schedule/").json
            #expect(schedule.keys == ["status", "started", "expires", "expiring", "countdown", "extendable"])
            let extended = await robot.post(session + "/extend/").json
            #expect(extended.keys == schedule.keys + ["extended"])
            #expect(extended["extended"] == false)
            portal.clock.advance(bySeconds: 3000)
            #expect(await robot.get(session + "/schedule/").json["extendable"] == true)
            #expect(await robot.post(session + "/extend/").json["extended"] == true)
            let end = await robot.post(session + "/terminate/").json
            #expect(end.keys == ["started", "expires"])
            #expect(end["expires"] == .string(portal.clock.now.iso8601))
        }
    }

    @Test("says nothing of an end before a session runs")
    func pending() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            let name = await robot.request("lab-w01", ["user": "learner"]).json["name"]?.string ?? ""
            try await until("it is ready") { portal.session(name)?.state == .waiting }
            let owned = await robot.get("/workshops/user/learner/sessions/").json["sessions"]?.array?.first
            #expect(owned?.keys == ["name", "namespace", "workshop", "environment", "started"])
            #expect(owned?["started"] == .null)
            let schedule = await robot.get("/workshops/session/\(name)/schedule/").json
            #expect(schedule == ["status": "WAITING", "started": .null, "expires": .null, "expiring": false])
        }
    }

    @Test("is a mistake with its status, a word, a sentence and the field")
    func mistakes() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            let nobody = TestProgram(portal: portal)
            let dead = try await TestProgram.of(named: "old", lifetime: 0, in: portal)
            let learner = try await TestProgram.of(.registered, named: "learner", in: portal)
            let session = try await robot.launch("someone")
            let cases: [(TestProgram, HTTPMethod, String, Int, String, String?)] = [
                (nobody, .get, "/workshops/user/a/sessions/", 401, "unauthorized", "Bearer realm=\"lab\""),
                (dead, .get, "/workshops/user/a/sessions/", 401, "invalid_token", "error=\"invalid_token\""),
                (learner, .get, "/workshops/user/a/sessions/", 403, "forbidden", "insufficient_scope"),
                (learner, .get, "/workshops/session/\(session)/schedule/", 403, "forbidden", "insufficient_scope"),
                (learner, .get, "/workshops/environment/lab-w01/status/", 403, "forbidden", nil),
                (robot, .get, "/workshops/environment/nothing/status/", 404, "unknown_environment", nil),
                (robot, .get, "/workshops/session/nothing/schedule/", 404, "unknown_session", nil),
                (robot, .get, "/session/UPPER/schedule/", 404, "unknown_session", nil),
                (robot, .get, "/workshops/nothing/", 404, "not_found", nil),
                (robot, .post, "/workshops/catalog/environments/", 405, "method_not_allowed", nil),
                (robot, .head, "/workshops/session/\(session)/terminate/", 405, "method_not_allowed", nil),
                (robot, .put, "/workshops/session/\(session)/extend/", 405, "method_not_allowed", nil),
                (robot, .get, "/workshops/catalog/environments/?labels=x", 400, "invalid_parameter/labels", nil),
            ]
            for (program, method, target, status, refusal, challenge) in cases {
                let answer = await program.send(method, target)
                #expect(answer.status == status && answer.refusal == refusal, "\(target): \(answer.text)")
                #expect(answer.headers["Content-Type"] == "application/json")
                #expect(answer.json["message"]?.string?.hasSuffix(".") == true)
                #expect(answer.json["request"]?.string == "test-request")
                #expect(answer.headers["X-Request-ID"] == "test-request")
                if let challenge {
                    #expect(answer.headers["WWW-Authenticate"]?.contains(challenge) == true, "\(target)")
                }
            }
            let methods = await robot.post("/workshops/catalog/workshops/").headers["Allow"]
            #expect(methods == "GET, HEAD, OPTIONS")
            let large = await robot.post(
                "/workshops/environment/lab-w01/request/?index_url=/", String(repeating: " ", count: 70_000))
            #expect(large.status == 413 && large.refusal == "body_too_large")
            #expect(portal.session(session)?.state == .running)
        }
    }

    @Test("may be read by any page that holds a token, and a page may ask before it does")
    func crossOrigin() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            for target in ["/workshops/catalog/environments/", "/workshops/session/none/extend/"] {
                let answer = await robot.get(target, ["Origin": "https://www.example.com"])
                #expect(answer.headers["Access-Control-Allow-Origin"] == "*")
                #expect(answer.headers["Access-Control-Allow-Credentials"] == nil)
                let asked = await TestProgram(portal: portal).send(
                    .options, target,
                    [
                        "Origin": "https://www.example.com", "Access-Control-Request-Method": "POST",
                        "Access-Control-Request-Headers": "authorization",
                    ])
                #expect(asked.status == 204)
                #expect(asked.headers["Access-Control-Allow-Headers"]?.contains("Authorization") == true)
                let isChange = target.contains("extend")
                #expect(asked.headers["Access-Control-Allow-Methods"]?.contains("POST") == isChange)
            }
            let page = await portal.browser().get("/workshops/catalog/", ["Origin": "https://www.example.com"])
            #expect(page.headers["Access-Control-Allow-Origin"] == nil)
        }
    }
}
