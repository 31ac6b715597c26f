import HTTP
import Synchronization
import Testing

@Suite("Time and end of a session")
struct SessionCallTests {
    @Test("The schedule comes from the portal with the visitor's token")
    func schedule() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        let response = await fixture.send(.get, "/session/schedule", cookie: cookie)
        #expect(response.status == 200 && response.headers["Lectern-Session"] == "lab-w01-s001")
        #expect(response.text.contains("\"countdown\":600"))
        let request = try #require(fixture.portal.requests.last)
        #expect(request.url == "http://lectern.localhost:8080/workshops/session/lab-w01-s001/schedule/")
        #expect(request.headers["Authorization"] == "Bearer token-1" && request.method == .get)
    }

    @Test(
        "What the portal says is translated",
        arguments: [
            (404, 200, "stopped"), (410, 200, "stopped"), (401, 401, "unknown"), (403, 401, "unknown"),
            (502, 503, "unreachable"),
        ])
    func translations(portal: Int, agent: Int, status: String) async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        fixture.portal.state.withLock { $0.statuses["schedule"] = (portal, "<h1>no</h1>") }
        let response = await fixture.send(.get, "/session/schedule", cookie: cookie)
        #expect(response.status == agent && response.text.contains("\"\(status)\""))
    }

    @Test("Nothing is changed without the token of the form, by a form of another site, or for another visitor")
    func forms() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        let token = try await fixture.formToken(cookie)
        for path in ["/session/end", "/session/extend"] {
            #expect(await fixture.send(.get, path, cookie: cookie).status == 405)
            #expect(await fixture.send(.post, path, cookie: cookie).status == 403)
            #expect(await fixture.send(.post, path, cookie: cookie, body: "csrf=wrong").status == 403)
            let foreign = await fixture.send(
                .post, path, headers: ["Origin": "https://evil.example"], cookie: cookie, body: "csrf=\(token)")
            #expect(foreign.status == 403)
        }
        let staff = await fixture.send(.get, "/oauth_callback?code=staff&state=handover")
        let other = try #require(staff.cookie(named: "lectern-session"))
        #expect(await fixture.send(.post, "/session/end", cookie: other, body: "csrf=\(token)").status == 403)
        #expect(!fixture.portal.requests.contains { $0.method == .post && !$0.url.hasSuffix("/token/") })
    }

    @Test("The end leads back to where the learner came from, with and without the script")
    func end() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        let token = try await fixture.formToken(cookie)
        let form = await fixture.send(
            .post, "/session/end", headers: ["Origin": AgentFixture.sessionURL], cookie: cookie, body: "csrf=\(token)")
        #expect(form.status == 303)
        #expect(form.headers["Location"] == "https://index.example/?notification=session-deleted")
        let script = await fixture.send(
            .post, "/session/end", headers: ["Accept": "application/json", "Lectern-Form-Token": token], cookie: cookie)
        #expect(script.status == 200 && script.text.contains("https://index.example/?notification=session-deleted"))
        #expect(fixture.portal.requests.filter { $0.url.hasSuffix("/terminate/") && $0.method == .post }.count == 2)
    }

    @Test("A portal that does not answer leaves the session as it is")
    func endWithoutPortal() async throws {
        let fixture = try AgentFixture()
        let cookie = try await fixture.enter()
        let token = try await fixture.formToken(cookie)
        fixture.portal.state.withLock { $0.isReachable = false }
        let response = await fixture.send(.post, "/session/end", cookie: cookie, body: "csrf=\(token)")
        #expect(response.status == 503 && response.headers["Retry-After"] == "5")
    }
}
