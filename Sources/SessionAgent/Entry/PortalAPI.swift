internal import HTTP
internal import Platform

/// What the agent asks of the portal. Every call blocks; they run on `PortalWorker`.
struct PortalAPI: Sendable {
    private let client: any HTTPClient
    private let manifest: SessionManifest

    init(client: any HTTPClient, manifest: SessionManifest) {
        self.client = client
        self.manifest = manifest
    }

    enum Entry: Sendable {
        case granted(Visitor, VisitorGrant)
        /// The code is used up, too old or not for this session, or the visitor may not enter.
        case refused
        case unreachable
    }

    /// Exchanges an authorization code (RFC 6749, section 4.1.3; RFC 7636, section 4.5 when there is a verifier).
    func enter(code: String, verifier: String?) -> Entry {
        var fields: FormParameters = [
            "grant_type": "authorization_code", "code": code,
            "redirect_uri": manifest.sessionURL + "/oauth_callback", "client_id": manifest.session,
            "client_secret": manifest.clientSecret,
        ]
        if let verifier { fields.add("code_verifier", verifier) }
        let request = request(
            .post, "/oauth2/token/", headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array(fields.encoded.utf8))
        guard let response = try? client.send(request) else { return .unreachable }
        switch response.status {
        case 200: break
        case 400, 401, 403, 404: return .refused
        default: return .unreachable
        }
        guard let answer = JSONValue(parsing: response.body), let token = answer["access_token"]?.string,
            !token.isEmpty,
            let session = answer["session"], let owner = session["owner"]?.string, let user = session["user"]?.string,
            let isStaff = session["staff"]?.bool, let returnURL = session["return_url"]?.string
        else { return .unreachable }
        // The portal has checked this already; a mistake there must not open every lab.
        guard isStaff || user == owner else { return .refused }
        let visitor = Visitor(id: SecretToken.random().text, user: user, isStaff: isStaff)
        return .granted(visitor, VisitorGrant(owner: owner, accessToken: token, returnURL: checked(returnURL)))
    }

    /// The portal's word, but never an address that would run as a script of this page.
    private func checked(_ url: String) -> String {
        url.hasPrefix("https://") || url.hasPrefix("http://") ? url : manifest.portalURL + "/"
    }

    enum Answer: Sendable {
        /// The portal's JSON as it came.
        case json([UInt8])
        /// The token is no longer accepted.
        case refused
        /// The portal knows no such session any more.
        case gone
        case unreachable
    }

    func schedule(token: String) -> Answer { ask(.get, "schedule", token: token) }
    func extend(token: String) -> Answer { ask(.post, "extend", token: token) }
    func terminate(token: String) -> Answer { ask(.post, "terminate", token: token) }

    enum Reported: Sendable {
        /// The portal has it, or will never take it.
        case taken
        /// It did not get there, or the portal asks for patience.
        case notNow
        /// The token is no longer accepted.
        case refused
    }

    /// Tells the portal of an event (spec/portal-http.md, section 3.7, `event/`).
    func report(_ name: String, data: JSONValue, token: String, timeout: Double) -> Reported {
        let body: JSONValue = ["event": ["name": .string(name), "data": data]]
        var request = request(
            .post, "/workshops/session/\(manifest.session)/event/",
            headers: ["Authorization": "Bearer \(token)", "Content-Type": "application/json"], body: body.encoded)
        request.timeout = timeout
        do throws(HTTPClientError) {
            switch try client.send(request).status {
            case 401, 403: return .refused
            case 429, 500...599: return .notNow
            default: return .taken
            }
        } catch {
            // After any other failure the portal may have it, and an event too few is better than one too many.
            return error.reason == .cannotConnect ? .notNow : .taken
        }
    }

    private func ask(_ method: HTTPMethod, _ verb: String, token: String) -> Answer {
        let request = request(
            method, "/workshops/session/\(manifest.session)/\(verb)/",
            headers: ["Authorization": "Bearer \(token)", "Accept": "application/json"])
        guard let response = try? client.send(request) else { return .unreachable }
        switch response.status {
        case 200: return .json(response.body)
        case 401, 403: return .refused
        case 404, 410: return .gone
        default: return .unreachable
        }
    }

    private func request(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders, body: [UInt8] = []
    ) -> HTTPClientRequest {
        // The socket is the way; the host is what the portal expects to be called.
        let host =
            manifest.portalURL.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first ?? "portal"
        return HTTPClientRequest(
            method: method, url: "http://\(host)\(path)", unixSocket: manifest.portalSocket, headers: headers,
            body: body,
            timeout: 5)
    }
}
