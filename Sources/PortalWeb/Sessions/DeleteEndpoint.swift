internal import HTTP
internal import Portal

extension BrowserHandler {
    /// `/workshops/session/<name>/delete/` (spec/portal-http.md, section 2.5): the act of ending or restarting.
    ///
    /// A link on the portal or on the session's own page acts at once; one on any other site is asked about first, so that
    /// nobody's work can be thrown away by a page that they happen to visit.
    func delete(_ name: String, _ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let visitor = try visitor(request, on: site)
        if let detour = try signInFirst(for: name, visitor, request, on: site) { return .now(detour) }
        let invalid = NotificationRedirect.response(.sessionInvalid, to: nil, isStaff: visitor.isStaff, on: site)
        guard let user = visitor.user, let view = try SessionName(rawValue: name).flatMap(service.session),
            view.session.owner == user.id
        else { return .now(invalid) }
        let session = view.session
        if request.method == .head || (request.method == .get && LinkPreview.isLikely(request)) {
            return .now(PortalSite.redirect(to: PortalRoute.session(name).path))
        }
        if request.method == .post {
            try checkForm(request.formParameters, visitor, request, on: site)
        } else if session.isLive && comesFromElsewhere(request) {
            let form = formToken(for: visitor, request, on: site)
            let page = QuestionPage(
                heading: PortalText.endTitle, text: PortalText.endText, yes: PortalText.endButton,
                no: (PortalText.endCancel, PortalRoute.session(name).path), action: LocalTarget.of(request), fields: [],
                formToken: form.text, isDangerous: true)
            return .now(formPage(page.html(in: site.frame), cookie: form.cookie, on: site))
        }
        let wanted = request.queryParameters["notification"].flatMap(ReturnReason.init)
        let back = session.indexURL.flatMap(ReturnAddress.init(stored:))
        return .later { complete in
            service.allocator.end(session.name, by: user.id) { result in
                switch result {
                case .success(.ended):
                    complete(
                        NotificationRedirect.response(
                            wanted ?? .sessionDeleted, to: back, isStaff: visitor.isStaff, on: site))
                case .success(.ending), .success(.gone):
                    // It ended before: the same wish once more, or one that came too late. Both have what they want.
                    complete(
                        NotificationRedirect.response(.sessionDeleted, to: back, isStaff: visitor.isStaff, on: site))
                case .success(.notOwner), .success(.unknown): complete(invalid)
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }

    /// Whether the browser says that another site sent it here (Fetch Metadata). Session hosts are of the same site.
    private func comesFromElsewhere(_ request: HTTPRequest) -> Bool {
        guard let site = request.headers["Sec-Fetch-Site"] else { return false }
        return !["same-origin", "same-site", "none"].contains(site)
    }
}
