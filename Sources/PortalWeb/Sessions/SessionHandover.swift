internal import HTTP
internal import Platform
internal import Portal

/// The redirect that carries a browser into its session: to the agent's callback, with an authorization code
/// (RFC 6749, section 4.1.2).
enum SessionHandover {
    /// What stands in `state` when the portal began the flow itself.
    static let state = "handover"

    /// In the query of the session's page: the visitor was just carried into the session and nothing was there.
    static let missed = "missed"

    /// Where a request goes that was meant for a session's host and reached the portal. One that carries a code would be
    /// sent straight back with a new one, for ever, so it says that it comes from there. The wish to end the session is
    /// still one: the session's agent may have gone with it before it could answer.
    static func fallback(for session: SessionName, _ request: HTTPRequest, on site: PortalSite) -> String {
        if request.path == "/session/end" && request.method == .post {
            return site.addresses.portalURL + PortalRoute.delete(session.rawValue).path
        }
        let page = site.addresses.portalURL + PortalRoute.session(session.rawValue).path
        return request.path == "/oauth_callback" ? page + "?\(missed)" : page
    }

    static func redirect(to session: SessionName, code: SecretToken, on site: PortalSite) -> HTTPResponse {
        PortalSite.redirect(to: "\(site.addresses.callbackURL(session))?code=\(code.text)&state=\(state)")
    }
}
