internal import HTTP
internal import Platform
internal import Portal

extension BrowserHandler {
    /// `/accounts/register/` (spec/portal-http.md, section 4): an account in one step, where the portal's definition opens
    /// that. No address is asked for, because no mail is ever sent.
    func register(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let visitor = try visitor(request, on: site)
        if let gate = accessGate(visitor, request, on: site) { return .now(gate) }
        let isPost = request.method == .post
        let fields = isPost ? request.formParameters : request.queryParameters
        let next = LocalTarget.check(fields["next"])
        guard site.definition.isRegistrationOpen else {
            return .now(PortalSite.redirect(to: PortalRoute.registrationClosed.path))
        }
        if let user = visitor.user, user.kind != .anonymous {
            return .now(PortalSite.redirect(to: next ?? PortalRoute.catalog.path))
        }
        guard isPost else {
            return .now(registrationPage(RegistrationPage.Mistakes(), visitor, next: next, request, on: site))
        }
        try checkForm(fields, visitor, request, on: site)
        let name = fields["username"] ?? ""
        let password = fields["password1"] ?? ""
        var mistakes = RegistrationPage.Mistakes()
        mistakes.differs = password != fields["password2"]
        if mistakes.differs {
            return .now(registrationPage(mistakes, visitor, next: next, name: name, request, on: site))
        }
        if let seconds = registrations.admit(request.clientAddress, site.definition.launches, at: clock.now()) {
            throw Refusal.tooMany(retryAfter: seconds)
        }
        return .later { complete in
            service.accounts.register(name: name, password: password, replacing: visitor.digest) { result in
                func again(_ mistakes: RegistrationPage.Mistakes) {
                    complete(registrationPage(mistakes, visitor, next: next, name: name, request, on: site))
                }
                switch result {
                case .success(.registered(let login, _)):
                    complete(signedIn(login, next: next ?? PortalRoute.registrationComplete.path, on: site))
                case .success(.nameTaken): again(RegistrationPage.Mistakes(isTaken: true))
                case .success(.invalid(let name, let password)):
                    again(RegistrationPage.Mistakes(name: name, password: password))
                case .success(.busy(let seconds)): again(RegistrationPage.Mistakes(busy: seconds))
                case .success(.closed): complete(PortalSite.redirect(to: PortalRoute.registrationClosed.path))
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }

    private func registrationPage(
        _ mistakes: RegistrationPage.Mistakes, _ visitor: Visitor, next: String?, name: String = "",
        _ request: HTTPRequest, on site: PortalSite
    ) -> HTTPResponse {
        let form = formToken(for: visitor, request, on: site)
        let page = RegistrationPage(next: next, name: name, formToken: form.text, mistakes: mistakes)
        var response = formPage(
            page.html(in: site.frame), cookie: form.cookie, status: mistakes.busy == nil ? 200 : 503, on: site)
        if let seconds = mistakes.busy { response.headers["Retry-After"] = String(seconds) }
        return response
    }

    /// `…/complete/` and `…/closed/`: what became of it.
    func registrationResult(isComplete: Bool, on site: PortalSite) -> HTTPReply {
        typealias Text = PortalText
        var page = MessagePage(
            heading: Text.registrationClosedTitle, happened: Text.registrationClosed,
            advice: Text.registrationClosedAdvice, link: (Text.loginTitle, PortalRoute.login.path))
        if isComplete {
            page = MessagePage(
                heading: Text.registrationCompleteTitle, happened: Text.registrationComplete,
                advice: Text.registrationCompleteAdvice)
        } else if site.definition.isAnonymous {
            page.advice = Text.loginNotNeededAdvice
            page.link = (Text.backToWorkshops, PortalRoute.catalog.path)
        }
        return .now(site.page(page.html(in: site.frame)))
    }
}
