internal import HTTP
internal import Platform
internal import Portal

extension BrowserHandler {
    /// `/workshops/session/<name>/` (spec/portal-http.md, section 2.3): into the session when it is ready, a progress page
    /// while it starts, back to the index page when it is gone.
    func session(_ name: String, _ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let visitor = try visitor(request, on: site)
        if let detour = try signInFirst(for: name, visitor, request, on: site) { return .now(detour) }
        guard let user = visitor.user, let view = try SessionName(rawValue: name).flatMap(service.session),
            view.session.owner == user.id || (visitor.isStaff && view.session.isLive)
        else {
            return .now(NotificationRedirect.response(.sessionInvalid, to: nil, isStaff: visitor.isStaff, on: site))
        }
        let session = view.session
        guard session.isLive else { return .now(gone(session, visitor, on: site)) }
        // Offered through a link that was not used, and entered by its owner in another way: that is a launch.
        if session.activation != nil {
            return .now(PortalSite.redirect(to: PortalRoute.environment(session.environment.rawValue).path))
        }
        guard session.isReady else { return .now(starting(view, visitor, request, on: site)) }
        if request.query == SessionHandover.missed {
            return .now(Refusal.sessionSilent(session.name, workshop: view.title).response(to: request, on: site))
        }
        // A look at the link costs nothing; the code is for whoever really comes.
        if request.method == .head {
            return .now(PortalSite.redirect(to: site.addresses.sessionURL(session.name) + "/"))
        }
        return .later { complete in
            service.entry.authorize(
                session.name, for: user.id, redirectURI: site.addresses.callbackURL(session.name), challenge: nil
            ) { result in
                switch result {
                case .success(.code(let code, _)):
                    complete(SessionHandover.redirect(to: session.name, code: code, on: site))
                case .success(.gone(let session)): complete(gone(session, visitor, on: site))
                case .success:
                    complete(
                        NotificationRedirect.response(.sessionInvalid, to: nil, isStaff: visitor.isStaff, on: site))
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }

    /// `…/progress/`: how far a session is, for the script of its progress page.
    func progress(_ name: String, _ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let visitor = try visitor(request, on: site)
        var state = "gone"
        var step = 0
        if let user = visitor.user, let view = try SessionName(rawValue: name).flatMap(service.session),
            view.session.owner == user.id || visitor.isStaff, view.session.isLive
        {
            state = view.session.isReady ? "ready" : "starting"
            step = view.session.isReady ? 2 : self.step(of: view)
        }
        let body: JSONValue = ["state": .string(state), "step": .int(step)]
        return .now(
            HTTPResponse(
                headers: ["Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"], text: body.text,
                type: "application/json"))
    }

    /// A learner comes back to a session that is no more: to the page that they came from, told why.
    func gone(_ session: WorkshopSession, _ visitor: Visitor, on site: PortalSite) -> HTTPResponse {
        NotificationRedirect.response(
            session.end == .startFailed ? .startupTimeout : .sessionInvalid,
            to: session.indexURL.flatMap(ReturnAddress.init(stored:)), isStaff: visitor.isStaff, on: site)
    }

    private func step(of view: SessionView) -> Int {
        switch service.reconciler.progress(of: view.session)?.step {
        case .waiting, nil: 0
        case .starting: 1
        case .ready: 2
        }
    }

    private func starting(
        _ view: SessionView, _ visitor: Visitor, _ request: HTTPRequest, on site: PortalSite
    ) -> HTTPResponse {
        let progress = service.reconciler.progress(of: view.session)
        let form = formToken(for: visitor, request, on: site)
        let page = StartingPage(
            session: view.session.name, workshop: view.title,
            elapsed: Double(clock.now().milliseconds - view.session.created.milliseconds) / 1000,
            usual: progress?.usually.map { Double($0) / 1000 }, step: step(of: view), formToken: form.text)
        return formPage(page.html(in: site.frame), cookie: form.cookie, on: site)
    }
}

extension SessionView {
    /// What the workshop is called, also when its definition is gone.
    fileprivate var title: String { definition?.title ?? environment.workshop }
}
