internal import HTTP
internal import Platform
internal import Portal

extension BrowserHandler {
    /// `/workshops/environment/<name>/` and `…/create/` (spec/portal-http.md, sections 2.1 and 2.2): a click becomes a
    /// session. Both do the same for somebody who is signed in; for somebody who is not, `create/` makes an anonymous
    /// user where the portal takes those.
    func launch(_ name: String, isCreate: Bool, _ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let address = try indexURL(request, on: site)
        let visitor = try visitor(request, on: site)
        if let gate = accessGate(visitor, request, on: site) { return .now(gate) }
        if request.method != .post && LinkPreview.isLikely(request) {
            return .now(try preview(of: name, request, on: site))
        }
        if visitor.user == nil {
            if !site.definition.isAnonymous {
                return .now(
                    PortalSite.redirect(to: LocalTarget.detour(.login, field: "next", backTo: LocalTarget.of(request))))
            }
            if !isCreate {
                let query = request.query.isEmpty ? "" : "?" + request.query
                return .now(
                    PortalSite.redirect(
                        to: PortalRoute.create(name).path + query, status: request.method == .post ? 307 : 302))
            }
        }
        var launch = LaunchRequest(workshop: name, visitor: .browser(visitor.digest), returnAddress: address)
        launch.throttledAddress = visitor.isStaff ? nil : request.clientAddress
        launch.wantsHandover = true
        let watch = Stopwatch()
        return .later { [launch] answer in
            let complete: @Sendable (HTTPResponse) -> Void = { response in
                service.measures.record(.whole, watch)
                answer(response)
            }
            service.allocator.launch(launch) { result in
                switch result {
                case .success(.entered(let entered)): enter(entered, request, on: site, complete)
                case .success(.refused(let refusal)):
                    complete(refused(refusal, name, address, visitor, request, on: site))
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }

    /// The page to send the learner back to, checked once and for all.
    /// - Throws: `Refusal.badIndexURL`.
    private func indexURL(_ request: HTTPRequest, on site: PortalSite) throws -> ReturnAddress? {
        guard !request.query.isEmpty, let text = request.queryParameters["index_url"] else { return nil }
        let trimmed = Substring(text).drop { $0 == " " }
        guard !trimmed.isEmpty else { return nil }
        switch ReturnAddress.parse(String(trimmed), allowedOrigins: site.definition.launches.allowedOrigins) {
        case .success(let address): return address
        case .failure(let rejection): throw Refusal.badIndexURL(rejection.sentence)
        }
    }

    /// Sends the browser into its session, at once or as soon as it is ready; by way of the progress page when that takes
    /// longer than a blink.
    private func enter(
        _ entered: LaunchedSession, _ request: HTTPRequest, on site: PortalSite,
        _ complete: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        let session = entered.session.name
        @Sendable func go(isReady: Bool) {
            var response: HTTPResponse
            if isReady, let code = entered.handover {
                response = SessionHandover.redirect(to: session, code: code, on: site)
            } else {
                response = PortalSite.redirect(to: PortalRoute.session(session.rawValue).path)
            }
            if let login = entered.login { response.headers.add(site.cookies.setLogin(login.token)) }
            complete(response)
        }
        if entered.session.isReady { return go(isReady: true) }
        let until = Timestamp(milliseconds: clock.now().milliseconds + Int64(service.settings.launchPatience))
        service.reconciler.waitUntilReady(session, until: until) { readiness in
            if case .ready = readiness { go(isReady: true) } else { go(isReady: false) }
        }
    }

    /// Every refusal and where it leads. A visitor who made too many launches goes back like one who found no place:
    /// the index page knows what to do with `session-unavailable`, and nothing with a status.
    private func refused(
        _ refusal: LaunchRefusal, _ name: String, _ address: ReturnAddress?, _ visitor: Visitor, _ request: HTTPRequest,
        on site: PortalSite
    ) -> HTTPResponse {
        let reason: ReturnReason
        switch refusal {
        case .unknown:
            if isPortalStarting(waitingFor: name) { return Refusal.portalStarting.response(to: request, on: site) }
            reason = .workshopInvalid
        case .noCapacity, .portalFull, .userLimit, .environmentStopping: reason = .sessionUnavailable
        case .tooMany(let seconds):
            if address == nil && site.index == nil {
                return Refusal.tooMany(retryAfter: seconds).response(to: request, on: site)
            }
            reason = .sessionUnavailable
        case .environmentNotReady(let seconds):
            return environmentNotReady(name, startsWithin: seconds).response(to: request, on: site)
        case .otherSession, .forbiddenUser: reason = .sessionInvalid
        case .signInRequired:
            return PortalSite.redirect(to: LocalTarget.detour(.login, field: "next", backTo: LocalTarget.of(request)))
        }
        return NotificationRedirect.response(reason, to: address, isStaff: visitor.isStaff, on: site)
    }

    private func environmentNotReady(_ name: String, startsWithin seconds: Int?) -> Refusal {
        let environment = try? service.store.read { try EnvironmentLookup.find(name, in: $0) }
        if environment?.problem != nil { return .runtimeFailing }
        let title = environment.flatMap { service.definitions.workshops[$0.resource]?.title } ?? name
        return .environmentStarting(workshop: title, retryAfter: min(60, seconds ?? 3))
    }

    /// Whether a name that nothing answers to yet may do so in a moment: the portal has workshops and has not made their
    /// environments.
    private func isPortalStarting(waitingFor name: String) -> Bool {
        let definitions = service.definitions
        let isOnOffer = definitions.portal.workshops.contains { entry in
            (entry.publishedName == name || entry.name == name) && definitions.workshops[entry.name] != nil
        }
        if isOnOffer { return true }
        return !isReady && name.hasPrefix(definitions.portal.name + "-w")
    }

    /// Whether visitors can be taken: the store answers, and every workshop that should have an environment has got one.
    private var isReady: Bool {
        guard service.reconciler.isRecovered, let catalog = try? service.catalog() else { return false }
        return !catalog.entries.isEmpty || service.definitions.portal.workshops.isEmpty
    }

    /// What the link is, for somebody who looks at it without having clicked.
    private func preview(of name: String, _ request: HTTPRequest, on site: PortalSite) throws -> HTTPResponse {
        let environment = try service.store.read { try EnvironmentLookup.find(name, in: $0) }
        let workshop = environment.flatMap { service.definitions.workshops[$0.resource] }
        let target = LocalTarget.of(request)
        let page = PreviewPage(
            heading: workshop?.title ?? site.definition.title,
            text: workshop.map(\.description).flatMap { $0.isEmpty ? nil : $0 } ?? PortalText.previewText,
            url: site.addresses.portalURL + target, action: target)
        return site.page(page.html(in: site.frame), forms: .anywhere)
    }
}
