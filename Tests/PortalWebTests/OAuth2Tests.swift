import HTTP
import Platform
import Portal
import PortalTesting
import PortalWeb
import Testing

/// What a client sends to an OAuth2 address, and what it gets.
struct TestClient: Sendable {
    let portal: TestPortal
    var id: String
    var secret: String
    var address = "198.51.100.7"

    /// The portal's robot client.
    init(_ portal: TestPortal) {
        self.portal = portal
        id = portal.service.credentials.client.name
        secret = portal.service.credentials.client.secret
    }

    var basic: HTTPHeaders { ["Authorization": "Basic " + Base64.standard(Array("\(id):\(secret)".utf8))] }

    func send(_ path: String, _ form: FormParameters, _ headers: HTTPHeaders? = nil) async -> HTTPResponse {
        await sendRaw(path, form.encoded, headers ?? basic)
    }

    func sendRaw(_ path: String, _ body: String, _ headers: HTTPHeaders) async -> HTTPResponse {
        var headers = headers
        if !headers.contains("Content-Type") { headers["Content-Type"] = "application/x-www-form-urlencoded" }
        return await portal.web.browsers.send(
            HTTPRequest(
                method: .post, path: path, headers: headers, body: Array(body.utf8), clientAddress: address, id: "r"))
    }

    func token(_ form: FormParameters, _ headers: HTTPHeaders? = nil) async -> HTTPResponse {
        await send("/oauth2/token/", form, headers)
    }

    /// The tokens of the robot.
    func signIn() async throws -> (access: String, refresh: String) {
        let robot = portal.service.credentials.robot
        let response = await token(["grant_type": "password", "username": robot.name, "password": robot.secret])
        let access = try #require(response.json["access_token"]?.string)
        return (access, try #require(response.json["refresh_token"]?.string))
    }

    func isActive(_ token: String) async -> Bool? {
        await send("/oauth2/introspect/", ["token": token]).json["active"]?.bool
    }
}

extension HTTPResponse {
    var json: JSONValue { JSONValue(parsing: text) ?? .null }
    var error: String? { json["error"]?.string }
}

@Suite("The token endpoint")
struct TokenEndpointTests {
    private func password(_ portal: TestPortal) -> FormParameters {
        let robot = portal.service.credentials.robot
        return ["grant_type": "password", "username": robot.name, "password": robot.secret]
    }

    @Test("The answer has the reference's members, and nobody may keep it (RFC 6749, section 5.1)")
    func shape() async throws {
        try await TestPortal.run { portal in
            let response = await TestClient(portal).token(password(portal))
            #expect(response.status == 200)
            #expect(response.headers["Content-Type"] == "application/json")
            #expect(response.headers["Cache-Control"] == "no-store" && response.headers["Pragma"] == "no-cache")
            guard case .object(let members) = response.json else {
                Issue.record("no object: \(response.text)")
                return
            }
            #expect(members.map(\.name) == ["access_token", "expires_in", "token_type", "scope", "refresh_token"])
            #expect(response.json["expires_in"]?.int == 36_000)
            #expect(response.json["token_type"]?.string == "Bearer")
            #expect(response.json["scope"]?.string == "user:info")
            let access = try #require(response.json["access_token"]?.string)
            // RFC 6750, section 2.1: b64token.
            #expect(access.utf8.count >= 32 && access.utf8.allSatisfy { $0 > 47 && $0 < 123 })
            let store = portal.store
            #expect(try store.read { try $0.accessToken(SecretToken(presented: access).digest) } != nil)
        }
    }

    /// The RFC's section, what is sent, and what comes back.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let section: String
        let form: FormParameters
        let status: Int
        let error: String
        var header: String?
        var testDescription: String { section }
    }

    static let refusals = [
        Refusal(section: "6749, 5.2: no grant_type", form: [:], status: 400, error: "invalid_request"),
        Refusal(
            section: "6749, 3.2: an empty value is none", form: ["grant_type": ""], status: 400,
            error: "invalid_request"),
        Refusal(
            section: "6749, 3.2: nothing twice",
            form: ["grant_type": "client_credentials", "x": "1", "x": "2"], status: 400, error: "invalid_request"),
        Refusal(
            section: "6749, 3.2: no grant twice",
            form: ["grant_type": "client_credentials", "grant_type": "password"], status: 400,
            error: "invalid_request"),
        Refusal(
            section: "6749, 5.2: unknown grant", form: ["grant_type": "urn:x"], status: 400,
            error: "unsupported_grant_type"),
        Refusal(
            section: "6749, 5.2: implicit is no grant", form: ["grant_type": "implicit"], status: 400,
            error: "unsupported_grant_type"),
        Refusal(
            section: "6749, 4.3.2: no username", form: ["grant_type": "password", "password": "x"], status: 400,
            error: "invalid_request"),
        Refusal(
            section: "6749, 4.3.2: no password", form: ["grant_type": "password", "username": "x"], status: 400,
            error: "invalid_request"),
        Refusal(
            section: "6749, 5.2: wrong password",
            form: ["grant_type": "password", "username": "robot@educates", "password": "x"], status: 400,
            error: "invalid_grant"),
        Refusal(
            section: "6749, 5.2: unknown user",
            form: ["grant_type": "password", "username": "nobody", "password": "x"], status: 400,
            error: "invalid_grant"),
        Refusal(
            section: "6749, 6: no token", form: ["grant_type": "refresh_token"], status: 400,
            error: "invalid_request"),
        Refusal(
            section: "6749, 5.2: unknown token",
            form: ["grant_type": "refresh_token", "refresh_token": "x"], status: 400, error: "invalid_grant"),
        Refusal(
            section: "6749, 3.3: unknown scope", form: ["grant_type": "client_credentials", "scope": "all"],
            status: 400, error: "invalid_scope"),
        Refusal(
            section: "6749, 5.2: a code is not for the robot",
            form: ["grant_type": "authorization_code", "code": "x", "redirect_uri": "http://x/"], status: 400,
            error: "unauthorized_client"),
        Refusal(
            section: "6749, 2.3: two ways at once",
            form: ["grant_type": "client_credentials", "client_id": "x", "client_secret": "y"], status: 400,
            error: "invalid_request"),
        Refusal(
            section: "6749, 2.3.1: another id in the form",
            form: ["grant_type": "client_credentials", "client_id": "x"], status: 400, error: "invalid_request"),
        Refusal(
            section: "6749, 5.2: wrong secret", form: ["grant_type": "client_credentials"], status: 401,
            error: "invalid_client", header: "Basic " + Base64.standard(Array("x:y".utf8))),
        Refusal(
            section: "6749, 5.2: no secret", form: ["grant_type": "client_credentials", "client_id": "x"],
            status: 401, error: "invalid_client", header: ""),
        Refusal(
            section: "6749, 5.2: nothing at all", form: ["grant_type": "client_credentials"], status: 401,
            error: "invalid_client", header: ""),
        Refusal(
            section: "6749, 5.2: a way that there is not", form: ["grant_type": "client_credentials"], status: 401,
            error: "invalid_client", header: "Bearer x"),
        Refusal(
            section: "7617, 2: no base64", form: ["grant_type": "client_credentials"], status: 400,
            error: "invalid_request", header: "Basic %%%"),
        Refusal(
            section: "7617, 2: no colon", form: ["grant_type": "client_credentials"], status: 400,
            error: "invalid_request", header: "Basic " + Base64.standard(Array("xy".utf8))),
        Refusal(
            section: "7617, 2: no UTF-8", form: ["grant_type": "client_credentials"], status: 400,
            error: "invalid_request", header: "Basic " + Base64.standard([0xFF, 0x3A, 0x78])),
    ]

    @Test("What is wrong is told by its name", arguments: refusals)
    func refused(_ refusal: Refusal) async throws {
        try await TestPortal.run { portal in
            var headers: HTTPHeaders?
            if let header = refusal.header { headers = header.isEmpty ? [:] : ["Authorization": header] }
            let response = await TestClient(portal).token(refusal.form, headers)
            #expect(response.status == refusal.status)
            #expect(response.error == refusal.error)
            #expect(response.headers["Cache-Control"] == "no-store")
            // RFC 9110, section 11.6.1.
            #expect((response.headers["WWW-Authenticate"]?.hasPrefix("Basic ") == true) == (refusal.status == 401))
            // RFC 6749, section 5.2: no quotes and backslashes in a description.
            let description = response.json["error_description"]?.string ?? ""
            #expect(description.utf8.allSatisfy { $0 > 31 && $0 < 127 && $0 != 34 && $0 != 92 })
        }
    }

    @Test("A client shows its secret by header, encoded or plain, or in the form (RFC 6749, section 2.3.1)")
    func clientAuthentication() async throws {
        var definitions = Fixture.definitions()
        definitions.portal.robotClient = Credentials(name: "web site+1", secret: "100%25 + \u{E9}:x&=")
        try await TestPortal.run(definitions) { portal in
            let client = TestClient(portal)
            let form: FormParameters = ["grant_type": "client_credentials"]
            func header(_ id: String, _ secret: String, scheme: String = "Basic ") -> HTTPHeaders {
                ["Authorization": scheme + Base64.standard(Array("\(id):\(secret)".utf8))]
            }
            let encoded = FormParameters(dictionaryLiteral: (client.id, client.secret)).encoded
            let parts = encoded.split(separator: "=").map(String.init)
            try #require(parts.count == 2)
            for headers in [
                header(client.id, client.secret), header(parts[0], parts[1]),
                header(client.id, client.secret, scheme: "bAsIc   "),
            ] {
                #expect(await client.token(form, headers).status == 200)
            }
            #expect(await client.token(form, header(client.id, client.secret + " ")).status == 401)
            var inForm = form
            inForm.add("client_id", client.id)
            inForm.add("client_secret", client.secret)
            #expect(await client.token(inForm, [:]).status == 200)
            var withID = form
            withID.add("client_id", client.id)
            #expect(await client.token(withID).status == 200)
            // Not in the address, which ends up in logs (RFC 6749, section 2.3.1).
            let query = HTTPRequest(
                method: .post, path: "/oauth2/token/", query: inForm.encoded,
                headers: ["Content-Type": "application/x-www-form-urlencoded"])
            #expect(await portal.web.browsers.send(query).status == 400)
            let twice = await client.token(form, header("a", "b").adding(client.basic))
            #expect(twice.error == "invalid_request")
            let json = await client.sendRaw(
                "/oauth2/token/", "{\"grant_type\":\"client_credentials\"}",
                client.basic.adding(["Content-Type": "application/json"]))
            #expect(json.status == 400)
        }
    }

    @Test("Only POST is taken, and the form is limited")
    func method() async throws {
        try await TestPortal.run { portal in
            for path in ["/oauth2/token/", "/oauth2/revoke/", "/oauth2/revoke-token/", "/oauth2/introspect/"] {
                for method in [HTTPMethod.get, .head, .put, .delete] {
                    let response = await portal.web.browsers.send(HTTPRequest(method: method, path: path))
                    #expect(response.status == 405 && response.headers["Allow"] == "POST")
                }
                let large = await TestClient(portal).sendRaw(path, String(repeating: "x", count: 20_000), [:])
                #expect(large.status == 413)
            }
        }
    }

    @Test("Client credentials give no refresh token (RFC 6749, section 4.4.3)")
    func clientCredentials() async throws {
        try await TestPortal.run { portal in
            let response = await TestClient(portal).token(["grant_type": "client_credentials"])
            #expect(response.status == 200 && response.json["refresh_token"] == nil)
        }
    }

    @Test("Refresh tokens rotate, and one that comes back ends the family (RFC 9700, section 4.14.2)")
    func rotation() async throws {
        try await TestPortal.run { portal in
            let client = TestClient(portal)
            let first = try await client.signIn()
            let form: FormParameters = ["grant_type": "refresh_token", "refresh_token": first.refresh]
            let second = await client.token(form)
            #expect(second.status == 200)
            let access = try #require(second.json["access_token"]?.string)
            let refresh = try #require(second.json["refresh_token"]?.string)
            #expect(access != first.access && refresh != first.refresh)
            #expect(await client.isActive(access) == true)
            let again = await client.token(form)
            #expect(again.status == 400 && again.error == "invalid_grant")
            #expect(await client.isActive(access) == false)
            #expect(await client.isActive(refresh) == false)
            #expect(await client.isActive(first.access) == false)
        }
    }

    @Test("After wrong secrets or passwords an address waits, another does not, nor does another client")
    func throttle() async throws {
        try await TestPortal.run { portal in
            for isPassword in [true, false] {
                var client = TestClient(portal)
                client.address = isPassword ? "198.51.100.8" : "198.51.100.9"
                var guesser = client
                if !isPassword { guesser.secret = "guess" }
                var wrong = password(portal)
                wrong.set("password", to: "guess")
                var answers: [Int] = []
                for _ in 0..<11 { answers.append(await guesser.token(wrong).status) }
                #expect(answers.prefix(10).allSatisfy { $0 == (isPassword ? 400 : 401) })
                #expect(answers.last == 429)
                let blocked = await client.token(password(portal))
                #expect(blocked.status == 429)
                #expect((blocked.headers["Retry-After"].flatMap { Int($0) } ?? 0) > 0)
                // No other door to try the secret at.
                #expect(await guesser.send("/oauth2/introspect/", ["token": "x"]).status == 429)
                #expect(await guesser.send("/oauth2/revoke/", ["token": "x"]).status == 429)
                var stranger = client
                stranger.id = "no such client"
                #expect(await stranger.token(["grant_type": "client_credentials"]).status == 401)
                client.address = "203.0.113.1"
                #expect(await client.token(password(portal)).status == 200)
                client.address = guesser.address
                portal.clock.advance(bySeconds: 301)
                #expect(await client.token(password(portal)).status == 200)
            }
        }
    }

    @Test(
        "A password that a reload replaced is no longer good, nor are the tokens; no answer and no log shows a secret")
    func reload() async throws {
        try await TestPortal.run { portal in
            var client = TestClient(portal)
            let old = try await client.signIn()
            let oldPassword = password(portal)
            var definitions = portal.service.definitions
            definitions.portal.robotCredentials = Credentials(name: "crane", secret: "very-chosen")
            portal.service.reload(definitions)
            #expect(await client.isActive(old.access) == false)
            #expect(await client.token(oldPassword).error == "invalid_grant")
            let new = try await client.signIn()
            #expect(await client.isActive(new.access) == true)
            definitions.portal.robotClient = Credentials(name: "site", secret: "quite-chosen")
            portal.service.reload(definitions)
            let refused = await client.token(password(portal))
            #expect(refused.status == 401)
            client = TestClient(portal)
            #expect(client.id == "site")
            #expect(await client.isActive(new.access) == false)
            _ = try await client.signIn()
            let secrets = ["very-chosen", "quite-chosen", old.access, new.refresh]
            #expect(!portal.log.lines.contains { line in secrets.contains { line.contains($0) } })
        }
    }

    @Test("Cookies mean nothing to it, and it sets none")
    func cookies() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            _ = try await browser.launch()
            let response = await browser.post("/oauth2/token/", ["grant_type": "client_credentials"])
            #expect(response.status == 401 && response.headers["Set-Cookie"] == nil)
        }
    }

    @Test("A disk that is full is told as such, and leaves no token")
    func fullDisk() async throws {
        try await TestPortal.run { portal in
            let client = TestClient(portal)
            _ = try await client.signIn()
            portal.store.failWrites(1)
            let response = await client.token(["grant_type": "client_credentials"])
            #expect(response.status == 503 && response.headers["Retry-After"] != nil)
            #expect(await client.token(["grant_type": "client_credentials"]).status == 200)
        }
    }
}

@Suite("Revocation, introspection and metadata")
struct TokenUpkeepTests {
    @Test(
        "Revocation ends the grant and tells nothing of unknown tokens (RFC 7009, section 2)",
        arguments: ["/oauth2/revoke/", "/oauth2/revoke-token/"])
    func revoke(_ path: String) async throws {
        try await TestPortal.run { portal in
            let client = TestClient(portal)
            for kind in ["access_token", "refresh_token", "unheard_of", ""] {
                let tokens = try await client.signIn()
                let shown = kind == "access_token" ? tokens.access : tokens.refresh
                // As the reference's clients do it: the access token beside the client's secret in the form.
                let form: FormParameters = [
                    "token": shown, "token_type_hint": kind, "client_id": client.id, "client_secret": client.secret,
                ]
                for _ in 0..<2 {
                    let response = await client.send(path, form, ["Authorization": "Bearer " + tokens.access])
                    #expect(response.status == 200 && response.text.isEmpty)
                    #expect(response.headers["Cache-Control"] == "no-store")
                }
                #expect(await client.isActive(tokens.access) == false)
                #expect(await client.isActive(tokens.refresh) == false)
            }
            let tokens = try await client.signIn()
            #expect(await client.send(path, ["token": tokens.access, "client_id": client.id], [:]).status == 401)
            #expect(await client.send(path, [:]).error == "invalid_request")
            #expect(await client.send(path, ["token": "a", "token": "b"]).error == "invalid_request")
            #expect(await client.isActive(tokens.access) == true)
        }
    }

    @Test("Introspection tells a client of its own good tokens (RFC 7662, section 2.2)")
    func introspect() async throws {
        try await TestPortal.run { portal in
            let client = TestClient(portal)
            let tokens = try await client.signIn()
            let now = portal.clock.now
            let access = await client.send("/oauth2/introspect/", ["token": tokens.access])
            #expect(access.status == 200 && access.headers["Cache-Control"] == "no-store")
            let json = access.json
            #expect(json["active"]?.bool == true && json["scope"]?.string == "user:info")
            #expect(json["client_id"]?.string == client.id && json["token_type"]?.string == "Bearer")
            #expect(json["username"]?.string == "robot@educates" && json["sub"] == json["username"])
            #expect(json["iss"]?.string == "http://lectern.localhost:8080")
            #expect(json["iat"]?.int == Int(now.milliseconds / 1000))
            #expect(json["exp"]?.int == Int(now.milliseconds / 1000) + 36_000)
            let refresh = await client.send("/oauth2/introspect/", ["token": tokens.refresh]).json
            #expect(refresh["active"]?.bool == true && refresh["token_type"] == nil)
            #expect(await client.send("/oauth2/introspect/", ["token": "x"]).text == "{\"active\":false}")
            #expect(await client.send("/oauth2/introspect/", ["token": tokens.access], [:]).status == 401)
            #expect(await client.send("/oauth2/introspect/", [:]).error == "invalid_request")
            portal.clock.advance(bySeconds: 36_000)
            #expect(await client.send("/oauth2/introspect/", ["token": tokens.access]).text == "{\"active\":false}")
        }
    }

    @Test("A session's agent sees and ends its own tokens, nobody else's, and gets none of the robot's")
    func agents() async throws {
        try await TestPortal.run { portal in
            let key = try portal.service.store.read { try $0.setting("session-secrets-key") }
            let secrets = SessionSecrets(key: try #require(key.flatMap { DerivationKey(stored: $0) }))
            func agent(_ session: String) -> TestClient {
                var client = TestClient(portal)
                client.id = session
                client.secret = secrets.clientSecret(of: Fixture.sessionName(session)).text
                return client
            }
            func enter() async throws -> (TestClient, HTTPResponse) {
                let launched = await portal.browser().get("/workshops/environment/lab-w01/create/")
                let code = try #require(launched.locationParameters["code"])
                let callback = launched.location.prefix { $0 != "?" }
                let host = callback.split(separator: "/")[1].split(separator: ".")[0]
                let client = agent(String(host))
                let response = await client.token([
                    "grant_type": "authorization_code", "code": code, "redirect_uri": String(callback),
                ])
                return (client, response)
            }
            let (first, granted) = try await enter()
            #expect(granted.status == 200 && granted.json["refresh_token"] == nil)
            #expect(granted.json["session"]?["staff"]?.bool == false)
            let token = try #require(granted.json["access_token"]?.string)
            let (second, _) = try await enter()
            let robot = TestClient(portal)
            let robotTokens = try await robot.signIn()

            let facts = await first.send("/oauth2/introspect/", ["token": token]).json
            #expect(facts["active"]?.bool == true && facts["session"]?.string == first.id)
            #expect(await second.isActive(token) == false)
            #expect(await robot.isActive(token) == false)
            #expect(await first.isActive(robotTokens.access) == false)
            #expect(await second.send("/oauth2/revoke/", ["token": token]).error == "invalid_grant")
            #expect(await first.send("/oauth2/revoke/", ["token": robotTokens.refresh]).error == "invalid_grant")
            #expect(await first.isActive(token) == true)
            #expect(await robot.isActive(robotTokens.refresh) == true)

            let account = portal.service.credentials.robot
            for form: FormParameters in [
                ["grant_type": "client_credentials"],
                ["grant_type": "password", "username": account.name, "password": account.secret],
                ["grant_type": "refresh_token", "refresh_token": robotTokens.refresh],
            ] {
                #expect(await first.token(form).error == "unauthorized_client")
            }
            #expect(await robot.isActive(robotTokens.refresh) == true)
            #expect(await first.send("/oauth2/revoke/", ["token": token]).status == 200)
            #expect(await first.isActive(token) == false)
        }
    }

    @Test("The robot's grants are not to be had on the agents' socket")
    func agentsSocket() async throws {
        try await TestPortal.run { portal in
            let client = TestClient(portal)
            for grant in ["client_credentials", "password", "refresh_token"] {
                let response = await portal.web.agents.send(
                    HTTPRequest(
                        method: .post, path: "/oauth2/token/",
                        headers: client.basic.adding(["Content-Type": "application/x-www-form-urlencoded"]),
                        body: Array("grant_type=\(grant)".utf8)))
                #expect(response.status == 400 && response.error == "unsupported_grant_type")
            }
        }
    }

    @Test("The metadata names this portal's addresses, and each is there (RFC 8414, section 2)")
    func metadata() async throws {
        try await TestPortal.run { portal in
            let response = await portal.browser().get("/.well-known/oauth-authorization-server")
            #expect(response.status == 200 && response.headers["Content-Type"] == "application/json")
            let json = response.json
            let issuer = try #require(json["issuer"]?.string)
            #expect(issuer == "http://lectern.localhost:8080")
            for name in ["token", "revocation", "introspection", "authorization"] {
                let url = try #require(json[name + "_endpoint"]?.string)
                #expect(url.hasPrefix(issuer + "/oauth2/"))
                let found = await portal.browser().get(String(url.dropFirst(issuer.count)))
                #expect(found.status == (name == "authorization" ? 400 : 405))
            }
            for grant in json["grant_types_supported"]?.array ?? [] {
                let name = try #require(grant.string)
                let answer = await TestClient(portal).token(["grant_type": name])
                #expect(answer.error != "unsupported_grant_type")
            }
            #expect(json["code_challenge_methods_supported"] == ["S256"])
            #expect(await TestClient(portal).send("/.well-known/oauth-authorization-server", [:]).status == 405)
        }
    }
}

@Suite("The authorization endpoint")
struct AuthorizeEndpointTests {
    private func query(_ session: String) -> QueryParameters {
        [
            "response_type": "code", "client_id": session,
            "redirect_uri": "http://\(session).lectern.localhost:8080/oauth_callback", "state": "a b&c",
            "code_challenge": SHA256.challenge(of: "x"), "code_challenge_method": "S256",
        ]
    }

    @Test("Nothing is sent to the host of a client that does not exist (RFC 6749, section 4.1.2.1)")
    func unknownClient() async throws {
        try await TestPortal.run { portal in
            var wrong = query("lab-w01-s099")
            wrong.set("response_type", to: "token")
            let response = await portal.browser().get("/oauth2/authorize/?" + wrong.encoded)
            #expect(response.location == "/workshops/catalog/?notification=session-invalid")
        }
    }

    @Test("A parameter given twice is a mistake, and never chooses the client (RFC 6749, section 3.1)")
    func twice() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let session = try await browser.launch()
            for name in ["client_id", "redirect_uri"] {
                var doubled = query(session)
                doubled.add(name, "http://evil.example/")
                let response = await browser.get("/oauth2/authorize/?" + doubled.encoded)
                #expect(response.status == 400 && response.headers["Location"] == nil)
            }
            var doubled = query(session)
            doubled.add("scope", "user:info")
            doubled.add("scope", "user:info")
            let response = await browser.get("/oauth2/authorize/?" + doubled.encoded)
            #expect(response.locationParameters["error"] == "invalid_request")
            #expect(response.locationParameters["state"] == "a b&c")
        }
    }

    @Test("Where there are accounts, somebody without a login is asked to sign in and comes back")
    func accounts() async throws {
        var definitions = Fixture.definitions()
        try await TestPortal.run(definitions) { portal in
            let session = try await portal.browser().launch()
            definitions.portal.registration = .oneStep
            portal.service.reload(definitions)
            let target = "/oauth2/authorize/?" + query(session).encoded
            let response = await portal.browser().get(target)
            #expect(response.location.hasPrefix("/accounts/login/?next="))
            #expect(response.locationParameters["next"] == target)
        }
    }
}

extension HTTPHeaders {
    func adding(_ others: HTTPHeaders) -> HTTPHeaders {
        var all = self
        for (name, value) in others { all.add(name, value) }
        return all
    }
}
