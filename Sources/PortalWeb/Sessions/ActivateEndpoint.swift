internal import HTTP
internal import Platform
internal import Portal

extension BrowserHandler {
    /// `/workshops/session/<name>/activate/` (spec/portal-http.md, section 2.4): a link from another system makes its
    /// holder the session's owner, once. Somebody who is signed in as another user is asked first.
    func activate(_ name: String, _ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let form = request.formParameters
        let parameters = request.queryParameters
        guard let name = SessionName(rawValue: name), let text = form["token"] ?? parameters["token"], !text.isEmpty
        else {
            throw Refusal.activationSpent
        }
        let visitor = try visitor(request, on: site)
        if request.method == .post {
            try checkForm(form, visitor, request, on: site)
        } else if LinkPreview.isLikely(request) {
            // A program that looks at links must not use this one up.
            let token = formToken(for: visitor, request, on: site)
            let page = QuestionPage(
                heading: site.definition.title, text: PortalText.previewText, yes: PortalText.replaceButton,
                no: (PortalText.backToWorkshops, PortalRoute.catalog.path),
                action: PortalRoute.activate(name.rawValue).path, fields: [("token", text)], formToken: token.text)
            return .now(formPage(page.html(in: site.frame), cookie: token.cookie, on: site))
        }
        let agrees = request.method == .post
        return .later { complete in
            service.allocator.activate(
                name, token: SecretToken(presented: text), login: visitor.digest, replacesLogin: agrees
            ) { result in
                switch result {
                case .success(.activated(_, let login)):
                    var response = PortalSite.redirect(to: PortalRoute.session(name.rawValue).path)
                    if let login { response.headers.add(site.cookies.setLogin(login.token)) }
                    complete(response)
                case .success(.otherLogin):
                    let token = formToken(for: visitor, request, on: site)
                    let page = QuestionPage(
                        heading: PortalText.replaceTitle, text: PortalText.replaceText, yes: PortalText.replaceButton,
                        no: (PortalText.replaceCancel, PortalRoute.catalog.path),
                        action: PortalRoute.activate(name.rawValue).path, fields: [("token", text)],
                        formToken: token.text)
                    complete(formPage(page.html(in: site.frame), cookie: token.cookie, on: site))
                case .success(.gone(let session)): complete(gone(session, visitor, on: site))
                case .success(.invalid): complete(spent(name, parameters["index_url"], visitor, request, on: site))
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }
    /// A link that opens nothing any more leads home: to its index URL where that is on the site that the session came
    /// from, or on one that the portal names. Anywhere else it could be a stranger's trap.
    private func spent(
        _ name: SessionName, _ indexURL: String?, _ visitor: Visitor, _ request: HTTPRequest, on site: PortalSite
    ) -> HTTPResponse {
        let allowed = site.definition.launches.allowedOrigins
        guard let indexURL, case .success(let address) = ReturnAddress.parse(indexURL, allowedOrigins: allowed) else {
            return Refusal.activationSpent.response(to: request, on: site)
        }
        do {
            let known = try service.store.read { try $0.session(name)?.indexURL }.flatMap(ReturnAddress.init(stored:))
            let isHome =
                !allowed.isEmpty || address.origin == site.index?.origin
                || (known != nil && address.origin == known?.origin)
            guard isHome else { return Refusal.activationSpent.response(to: request, on: site) }
            return NotificationRedirect.response(.sessionInvalid, to: address, isStaff: visitor.isStaff, on: site)
        } catch {
            return response(to: error, request, on: site)
        }
    }
}
