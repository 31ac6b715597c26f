import HTTP
import Platform
import Portal
import PortalTesting
import Testing

/// The reference's known weaknesses (spec/portal-http.md, last section) that concern programs, each with what is done
/// instead. Numbers 12 and 34 are in `CatalogAPITests`, 7 in `SessionCallTests`.
@Suite("Weaknesses of the reference that are not repeated")
struct WeaknessTests {
    private func run(
        _ definitions: PortalDefinitions = TestPortal.definitions(),
        _ body: (TestPortal, TestProgram) async throws -> Void
    ) async throws {
        try await TestPortal.run(definitions) { portal in
            try await body(portal, try await TestProgram.of(in: portal))
        }
    }

    @Test("12: a request to an environment that is starting is told to wait")
    func starting() async throws {
        let slow = TroubledRuntime.unprepared(failures: .max)
        try await TestPortal.run(TestPortal.definitions(), runtime: slow, waitsForEnvironments: false) { portal in
            let robot = try await TestProgram.of(in: portal)
            try await until("it is starting") { await robot.request("lab-w01").refusal == "environment_starting" }
            let answer = await robot.request("shell")
            #expect(answer.status == 503 && Int(answer.headers["Retry-After"] ?? "") ?? 0 > 0)
        }
    }

    @Test("13: a timeout that is no whole number of seconds from 1 on is refused")
    func timeout() async throws {
        try await run { portal, robot in
            for text in ["abc", "0", "-5", "", "1e3", "60 "] {
                let answer = await robot.request("lab-w01", ["timeout": text])
                #expect(answer.status == 400 && answer.refusal == "invalid_parameter/timeout", "\(text)")
            }
            #expect(portal.store.allSessions.isEmpty)
        }
    }

    @Test("14: a broken body or filter is a mistake of the sender's")
    func bodies() async throws {
        try await run { portal, robot in
            let bodies: [(String, String)] = [
                ("{", "body"), ("[]", "body"), ("7", "body"), ("{\"parameters\":{}}", "parameters"),
                ("{\"parameters\":[1]}", "parameters"), ("{\"parameters\":[{}]}", "parameters"),
                ("{\"parameters\":[{\"name\":\"\",\"value\":\"x\"}]}", "parameters"),
                ("{\"parameters\":[{\"name\":\"a\",\"value\":1}]}", "parameters"),
                ("{\"parameters\":null}", "parameters"), (String(repeating: "[", count: 5000), "body"),
            ]
            for (body, field) in bodies {
                let answer = await robot.request(body: body)
                #expect(answer.status == 400 && answer.refusal == "invalid_parameter/\(field)", "\(body)")
            }
            let target = "/workshops/environment/lab-w01/request/?index_url=/"
            let binary = await robot.send(.post, target, [:], [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D])
            #expect(binary.refusal == "invalid_parameter/body")
            for query in ["labels=x", "labels[x=y", "labelsx]=y"] {
                let answer = await robot.get("/workshops/catalog/environments/?\(query)")
                #expect(answer.refusal == "invalid_parameter/labels", "\(query)")
            }
            #expect(await robot.get("/workshops/catalog/environments/?name=a=b").status == 200)
            #expect(portal.store.allSessions.isEmpty)
        }
    }

    @Test("15: a label filter takes every key that a label can have")
    func labelKeys() async throws {
        try await run { _, robot in
            let target = "/workshops/catalog/environments/?labels%5Bexample.com%2Fgroup-a.b%5D="
            #expect(await robot.get(target + "1").json["environments"]?.array?.count == 1)
            #expect(await robot.get(target + "2").json["environments"]?.array?.count == 0)
        }
    }

    @Test("16: every user that a session can be requested for can be asked about")
    func userIDs() async throws {
        try await run(TestPortal.definitions(capacity: 20)) { portal, robot in
            let visitor = portal.browser()
            _ = try await visitor.launch("lab-w01")
            let anonymous = portal.store.allUsers.first { $0.kind == .anonymous }?.id.rawValue ?? ""
            for user in [anonymous, "a.b@example.com", "a/b", "a%2Fb", "Zoë 🦆", "a?b=c&d#e", ".."] {
                if user != anonymous { #expect(await robot.request("lab-w01", ["user": user]).status == 200) }
                let answer = await robot.get("/workshops/user/\(PercentEncoding.encode(user))/sessions/")
                #expect(answer.json["user"] == .string(user))
                #expect(answer.json["sessions"]?.array?.count == 1, "\(user)")
            }
        }
    }

    @Test("17: what is missing is 404, a missing token 401, and every mistake is JSON")
    func statuses() async throws {
        try await run { portal, robot in
            #expect(await robot.get("/workshops/environment/none/status/").status == 404)
            #expect(await robot.request("none").status == 404)
            let nobody = TestProgram(portal: portal)
            for path in [
                "environment/none/status", "environment/none/request", "user/a/sessions", "session/none/config",
            ] {
                let answer = await nobody.get("/workshops/\(path)/")
                #expect(answer.status == 401 && answer.headers["Content-Type"] == "application/json", "\(path)")
            }
        }
    }

    @Test("18: a link to a session that is ending opens nothing and revives nothing, however often it is followed")
    func activateEnding() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            let offer = await robot.request("lab-w01", ["user": "me"]).json
            let link = offer["url"]?.string ?? ""
            _ = await robot.post("/session/lab-w01-s001/terminate/")
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<10 { group.addTask { _ = await portal.browser().get(link) } }
            }
            try await until("it is over") { portal.session("lab-w01-s001")?.state == .stopped }
            // Two who follow one link at once: one of them is in.
            let again = await robot.request("lab-w01", ["user": "you"]).json["url"]?.string ?? ""
            let browsers = (0..<10).map { _ in portal.browser() }
            let entered = await withTaskGroup(of: Bool.self) { group in
                for browser in browsers {
                    group.addTask { await browser.get(again).location.hasPrefix("/workshops/session/") }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(entered == 1)
        }
    }

    @Test("19: a start that fails leaves no row behind that waits for ever")
    func startFails() async throws {
        let runtime = TroubledRuntime.failing()
        try await TestPortal.run(TestPortal.definitions(capacity: 1), runtime: runtime) { portal in
            let robot = try await TestProgram.of(in: portal)
            #expect(await robot.request("lab-w01", ["user": "me"]).status == 200)
            try await until("it has ended") {
                portal.clock.advance(bySeconds: 1)
                return portal.session("lab-w01-s001")?.state == .stopped
            }
            #expect(await robot.request("lab-w01", ["user": "me"]).status == 200)
        }
    }

    @Test("20: a request that expects another session changes nothing")
    func expectedSession() async throws {
        try await run { portal, robot in
            _ = await robot.request("lab-w01", ["user": "me", "timeout": "100"])
            let expires = portal.session("lab-w01-s001")?.expires
            portal.clock.advance(bySeconds: 50)
            for (user, session) in [("me", "lab-w01-s009"), ("you", "lab-w01-s001")] {
                let answer = await robot.request("lab-w01", ["user": user, "session": session, "timeout": "100"])
                #expect(answer.status == 409 && answer.refusal == "session_mismatch/session")
            }
            #expect(portal.session("lab-w01-s001")?.expires == expires)
            #expect(portal.store.allUsers.filter { $0.kind == .anonymous }.count == 1)
            let right = await robot.request("lab-w01", ["user": "me", "session": "lab-w01-s001"])
            #expect(right.json["name"] == "lab-w01-s001")
        }
    }

    @Test("21: a learner who opens a session on the web that was requested for them keeps it")
    func openedOnTheWeb() async throws {
        try await run { portal, robot in
            let session = try await robot.launch("me")
            let browser = portal.browser()
            _ = await browser.get(await robot.request("lab-w01", ["user": "me"]).json["url"]?.string ?? "")
            _ = await robot.post("/session/\(session)/terminate/")
            try await until("it is over") { portal.session(session)?.state == .stopped }
            let second = await robot.request("lab-w01", ["user": "me"]).json["name"]?.string ?? ""
            // The browser is signed in as the same user and comes by way of the catalogue instead of the link.
            #expect(try await browser.launch("lab-w01") == second)
            portal.clock.advance(bySeconds: 120)
            try await until("time has passed") { await robot.get("/session/\(second)/schedule/").status == 200 }
            #expect(portal.session(second)?.state == .running)
        }
    }

    @Test("22: ending a session twice ends it once")
    func terminateTwice() async throws {
        try await run { portal, robot in
            let session = try await robot.launch("me")
            let answers = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { await robot.post("/session/\(session)/terminate/").status } }
                return await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(answers.isSubset(of: [200, 404]) && answers.contains(200))
            try await until("it is over") { portal.session(session)?.state == .stopped }
            #expect(portal.service.counters[.endedTerminated] == 1)
        }
    }

    @Test("26: a link that comes too late leads home, and only home")
    func lateLink() async throws {
        try await run { portal, robot in
            let link = await robot.request("lab-w01", ["user": "me", "timeout": "10"]).json["url"]?.string ?? ""
            portal.clock.advance(bySeconds: 10)
            try await until("it is over") { portal.session("lab-w01-s001")?.state == .stopped }
            let late = await portal.browser().get(link)
            #expect(late.location == "https://www.example.com/labs?notification=session-invalid")
            let elsewhere = link.replacing("www.example.com", with: "evil.example.org")
            #expect(await portal.browser().get(elsewhere).status == 400)
        }
    }

    @Test("28: a request that is refused makes no user")
    func refusedUser() async throws {
        try await run(TestPortal.definitions(capacity: 1)) { portal, robot in
            _ = try await robot.launch("first")
            #expect(await robot.request("lab-w01", ["user": "second"]).status == 503)
            #expect(!portal.store.allUsers.contains { $0.id.rawValue == "second" })
            #expect(portal.service.counters[.usersCreated] == 1)
        }
    }

    @Test("29: a portal that has not found its sessions yet says so")
    func notInitialised() async throws {
        try await TestPortal.run(TestPortal.definitions(), waitsForEnvironments: false, isAtWork: false) { portal in
            let robot = try await TestProgram.of(in: portal)
            for target in ["/workshops/catalog/environments/", "/workshops/catalog/workshops/"] {
                let answer = await robot.get(target)
                #expect(answer.status == 503 && answer.refusal == "portal_starting")
                #expect(answer.headers["Retry-After"] == "2")
            }
            #expect(await robot.request("shell").refusal == "portal_starting")
        }
    }
}
