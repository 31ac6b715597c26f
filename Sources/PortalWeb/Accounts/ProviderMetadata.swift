internal import Dispatch
internal import HTTP
internal import Platform
internal import Portal
internal import Synchronization

/// What a login provider says about itself (OpenID Connect Discovery 1.0, section 3), and its keys (RFC 7517). Both are
/// kept for a while; keys are asked for again when one is used that is not known, but not more often than once a minute,
/// so that nobody can make us ask by showing nonsense.
///
/// Every method waits for another server: call it on threads that may.
final class ProviderMetadata: Sendable {
    struct Endpoints: Sendable, Equatable {
        var authorization: String
        var token: String
        var keys: String
        /// Whether the client's secret goes into the form, because the header is not supported (RFC 6749, section 2.3.1).
        var takesSecretInForm: Bool
    }

    /// One of the provider's keys.
    struct Key: Sendable, Equatable {
        var id: String?
        /// `RSA` or `EC`.
        var type: String
        var algorithm: String?
        /// The JWK as JSON.
        var text: String
    }

    private struct Known {
        var issuer = ""
        var endpoints: Endpoints?
        var endpointsUntil = Timestamp(milliseconds: .min)
        var keys: [Key] = []
        var keysUntil = Timestamp(milliseconds: .min)
        var keysAsked = Timestamp(milliseconds: .min)
    }
    private let known = Mutex(Known())
    /// One asks for keys at a time, and those who wait for that find what it brought.
    private let turn = DispatchSemaphore(value: 1)
    private let client: any HTTPClient
    private let clock: WallClock

    /// Seconds for which both are believed.
    private static let lifetime = 3600
    /// Seconds between two questions for keys.
    static let keyInterval = 60

    init(client: any HTTPClient, clock: WallClock) {
        self.client = client
        self.clock = clock
    }

    /// - Throws: `ProviderFailure`.
    func endpoints(of issuer: String) throws(ProviderFailure) -> Endpoints {
        let now = clock.now()
        let cached = known.withLock { known -> Endpoints? in
            if known.issuer != issuer { known = Known(issuer: issuer) }
            return known.endpointsUntil > now ? known.endpoints : nil
        }
        if let cached { return cached }
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let document = try json(base + "/.well-known/openid-configuration")
        guard document["issuer"]?.string == issuer else {
            throw ProviderFailure("its discovery document names another issuer")
        }
        func address(_ name: String) throws(ProviderFailure) -> String {
            guard let url = document[name]?.string, ProviderMetadata.isAcceptable(url, issuer: issuer) else {
                throw ProviderFailure("its discovery document has no acceptable \(name)")
            }
            return url
        }
        let methods = document["token_endpoint_auth_methods_supported"]?.array?.compactMap(\.string)
        let endpoints = Endpoints(
            authorization: try address("authorization_endpoint"), token: try address("token_endpoint"),
            keys: try address("jwks_uri"),
            // Without the list it is the header (Discovery 1.0, section 3).
            takesSecretInForm: methods.map {
                !$0.contains("client_secret_basic") && $0.contains("client_secret_post")
            } ?? false)
        known.withLock { known in
            guard known.issuer == issuer else { return }
            known.endpoints = endpoints
            known.endpointsUntil = now.advanced(bySeconds: ProviderMetadata.lifetime)
        }
        return endpoints
    }

    /// The keys that may have signed a text: those of that id, or all of the type where none is named.
    /// - Throws: `ProviderFailure`.
    func keys(of issuer: String, id: String?, type: String) throws(ProviderFailure) -> [Key] {
        func fitting(_ keys: [Key]) -> [Key] {
            keys.filter { $0.type == type && (id == nil || $0.id == id) }
        }
        func cached(_ now: Timestamp) -> (keys: [Key], mayAsk: Bool) {
            known.withLock { known in
                guard known.issuer == issuer else { return ([], true) }
                let keys = known.keysUntil > now ? fitting(known.keys) : []
                return (keys, known.keysAsked.advanced(bySeconds: ProviderMetadata.keyInterval) <= now)
            }
        }
        let found = cached(clock.now()).keys
        if !found.isEmpty { return found }
        turn.wait()
        defer { turn.signal() }
        let now = clock.now()
        let (foundMeanwhile, mayAsk) = cached(now)
        if !foundMeanwhile.isEmpty || !mayAsk { return foundMeanwhile }
        let endpoints = try endpoints(of: issuer)
        // Only an answer counts: after a failure the next one may ask.
        let set = try json(endpoints.keys)
        let keys = (set["keys"]?.array ?? []).prefix(100).compactMap { jwk -> Key? in
            guard let type = jwk["kty"]?.string, jwk["use"]?.string ?? "sig" == "sig" else { return nil }
            return Key(id: jwk["kid"]?.string, type: type, algorithm: jwk["alg"]?.string, text: jwk.text)
        }
        known.withLock { known in
            guard known.issuer == issuer else { return }
            known.keys = keys
            known.keysAsked = now
            known.keysUntil = now.advanced(bySeconds: ProviderMetadata.lifetime)
        }
        return fitting(keys)
    }

    /// - Throws: `ProviderFailure` for anything but a JSON object.
    private func json(_ url: String) throws(ProviderFailure) -> JSONValue {
        var request = HTTPClientRequest(url: url, headers: ["Accept": "application/json"])
        request.timeout = ProviderLogin.timeout
        let response = try ProviderLogin.send(request, with: client)
        guard response.status == 200 else { throw ProviderFailure("\(url) answers with status \(response.status)") }
        guard response.body.count <= 256 << 10, let value = JSONValue(parsing: response.body), case .object = value
        else { throw ProviderFailure("\(url) answers with something other than JSON") }
        return value
    }

    /// https, or on this machine what the issuer itself uses.
    private static func isAcceptable(_ url: String, issuer: String) -> Bool {
        guard url.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), !url.contains("#") else { return false }
        return url.hasPrefix("https://") || (issuer.hasPrefix("http://") && url.hasPrefix("http://"))
    }
}

/// Why the organisation's login does not work at the moment: for the log. Holds no secrets.
struct ProviderFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
