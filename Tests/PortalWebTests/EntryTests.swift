import HTTP
import Platform
import Portal
import PortalTesting
import PortalWeb
import Testing

@Suite("How a session's agent learns who its visitor is")
struct EntryTests {
    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    private func authorize(_ session: String, _ change: (inout QueryParameters) -> Void = { _ in }) -> String {
        var query: QueryParameters = [
            "response_type": "code", "client_id": session,
            "redirect_uri": "http://\(session).lectern.localhost:8080/oauth_callback", "scope": "user:info",
            "state": "st&te", "code_challenge": SHA256.challenge(of: EntryTests.verifier),
            "code_challenge_method": "S256",
        ]
        change(&query)
        return "/oauth2/authorize/?" + query.encoded
    }

    private func token(_ portal: TestPortal, _ form: FormParameters) async -> (status: Int, json: JSONValue) {
        let response = await portal.web.agents.send(
            HTTPRequest(
                method: .post, path: "/oauth2/token/", headers: ["Content-Type": "application/x-www-form-urlencoded"],
                body: Array(form.encoded.utf8)))
        return (response.status, JSONValue(parsing: response.text) ?? .null)
    }

    private func secret(_ portal: TestPortal, _ session: String) async throws -> String {
        let key = try portal.service.store.read { try $0.setting("session-secrets-key") }
        let stored = try #require(key.flatMap { DerivationKey(stored: $0) })
        return SessionSecrets(key: stored).clientSecret(of: Fixture.sessionName(session)).text
    }

    private func exchange(
        _ portal: TestPortal, _ session: String, code: String, verifier: String?,
        _ change: (inout FormParameters) -> Void = { _ in }
    ) async throws -> (status: Int, json: JSONValue) {
        var form: FormParameters = [
            "grant_type": "authorization_code", "code": code,
            "redirect_uri": "http://\(session).lectern.localhost:8080/oauth_callback", "client_id": session,
            "client_secret": try await secret(portal, session),
        ]
        if let verifier { form.add("code_verifier", verifier) }
        change(&form)
        return await token(portal, form)
    }

    @Test("The owner gets a code, and the agent a token for this session with it, once")
    func flow() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let session = try await browser.launch(index: "https://www.example.com/labs")
            let response = await browser.get(authorize(session))
            #expect(response.location.hasPrefix("http://\(session).lectern.localhost:8080/oauth_callback?code="))
            #expect(response.locationParameters["state"] == "st&te")
            let code = try #require(response.locationParameters["code"])
            let granted = try await exchange(portal, session, code: code, verifier: EntryTests.verifier)
            #expect(granted.status == 200)
            #expect(granted.json["token_type"]?.string == "Bearer")
            #expect(granted.json["scope"]?.string == "user:info")
            #expect(
                granted.json["session"]?["return_url"]?.string
                    == "https://www.example.com/labs?notification=session-deleted")
            #expect(granted.json["session"]?["staff"]?.bool == false)
            #expect(granted.json["session"]?["owner"]?.string?.hasPrefix("anon@educates:") == true)
            let again = try await exchange(portal, session, code: code, verifier: EntryTests.verifier)
            #expect(again.status == 400)
            #expect(again.json["error"]?.string == "invalid_grant")
        }
    }

    @Test("A session's agent tells of what happens in it, of nothing else, and of no other session")
    func events() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let session = try await browser.launch()
            let code = try #require(await browser.get(authorize(session)).locationParameters["code"])
            let granted = try await exchange(portal, session, code: code, verifier: EntryTests.verifier)
            let token = try #require(granted.json["access_token"]?.string)
            func tell(
                _ body: String, of name: String? = nil, type: String = "application/json", as bearer: String? = nil
            ) async -> Int {
                let request = HTTPRequest(
                    method: .post, path: "/workshops/session/\(name ?? session)/event/",
                    headers: ["Authorization": "Bearer \(bearer ?? token)", "Content-Type": type],
                    body: Array(body.utf8))
                return await portal.web.agents.send(request).status
            }
            let view =
                #"{"event":{"name":"Workshop/View","data":{"current_page":"a","page_number":2,"pages_total":3}}}"#
            let told = await tell(view)
            #expect(told == 200)
            let page = portal.service.events.pageReached(in: Fixture.sessionName(session))
            #expect(page?.page == "a" && page?.number == 2 && page?.total == 3)
            let typed = await tell(#"{"event":{"name":"x"}}"#, type: "Application/JSON; charset=utf-8")
            #expect(typed == 200)
            for name in ["User/Create", "Session/Deleted", "session/Started", "Environment/Created", "Resource/Ready"] {
                let forged = await tell(#"{"event":{"name":"\#(name)"}}"#)
                #expect(forged == 403, "\(name)")
            }
            for body in [
                "", "[]", "{}", "{", "null", #"{"event":[]}"#, #"{"event":{}}"#, #"{"event":{"name":""}}"#,
                #"{"event":{"name":7}}"#, #"{"event":{"name":"a b"}}"#, #"{"event":"Workshop/View"}"#,
            ] {
                let wrong = await tell(body)
                #expect(wrong == 400, "\(body)")
            }
            let form = await tell(view, type: "text/plain")
            #expect(form == 400)
            let large = await tell("{\"event\":{\"name\":\"x\",\"data\":\"\(String(repeating: "y", count: 20_000))\"}}")
            #expect(large == 413)
            let stranger = await tell(view, as: "guess")
            #expect(stranger == 401)
            let other = await tell(view, of: "lab-w01-s002")
            #expect(other == 401)
            var last = 200
            for _ in 0..<200 where last == 200 { last = await tell(view) }
            #expect(last == 429)
        }
    }

    @Test("The code that travels with the launch needs no proof key")
    func handover() async throws {
        try await TestPortal.run { portal in
            let response = await portal.browser().get("/workshops/environment/lab-w01/create/")
            let code = try #require(response.locationParameters["code"])
            let granted = try await exchange(portal, "lab-w01-s001", code: code, verifier: nil)
            #expect(granted.status == 200)
            #expect(
                granted.json["session"]?["return_url"]?.string
                    == "http://lectern.localhost:8080/workshops/catalog/?notification=session-deleted")
        }
    }

    @Test("A wrong proof, secret, redirect or grant is refused by its name")
    func refusals() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let session = try await browser.launch()
            func code() async throws -> String {
                try #require(await browser.get(authorize(session)).locationParameters["code"])
            }
            let badVerifier = try await exchange(
                portal, session, code: code(), verifier: String(repeating: "x", count: 43))
            #expect(badVerifier.json["error"]?.string == "invalid_grant")
            let noVerifier = try await exchange(portal, session, code: code(), verifier: nil)
            #expect(noVerifier.json["error"]?.string == "invalid_grant")
            let badSecret = try await exchange(portal, session, code: code(), verifier: EntryTests.verifier) {
                $0.set("client_secret", to: "guess")
            }
            #expect(badSecret.status == 401)
            #expect(badSecret.json["error"]?.string == "invalid_client")
            let noSecret = try await exchange(portal, session, code: code(), verifier: EntryTests.verifier) {
                $0.set("client_secret", to: nil)
            }
            #expect(noSecret.status == 401)
            let badRedirect = try await exchange(portal, session, code: code(), verifier: EntryTests.verifier) {
                $0.set("redirect_uri", to: "https://evil.example/")
            }
            #expect(badRedirect.json["error"]?.string == "invalid_grant")
            let badGrant = await token(portal, ["grant_type": "password"])
            #expect(badGrant.json["error"]?.string == "unsupported_grant_type")
            portal.clock.advance(bySeconds: 1)
            let late = try await code()
            portal.clock.advance(bySeconds: 61)
            #expect(
                try await exchange(portal, session, code: late, verifier: EntryTests.verifier).json["error"]?.string
                    == "invalid_grant")
        }
    }

    @Test("Nothing is redirected to an address that is not the session's own")
    func redirectURI() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let session = try await browser.launch()
            for uri in [
                "https://evil.example/oauth_callback", "http://\(session).lectern.localhost:8080/oauth_callback/",
                "http://lab-w01-s002.lectern.localhost:8080/oauth_callback", "",
            ] {
                let response = await browser.get(authorize(session) { $0.set("redirect_uri", to: uri) })
                #expect(response.status == 400)
                #expect(response.headers["Location"] == nil)
            }
            #expect(await browser.get(authorize("NOT A NAME")).status == 400)
        }
    }

    @Test("A request that is not an agent's is sent back with the error's name")
    func badRequests() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let session = try await browser.launch()
            let cases: [(String, String?, String)] = [
                ("response_type", "token", "unsupported_response_type"), ("response_type", nil, "invalid_request"),
                ("scope", "everything", "invalid_scope"), ("code_challenge", nil, "invalid_request"),
                ("code_challenge", "short", "invalid_request"), ("code_challenge_method", "plain", "invalid_request"),
                ("code_challenge_method", nil, "invalid_request"),
            ]
            for (name, value, error) in cases {
                let response = await browser.get(authorize(session) { $0.set(name, to: value) })
                #expect(response.locationParameters["error"] == error, "\(name)=\(value ?? "")")
                #expect(response.locationParameters["state"] == "st&te")
            }
        }
    }

    @Test("Who is not the owner is told as on the session's page")
    func notOwner() async throws {
        try await TestPortal.run { portal in
            let owner = portal.browser()
            let session = try await owner.launch(index: "/back")
            let other = portal.browser()
            _ = try await other.launch()
            for browser in [portal.browser(), other] {
                #expect(
                    await browser.get(authorize(session)).location == "/workshops/catalog/?notification=session-invalid"
                )
            }
            _ = await owner.get("/workshops/session/\(session)/delete/")
            #expect(await owner.get(authorize(session)).location == "/back?notification=session-invalid")
            #expect(
                await owner.get(authorize("lab-w01-s099")).location
                    == "/workshops/catalog/?notification=session-invalid")
        }
    }

    @Test("A token reads, extends and ends its own session and no other")
    func agentAPI() async throws {
        var definitions = Fixture.definitions()
        definitions.portal.workshops[0].limits.expires = 600
        definitions.portal.workshops[0].limits.overtime = 300
        definitions.portal.workshops[0].limits.deadline = 1200
        try await TestPortal.run(definitions) { portal in
            let response = await portal.browser().get("/workshops/environment/lab-w01/create/")
            let code = try #require(response.locationParameters["code"])
            let granted = try await exchange(portal, "lab-w01-s001", code: code, verifier: nil)
            let token = try #require(granted.json["access_token"]?.string)
            let other = try await portal.browser().launch()

            func ask(_ method: HTTPMethod, _ path: String, _ token: String?) async -> (HTTPResponse, JSONValue) {
                var headers: HTTPHeaders = [:]
                if let token { headers["Authorization"] = "Bearer " + token }
                let response = await portal.web.agents.send(HTTPRequest(method: method, path: path, headers: headers))
                return (response, JSONValue(parsing: response.text) ?? .null)
            }
            let base = "/workshops/session/lab-w01-s001/"
            let who = await ask(.get, base + "authorize/", token).1
            #expect(who["owner"] == who["user"])
            let schedule = await ask(.get, base + "schedule/", token).1
            #expect(schedule["status"]?.string == "RUNNING")
            #expect(schedule["countdown"]?.int == 600)
            #expect(schedule["extendable"]?.bool == false)
            portal.clock.advance(bySeconds: 400)
            let extended = await ask(.post, base + "extend/", token).1
            #expect(extended["extended"]?.bool == true)
            #expect(extended["countdown"]?.int == 500)
            for (method, path) in [
                (HTTPMethod.get, "authorize/"), (.get, "schedule/"), (.post, "extend/"), (.post, "terminate/"),
            ] {
                #expect(await ask(method, "/workshops/session/\(other)/" + path, token).0.status == 401)
                #expect(await ask(method, base + path, nil).0.status == 401)
                #expect(await ask(method, base + path, "guess").0.status == 401)
            }
            #expect(await ask(.get, base + "terminate/", token).0.status == 405)
            #expect(await ask(.get, "/workshops/catalog/", token).0.status == 404)
            let ended = await ask(.post, base + "terminate/", token)
            #expect(ended.0.status == 200)
            #expect(ended.1["expires"]?.string?.hasSuffix("Z") == true)
            #expect(portal.session("lab-w01-s001")?.isLive == false)
            #expect(portal.session(other)?.isLive == true)
        }
    }
}

@Suite("What every page carries")
struct SecurityTests {
    @Test("Pages forbid inline scripts, sniffing, storing and framing by others")
    func headers() async throws {
        try await TestPortal.run { portal in
            for path in ["/accounts/login/", "/nothing", "/workshops/environment/x/create/?index_url=evil"] {
                let response = await portal.browser().get(path)
                let policy = try #require(response.headers["Content-Security-Policy"])
                #expect(policy.contains("default-src 'none'"))
                #expect(policy.contains("frame-ancestors 'self'"))
                #expect(!policy.contains("unsafe-inline"))
                #expect(response.headers["Cache-Control"] == "no-store")
                #expect(response.headers["X-Content-Type-Options"] == "nosniff")
                #expect(response.headers["Referrer-Policy"] == "same-origin")
                #expect(!response.text.contains(" style=") && !response.text.contains(" onclick="))
            }
        }
    }

    @Test("Over https the login cookie is bound to the host; in other sites' frames it is allowed to be sent")
    func cookies() async throws {
        try await TestPortal.run(publicURL: "https://labs.example.com") { portal in
            let cookie = try #require(await portal.browser().get("/accounts/create/").headers["Set-Cookie"])
            #expect(cookie.hasPrefix("__Host-lectern-login="))
            #expect(cookie.contains("; Secure") && cookie.contains("; HttpOnly") && cookie.contains("SameSite=Lax"))
        }
        var framed = Fixture.definitions()
        framed.portal.frameAncestors = ["https://www.example.com"]
        try await TestPortal.run(framed, publicURL: "https://labs.example.com") { portal in
            let response = await portal.browser().get("/accounts/create/")
            #expect(response.headers["Set-Cookie"]?.contains("SameSite=None") == true)
            let page = await portal.browser().get("/accounts/login/")
            #expect(
                page.headers["Content-Security-Policy"]?.contains("frame-ancestors 'self' https://www.example.com")
                    == true)
        }
        var shared = Fixture.definitions()
        shared.portal.cookieDomain = "example.com"
        try await TestPortal.run(shared, publicURL: "https://labs.example.com") { portal in
            let cookie = try #require(await portal.browser().get("/accounts/create/").headers["Set-Cookie"])
            #expect(cookie.hasPrefix("lectern-login-lab=") && cookie.contains("Domain=example.com"))
        }
    }

    @Test("The operator's theme is served, linked, and its inline scripts are allowed by their hashes alone")
    func theme() async throws {
        var definitions = Fixture.definitions()
        definitions.portal.theme.css = "body { color: red }"
        definitions.portal.theme.javascript = "console.log(1)"
        definitions.portal.theme.html = "<meta name=\"x\"><script>alert('hi')</script>"
        try await TestPortal.run(definitions) { portal in
            let page = await portal.browser().get("/accounts/login/")
            #expect(page.text.contains("/static/workshops/theme/training-portal.css?v="))
            #expect(page.text.contains("<script>alert('hi')</script>"))
            // printf %s "alert('hi')" | openssl dgst -sha256 -binary | base64
            #expect(
                page.headers["Content-Security-Policy"]?.contains(
                    "'sha256-XTqNqFSUlZHAW7f/OGNYSOEzxKhjdAAGMXoid2VEbJk='") == true)
            #expect(
                await portal.browser().get("/static/workshops/theme/training-portal.css").text == "body { color: red }")
            #expect(
                await portal.browser().get("/static/workshops/theme/training-portal.js").headers["Content-Type"]
                    == "text/javascript; charset=utf-8")
            #expect(await portal.browser().get("/static/workshops/theme/other.css").status == 404)
        }
    }
}
