import HTTP
import Platform
import Synchronization
import Testing

@Suite("Only those whom the portal sends get in")
struct EntryTests {
    @Test("A code that the portal hands over opens the dashboard in two requests")
    func handover() async throws {
        let fixture = try AgentFixture(pages: ["workshop/content/01.md": "# Hello"])
        let response = await fixture.send(.get, "/oauth_callback?code=good&state=handover")
        #expect(response.status == 302)
        #expect(response.headers["Location"] == "/dashboard/")
        let line = try #require(response.headers.all("Set-Cookie").first { $0.hasPrefix("lectern-session=") })
        #expect(
            line.contains("HttpOnly") && line.contains("SameSite=Lax") && !line.contains("Domain")
                && !line.contains("Secure"))
        let cookie = try #require(response.cookie(named: "lectern-session"))
        let page = await fixture.send(.get, "/dashboard/", cookie: cookie)
        #expect(page.status == 200)
        let token = try #require(fixture.portal.requests.first)
        let form = FormParameters(encoded: token.body)
        #expect(token.unixSocket == "/run/lectern/portal/agents.sock" && token.method == .post)
        #expect(form["grant_type"] == "authorization_code" && form["client_id"] == "lab-w01-s001")
        #expect(form["client_secret"] == "client-secret" && form["code_verifier"] == nil)
        #expect(form["redirect_uri"] == AgentFixture.sessionURL + "/oauth_callback")
    }

    @Test("On https the cookie is bound to the host, and in frames to the site around it")
    func secureCookie() async throws {
        let fixture = try AgentFixture {
            $0.sessionURL = "https://lab-w01-s001.labs.example.com"
            $0.frameAncestors = ["https://school.example"]
        }
        let response = await fixture.send(.get, "/oauth_callback?code=good&state=handover")
        let line = try #require(response.headers.all("Set-Cookie").first { $0.hasPrefix("__Host-lectern=") })
        #expect(line.contains("Secure") && line.contains("SameSite=None") && line.contains("Partitioned"))
        #expect(line.contains("Path=/") && !line.contains("Domain"))
    }

    @Test("Without a cookie the portal is asked, with a challenge, and the answer leads to where one wanted to go")
    func ownEntry() async throws {
        let fixture = try AgentFixture()
        let start = await fixture.send(.get, "/dashboard/?page=02-next", headers: ["Accept": "text/html"])
        #expect(start.status == 302)
        let location = try #require(start.headers["Location"])
        #expect(location.hasPrefix("http://lectern.localhost:8080/oauth2/authorize/?"))
        let query = QueryParameters(query: String(location.split(separator: "?")[1]))
        #expect(
            query["response_type"] == "code" && query["code_challenge_method"] == "S256"
                && query["scope"] == "user:info")
        let entry = try #require(start.cookie(named: "lectern-entry"))
        let state = try #require(query["state"])

        let done = await fixture.send(.get, "/oauth_callback?code=good&state=\(state)", cookie: entry)
        #expect(done.status == 302 && done.headers["Location"] == "/dashboard/?page=02-next")
        let form = FormParameters(encoded: try #require(fixture.portal.requests.last).body)
        #expect(form["code_verifier"]?.isEmpty == false)
    }

    enum Mistake: String, CaseIterable {
        case noEntryCookie, otherState, emptyState, oldEntry, forgedEntry, noCode, deniedByPortal, unknownCode, stranger
    }

    @Test("A visitor who is not let in gets a page with status 403 and no cookie", arguments: Mistake.allCases)
    func refusals(mistake: Mistake) async throws {
        let fixture = try AgentFixture()
        let start = await fixture.send(.get, "/", headers: ["Accept": "text/html"])
        let query = QueryParameters(query: String(try #require(start.headers["Location"]).split(separator: "?")[1]))
        var entry = start.cookie(named: "lectern-entry")
        #expect(entry != nil)
        var state = try #require(query["state"])
        var code = "&code=good"
        switch mistake {
        case .noEntryCookie: entry = nil
        case .otherState: state = "x" + state.dropFirst()
        case .emptyState: state = ""
        case .oldEntry: fixture.clock.advance(seconds: 601)
        case .forgedEntry: entry = entry.map { String($0.dropLast()) + ($0.hasSuffix("A") ? "B" : "A") }
        case .noCode: code = ""
        case .deniedByPortal: code = "&error=access_denied"
        case .unknownCode: code = "&code=other"
        case .stranger: code = "&code=stranger"
        }
        let response = await fixture.send(.get, "/oauth_callback?state=\(state)\(code)", cookie: entry)
        #expect(response.status == 403)
        #expect(response.cookie(named: "lectern-session") == nil)
        #expect(response.text.contains("<h1>"))
    }

    @Test("A code works once: whoever is inside stays, anybody else is asked for properly")
    func replay() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        let inside = await fixture.send(.get, "/oauth_callback?code=good&state=handover", cookie: cookie)
        #expect(inside.status == 302 && inside.headers["Location"] == "/dashboard/")
        let outside = await fixture.send(.get, "/oauth_callback?code=good&state=handover")
        #expect(outside.status == 302)
        #expect(outside.headers["Location"]?.hasPrefix("http://lectern.localhost:8080/oauth2/authorize/") == true)
        #expect(outside.cookie(named: "lectern-session") == nil)
    }

    @Test("A portal that does not answer gives 503 and a time to come back")
    func portalAway() async throws {
        let fixture = try AgentFixture()
        fixture.portal.state.withLock { $0.isReachable = false }
        let response = await fixture.send(.get, "/oauth_callback?code=good&state=handover")
        #expect(response.status == 503)
        #expect(response.headers["Retry-After"] == "5")
    }

    @Test(
        "A target on another host is not followed",
        arguments: [
            "//evil.example/", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "", "/%0d%0aX: y",
            "/\t/evil.example",
        ])
    func targets(target: String) async throws {
        let fixture = try AgentFixture()
        // The target is the path that was asked for; a browser or a proxy may send any.
        let start = await fixture.send(.get, target.isEmpty ? "/" : target, headers: ["Accept": "text/html"])
        guard let location = start.headers["Location"], let entry = start.cookie(named: "lectern-entry") else { return }
        let query = QueryParameters(query: String(location.split(separator: "?")[1]))
        let done = await fixture.send(.get, "/oauth_callback?code=good&state=\(query["state"] ?? "")", cookie: entry)
        let next = try #require(done.headers["Location"])
        #expect(next.hasPrefix("/") && !next.hasPrefix("//") && !next.contains("\\") && !next.contains("\t"))
    }

    @Test(
        "Every address but the public ones needs the cookie",
        arguments: [
            "/session/poll", "/session/schedule", "/workshop/content/01/?fragment", "/workshop/static/x.png",
            "/terminal/session/1/socket", "/anything",
        ])
    func protected(path: String) async throws {
        let fixture = try AgentFixture(pages: ["workshop/content/01.md": "# Secret", "workshop/static/x.png": "png"])
        for cookie in [
            nil, "lectern-session=", "lectern-session=1.2.3", "lectern-session=\(String(repeating: "a", count: 5000))",
        ] {
            let script = await fixture.send(.get, path, headers: ["Sec-Fetch-Mode": "cors"], cookie: cookie)
            #expect(script.status == 401)
            let form = await fixture.send(.post, path, headers: ["Accept": "text/html"], cookie: cookie)
            #expect(form.status == 401)
        }
    }

    @Test("A cookie that was changed, is too old or comes from another session is none")
    func forgedCookies() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        #expect(
            await fixture.send(.get, "/session/poll", headers: ["Sec-Fetch-Mode": "cors"], cookie: cookie).status == 204
        )
        let value = cookie.dropFirst("lectern-session=".count)
        let fields = value.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        var forged: [String] = []
        for index in fields.indices {
            var changed = fields
            changed[index] =
                changed[index].isEmpty
                ? "7374616666" : (changed[index].first == "0" ? "1" : "0") + changed[index].dropFirst()
            forged.append(changed.joined(separator: "."))
        }
        forged.append(String(value.dropLast(3)))
        for value in forged {
            let response = await fixture.send(
                .get, "/session/poll", headers: ["Sec-Fetch-Mode": "cors"], cookie: "lectern-session=\(value)")
            #expect(response.status == 401, "\(value)")
        }
        let other = try AgentFixture { $0.cookieKey = "another key" }
        #expect(
            await other.send(.get, "/session/poll", headers: ["Sec-Fetch-Mode": "cors"], cookie: cookie).status == 401)
        fixture.clock.advance(seconds: 24 * 3600 + 1)
        #expect(
            await fixture.send(.get, "/session/poll", headers: ["Sec-Fetch-Mode": "cors"], cookie: cookie).status == 401
        )
    }

    @Test("After a restart of the agent a visitor passes the portal once more and loses nothing")
    func restartedAgent() async throws {
        let first = try AgentFixture()
        let cookie = try await first.enter()
        let second = try AgentFixture()
        #expect(await second.send(.get, "/session/poll", cookie: cookie).status == 204)
        let page = await second.send(.get, "/dashboard/", cookie: cookie)
        #expect(page.status == 302 && page.headers["Location"]?.contains("/oauth2/authorize/") == true)
        #expect(await second.send(.get, "/session/schedule", cookie: cookie).status == 401)
    }

    @Test("How long nobody was here is told to the portal only")
    func activity() async throws {
        let fixture = try AgentFixture()
        let direct = await fixture.send(.get, "/session/activity")
        #expect(
            direct.status == 200 && direct.text.hasPrefix("{\"idle-time\":") && direct.text.contains("\"last-view\":"))
        let throughFrontDoor = await fixture.send(.get, "/session/activity", headers: ["X-Forwarded-For": "10.0.0.1"])
        #expect(throughFrontDoor.status == 404)
    }

    @Test("A return address that would run a script is not taken from the portal")
    func returnAddress() async throws {
        let fixture = try AgentFixture()
        let response = await fixture.send(.get, "/oauth_callback?code=evil&state=handover")
        let cookie = try #require(response.cookie(named: "lectern-session"))
        let page = await fixture.send(.get, "/dashboard/", cookie: cookie)
        #expect(!page.text.contains("javascript:"))
        #expect(page.text.contains("data-return-url=\"http://lectern.localhost:8080/\""))
    }
}
