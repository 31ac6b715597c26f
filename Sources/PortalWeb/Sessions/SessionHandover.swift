internal import HTTP
internal import Platform
internal import Portal

/// The redirect that carries a browser into its session: to the agent's callback, with an authorization code
/// (RFC 6749, section 4.1.2).
enum SessionHandover {
    /// What stands in `state` when the portal began the flow itself.
    static let state = "handover"

    static func redirect(to session: SessionName, code: SecretToken, on site: PortalSite) -> HTTPResponse {
        PortalSite.redirect(to: "\(site.addresses.callbackURL(session))?code=\(code.text)&state=\(state)")
    }
}
