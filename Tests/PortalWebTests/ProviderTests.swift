import HTTP
import Platform
import Portal
import PortalTesting
import Synchronization
import Testing

@testable import PortalWeb

@Suite("The organisation's login")
struct ProviderTests {
    private static let issuer = "https://login.example/realms/main"
    private static let discovery: JSONValue = [
        "issuer": "https://login.example/realms/main", "authorization_endpoint": "https://login.example/auth",
        "token_endpoint": "https://login.example/token", "jwks_uri": "https://login.example/keys",
    ]

    private static func definitions(_ kind: TrainingPortalDefinition.Registration = .oneStep) -> PortalDefinitions {
        AccountTests.definitions {
            $0.registration = kind
            $0.oidc = LoginProvider(issuer: issuer, clientID: "lectern")
        }
    }

    @Test("The login leads to the provider's page with everything that the flow needs")
    func begin() async throws {
        let provider = FakeProvider { $0 == Self.issuer + "/.well-known/openid-configuration" ? Self.discovery : nil }
        try await TestPortal.run(Self.definitions(), client: provider) { portal in
            let browser = portal.browser()
            #expect(await browser.get("/accounts/login/?next=%2Fx").text.contains("/accounts/oidc/login/?next=%2Fx"))
            let sent = await browser.get("/accounts/oidc/login/?next=%2Fx")
            #expect(sent.location.hasPrefix("https://login.example/auth?response_type=code&client_id=lectern"))
            let parameters = sent.locationParameters
            #expect(parameters["redirect_uri"] == "http://lectern.localhost:8080/accounts/oidc/callback/")
            #expect(parameters["code_challenge_method"] == "S256")
            let cookie = try #require(sent.headers["Set-Cookie"])
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age=900"))
            for secret in ["state", "nonce", "code_challenge"] {
                #expect(!cookie.contains(try #require(parameters[secret])))
            }
        }
    }

    @Test("A provider that does not answer is told politely, and anonymous launches do not notice")
    func away() async throws {
        try await TestPortal.run(Self.definitions(.anonymous), client: FakeProvider { _ in nil }) { portal in
            let answer = await portal.browser().get("/accounts/oidc/login/")
            #expect(answer.status == 503)
            #expect(answer.headers["Retry-After"] == "10")
            #expect(answer.text.contains("does not answer at the moment"))
            _ = try await portal.browser().launch()
            #expect(portal.log.lines.contains { $0.contains("the login provider cannot be used") })
        }
    }

    @Test("An answer is taken back only by the browser that began, within a quarter of an hour")
    func attempts() async throws {
        let clock = ManualClock()
        func login(_ secret: String) -> ProviderLogin {
            ProviderLogin(client: FakeProvider { _ in nil }, key: MessageKey(secret: secret), clock: clock.wallClock)
        }
        let portal = login("one")
        let attempt = portal.begin(next: "/workshops/catalog/?a=b")
        #expect(portal.attempt(cookie: attempt.cookie, state: attempt.state) == attempt)
        #expect(login("one").attempt(cookie: attempt.cookie, state: attempt.state) == attempt)
        #expect(login("two").attempt(cookie: attempt.cookie, state: attempt.state) == nil)
        let other = portal.begin(next: "/workshops/catalog/?a=b")
        #expect(
            Set([attempt.state, attempt.nonce, attempt.verifier, other.state, other.nonce, other.verifier]).count == 6)
        for (cookie, state) in [
            (attempt.cookie, other.state), (other.cookie, attempt.state), ("", attempt.state), ("..", attempt.state),
            (attempt.cookie, ""), (attempt.cookie + "x", attempt.state), (attempt.cookie, attempt.nonce),
        ] {
            #expect(portal.attempt(cookie: cookie, state: state) == nil)
        }
        #expect(ProofKey.isVerifier(attempt.verifier))
        clock.advance(bySeconds: ProviderLogin.lifetime)
        #expect(portal.attempt(cookie: attempt.cookie, state: attempt.state) != nil)
        clock.advance(bySeconds: 1)
        #expect(portal.attempt(cookie: attempt.cookie, state: attempt.state) == nil)
    }

    @Test("Discovery is believed for an hour, keys are asked for once a minute at most")
    func caching() throws {
        let clock = ManualClock()
        let asked = Mutex<[String: Int]>([:])
        let provider = FakeProvider { url in
            asked.withLock { $0[url, default: 0] += 1 }
            if url.hasSuffix("openid-configuration") { return Self.discovery }
            return ["keys": [["kty": "RSA", "kid": "one"], ["kty": "EC", "kid": "two", "use": "enc"]]]
        }
        let metadata = ProviderMetadata(client: provider, clock: clock.wallClock)
        for _ in 0..<5 { _ = try metadata.endpoints(of: Self.issuer) }
        #expect(try metadata.keys(of: Self.issuer, id: "one", type: "RSA").count == 1)
        #expect(try metadata.keys(of: Self.issuer, id: nil, type: "RSA").count == 1)
        #expect(try metadata.keys(of: Self.issuer, id: "two", type: "EC").isEmpty)
        for _ in 0..<5 { #expect(try metadata.keys(of: Self.issuer, id: "x", type: "RSA").isEmpty) }
        #expect(asked.withLock { $0.values.sorted() } == [1, 1])
        clock.advance(bySeconds: ProviderMetadata.keyInterval)
        for _ in 0..<5 { #expect(try metadata.keys(of: Self.issuer, id: "x", type: "RSA").isEmpty) }
        #expect(asked.withLock { $0.values.sorted() } == [1, 2])
        clock.advance(bySeconds: 3600)
        _ = try metadata.endpoints(of: Self.issuer)
        #expect(asked.withLock { $0.values.sorted() } == [2, 2])
    }

    @Test(
        "A discovery document that could lead elsewhere is not believed",
        arguments: [
            ("issuer", "https://evil.example"), ("token_endpoint", "http://login.example/token"),
            ("jwks_uri", "javascript:alert(1)"), ("authorization_endpoint", "https://login.example/a b"),
        ])
    func strange(name: String, value: String) {
        guard case .object(var members) = Self.discovery else { return }
        members = members.map { $0.name == name ? JSONValue.Member(name, .string(value)) : $0 }
        let document = JSONValue.object(members)
        let metadata = ProviderMetadata(client: FakeProvider { _ in document }, clock: .system)
        #expect(throws: ProviderFailure.self) { try metadata.endpoints(of: Self.issuer) }
    }
}

/// Answers with JSON, or not at all.
private struct FakeProvider: HTTPClient {
    let answer: @Sendable (String) -> JSONValue?

    func send(_ request: HTTPClientRequest) throws(HTTPClientError) -> HTTPClientResponse {
        guard let json = answer(request.url) else { throw HTTPClientError(.cannotConnect, "nobody there") }
        return HTTPClientResponse(status: 200, headers: [:], body: json.encoded)
    }
}
