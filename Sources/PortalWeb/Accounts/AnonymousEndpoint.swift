internal import HTTP
internal import Platform
internal import Portal

extension BrowserHandler {
    /// `/accounts/create/`: an anonymous user for somebody who only wants to look around (spec/portal-http.md, section 4).
    func createAnonymous(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let visitor = try visitor(request, on: site)
        if let gate = accessGate(visitor, request, on: site) { return .now(gate) }
        let next = LocalTarget.check(request.queryParameters["next"]) ?? PortalRoute.catalog.path
        if visitor.user != nil { return .now(PortalSite.redirect(to: next)) }
        guard site.definition.isAnonymous else { return .now(PortalSite.redirect(to: PortalRoute.login.path)) }
        if request.method != .post && LinkPreview.isLikely(request) {
            let page = PreviewPage(
                heading: site.definition.title, text: PortalText.catalogIntroduction,
                url: site.addresses.portalURL + PortalRoute.createAnonymous.path, action: LocalTarget.of(request))
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
}
