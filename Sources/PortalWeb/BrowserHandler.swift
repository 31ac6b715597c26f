internal import HTTP
internal import Platform
internal import Portal

/// Answers browsers: finds the route, applies what holds for all of them, and lets the endpoint's own file do the rest.
struct BrowserHandler: HTTPHandler {
    let service: PortalService
    let sites: PortalSites
    let guesses = GuessThrottle()
    let registrations = RegistrationThrottle()
    let catalogs = CatalogPages()
    let operating: OperatingEndpoints
    let oauth: OAuthEndpoints
    let api: APIHandler
    let live: LiveFeed
    /// `nil` where no other server can be asked.
    let providers: ProviderLogin?
    let clock: WallClock
    let log: Log

    /// Bytes of a form at most.
    static let longestForm = 16 * 1024

    func reply(to request: HTTPRequest) -> HTTPReply {
        let watch = Stopwatch()
        var label = RouteLabel.unknown
        let reply = reply(to: request, label: &label)
        return operating.requests.measured(reply, to: request, as: label, since: watch)
    }

    private func reply(to request: HTTPRequest, label: inout RouteLabel) -> HTTPReply {
        let site = sites.current()
        // A session's socket is missing: whoever comes from its host is told on the session's page here.
        // So is whoever comes from the host of a server in it.
        if let host = request.headers["Host"].flatMap(site.addresses.session(hostHeader:)),
            let session = SessionHosts.session(label: host.rawValue, portal: site.definition.name)
        {
            label = .sessionHost
            return .now(PortalSite.redirect(to: SessionHandover.fallback(for: session, request, on: site)))
        }
        switch PortalRoute.match(request.path) {
        case .nothing:
            // Whoever shows credentials is a program.
            if request.headers.contains("Authorization") {
                return .now(APIRefusal.notFound.response(to: request, realm: site.definition.name))
            }
            return .now(Refusal.notFound.response(to: request, on: site))
        case .route(.api(let call)):
            label = call.label
            return api.reply(call, request, on: site)
        case .lacksSlash:
            let query = request.query.isEmpty ? "" : "?" + request.query
            return .now(
                HTTPResponse(
                    status: request.method.isSafe ? 301 : 308, headers: ["Location": request.path + "/" + query]))
        case .route(let route):
            label = route.label
            if let reply = oauth.reply(route, request) { return reply }
            let method = request.method == .head ? .get : request.method
            guard route.methods.contains(method) else {
                return .now(Refusal.methodNotAllowed(allow: route.allow).response(to: request, on: site))
            }
            guard request.body.count <= BrowserHandler.longestForm else {
                return .now(Refusal.tooLarge.response(to: request, on: site))
            }
            do {
                return try answer(route, request, on: site)
            } catch {
                return .now(response(to: error, request, on: site))
            }
        }
    }

    private func answer(_ route: PortalRoute, _ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        switch route {
        case .catalog: try catalog(request, on: site)
        case .index: try index(request, on: site)
        case .accessCode: try accessCode(request, on: site)
        case .environment(let name): try launch(name, isCreate: false, request, on: site)
        case .create(let name): try launch(name, isCreate: true, request, on: site)
        case .session(let name): try session(name, request, on: site)
        case .progress(let name): try progress(name, request, on: site)
        case .activate(let name): try activate(name, request, on: site)
        case .delete(let name): try delete(name, request, on: site)
        case .createAnonymous: try createAnonymous(request, on: site)
        case .registration: try register(request, on: site)
        case .registrationComplete: registrationResult(isComplete: true, on: site)
        case .registrationClosed: registrationResult(isComplete: false, on: site)
        case .login: try login(request, on: site)
        case .logout: try logout(request, on: site)
        case .passwordChange: try changePassword(request, on: site)
        case .passwordChanged: passwordChanged(on: site)
        case .passwordReset: resetPassword(on: site)
        case .providerLogin: try providerLogin(request, on: site)
        case .providerCallback: try providerCallback(request, on: site)
        case .authorize: try authorize(request, on: site)
        case .token, .revoke, .revokeToken, .introspect, .authorizationServer: throw Refusal.notFound
        case .admin: try admin(request, on: site)
        case .adminEvents: try adminEvents(request, on: site)
        case .adminLog: try adminLog(request, on: site)
        case .adminAct: try adminAct(request, on: site)
        case .adminLogin: adminLogin(request, on: site)
        case .staticFile(let name): file(name, in: site.frame.files, request, on: site)
        case .themeFile(let name): file(name, in: site.frame.theme, request, on: site)
        case .health: operating.health()
        case .readiness: operating.readiness(request, isOperator: (try? isOperator(request)) ?? false)
        case .metrics:
            try isOperator(request) ? operating.metrics() : .now(Refusal.notFound.response(to: request, on: site))
        case .robots, .favicon: plain(route, request, on: site)
        case .openAPI: apiDocument()
        case .docs: apiPage(on: site)
        case .api(let call): api.reply(call, request, on: site)
        }
    }

    /// Whether the request may read what is for operators. A token that a session's agent holds does not count, whoever
    /// looks at that session.
    private func isOperator(_ request: HTTPRequest) throws -> Bool {
        if OperatorAccess.isDirect(request) { return true }
        guard case .caller(let caller) = try Authorization.of(request, in: service.store, now: clock.now()) else {
            return false
        }
        return caller.session == nil && (caller.isStaff || caller.isRobot)
    }

    /// What a failure looks like to a visitor; the log has the rest.
    func response(to error: any Error, _ request: HTTPRequest, on site: PortalSite) -> HTTPResponse {
        if let refusal = error as? Refusal { return refusal.response(to: request, on: site) }
        if let detour = error as? SignInFirst { return detour.response }
        let refusal: Refusal = error is PortalStoreError ? .storeFailing : .failed
        log.of(request: request.id).error("request failed", ("path", request.path), ("error", "\(error)"))
        return refusal.response(to: request, on: site)
    }

    /// A page with a form, tied to this browser.
    func formPage(
        _ html: HTML, cookie: SetCookie?, status: Int = 200, forms: PageSecurity.Forms = .anywhere, on site: PortalSite
    ) -> HTTPResponse {
        var response = site.page(html, status: status, forms: forms)
        if let cookie { response.headers.add(cookie) }
        return response
    }
}
