internal import HTTP
internal import Platform
internal import Portal

/// `/admin/…`: for staff (spec/portal-http.md, section 5).
extension BrowserHandler {
    /// `/admin/`: environments and sessions, or one user's sessions.
    func admin(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let (visitor, staff) = try staff(request, on: site)
        let parameters = request.queryParameters
        let view = AdminView(parameters)
        let model = try AdminModel.read(view, from: service)
        if model.sessions.isEmpty && view.position != .start {
            // What stood there has gone.
            return .now(PortalSite.redirect(to: view.at(.start).path))
        }
        let form = formToken(for: visitor, request, on: site)
        var page = AdminPage(view: view, model: model, now: clock.now(), formToken: form.text)
        page.loads = live.loads(of: model)
        if let owner = view.owner {
            (page.user, page.details) = try service.store.read { (try $0.user(owner), try $0.details(of: owner)) }
        }
        // Only what they did themselves: a number in a link tells nobody else's.
        page.done = try parameters["done"].flatMap { Int($0) }
            .flatMap { number in try service.store.read { try $0.auditEntry(number) } }
            .flatMap { $0.actor == staff.id ? $0 : nil }
        return .now(formPage(page.html(in: site.frame), cookie: form.cookie, on: site))
    }

    /// `/admin/events/`: the same as server-sent events (WHATWG HTML, section 9.2).
    func adminEvents(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let (visitor, _) = try staff(request, on: site)
        guard let login = visitor.digest, request.method != .head else {
            return .now(HTTPResponse(headers: LiveFeed.headers))
        }
        let parameters = request.queryParameters
        let since = request.headers["Last-Event-ID"] ?? parameters["since"]
        let viewer = LiveViewer(live, AdminView(parameters), login: login, since: since)
        return .now(HTTPResponse(headers: LiveFeed.headers, body: .stream(viewer)))
    }

    /// `/admin/log/`: what staff did.
    func adminLog(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        _ = try staff(request, on: site)
        let before = request.queryParameters["before"].flatMap { Int($0) }
        let found = try service.store.read { try $0.auditEntries(before: before, limit: AuditPage.pageSize + 1) }
        let entries = Array(found.prefix(AuditPage.pageSize))
        let page = AuditPage(entries: entries, older: found.count > entries.count ? entries.last?.number : nil)
        return .now(site.page(page.html(in: site.frame)))
    }

    /// `/admin/login/`, where the reference has it.
    func adminLogin(_ request: HTTPRequest, on site: PortalSite) -> HTTPReply {
        let next = AdminTarget.check(request.queryParameters["next"])
        return .now(PortalSite.redirect(to: LocalTarget.detour(.login, field: "next", backTo: next)))
    }

    /// `/admin/act/`: does what a button asks for and leads back to the page with what came of it.
    func adminAct(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let (visitor, staff) = try staff(request, on: site)
        guard request.method == .post else { return .now(PortalSite.redirect(to: PortalRoute.admin.path)) }
        let form = request.formParameters
        try checkForm(form, visitor, request, on: site)
        guard let wish = form["do"].flatMap(AdminWish.init) else { throw Refusal.badLink(PortalText.badTarget) }
        let next = AdminTarget.check(form["next"])
        if wish.isDangerous && form["confirmed"] != "yes" {
            return .now(question(wish, next: next, visitor, request, on: site))
        }
        return .later { complete in
            service.administration.perform(wish.action, by: staff.id) { result in
                switch result {
                case .success(let entry?):
                    if case .open(let session) = wish.action, entry.outcome == .opened {
                        return enter(session, staff.id, instead: next, entry, request, on: site, complete)
                    }
                    complete(PortalSite.redirect(to: AdminTarget.adding(entry, to: next), status: 303))
                case .success(nil): complete(Refusal.notStaff.response(to: request, on: site))
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }

    /// Carries a member of staff into a learner's session, as `/workshops/session/<name>/` does. What the sandbox gets is a
    /// code for that session alone; the token that it buys reaches nothing else.
    private func enter(
        _ session: SessionName, _ user: UserID, instead next: String, _ entry: AuditEntry, _ request: HTTPRequest,
        on site: PortalSite, _ complete: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        service.entry.authorize(
            session, for: user, redirectURI: site.addresses.callbackURL(session), challenge: nil
        ) { result in
            switch result {
            case .success(.code(let code, _)): complete(SessionHandover.redirect(to: session, code: code, on: site))
            case .success: complete(PortalSite.redirect(to: AdminTarget.adding(entry, to: next), status: 303))
            case .failure(let error): complete(response(to: error, request, on: site))
            }
        }
    }

    private func question(
        _ wish: AdminWish, next: String, _ visitor: Visitor, _ request: HTTPRequest, on site: PortalSite
    ) -> HTTPResponse {
        let words = PortalText.question(wish.action)
        let token = formToken(for: visitor, request, on: site)
        let page = QuestionPage(
            heading: words.title, text: words.text, yes: words.yes, no: (PortalText.no, next),
            action: PortalRoute.adminAct.path,
            fields: [("do", wish.text), ("next", next), ("confirmed", "yes")], formToken: token.text,
            isDangerous: true)
        return formPage(page.html(in: site.frame), cookie: token.cookie, on: site)
    }

    /// The member of the staff who sends a request.
    /// - Throws: `Refusal.notStaff` for somebody else, `SignInFirst` for nobody.
    private func staff(_ request: HTTPRequest, on site: PortalSite) throws -> (visitor: Visitor, user: PortalUser) {
        let visitor = try visitor(request, on: site)
        guard let user = visitor.user else {
            throw SignInFirst(
                target: request.method == .post ? PortalRoute.admin.path : LocalTarget.of(request))
        }
        guard user.kind == .staff else { throw Refusal.notStaff }
        return (visitor, user)
    }
}

/// The page is for people who have signed in, and this one has not: the login page first, then back to it.
struct SignInFirst: Error {
    /// Path and query to come back to.
    let target: String

    var response: HTTPResponse {
        PortalSite.redirect(to: LocalTarget.detour(.login, field: "next", backTo: target))
    }
}

/// The page for staff to which a button leads back.
enum AdminTarget {
    static func check(_ text: String?) -> String {
        let root = PortalRoute.admin.path
        guard let text = LocalTarget.check(text), text.hasPrefix(root) else { return root }
        return text
    }

    /// The page, told which entry of the log to speak of.
    static func adding(_ entry: AuditEntry, to target: String) -> String {
        var query = QueryParameters(query: LocalTarget.query(of: target))
        query.set("done", to: String(entry.number))
        return target.prefix { $0 != "?" } + "?" + query.encoded
    }
}
