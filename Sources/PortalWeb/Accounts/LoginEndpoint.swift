internal import HTTP
internal import Platform
internal import Portal

extension BrowserHandler {
    /// `/accounts/login/` (spec/portal-http.md, section 4): the way in for everybody who has an account, and back to
    /// whatever was interrupted for it, which `next` names.
    func login(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let visitor = try visitor(request, on: site)
        let isPost = request.method == .post
        let fields = isPost ? request.formParameters : request.queryParameters
        let next = LocalTarget.check(fields["next"]) ?? PortalRoute.index.path
        guard isPost else {
            if let user = visitor.user, user.kind != .anonymous, mayOpen(next, user) {
                return .now(PortalSite.redirect(to: next))
            }
            return .now(loginPage(visitor, next: next, nil, request, on: site))
        }
        try checkForm(fields, visitor, request, on: site)
        let name = fields["username"] ?? ""
        return .later { complete in
            service.accounts.signIn(
                name: name, password: fields["password"] ?? "", from: request.clientAddress, replacing: visitor.digest
            ) { result in
                func again(_ mistake: LoginPage.Mistake) {
                    complete(loginPage(visitor, next: next, name: name, mistake, request, on: site))
                }
                switch result {
                case .success(.signedIn(let login, _)): complete(signedIn(login, next: next, on: site))
                case .success(.wrong): again(.wrong)
                case .success(.wait(let seconds)): again(.wait(seconds: seconds))
                case .success(.busy(let seconds)): again(.busy(retryAfter: seconds))
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }

    /// A way to the login that leads back to what was asked for; `nil` where no login would help.
    /// - Parameter session: the one that was asked for: somebody with an account may own it, and an anonymous visitor's
    ///   cookie cannot be had again.
    func signInFirst(for session: String, _ visitor: Visitor, _ request: HTTPRequest, on site: PortalSite) throws
        -> HTTPResponse?
    {
        guard visitor.user == nil else { return nil }
        let owner = try SessionName(rawValue: session).flatMap { name in
            try service.store.read { store in try store.session(name)?.owner.flatMap(store.user) }
        }
        let ownerHasAccount = owner.map { $0.kind == .registered || $0.kind == .staff } ?? false
        guard ownerHasAccount || !site.definition.isAnonymous else { return nil }
        // What a form asked for cannot be asked for again by a redirect.
        let target = request.method == .post ? PortalRoute.session(session).path : LocalTarget.of(request)
        return PortalSite.redirect(to: LocalTarget.detour(.login, field: "next", backTo: target))
    }

    /// The answer that carries a new login.
    func signedIn(_ login: IssuedLogin, next: String, on site: PortalSite) -> HTTPResponse {
        var response = PortalSite.redirect(to: next, status: 303)
        response.headers.add(site.cookies.setLogin(login.token))
        return response
    }

    private func loginPage(
        _ visitor: Visitor, next: String, name: String = "", _ mistake: LoginPage.Mistake?,
        _ request: HTTPRequest, on site: PortalSite
    ) -> HTTPResponse {
        let form = formToken(for: visitor, request, on: site)
        let reason = QueryParameters(query: LocalTarget.query(of: next))["notification"].flatMap(ReturnReason.init)
        let page = LoginPage(
            next: next, name: name, formToken: form.text, mistake: mistake, reason: reason,
            isWithoutAccounts: site.definition.isAnonymous, mayRegister: site.definition.isRegistrationOpen,
            provider: site.definition.oidc?.label,
            other: visitor.user.flatMap { $0.kind == .anonymous ? nil : displayName(of: $0) })
        var response = formPage(
            page.html(in: site.frame), cookie: form.cookie, status: mistake?.status ?? 200, on: site)
        if let seconds = mistake?.retryAfter { response.headers["Retry-After"] = String(seconds) }
        return response
    }

    /// What pages call a user.
    func displayName(of user: PortalUser) -> String {
        // A name is not worth an error page.
        (try? service.accounts.account(of: user.id))?.displayName ?? user.id.rawValue
    }

    /// Pages that only staff may open: a login as anybody else would lead round in a circle.
    private func mayOpen(_ target: String, _ user: PortalUser) -> Bool {
        user.kind == .staff || !target.hasPrefix(BrowserHandler.adminPages)
    }

    static let adminPages = "/admin/"
}
