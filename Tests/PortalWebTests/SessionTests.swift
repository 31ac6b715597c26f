import HTTP
import Platform
import Portal
import PortalTesting
import PortalWeb
import Testing

@Suite("A session's own addresses")
struct SessionTests {
    static let index = "https://www.example.com/labs"

    @Test("The owner is carried into the session, with a new code each time")
    func forward() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let session = try await browser.launch()
            let first = await browser.get("/workshops/session/\(session)/")
            let second = await browser.get("/workshops/session/\(session)/")
            #expect(first.location.hasPrefix("http://\(session).lectern.localhost:8080/oauth_callback?code="))
            #expect(first.location != second.location)
        }
    }

    @Test("A ready session whose host does not answer is a page that tries again, not a circle of redirects")
    func silent() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let session = try await browser.launch()
            let back = await browser.get(
                "/oauth_callback?code=x&state=handover", ["Host": "\(session).lectern.localhost:8080"])
            #expect(back.location == "http://lectern.localhost:8080/workshops/session/\(session)/?missed")
            let page = await browser.get("/workshops/session/\(session)/?missed")
            #expect(page.status == 503)
            #expect(page.text.contains("content=\"3; url=/workshops/session/\(session)/\""))
            #expect(await browser.get("/workshops/session/\(session)/").location.contains("/oauth_callback?code="))
            _ = await browser.get("/workshops/session/\(session)/delete/")
            #expect(await browser.get("/workshops/session/\(session)/?missed").status == 302)
        }
    }

    @Test("Ending a session counts as that, also when its agent has gone before it could answer")
    func endedByItsAgent() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let session = try await browser.launch(index: SessionTests.index)
            _ = await browser.get("/workshops/session/\(session)/delete/")
            let back = await browser.post("/session/end", [:], ["Host": "\(session).lectern.localhost:8080"])
            #expect(back.location == "http://lectern.localhost:8080/workshops/session/\(session)/delete/")
            #expect(
                await browser.get("/workshops/session/\(session)/delete/").location
                    == SessionTests.index + "?notification=session-deleted")
            let look = await browser.get("/session/end", ["Host": "\(session).lectern.localhost:8080"])
            #expect(look.location == "http://lectern.localhost:8080/workshops/session/\(session)/")
        }
    }

    @Test("Strangers, and visitors with a session of their own, are told that it is none of theirs")
    func notOwner() async throws {
        try await TestPortal.run { portal in
            let session = try await portal.browser().launch(index: SessionTests.index)
            let other = portal.browser()
            _ = try await other.launch()
            for browser in [portal.browser(), other] {
                for path in [
                    "/workshops/session/\(session)/", "/workshops/session/\(session)/delete/",
                    "/workshops/session/lab-w01-s099/",
                ] {
                    #expect(
                        await browser.get(path).location == "/workshops/catalog/?notification=session-invalid",
                        "\(path)")
                }
            }
            #expect(portal.session(session)?.isLive == true)
        }
    }

    @Test("Staff may enter a session of somebody else, and not end it from its own page")
    func staff() async throws {
        var definitions = Fixture.definitions()
        definitions.portal.index = "https://index.example.com/"
        try await TestPortal.run(definitions) { portal in
            let session = try await portal.browser().launch(index: SessionTests.index)
            let cookie = SecretToken.random()
            let now = portal.clock.now
            _ = try await portal.service.store.write { store in
                try store.insert(PortalUser(id: Fixture.user("ada"), kind: .staff, joined: now))
                try store.insert(
                    LoginCookie(
                        digest: cookie.digest, user: Fixture.user("ada"), created: now,
                        expires: now.advanced(bySeconds: 60)))
            }
            let staff = portal.browser()
            staff.cookies["lectern-login"] = cookie.text
            #expect(await staff.get("/workshops/session/\(session)/").location.contains("/oauth_callback?code="))
            #expect(
                await staff.get("/workshops/session/\(session)/delete/").location
                    == "/workshops/catalog/?notification=session-invalid")
            #expect(portal.session(session)?.isLive == true)
            #expect(await staff.get("/workshops/catalog/").status == 200)
            portal.clock.advance(bySeconds: 61)
            #expect(await staff.get("/workshops/session/\(session)/").location.hasPrefix("https://index.example.com/"))
        }
    }

    @Test("With an index of the portal, strangers are sent there")
    func portalIndex() async throws {
        var definitions = Fixture.definitions()
        definitions.portal.index = "https://index.example.com/"
        try await TestPortal.run(definitions) { portal in
            #expect(
                await portal.browser().get("/workshops/session/lab-w01-s001/").location
                    == "https://index.example.com/?notification=session-invalid")
            #expect(
                await portal.browser().get("/workshops/environment/nope/create/").location
                    == "https://index.example.com/?notification=workshop-invalid")
        }
    }

    @Test("Ending leads back with session-deleted, and every later visit with session-invalid")
    func end() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let session = try await browser.launch(index: SessionTests.index)
            let ended = await browser.get("/workshops/session/\(session)/delete/")
            #expect(ended.status == 302)
            #expect(ended.location == SessionTests.index + "?notification=session-deleted")
            try await until("it is stopped") { portal.session(session)?.state == .stopped }
            #expect(
                await browser.get("/workshops/session/\(session)/").location
                    == SessionTests.index + "?notification=session-invalid")
            // The wish to end it once more has been granted already.
            #expect(
                await browser.get("/workshops/session/\(session)/delete/").location
                    == SessionTests.index + "?notification=session-deleted")
            #expect(try await browser.launch() != session)
        }
    }

    @Test("A session that expired is invalid, at the page that its owner came from")
    func expired() async throws {
        var definitions = Fixture.definitions()
        definitions.portal.workshops[0].limits.expires = 60
        try await TestPortal.run(definitions) { portal in
            let browser = portal.browser()
            let session = try await browser.launch(index: SessionTests.index)
            portal.clock.advance(bySeconds: 61)
            try await until("it has ended") { portal.session(session)?.isLive == false }
            #expect(
                await browser.get("/workshops/session/\(session)/").location
                    == SessionTests.index + "?notification=session-invalid")
            #expect(
                await portal.browser().get("/workshops/session/\(session)/").location
                    == "/workshops/catalog/?notification=session-invalid")
        }
    }

    @Test("The reason in the link is used when it is one of ours")
    func notification() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            var session = try await browser.launch(index: "/back")
            #expect(
                await browser.get("/workshops/session/\(session)/delete/?notification=startup-timeout").location
                    == "/back?notification=startup-timeout")
            session = try await browser.launch(index: "/back")
            #expect(
                await browser.get("/workshops/session/\(session)/delete/?notification=%26evil%3D1").location
                    == "/back?notification=session-deleted")
        }
    }

    @Test("A link on another site cannot end a session without asking", arguments: ["cross-site"])
    func crossSite(_ site: String) async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let session = try await browser.launch(index: "/back")
            let headers: HTTPHeaders = [
                "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
            ]
            let question = await browser.get("/workshops/session/\(session)/delete/", headers)
            #expect(question.status == 200)
            #expect(portal.session(session)?.isLive == true)
            #expect(await browser.post("/workshops/session/\(session)/delete/", ["form-token": "guess"]).status == 403)
            #expect(portal.session(session)?.isLive == true)
            let ended = await browser.submit(question, to: "/workshops/session/\(session)/delete/")
            #expect(ended.location == "/back?notification=session-deleted")
        }
    }

    @Test("The session's own page and typed addresses end it at once", arguments: ["same-origin", "same-site", "none"])
    func sameSite(_ site: String) async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let session = try await browser.launch(index: "/back")
            let headers: HTTPHeaders = ["Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"]
            #expect(
                await browser.get("/workshops/session/\(session)/delete/", headers).location
                    == "/back?notification=session-deleted")
        }
    }

    @Test("HEAD and prefetch neither end nor enter anything")
    func noSideEffects() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let session = try await browser.launch()
            let codes = portal.service.counters[.codesIssued]
            _ = await browser.get("/workshops/session/\(session)/delete/", method: .head)
            _ = await browser.get("/workshops/session/\(session)/delete/", ["Sec-Purpose": "prefetch"])
            let head = await browser.get("/workshops/session/\(session)/", method: .head)
            #expect(head.status == 302)
            #expect(!head.location.contains("code="))
            #expect(portal.session(session)?.isLive == true)
            #expect(portal.service.counters[.codesIssued] == codes)
        }
    }
}

@Suite("Links that activate a session")
struct ActivationTests {
    private func offer(
        _ portal: TestPortal, of workshop: String = "lab-w01", to user: String = "ada"
    ) async throws -> (session: String, link: String) {
        var request = LaunchRequest(
            workshop: workshop, visitor: .user(Fixture.user(user)), returnAddress: ReturnAddress(stored: "/back"))
        request.activationTimeout = 60
        let offered = request
        let outcome = try await withCheckedThrowingContinuation { continuation in
            portal.service.allocator.launch(offered) { continuation.resume(with: $0) }
        }
        guard case .entered(let entered) = outcome, let token = entered.activation else {
            throw TestFailure("no session was offered: \(outcome)")
        }
        let name = entered.session.name.rawValue
        try await until("it is ready") { portal.session(name)?.isReady == true }
        return (name, "/workshops/session/\(name)/activate/?token=\(token.text)")
    }

    @Test("A link works once and makes its holder the owner")
    func once() async throws {
        try await TestPortal.run { portal in
            let (session, link) = try await offer(portal)
            let browser = portal.browser()
            let response = await browser.get(link)
            #expect(response.location == "/workshops/session/\(session)/")
            #expect(await browser.get(response.location).location.contains("/oauth_callback?code="))
            #expect(await portal.browser().get(link).status == 400)
            #expect(portal.session(session)?.state == .running)
        }
    }

    @Test("Previews of the link do not use it up")
    func preview() async throws {
        try await TestPortal.run { portal in
            let (session, link) = try await offer(portal)
            let preview = await portal.browser().get(link, ["User-Agent": "Slackbot-LinkExpanding 1.0"])
            #expect(preview.status == 200)
            #expect(await portal.browser().get(link, method: .head).status == 200)
            #expect(await portal.browser().get(link).location == "/workshops/session/\(session)/")
        }
    }

    @Test("Somebody else's login is not replaced without asking")
    func asksFirst() async throws {
        try await TestPortal.run { portal in
            let (session, link) = try await offer(portal)
            let browser = portal.browser()
            _ = await browser.get("/accounts/create/")
            let before = browser.cookies
            let question = await browser.get(link)
            #expect(question.status == 200)
            #expect(browser.cookies == before)
            #expect(portal.session(session)?.activation != nil)
            let path = "/workshops/session/\(session)/activate/"
            let token = hiddenFields(of: question.text).first { $0.0 == "token" }?.1 ?? ""
            #expect(await browser.post(path, ["token": token]).status == 403)
            #expect(await browser.submit(question, to: path).location == "/workshops/session/\(session)/")
            #expect(browser.cookies != before)
        }
    }

    @Test("An offered session that its owner enters in another way is activated, too")
    func enteredByOwner() async throws {
        let definitions = Fixture.definitions([("lab-shell", Fixture.limits()), ("lab-git", Fixture.limits())])
        try await TestPortal.run(definitions) { portal in
            let browser = portal.browser()
            _ = await browser.get(try await offer(portal).link)
            let (session, _) = try await offer(portal, of: "lab-w02")
            let page = await browser.get("/workshops/session/\(session)/")
            #expect(page.location == "/workshops/environment/lab-w02/")
            #expect(await browser.get(page.location).location.contains("/oauth_callback?code="))
            #expect(portal.session(session)?.activation == nil)
            #expect(portal.session(session)?.state == .running)
        }
    }

    @Test("Wrong tokens and unknown sessions are told the same", arguments: ["?token=wrong", "", "?token="])
    func wrong(_ query: String) async throws {
        try await TestPortal.run { portal in
            let (session, _) = try await offer(portal)
            let wrong = await portal.browser().get("/workshops/session/\(session)/activate/\(query)")
            let unknown = await portal.browser().get("/workshops/session/lab-w01-s999/activate/\(query)")
            #expect(wrong.status == 400)
            #expect(unknown.status == 400)
            #expect(wrong.text == unknown.text)
        }
    }
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
