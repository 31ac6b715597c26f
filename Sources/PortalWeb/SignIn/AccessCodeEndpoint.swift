internal import HTTP
internal import Platform
internal import Portal

extension BrowserHandler {
    /// `/workshops/access/` (spec/portal-http.md, section 1.1).
    ///
    /// A code in the address, as the reference's command line tool sends it, is taken out of it by a redirect whether it
    /// is right or wrong, so that it stays in no history and no `Referer`.
    func accessCode(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let isPost = request.method == .post
        let fields = isPost ? request.formParameters : request.queryParameters
        guard let target = LocalTarget.check(fields["redirect_url"].map(BrowserHandler.trimmed)) else {
            throw Refusal.badTarget
        }
        let visitor = try visitor(request, on: site)
        let needsNone = site.definition.accessCode.isEmpty || visitor.login?.hasShownAccessCode == true
        if needsNone && request.method != .head { return .now(PortalSite.redirect(to: target)) }
        let again = LocalTarget.detour(.accessCode, field: "redirect_url", backTo: target)
        guard isPost || (request.method == .get && fields["password"] != nil) else {
            let form = formToken(for: visitor, request, on: site)
            let page = AccessCodePage(target: target, formToken: form.text, isWrong: fields["wrong"] != nil)
            return .now(formPage(page.html(in: site.frame), cookie: form.cookie, on: site))
        }
        if isPost { try checkForm(fields, visitor, request, on: site) }
        let address = LaunchThrottle.network(of: request.clientAddress)
        let now = clock.now()
        if let seconds = guesses.wait(of: address, at: now) { throw Refusal.tooMany(retryAfter: seconds) }
        guard secretsAreEqual(fields["password"] ?? "", site.definition.accessCode) else {
            guesses.wasWrong(address, at: now)
            if !isPost { return .now(PortalSite.redirect(to: again + "&wrong=1")) }
            let form = formToken(for: visitor, request, on: site)
            let page = AccessCodePage(target: target, formToken: form.text, isWrong: true)
            return .now(formPage(page.html(in: site.frame), cookie: form.cookie, on: site))
        }
        guesses.wasRight(address)
        return .later { complete in
            service.rememberAccessCode(shownBy: visitor.digest) { result in
                switch result {
                case .success(let login):
                    var response = PortalSite.redirect(to: target, status: isPost ? 303 : 302)
                    if let login { response.headers.add(site.cookies.setLogin(login.token)) }
                    complete(response)
                case .failure(let error): complete(self.response(to: error, request, on: site))
                }
            }
        }
    }

    static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.first == " " { text = text.dropFirst() }
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
