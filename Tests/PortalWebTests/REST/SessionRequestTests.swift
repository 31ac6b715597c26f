import HTTP
import Platform
import Portal
import PortalTesting
import Testing

@Suite("A program that requests a session for somebody")
struct SessionRequestTests {
    @Test("finds the workshop by environment, alias or resource name")
    func names() async throws {
        try await TestPortal.run(TestPortal.definitions { $0.portal.workshops[0].alias = "Learn & do" }) { portal in
            let robot = try await TestProgram.of(in: portal)
            for name in ["lab-w01", "Learn%20%26%20do", "lab-shell"] {
                let offer = await robot.request(name, ["user": "learner"])
                #expect(offer.status == 200 && offer.json["name"] == "lab-w01-s001", "\(name): \(offer.text)")
            }
            #expect(await robot.request("nothing", ["user": "learner"]).refusal == "unknown_environment")
        }
    }

    @Test("gets the same session and the same link until that is used, and its time begins anew")
    func again() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            let first = await robot.request("lab-w01", ["user": "learner", "timeout": "100"]).json
            portal.clock.advance(bySeconds: 90)
            let second = await robot.request("lab-w01", ["user": "learner", "timeout": "100"]).json
            #expect(first == second)
            portal.clock.advance(bySeconds: 90)
            #expect(await portal.browser().get(first["url"]?.string ?? "").status == 302)
            try await until("it runs") { portal.session("lab-w01-s001")?.state == .running }
        }
    }

    @Test("gets a new link into a session that runs, which works once and leaves its time alone")
    func runningSession() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            let session = try await robot.launch("learner")
            let expires = portal.session(session)?.expires
            portal.clock.advance(bySeconds: 100)
            let link = await robot.request("lab-w01", ["user": "learner"]).json["url"]?.string ?? ""
            let other = await robot.request("lab-w01", ["user": "learner"]).json["url"]?.string ?? ""
            #expect(link != other)
            // Another device of the learner's; and one where somebody else is signed in, who is asked first.
            let phone = portal.browser()
            let visitor = portal.browser()
            _ = try await visitor.launch()
            let question = await visitor.get(link)
            #expect(question.status == 200)
            #expect(await phone.get(link).location == "/workshops/session/\(session)/")
            #expect(await phone.get("/workshops/session/\(session)/").status == 302)
            #expect(await portal.browser().get(link).location.contains("session-invalid"))
            #expect(await portal.browser().get(other).status == 302)
            #expect(portal.session(session)?.expires == expires)
            #expect(portal.session(session)?.state == .running)
            // A link that is not used in time opens nothing.
            let late = await robot.request("lab-w01", ["user": "learner", "timeout": "10"]).json["url"]?.string ?? ""
            portal.clock.advance(bySeconds: 10)
            #expect(await portal.browser().get(late).location.contains("session-invalid"))
            #expect(portal.session(session)?.state == .running)
        }
    }

    @Test("gets a running session to its end, whatever links to it were given out")
    func endOfRunningSession() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            let session = try await robot.launch("learner")
            _ = await robot.request("lab-w01", ["user": "learner"])
            portal.clock.advance(bySeconds: 3600)
            try await until("it is over") { portal.session(session)?.state == .stopped }
            #expect(portal.session(session)?.end == .expired)
        }
    }

    @Test("names who it is for, or gets a new user")
    func users() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            _ = try await TestProgram.of(.staff, named: "admin", in: portal)
            _ = try await TestProgram.of(.registered, named: "ada", in: portal)
            let unnamed = await robot.request().json["user"]?.string ?? ""
            #expect(unnamed.count == 36 && !unnamed.contains(":"))
            #expect(await robot.request("lab-w01", ["user": "ada"]).status == 200)
            for user in ["admin", "robot@educates"] {
                #expect(await robot.request("lab-w01", ["user": user]).refusal == "invalid_parameter/user")
            }
            #expect(await robot.request("lab-w01", ["user": "a\nb"]).refusal == "invalid_parameter/user")
            #expect(
                await robot.request("lab-w01", ["user": String(repeating: "a", count: 151)]).refusal
                    == "invalid_parameter/user")
        }
    }

    @Test("tells who that is, as often as it likes, and what was told before stays")
    func details() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            func told() throws -> UserDetails? {
                try portal.service.store.read { try $0.details(of: Fixture.user("me")) }
            }
            _ = await robot.request("lab-w01", ["user": "me"])
            #expect(try told() == nil)
            _ = await robot.request("lab-w01", ["user": "me", "email": "ada@example.com", "firstname": "Ada"])
            #expect(try told() == UserDetails(email: "ada@example.com", firstName: "Ada"))
            _ = await robot.request("lab-w01", ["user": "me", "last_name": "Lovelace", "email": "ada@example.org"])
            let all = UserDetails(email: "ada@example.org", firstName: "Ada", lastName: "Lovelace")
            #expect(try told() == all)
            // A request that is refused tells nothing.
            _ = await robot.request("lab-w01", ["user": "me", "email": "no@example.org", "session": "lab-w01-s009"])
            #expect(try told() == all)
        }
    }

    @Test("gives values for the parameters that the workshop declares")
    func parameters() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            let body = #"{"parameters":[{"name":"COLOUR","value":"red"},{"name":"OTHER","value":"x"}]}"#
            _ = await robot.request("lab-w01", ["user": "a"], body: body)
            #expect(portal.session("lab-w01-s001")?.parameters == ["COLOUR": "red"])
            _ = await robot.request("lab-w01", ["user": "b"])
            #expect(portal.session("lab-w01-s002")?.parameters == ["COLOUR": "green"])
            // Clients of the reference send a body with GET as well.
            let target = "/workshops/environment/lab-w01/request/?index_url=/&user=c"
            _ = await robot.send(.get, target, [:], Array(body.utf8))
            #expect(portal.session("lab-w01-s003")?.parameters == ["COLOUR": "red"])
        }
    }

    @Test("is told which value is wrong")
    func wrongValues() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            let wrong: [(QueryParameters, String)] = [
                (["index_url": "javascript:alert(1)"], "index_url"), (["index_url": "//www.example.com"], "index_url"),
                (["index_url": " "], "index_url"), (["email": "nobody"], "email"), (["email": "a@b"], "email"),
                (["email": "a@@b.c"], "email"), (["email": "a b@c.de"], "email"), (["email": "a@-b.de"], "email"),
                (["first_name": "a\u{7}"], "first_name"),
                (["lastname": String(repeating: "b", count: 151)], "last_name"),
                (["session": "Not a name"], "session"), (["timeout": ""], "timeout"), (["timeout": "1.5"], "timeout"),
                (["timeout": "+5"], "timeout"), (["timeout": "604801"], "timeout"),
                (["timeout": "99999999999999999999"], "timeout"),
                (["analytics_url": "http://127.0.0.1/"], "analytics_url"),
                (["analytics_url": "/events"], "analytics_url"),
                (["analytics_url": "http://db.internal/"], "analytics_url"),
            ]
            for (parameters, field) in wrong {
                let answer = await robot.request("lab-w01", parameters)
                #expect(answer.status == 400 && answer.refusal == "invalid_parameter/\(field)", "\(parameters)")
            }
            #expect(portal.store.allSessions.isEmpty)
            let right: [QueryParameters] = [
                ["email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"],
                ["firstname": "Å da", "lastname": ""], ["email": "ada+x@localhost"], ["email": ""],
                ["timeout": "1"], ["analytics_url": "https://events.example.com/x"],
                ["redirect_url": "/workshops/catalog/"], ["session": ""],
            ]
            for parameters in right {
                #expect(await robot.request("lab-w01", parameters).status == 200, "\(parameters)")
                for session in portal.store.allSessions {
                    _ = await robot.post("/workshops/session/\(session.name)/terminate/")
                }
                try await until("they are gone") { portal.store.allSessions.allSatisfy { $0.state == .stopped } }
            }
        }
    }

    @Test("needs an index URL, under either name, unless the portal has an index")
    func indexURL() async throws {
        let target = "/workshops/environment/lab-w01/request/?user=a"
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            #expect(await robot.post(target).refusal == "invalid_parameter/index_url")
            let offer = await robot.post(target + "&redirect_url=https://www.example.com/x")
            #expect(offer.json["url"]?.string?.hasSuffix("&index_url=https%3A%2F%2Fwww.example.com%2Fx") == true)
            #expect(portal.session("lab-w01-s001")?.indexURL == "https://www.example.com/x")
        }
        let definitions = TestPortal.definitions {
            $0.portal.index = "https://www.example.com/labs"
            $0.portal.launches.allowedOrigins = ["https://www.example.com"]
        }
        try await TestPortal.run(definitions) { portal in
            let robot = try await TestProgram.of(in: portal)
            #expect(await robot.post(target + "&index_url=https://elsewhere.example.org/").status == 400)
            let offer = await robot.post(target)
            #expect(offer.status == 200)
            #expect(portal.session("lab-w01-s001")?.indexURL == nil)
            #expect(offer.json["url"]?.string?.hasSuffix("&index_url=https%3A%2F%2Fwww.example.com%2Flabs") == true)
        }
    }

    @Test("is told when to try again: after the next end that is known")
    func retryAfter() async throws {
        try await TestPortal.run(TestPortal.definitions(capacity: 1)) { portal in
            let robot = try await TestProgram.of(in: portal)
            _ = try await robot.launch("first")
            portal.clock.advance(bySeconds: 600)
            let refused = await robot.request("lab-w01", ["user": "second"])
            #expect(refused.status == 503 && refused.refusal == "no_capacity")
            #expect(refused.headers["Retry-After"] == "3000")
        }
        try await TestPortal.run(TestPortal.definitions(maximum: 1)) { portal in
            let robot = try await TestProgram.of(in: portal)
            _ = try await robot.launch("first")
            let refused = await robot.request("lab-w01", ["user": "second"])
            #expect(refused.refusal == "portal_full" && refused.headers["Retry-After"] == "3600")
        }
        let definitions = TestPortal.definitions { definitions in
            definitions.portal.sessionsPerAnonymousUser = 1
            definitions.portal.workshops.append(PortalWorkshop(name: "lab-git", limits: Fixture.limits()))
            definitions.workshops["lab-git"] = Fixture.workshop("lab-git")
        }
        try await TestPortal.run(definitions) { portal in
            let robot = try await TestProgram.of(in: portal)
            _ = try await robot.launch("first")
            let refused = await robot.request("lab-git", ["user": "first"])
            #expect(refused.refusal == "user_limit" && refused.headers["Retry-After"] == "3600")
        }
    }

    @Test("and many others at once never get more sessions than there are places, nor one user two")
    func crowd() async throws {
        try await TestPortal.run(TestPortal.definitions(capacity: 5)) { portal in
            let robot = try await TestProgram.of(in: portal)
            let answers = await withTaskGroup(of: HTTPResponse.self) { group in
                for number in 0..<60 {
                    group.addTask { await robot.request("lab-w01", ["user": "learner-\(number % 20)"]) }
                }
                return await group.reduce(into: [HTTPResponse]()) { $0.append($1) }
            }
            let offered = answers.filter { $0.status == 200 }
            #expect(Set(offered.compactMap { $0.json["name"]?.string }).count == 5)
            #expect(Set(offered.compactMap { $0.json["user"]?.string }).count == 5)
            #expect(answers.allSatisfy { $0.status == 200 || $0.refusal == "no_capacity" })
        }
    }
}
