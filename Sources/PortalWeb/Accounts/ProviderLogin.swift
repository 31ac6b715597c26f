internal import Glibc
internal import HTTP
internal import Platform
internal import Portal

/// A login at the organisation's provider: the authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0,
/// section 3.1; RFC 7636; RFC 9700, section 2.1).
///
/// Nothing is kept here while a browser is away: everything is derived from a random secret in its cookie and the portal's
/// key. The other server is asked on threads of its own, of which there are few, so that a provider that hangs holds up
/// only those who wait for it.
final class ProviderLogin: Sendable {
    let metadata: ProviderMetadata
    let workers = WorkerThreads(name: "oidc", threads: 4, waiting: 64)
    private let client: any HTTPClient
    private let clock: WallClock
    private let key: MessageKey

    /// Seconds for one question to the provider.
    static let timeout = 8.0
    /// Seconds that somebody may take to sign in there.
    static let lifetime = 900

    /// - Parameter key: of the portal; the same after a restart.
    init(client: any HTTPClient, key: MessageKey, clock: WallClock) {
        self.client = client
        self.key = key
        self.clock = clock
        metadata = ProviderMetadata(client: client, clock: clock)
    }

    // MARK: What a browser takes along

    /// A login that has begun.
    struct Attempt: Equatable {
        /// For the cookie: a random secret, when it began, and where to go on.
        let cookie: String
        let next: String
        let state: String
        let nonce: String
        let verifier: String
    }

    func begin(next: String) -> Attempt {
        attempt(SecretToken.random().text, String(clock.now().milliseconds / 1000), next)
    }

    /// The attempt that a browser comes back from. `nil` when its cookie does not fit the state, or it took too long.
    func attempt(cookie: String, state: String) -> Attempt? {
        let parts = cookie.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let began = Int64(parts[1]), let bytes = Base64.decodeURL(parts[2]),
            let next = LocalTarget.check(String(decoding: bytes, as: UTF8.self))
        else { return nil }
        let attempt = attempt(parts[0], parts[1], next)
        let age = clock.now().milliseconds / 1000 - began
        guard secretsAreEqual(attempt.state, state), age >= 0, age <= Int64(ProviderLogin.lifetime) else { return nil }
        return attempt
    }

    private func attempt(_ secret: String, _ began: String, _ next: String) -> Attempt {
        let cookie = "\(secret).\(began).\(Base64.url(Array(next.utf8)))"
        return Attempt(
            cookie: cookie, next: next, state: key.tag(of: cookie, purpose: "oidc state"),
            nonce: key.tag(of: cookie, purpose: "oidc nonce"), verifier: key.tag(of: cookie, purpose: "oidc verifier"))
    }

    // MARK: The questions

    /// Where to send the browser. Waits for the provider.
    /// - Throws: `ProviderFailure`.
    func authorizationURL(
        _ provider: LoginProvider, _ attempt: Attempt, callback: String
    ) throws(ProviderFailure) -> String {
        let endpoint = try metadata.endpoints(of: provider.issuer).authorization
        let query: QueryParameters = [
            "response_type": "code", "client_id": provider.clientID, "redirect_uri": callback,
            "scope": provider.scopes.joined(separator: " "), "state": attempt.state, "nonce": attempt.nonce,
            "code_challenge": SHA256.challenge(of: attempt.verifier), "code_challenge_method": "S256",
        ]
        return endpoint + (endpoint.contains("?") ? "&" : "?") + query.encoded
    }

    /// Who the browser's user is. Waits for the provider.
    /// - Throws: `ProviderFailure`.
    func identity(
        _ provider: LoginProvider, _ attempt: Attempt, code: String, callback: String
    ) throws(ProviderFailure) -> IdentityToken {
        let endpoints = try metadata.endpoints(of: provider.issuer)
        var form: FormParameters = [
            "grant_type": "authorization_code", "code": code, "redirect_uri": callback,
            "code_verifier": attempt.verifier,
        ]
        var request = HTTPClientRequest(
            method: .post, url: endpoints.token,
            headers: ["Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"])
        let secret = try ProviderLogin.secret(of: provider)
        if let secret, !endpoints.takesSecretInForm {
            // Both are encoded before they are joined (RFC 6749, section 2.3.1).
            let pair = PercentEncoding.encode(provider.clientID) + ":" + PercentEncoding.encode(secret)
            request.headers["Authorization"] = "Basic " + Base64.standard(Array(pair.utf8))
        } else {
            form.add("client_id", provider.clientID)
            if let secret { form.add("client_secret", secret) }
        }
        request.body = Array(form.encoded.utf8)
        request.timeout = ProviderLogin.timeout
        let response = try ProviderLogin.send(request, with: client)
        let answer = response.body.count <= 256 << 10 ? JSONValue(parsing: response.body) : nil
        guard response.status == 200, let token = answer?["id_token"]?.string else {
            let reason = answer?["error"]?.string.map { String($0.prefix(80)) } ?? "no ID token"
            throw ProviderFailure("the code was not exchanged: status \(response.status), \(reason)")
        }
        let expected = IdentityToken.Expectation(provider: provider, nonce: attempt.nonce, now: clock.now())
        return try IdentityToken(token, expected) { id, type throws(ProviderFailure) in
            try metadata.keys(of: provider.issuer, id: id, type: type)
        }
    }

    static func send(
        _ request: HTTPClientRequest, with client: any HTTPClient
    ) throws(ProviderFailure) -> HTTPClientResponse {
        do {
            return try client.send(request)
        } catch {
            throw ProviderFailure("it cannot be asked: \(error)")
        }
    }

    /// The client's secret, from where the definition says that it is. `nil` for a client without one.
    private static func secret(of provider: LoginProvider) throws(ProviderFailure) -> String? {
        var text: String?
        if !provider.clientSecretFile.isEmpty {
            guard let content = readSecret(provider.clientSecretFile) else {
                throw ProviderFailure("\(provider.clientSecretFile) cannot be read")
            }
            text = content
        } else if !provider.clientSecretVariable.isEmpty {
            guard let value = getenv(provider.clientSecretVariable) else {
                throw ProviderFailure("the environment variable \(provider.clientSecretVariable) is not set")
            }
            text = String(cString: value)
        }
        guard var text else { return nil }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        guard !text.isEmpty else { throw ProviderFailure("the client's secret is empty") }
        return text
    }

    private static func readSecret(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
