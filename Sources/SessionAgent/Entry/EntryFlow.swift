internal import HTTP
internal import Platform

/// How a visitor gets in: the OAuth2 authorization code flow with the portal, and a cookie of this host afterwards.
struct EntryFlow: Sendable {
    let manifest: SessionManifest
    let cookies: AgentCookies
    let grants: VisitorGrants
    let portal: PortalAPI
    let events: EventReporter
    let worker: PortalWorker
    let clock: WallClock
    let pages: MessagePages
    let log: Log

    /// The state that the portal sends along when it hands over a code without having been asked for one.
    private static let handover = "handover"

    /// Who sends a request, by its cookie; `nil` when there is none that we wrote.
    func visitor(of request: HTTPRequest) -> Visitor? {
        for value in request.cookies.all(cookies.visitorName) {
            let fields = cookies.opened(
                value, from: cookies.visitorName, count: 3, seconds: AgentCookies.lifetime, at: clock.now())
            if let fields { return Visitor(id: fields[0], user: fields[1], isStaff: fields[2] == "staff") }
        }
        return nil
    }

    /// Whether a WebSocket or form request comes from a page of ours (RFC 6455, section 10.2).
    func isOurOrigin(_ request: HTTPRequest) -> Bool { request.headers["Origin"] == manifest.sessionURL }

    /// Sends the browser to the portal, which sends it back with a code; the state and the PKCE verifier stay behind in a
    /// cookie, so that the code is only good in this browser.
    func sendToPortal(returningTo target: String) -> HTTPResponse {
        let state = SecretToken.random().text
        let verifier = SecretToken.random().text + SecretToken.random().text
        let query: QueryParameters = [
            "response_type": "code", "client_id": manifest.session,
            "redirect_uri": manifest.sessionURL + "/oauth_callback", "scope": "user:info", "state": state,
            "code_challenge": SHA256.challenge(of: verifier), "code_challenge_method": "S256",
        ]
        var response = HTTPResponse(status: 302)
        response.headers["Location"] = "\(manifest.portalURL)/oauth2/authorize/?\(query.encoded)"
        response.headers["Cache-Control"] = "no-store"
        let value = cookies.sealed(
            [state, verifier, LocalPath.checked(target)], for: cookies.entryName, at: clock.now())
        response.headers.add(cookies.cookie(cookies.entryName, value, seconds: AgentCookies.entryLifetime))
        return response
    }

    /// `/oauth_callback`.
    func callback(_ request: HTTPRequest) -> HTTPReply {
        guard request.method == .get else { return .now(pages.methodNotAllowed(allowed: "GET", request)) }
        let parameters = request.queryParameters
        let state = parameters["state"] ?? ""
        let code = parameters["code"] ?? ""
        if state == EntryFlow.handover {
            guard !code.isEmpty, code.utf8.count <= 512 else { return .now(redirect(to: "/dashboard/")) }
            return exchange(code: code, verifier: nil, target: "/dashboard/", isHandover: true, request)
        }
        guard let pending = pendingEntry(of: request), secretsAreEqual(pending.state, state) else {
            return .now(pages.entryNotRecognised(request))
        }
        guard !code.isEmpty, code.utf8.count <= 512 else {
            log.info("the portal refused a visitor", ("request", request.id))
            return .now(clearingEntry(pages.entryRefused(request)))
        }
        return exchange(code: code, verifier: pending.verifier, target: pending.target, isHandover: false, request)
    }

    private func pendingEntry(of request: HTTPRequest) -> (state: String, verifier: String, target: String)? {
        for value in request.cookies.all(cookies.entryName) {
            let fields = cookies.opened(
                value, from: cookies.entryName, count: 3, seconds: AgentCookies.entryLifetime, at: clock.now())
            if let fields { return (fields[0], fields[1], LocalPath.checked(fields[2])) }
        }
        return nil
    }

    private func exchange(
        code: String, verifier: String?, target: String, isHandover: Bool, _ request: HTTPRequest
    ) -> HTTPReply {
        .later { [self] complete in
            let isAccepted = worker.run { [self] in
                switch portal.enter(code: code, verifier: verifier) {
                case .granted(let visitor, let grant):
                    complete(admit(visitor, grant, to: target))
                case .refused where isHandover:
                    // A code that was used before, most often by the back button or a reload: whoever is inside already
                    // goes on, anybody else is asked for properly.
                    complete(
                        self.visitor(of: request) != nil ? redirect(to: target) : sendToPortal(returningTo: target))
                case .refused:
                    log.info("the portal refused a code", ("request", request.id))
                    complete(clearingEntry(pages.entryRefused(request)))
                case .unreachable:
                    log.warning("the portal does not answer", ("request", request.id))
                    complete(pages.portalUnreachable(request))
                }
            }
            if !isAccepted { complete(pages.portalUnreachable(request)) }
        }
    }

    private func admit(_ visitor: Visitor, _ grant: VisitorGrant, to target: String) -> HTTPResponse {
        grants.add(grant, for: visitor.id)
        if visitor.user == grant.owner { events.entered(token: grant.accessToken) }
        log.info("a visitor entered", ("staff", visitor.isStaff))
        var response = clearingEntry(redirect(to: target))
        let value = cookies.sealed(
            [visitor.id, visitor.user, visitor.isStaff ? "staff" : ""], for: cookies.visitorName, at: clock.now())
        response.headers.add(cookies.cookie(cookies.visitorName, value, seconds: AgentCookies.lifetime))
        return response
    }

    private func redirect(to target: String) -> HTTPResponse {
        HTTPResponse(status: 302, headers: ["Location": target, "Cache-Control": "no-store"])
    }

    private func clearingEntry(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        response.headers.add(cookies.cookie(cookies.entryName, "", seconds: 0))
        return response
    }
}
