internal import HTTP
internal import Platform
internal import Portal

extension BrowserHandler {
    /// `/accounts/password_change/` (spec/portal-http.md, section 4).
    func changePassword(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let visitor = try visitor(request, on: site)
        guard let user = visitor.user, user.kind != .anonymous else {
            return .now(
                PortalSite.redirect(
                    to: LocalTarget.detour(.login, field: "next", backTo: PortalRoute.passwordChange.path)))
        }
        guard request.method == .post else {
            let account = try service.accounts.account(of: user.id)
            // The administrator's account is known by the definition, a provider's by the provider.
            guard let account, account.nameKey != nil, account.password != nil else {
                return .now(noPassword(user, on: site))
            }
            return .now(passwordPage(PasswordPage.Mistakes(), visitor, request, on: site))
        }
        let fields = request.formParameters
        try checkForm(fields, visitor, request, on: site)
        let new = fields["new_password1"] ?? ""
        guard new == fields["new_password2"] else {
            return .now(passwordPage(PasswordPage.Mistakes(differs: true), visitor, request, on: site))
        }
        return .later { complete in
            service.accounts.changePassword(
                of: user.id, from: fields["old_password"] ?? "", to: new, address: request.clientAddress,
                replacing: visitor.digest
            ) { result in
                func again(_ mistakes: PasswordPage.Mistakes) {
                    complete(passwordPage(mistakes, visitor, request, on: site))
                }
                switch result {
                case .success(.changed(let login)):
                    complete(signedIn(login, next: PortalRoute.passwordChanged.path, on: site))
                case .success(.wrong): again(PasswordPage.Mistakes(isWrong: true))
                case .success(.invalid(let problem)): again(PasswordPage.Mistakes(password: problem))
                case .success(.wait(let seconds)): again(PasswordPage.Mistakes(wait: seconds))
                case .success(.busy(let seconds)): again(PasswordPage.Mistakes(busy: seconds))
                case .success(.noPassword): complete(noPassword(user, on: site))
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }

    private func passwordPage(
        _ mistakes: PasswordPage.Mistakes, _ visitor: Visitor, _ request: HTTPRequest, on site: PortalSite
    ) -> HTTPResponse {
        let form = formToken(for: visitor, request, on: site)
        let name = visitor.user.map(displayName) ?? ""
        let page = PasswordPage(name: name, formToken: form.text, mistakes: mistakes)
        var response = formPage(page.html(in: site.frame), cookie: form.cookie, status: mistakes.status, on: site)
        if let seconds = mistakes.wait ?? mistakes.busy { response.headers["Retry-After"] = String(seconds) }
        return response
    }

    private func noPassword(_ user: PortalUser, on site: PortalSite) -> HTTPResponse {
        typealias Text = PortalText
        return site.page(
            MessagePage(
                heading: Text.passwordChangeTitle,
                happened: user.kind == .staff ? Text.passwordOfDefinition : Text.passwordOfProvider,
                advice: user.kind == .staff ? Text.passwordOfDefinitionAdvice : Text.passwordOfProviderAdvice
            ).html(in: site.frame))
    }

    /// `/accounts/password_change/done/`.
    func passwordChanged(on site: PortalSite) -> HTTPReply {
        typealias Text = PortalText
        return .now(
            site.page(
                MessagePage(
                    heading: Text.passwordChangedTitle, happened: Text.passwordChanged,
                    advice: Text.passwordChangedAdvice
                ).html(in: site.frame)))
    }

    /// `/accounts/password_reset/`: says that there is none, because no mail is sent.
    func resetPassword(on site: PortalSite) -> HTTPReply {
        typealias Text = PortalText
        return .now(
            site.page(
                MessagePage(
                    heading: Text.passwordResetTitle, happened: Text.passwordReset, advice: Text.passwordResetAdvice,
                    link: (Text.loginTitle, PortalRoute.login.path)
                ).html(in: site.frame)))
    }
}
