internal import HTTP
internal import Platform
internal import Portal

extension BrowserHandler {
    /// `/accounts/logout/`: asks, then forgets. Only a POST does it, so that no picture on another site can.
    func logout(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let visitor = try visitor(request, on: site)
        guard let digest = visitor.digest else { return .now(PortalSite.redirect(to: PortalRoute.index.path)) }
        guard request.method == .post else {
            let form = formToken(for: visitor, request, on: site)
            let hasAccount = visitor.user.map { $0.kind != .anonymous } ?? false
            let page = QuestionPage(
                heading: hasAccount ? PortalText.signOutTitle : PortalText.logoutTitle,
                text: hasAccount ? PortalText.signOutText : PortalText.logoutText,
                yes: hasAccount ? PortalText.signOutAccount : PortalText.signOut,
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
