internal import HTTP
internal import Platform
internal import Portal

/// Names and attributes of the portal's two cookies (spec/portal-http.md, section 0, "Login cookie").
struct BrowserCookies: Sendable {
    /// Says who the browser is: a secret whose digest the store knows.
    let login: String
    /// Binds forms to a browser that has no login yet.
    let form: String
    /// Keeps a login at a provider together while the browser is there.
    let providerLogin: String
    private let isSecure: Bool
    private let isFramed: Bool
    private let domain: String

    /// Seconds that a login lasts: 14 days.
    static let loginLifetime = 14 * 86_400

    /// - Parameter portalURL: as browsers see it.
    init(definition: TrainingPortalDefinition, portalURL: String) {
        // In a frame of another site browsers take only `Secure` cookies; on this machine they do so without https.
        let isWanted = !definition.frameAncestors.isEmpty
        let isSecure =
            portalURL.hasPrefix("https:") || (isWanted && SetCookie.maySecure(overPlainHTTP: portalURL))
        self.isSecure = isSecure
        isFramed = isSecure && isWanted
        domain = definition.cookieDomain
        // A cookie for a whole domain cannot have the host prefix, and needs a name of its own per portal there.
        login =
            domain.isEmpty
            ? SetCookie.hostName("lectern-login", isSecure: isSecure) : "lectern-login-\(definition.name)"
        providerLogin = SetCookie.hostName("lectern-oidc", isSecure: isSecure)
        form = SetCookie.hostName("lectern-form", isSecure: isSecure)
    }

    func setLogin(_ token: SecretToken) -> SetCookie {
        var cookie = SetCookie(login, token.text, isSecure: isSecure)
        cookie.maximumAge = BrowserCookies.loginLifetime
        frame(&cookie)
        if !domain.isEmpty { cookie.domain = domain }
        return cookie
    }

    func removeLogin() -> SetCookie { setLogin(SecretToken(presented: "")).removed() }

    /// Lax, so that it comes along when the provider sends the browser back.
    func setProviderLogin(_ value: String) -> SetCookie {
        var cookie = SetCookie(providerLogin, value, isSecure: isSecure)
        cookie.maximumAge = ProviderLogin.lifetime
        return cookie
    }

    func removeProviderLogin() -> SetCookie { setProviderLogin("").removed() }

    func setForm(_ token: SecretToken) -> SetCookie {
        var cookie = SetCookie(form, token.text, isSecure: isSecure)
        frame(&cookie)
        return cookie
    }

    /// Sent in a frame of another site where the portal allows that, kept apart for each such site.
    private func frame(_ cookie: inout SetCookie) {
        cookie.sameSite = isFramed ? .none : .lax
        cookie.isPartitioned = isFramed
    }
}
