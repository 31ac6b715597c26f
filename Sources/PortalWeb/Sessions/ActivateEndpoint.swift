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
                case .success(.invalid): complete(Refusal.activationSpent.response(to: request, on: site))
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }
}
