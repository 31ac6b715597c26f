internal import HTTP
internal import Platform
internal import Portal

extension BrowserHandler {
    /// `/accounts/oidc/login/`: on to the organisation's login.
    func providerLogin(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        guard let provider = site.definition.oidc, let login = providers else { throw Refusal.notFound }
        let next = LocalTarget.check(request.queryParameters["next"]) ?? PortalRoute.index.path
        if request.method == .head { return .now(site.page(.empty)) }
        return .later { complete in
            let isWaiting = login.workers.run {
                do {
                    let attempt = login.begin(next: next)
                    let url = try login.authorizationURL(provider, attempt, callback: callback(on: site))
                    var response = PortalSite.redirect(to: url)
                    response.headers.add(site.cookies.setProviderLogin(attempt.cookie))
                    complete(response)
                } catch {
                    complete(self.unavailable(error, request, on: site))
                }
            }
            if !isWaiting {
                complete(self.unavailable(ProviderFailure("too many wait for it"), request, on: site))
            }
        }
    }

    /// `/accounts/oidc/callback/`: back from there, with a code, or with the reason why not.
    func providerCallback(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        guard let provider = site.definition.oidc, let login = providers else { throw Refusal.notFound }
        let parameters = request.queryParameters
        let attempt = request.cookies.all(site.cookies.providerLogin).prefix(4).lazy
            .compactMap { login.attempt(cookie: $0, state: parameters["state"] ?? "") }.first
        // Who answers must be who was asked (RFC 9207).
        guard let attempt, parameters["iss"].map({ $0 == provider.issuer }) ?? true else {
            return .now(failed(PortalText.providerStrange, next: nil, on: site))
        }
        guard let code = parameters["code"], !code.isEmpty, code.utf8.count <= 4096 else {
            log.info(
                "the login provider refused", ("request", request.id),
                ("error", String((parameters["error"] ?? "").prefix(80))))
            return .now(failed(PortalText.providerRefused, next: attempt.next, on: site))
        }
        let visitor = try visitor(request, on: site)
        return .later { complete in
            let isWaiting = login.workers.run {
                do {
                    let token = try login.identity(provider, attempt, code: code, callback: callback(on: site))
                    self.enter(token, attempt, visitor, request, on: site, complete)
                } catch {
                    self.log.warning(
                        "a login with the provider failed", ("request", request.id), ("error", "\(error)"))
                    complete(self.failed(PortalText.providerFailed, next: attempt.next, status: 502, on: site))
                }
            }
            if !isWaiting {
                complete(self.unavailable(ProviderFailure("too many wait for it"), request, on: site))
            }
        }
    }

    private func enter(
        _ token: IdentityToken, _ attempt: ProviderLogin.Attempt, _ visitor: Visitor, _ request: HTTPRequest,
        on site: PortalSite, _ complete: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        service.accounts.signIn(
            token.identity, displayName: token.displayName, isStaff: token.isStaff, replacing: visitor.digest
        ) { result in
            switch result {
            case .success(let login):
                var response = self.signedIn(login, next: attempt.next, on: site)
                response.headers.add(site.cookies.removeProviderLogin())
                complete(response)
            case .failure(let error): complete(self.response(to: error, request, on: site))
            }
        }
    }

    private func callback(on site: PortalSite) -> String {
        site.addresses.portalURL + PortalRoute.providerCallback.path
    }

    /// The provider is not there; everything else goes on.
    private func unavailable(_ error: any Error, _ request: HTTPRequest, on site: PortalSite) -> HTTPResponse {
        log.warning("the login provider cannot be used", ("request", request.id), ("error", "\(error)"))
        var response = failed(PortalText.providerAway, next: nil, status: 503, on: site)
        response.headers["Retry-After"] = "10"
        return response
    }

    /// - Parameter next: where another try leads; `nil` for the beginning.
    private func failed(_ happened: String, next: String?, status: Int = 400, on site: PortalSite) -> HTTPResponse {
        let target = next.map { LocalTarget.detour(.login, field: "next", backTo: $0) } ?? PortalRoute.login.path
        var response = site.page(
            MessagePage(
                heading: PortalText.providerTitle, happened: happened, advice: PortalText.providerAdvice,
                link: (PortalText.loginTitle, target)
            ).html(in: site.frame), status: status)
        response.headers.add(site.cookies.removeProviderLogin())
        return response
    }
}
