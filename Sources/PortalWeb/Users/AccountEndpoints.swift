internal import HTTP
internal import Platform
internal import Portal

/// `/accounts/…` as far as anonymous portals need them (spec/portal-http.md, section 4).
extension BrowserHandler {
    /// `/accounts/create/`: an anonymous user for somebody who only wants to look around.
    func register(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let visitor = try visitor(request, on: site)
        if let gate = accessGate(visitor, request, on: site) { return .now(gate) }
        let next = LocalTarget.check(request.queryParameters["next"]) ?? PortalRoute.catalog.path
        if visitor.user != nil { return .now(PortalSite.redirect(to: next)) }
        guard site.definition.isAnonymous else { return .now(PortalSite.redirect(to: PortalRoute.login.path)) }
        if request.method != .post && LinkPreview.isLikely(request) {
            let page = PreviewPage(
                heading: site.definition.title, text: PortalText.catalogIntroduction,
                url: site.addresses.portalURL + PortalRoute.register.path, action: LocalTarget.of(request))
            return .now(site.page(page.html(in: site.frame), forms: .anywhere))
        }
        if let seconds = registrations.admit(request.clientAddress, site.definition.launches, at: clock.now()) {
            throw Refusal.tooMany(retryAfter: seconds)
        }
        return .later { complete in
            service.registerAnonymously(replacing: visitor.digest) { result in
                switch result {
                case .success(let login):
                    var response = PortalSite.redirect(to: next)
                    response.headers.add(site.cookies.setLogin(login.token))
                    complete(response)
                case .failure(let error): complete(self.response(to: error, request, on: site))
                }
            }
        }
    }

    /// `/accounts/login/`: says what is needed to come in; `next` is where to go on.
    func login(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let visitor = try visitor(request, on: site)
        let next = LocalTarget.check(request.queryParameters["next"]) ?? "/"
        if visitor.user != nil { return .now(PortalSite.redirect(to: next)) }
        let isAnonymous = site.definition.isAnonymous
        let detour = LocalTarget.detour(.register, field: "next", backTo: next == "/" ? PortalRoute.catalog.path : next)
        let reason = QueryParameters(query: LocalTarget.query(of: next))["notification"].flatMap(ReturnReason.init)
        let html = site.frame.page(PortalText.loginTitle) {
            h1 { PortalText.loginTitle }
            if let reason { CatalogPage.banner(reason) }
            p { isAnonymous ? PortalText.loginNotNeeded : PortalText.loginClosed }
            p { isAnonymous ? PortalText.loginNotNeededAdvice : PortalText.loginClosedAdvice }
            if isAnonymous {
                p { a(.class("button primary"), .href(detour)) { PortalText.loginContinue } }
            }
        }
        return .now(site.page(html))
    }

    /// `/accounts/logout/`: asks, then forgets.
    func logout(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let visitor = try visitor(request, on: site)
        guard let digest = visitor.digest else { return .now(PortalSite.redirect(to: PortalRoute.index.path)) }
        guard request.method == .post else {
            let form = formToken(for: visitor, request, on: site)
            let page = QuestionPage(
                heading: PortalText.logoutTitle, text: PortalText.logoutText, yes: PortalText.signOut,
                no: (PortalText.logoutCancel, PortalRoute.catalog.path), action: PortalRoute.logout.path, fields: [],
                formToken: form.text)
            return .now(formPage(page.html(in: site.frame), cookie: form.cookie, on: site))
        }
        try checkForm(request.formParameters, visitor, request, on: site)
        return .later { complete in
            service.signOut(digest) { result in
                switch result {
                case .success:
                    var response = PortalSite.redirect(to: PortalRoute.index.path)
                    response.headers.add(site.cookies.removeLogin())
                    complete(response)
                case .failure(let error): complete(self.response(to: error, request, on: site))
                }
            }
        }
    }
}
