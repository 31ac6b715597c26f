internal import HTTP
internal import Platform
internal import Portal

/// Who sends a request, by the login cookie.
struct Visitor: Sendable {
    /// The cookie's text; `nil` when the browser sent none or one that stands for nothing.
    var secret: SecretToken?
    var login: LoginCookie?
    var user: PortalUser?

    var isStaff: Bool { user?.kind == .staff }
    var digest: TokenDigest? { login?.digest }
}

extension BrowserHandler {
    /// - Throws: `PortalStoreError`.
    func visitor(_ request: HTTPRequest, on site: PortalSite) throws -> Visitor {
        // Another portal under the same domain may have left a cookie of the same name: the first good one counts.
        for text in request.cookies.all(site.cookies.login).prefix(4) where !text.isEmpty {
            let secret = SecretToken(presented: text)
            if let known = try service.entry.login(secret.digest) {
                return Visitor(secret: secret, login: known.login, user: known.user)
            }
        }
        return Visitor()
    }

    /// The token for a form shown to this browser, and the cookie to set when it has none to tie it to yet.
    func formToken(for visitor: Visitor, _ request: HTTPRequest, on site: PortalSite) -> (
        text: String, cookie: SetCookie?
    ) {
        if let secret = visitor.secret { return (FormToken.text(for: secret.text), nil) }
        if let known = request.cookies[site.cookies.form], known.utf8.count == SecretToken.length {
            return (FormToken.text(for: known), nil)
        }
        let new = SecretToken.random()
        return (FormToken.text(for: new.text), site.cookies.setForm(new))
    }

    /// - Throws: `Refusal.crossSite` unless the form was shown to this browser by this portal.
    func checkForm(_ form: FormParameters, _ visitor: Visitor, _ request: HTTPRequest, on site: PortalSite) throws {
        let secrets = [visitor.secret?.text, request.cookies[site.cookies.form]].compactMap(\.self)
        guard FormToken.isGenuine(request, form: form, secrets: secrets, origin: site.addresses.portalURL) else {
            throw Refusal.crossSite
        }
    }

    /// A redirect to the access code page where this visitor has to show it first.
    func accessGate(_ visitor: Visitor, _ request: HTTPRequest, on site: PortalSite) -> HTTPResponse? {
        guard !site.definition.accessCode.isEmpty, visitor.login?.hasShownAccessCode != true, !visitor.isStaff else {
            return nil
        }
        return PortalSite.redirect(
            to: LocalTarget.detour(.accessCode, field: "redirect_url", backTo: LocalTarget.of(request)))
    }
}
