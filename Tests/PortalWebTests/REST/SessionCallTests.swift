import HTTP
import Platform
import Portal
import PortalTesting
import Testing

@Suite("A program that looks after a session")
struct SessionCallTests {
    @Test("is its owner, staff or a robot; an agent's token reaches its own session only")
    func access() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            let mine = try await robot.launch("me")
            let theirs = try await robot.launch("them")
            let programs: [(String, TestProgram, Bool, Bool)] = [
                ("robot", robot, true, true), ("owner", try await .of(named: "me", in: portal), true, false),
                ("staff", try await .of(.staff, named: "admin", in: portal), true, true),
                ("agent", try await .of(named: "me", reaching: mine, in: portal), true, false),
                ("staff's agent", try await .of(.staff, named: "admin", reaching: theirs, in: portal), false, true),
            ]
            for (name, program, reachesMine, reachesTheirs) in programs {
                for call in ["authorize", "config", "schedule", "extend"] {
                    let method: HTTPMethod = call == "extend" ? .post : .get
                    for prefix in ["/workshops/session/", "/session/"] {
                        let own = await program.send(method, "\(prefix)\(mine)/\(call)/")
                        #expect((own.status == 200) == reachesMine, "\(name) \(call): \(own.text)")
                        let other = await program.send(method, "\(prefix)\(theirs)/\(call)/")
                        #expect((other.status == 200) == reachesTheirs, "\(name) \(call): \(other.text)")
                        #expect(other.status == 200 || other.status == 403)
                    }
                }
            }
            let staffAgent = try await TestProgram.of(.staff, named: "admin", reaching: mine, in: portal)
            #expect(await staffAgent.get("/workshops/session/\(mine)/authorize/").json["staff"] == true)
            #expect(await staffAgent.get("/workshops/user/me/sessions/").status == 403)
        }
    }

    @Test("cannot act for a browser that is signed in (weakness 7)")
    func cookies() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let browser = portal.browser()
            let session = try await browser.launch("lab-w01")
            for target in ["/workshops/session/\(session)/schedule/", "/session/\(session)/terminate/"] {
                #expect(await browser.get(target).status == 401)
                #expect(await browser.post(target, [:]).status != 200)
            }
            // The robot's token counts, whoever is signed in.
            let robot = try await TestProgram.of(in: portal)
            let cookie = browser.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
            let offer = await robot.post(
                "/workshops/environment/lab-w01/request/?index_url=/&user=b", "", ["Cookie": cookie])
            #expect(offer.status == 200)
            #expect(portal.session(session)?.state == .running)
        }
    }

    @Test("may not touch a session that is held ready, which belongs to nobody")
    func reserved() async throws {
        try await TestPortal.run(TestPortal.definitions(reserved: 1)) { portal in
            try await until("one is ready") { portal.session("lab-w01-s001")?.state == .waiting }
            let robot = try await TestProgram.of(in: portal)
            let learner = try await TestProgram.of(.registered, named: "learner", in: portal)
            let session = "/workshops/session/lab-w01-s001"
            #expect(await robot.get(session + "/config/").status == 200)
            #expect(await robot.get(session + "/schedule/").status == 200)
            for call in ["authorize", "extend", "terminate"] {
                let answer = await robot.get("\(session)/\(call)/")
                #expect(answer.status == 400 && answer.refusal == "session_not_allocated", "\(call)")
                #expect(await learner.get("\(session)/\(call)/").status == 403)
            }
            #expect(portal.session("lab-w01-s001")?.state == .waiting)
        }
    }

    @Test("tells of events inside it, but not in the portal's name (weakness 8)")
    func events() async throws {
        let definitions = TestPortal.definitions { $0.portal.webhookURL = "https://events.example.com/" }
        try await TestPortal.run(definitions) { portal in
            let robot = try await TestProgram.of(in: portal)
            let session = try await robot.launch("me")
            let target = "/workshops/session/\(session)/event/"
            let json: HTTPHeaders = ["Content-Type": "application/json"]
            let learner = try await TestProgram.of(named: "me", reaching: session, in: portal)
            let good = await learner.post(target, #"{"event":{"name":"Workshop/View","data":{"page":1}}}"#, json)
            #expect(good.status == 200 && good.text == "{}")
            #expect(await learner.post(target, #"{"event":{"name":"Workshop/Load"}}"#, json).status == 200)
            let cases: [(String, HTTPHeaders, Int, String)] = [
                (#"{"event":{"name":"Session/Deleted"}}"#, json, 403, "forbidden"),
                (#"{"event":{"name":"user/create"}}"#, json, 403, "forbidden"),
                (#"{"event":{"name":"a b"}}"#, json, 400, "invalid_parameter/event.name"),
                (#"{"event":{"data":1}}"#, json, 400, "invalid_parameter/event.name"),
                (#"{"event":[]}"#, json, 400, "invalid_parameter/event"), ("[]", json, 400, "invalid_parameter/event"),
                ("{", json, 400, "invalid_parameter/event"), ("", json, 400, "invalid_parameter/event"),
                (#"{"event":{"name":"a"}}"#, [:], 400, "invalid_parameter/body"),
                (
                    #"{"event":{"name":"a","data":"\#(String(repeating: "x", count: 17_000))"}}"#, json, 413,
                    "body_too_large"
                ),
            ]
            for (body, headers, status, refusal) in cases {
                let answer = await robot.post(target, body, headers)
                #expect(answer.status == status && answer.refusal == refusal, "\(body.prefix(60)): \(answer.text)")
            }
            #expect(await robot.get(target).status == 405)
            let stranger = try await TestProgram.of(.registered, named: "them", in: portal)
            #expect(await stranger.post(target, #"{"event":{"name":"a"}}"#, json).status == 403)
        }
    }

    @Test("finds nothing once it is over")
    func over() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            let session = try await robot.launch("me")
            _ = await robot.post("/session/\(session)/terminate/")
            try await until("it is over") { portal.session(session)?.state == .stopped }
            #expect(portal.session(session)?.end == .terminated)
            for call in ["authorize", "config", "schedule", "extend", "terminate"] {
                #expect(await robot.get("/session/\(session)/\(call)/").refusal == "unknown_session")
            }
            #expect(await robot.get("/workshops/user/me/sessions/").json == ["user": "me", "sessions": []])
        }
    }

    @Test("is answered when the store fails, with a time to try again")
    func storeFails() async throws {
        try await TestPortal.run(TestPortal.definitions()) { portal in
            let robot = try await TestProgram.of(in: portal)
            let session = try await robot.launch("me")
            for target in ["/session/\(session)/terminate/", "/workshops/environment/lab-w01/request/?index_url=/"] {
                portal.store.failWrites(1)
                let answer = await robot.post(target)
                #expect(answer.status == 503 && answer.refusal == "store_failing")
                #expect(answer.headers["Retry-After"] == "5")
            }
        }
    }
}
