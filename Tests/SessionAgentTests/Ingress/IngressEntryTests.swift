import HTTP
import Platform
import Testing

@Suite("Entering the hosts of the learner's servers")
struct IngressEntryTests {
    private let app = "app-lab-w01-s001.lectern.localhost:8080"

    private func fixture(
        url: String? = nil, frameAncestors: [String] = [], folder: String? = nil
    ) throws -> AgentFixture {
        try AgentFixture(pages: [
            "workshop/public/index.html": "<h1>Finished</h1>", "workshop/public/sub/index.html": "sub",
            "workshop/content/01.md": "source", "secret.txt": "not for learners",
        ]) { manifest in
            manifest.ingresses = [
                .init(name: "app", port: 1), .init(name: "open", port: 1, isOpenToAll: true),
                .init(name: "instructions", port: 80, folder: folder ?? "workshop/public"),
            ]
            manifest.frameAncestors = frameAncestors
            if let url { manifest.sessionURL = url }
        }
    }

    private func ask(
        _ fixture: AgentFixture, _ target: String = "/", host: String? = nil, cookie: String? = nil,
        headers: HTTPHeaders = [:]
    ) async -> HTTPResponse {
        var headers = headers
        headers["Host"] = host ?? app
        headers["Lectern-Target"] = target
        return await fixture.send(.get, "/ingress/authorize", headers: headers, cookie: cookie)
    }

    private func show(
        _ fixture: AgentFixture, _ target: String, host: String? = nil, cookie: String? = nil,
        headers: HTTPHeaders = [:]
    ) async -> HTTPResponse {
        var headers = headers
        headers["Host"] = host ?? app
        return await fixture.send(.get, target, headers: headers, cookie: cookie)
    }

    /// From the server's host to the session's and back.
    private func enter(
        _ fixture: AgentFixture, _ target: String = "/page?x=1", host: String? = nil, session: String? = nil
    ) async throws -> (cookie: String, ticket: String, binding: String, location: String) {
        let session = if let session { session } else { try await fixture.enter() }
        let first = await show(fixture, target, host: host)
        #expect(first.status == 302)
        let binding = try #require(first.cookie(named: "lectern-app-entry"))
        let toSession = try #require(first.headers["Location"])
        let origin = AgentFixture.sessionURL
        #expect(toSession.hasPrefix(origin + "/ingress/enter?wish="))
        let second = await fixture.send(.get, String(toSession.dropFirst(origin.count)), cookie: session)
        #expect(second.status == 302 && second.headers["Referrer-Policy"] == "no-referrer")
        let back = try #require(second.headers["Location"])
        let server = "http://" + (host ?? app)
        #expect(back.hasPrefix(server + "/.lectern/enter?ticket="))
        let ticket = String(back.dropFirst(server.count))
        let third = await show(fixture, ticket, host: host, cookie: binding)
        #expect(third.status == 302)
        return (
            try #require(third.cookie(named: "lectern-app")), ticket, binding, third.headers["Location"] ?? ""
        )
    }

    @Test("Nothing passes without a visitor; a visitor of the session gets in by itself, to where it wanted")
    func entering() async throws {
        let fixture = try fixture()
        let before = await ask(fixture, "/page")
        #expect(before.status == 401)
        let entered = try await enter(fixture)
        #expect(entered.location == "/page?x=1")
        let after = await ask(fixture, "/page?x=1", cookie: entered.cookie + "; theme=dark")
        #expect(after.status == 204)
        #expect(after.headers["Lectern-Socket"] == "i0" && after.headers["Lectern-Target"] == "/page?x=1")
        #expect(after.headers["Lectern-Cookie"] == "theme=dark")
        #expect(after.headers["Lectern-Policy"] == "frame-ancestors 'self' " + AgentFixture.sessionURL)
    }

    @Test("The other form of the host works the same way, with a cookie of its own")
    func suffix() async throws {
        let fixture = try fixture()
        let host = "lab-w01-s001-app.lectern.localhost:8080"
        let entered = try await enter(fixture, host: host)
        let own = await ask(fixture, host: host, cookie: entered.cookie)
        #expect(own.status == 204)
        let other = await ask(fixture, cookie: entered.cookie)
        #expect(other.status == 401)
    }

    @Test("Cookies of one host are worth nothing at another")
    func cookiesStay() async throws {
        let fixture = try fixture()
        let session = try await fixture.enter()
        let entered = try await enter(fixture, session: session)
        let asServer = session.replacing("lectern-session=", with: "lectern-app=")
        let withSessions = await ask(fixture, cookie: asServer)
        #expect(withSessions.status == 401)
        let asSession = entered.cookie.replacing("lectern-app=", with: "lectern-session=")
        let dashboard = await fixture.send(.get, "/dashboard/", cookie: asSession)
        #expect(dashboard.status == 302 && dashboard.headers["Location"]?.contains("/oauth2/authorize/") == true)
        let pages = await show(
            fixture, "/workshop/content/", host: "instructions-" + String(app.dropFirst(4)), cookie: entered.cookie)
        #expect(pages.status == 302 && pages.headers["Location"]?.contains("/ingress/enter") == true)
    }

    @Test("A ticket is good once, for a minute, at its host, in the browser that asked for it")
    func tickets() async throws {
        let fixture = try fixture()
        let session = try await fixture.enter()
        let entered = try await enter(fixture, session: session)
        // Again, by the back button: the browser that is inside goes on, nobody else gets a cookie.
        let again = await show(fixture, entered.ticket, cookie: entered.cookie + "; " + entered.binding)
        #expect(again.status == 302 && again.headers["Location"] == "/page?x=1")
        #expect(again.cookie(named: "lectern-app") == nil)
        let used = await show(fixture, entered.ticket, cookie: entered.binding)
        #expect(used.cookie(named: "lectern-app") == nil)
        let stolen = await show(fixture, entered.ticket)
        #expect(stolen.cookie(named: "lectern-app") == nil)
        let elsewhere = await show(
            fixture, entered.ticket, host: "open-lab-w01-s001.lectern.localhost:8080", cookie: entered.binding)
        #expect(elsewhere.status == 403)
        let first = await show(fixture, "/")
        let wish = try #require(first.headers["Location"]).dropFirst(AgentFixture.sessionURL.count)
        let late = try #require(await fixture.send(.get, String(wish), cookie: session).headers["Location"])
        fixture.clock.advance(seconds: 61)
        let tooLate = await show(
            fixture, String(late.dropFirst("http://".count + app.count)),
            cookie: first.cookie(named: "lectern-app-entry"))
        #expect(tooLate.status == 403)
    }

    @Test("A browser that keeps no cookie is told so after the second time, instead of going round for ever")
    func noCookies() async throws {
        let fixture = try fixture()
        let session = try await fixture.enter()
        var location = try #require(await show(fixture, "/").headers["Location"])
        var rounds = 0
        var last = 302
        while last == 302, rounds < 5 {
            rounds += 1
            let path = String(location.dropFirst(AgentFixture.sessionURL.count))
            let back = try #require(await fixture.send(.get, path, cookie: session).headers["Location"])
            let entered = await show(fixture, String(back.dropFirst("http://".count + app.count)))
            last = entered.status
            location = entered.headers["Location"] ?? ""
        }
        #expect(rounds == 2 && last == 403)
    }

    @Test("Frames that begin at the same time all get in")
    func together() async throws {
        let fixture = try fixture()
        let session = try await fixture.enter()
        let first = await show(fixture, "/one")
        let binding = try #require(first.cookie(named: "lectern-app-entry"))
        let second = await show(fixture, "/two", cookie: binding)
        for (response, target) in [(first, "/one"), (second, "/two")] {
            let path = try #require(response.headers["Location"]).dropFirst(AgentFixture.sessionURL.count)
            let back = try #require(await fixture.send(.get, String(path), cookie: session).headers["Location"])
            let entered = await show(
                fixture, String(back.dropFirst("http://".count + app.count)), cookie: binding)
            #expect(entered.headers["Location"] == target)
            #expect(entered.cookie(named: "lectern-app") != nil)
        }
    }

    @Test("Scripts, sockets and forms are not sent elsewhere")
    func programs() async throws {
        let fixture = try fixture()
        for headers: HTTPHeaders in [
            ["Sec-Fetch-Mode": "cors"], ["Upgrade": "websocket", "Sec-Fetch-Mode": "websocket"],
            ["Lectern-Method": "POST", "Sec-Fetch-Mode": "navigate"], ["Accept": "application/json"],
        ] {
            let response = await show(fixture, "/x", headers: headers)
            #expect(response.status == 401)
        }
    }

    @Test("The session's host gives tickets for wishes of its own hosts only")
    func wishes() async throws {
        let fixture = try fixture()
        let cookie = try await fixture.enter()
        for wish in ["", "?wish=", "?wish=61.62.63.64", "?wish=" + String(repeating: "a", count: 5000)] {
            let response = await fixture.send(.get, "/ingress/enter" + wish, cookie: cookie)
            #expect(response.status == 404)
        }
        let stranger = await fixture.send(.get, "/ingress/enter?wish=x")
        #expect(stranger.headers["Location"]?.contains("/oauth2/authorize/") == true)
    }

    @Test("A server that is open to all is, the question whether it listens too")
    func open() async throws {
        let fixture = try fixture()
        let host = "open-lab-w01-s001.lectern.localhost:8080"
        let passes = await ask(fixture, "/x", host: host)
        #expect(passes.status == 204 && passes.headers["Lectern-Allowed-Origin"] == "*")
        let page = await show(fixture, "/x", host: host)
        #expect(page.status == 503 && page.text.contains("Nothing listens on port 1 yet"))
        #expect(page.headers["Retry-After"] == "3")
        let question = await show(fixture, "/.lectern/listening?path=%2Fx", host: host)
        #expect(question.status == 503 && question.text == "no\n")
    }

    @Test("The page that waits runs our script from the server's own host and nothing inline")
    func waitingPage() async throws {
        let fixture = try fixture()
        let cookie = try await enter(fixture).cookie
        let page = await show(fixture, "/x", cookie: cookie)
        #expect(page.text.contains("/.lectern/static/waiting.js?v="))
        let policy = page.headers["Content-Security-Policy"] ?? ""
        #expect(policy.contains("script-src 'self'"))
        #expect(policy.hasSuffix("frame-ancestors 'self' " + AgentFixture.sessionURL))
        #expect(page.text.contains("<noscript><meta http-equiv=\"refresh\" content=\"3\"></noscript>"))
        let nothing = await show(fixture, "/.lectern/authorize", cookie: cookie)
        #expect(nothing.status == 404)
        let script = await show(fixture, "/.lectern/static/waiting.js")
        #expect(script.status == 200 && script.headers["Content-Type"] == "text/javascript; charset=utf-8")
    }

    @Test("A name that the workshop does not have leads nowhere, and never to the dashboard")
    func unknown() async throws {
        let fixture = try fixture()
        let cookie = try await fixture.enter()
        let host = "other-lab-w01-s001.lectern.localhost:8080"
        let question = await ask(fixture, host: host, cookie: cookie)
        #expect(question.status == 401)
        let page = await show(fixture, "/dashboard/", host: host, cookie: cookie)
        #expect(page.status == 404)
    }

    @Test("In other sites' frames the cookie is one that browsers send there, without https on this machine only")
    func frames() async throws {
        for (url, isSent) in [
            ("https://lab-w01-s001.labs.example.com", true), ("http://lab-w01-s001.lectern.localhost:8080", true),
            ("http://lab-w01-s001.labs.example.com", false),
        ] {
            let fixture = try fixture(url: url, frameAncestors: ["https://www.example.com"])
            let host = "app-" + url.split(separator: "/")[1]
            let response = await show(fixture, "/", host: host)
            let line = try #require(response.headers["Set-Cookie"])
            #expect(line.contains("SameSite=None; Partitioned") == isSent, "\(url)")
            #expect(line.contains("Secure") == isSent && line.hasPrefix("__Host-") == isSent)
        }
    }

    @Test(
        "Finished pages come from their folder and from nowhere else",
        arguments: [
            ("workshop/public", "/workshop/content/", 200), ("public", "/workshop/content/", 200),
            ("/opt/workshop/public", "/workshop/content/index.html", 200),
            ("./workshop/public/", "/workshop/content/", 200),
            ("workshop/public", "/workshop/content/sub", 302), ("workshop/public", "/workshop/content/sub/", 200),
            ("workshop/public", "/", 302), ("workshop/public", "/workshop/content/../content/01.md", 404),
            ("workshop/public", "/workshop/content/..%2f..%2fsecret.txt", 302),
            ("workshop/public", "/workshop/content/%2e%2e/content/01.md", 404),
            ("workshop/public", "/workshop/content/missing.html", 404), ("../..", "/workshop/content/etc/passwd", 404),
        ])
    func finishedPages(folder: String, path: String, status: Int) async throws {
        let fixture = try fixture(folder: folder)
        let host = "instructions-lab-w01-s001.lectern.localhost:8080"
        let question = await ask(fixture, path, host: host)
        #expect(question.status == 401)
        let cookie = try await enter(fixture, "/workshop/content/", host: host).cookie
        let page = await show(fixture, path, host: host, cookie: cookie)
        #expect(page.status == status)
        #expect(!page.text.contains("not for learners") && !page.text.contains("source"))
        if status == 200 {
            #expect(page.headers["Content-Security-Policy"]?.hasPrefix("frame-ancestors 'self' ") == true)
        }
    }

    @Test("Hosts with garbage in cookie, ticket and path are refused or answered, never anything else")
    func garbage() async throws {
        let fixture = try fixture()
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let noise = String(
                (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                    Character(UnicodeScalar(UInt8.random(in: 33...126, using: &generator)))
                })
            let response = await ask(fixture, "/" + noise, cookie: "lectern-app=" + noise)
            #expect(response.status == 401)
            let page = await show(
                fixture, "/.lectern/enter?ticket=" + noise, cookie: "lectern-app-entry=" + noise)
            #expect(page.status == 403)
        }
    }
}
