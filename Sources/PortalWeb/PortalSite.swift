internal import HTTP
internal import Portal

/// What follows from the portal's definition for its pages: made once for each version of it, and passed
/// around as one reference.
final class PortalSite: Sendable {
    let definition: TrainingPortalDefinition
    let addresses: PortalAddress
    let frame: PageFrame
    let security: PageSecurity
    let cookies: BrowserCookies
    /// The external catalogue that everybody but staff is sent to (`spec.portal.index`).
    let index: ReturnAddress?

    init(definition: TrainingPortalDefinition, addresses: PortalAddress) {
        self.definition = definition
        self.addresses = addresses
        frame = PageFrame(definition: definition)
        security = PageSecurity(definition: definition)
        index = ReturnAddress(stored: definition.index)
        cookies = BrowserCookies(definition: definition, portalURL: addresses.portalURL)
    }

    func page(_ html: HTML, status: Int = 200, forms: PageSecurity.Forms = .none) -> HTTPResponse {
        HTTPResponse(status: status, headers: security.headers(forms: forms), body: .bytes(html.bytes))
    }

    /// - Parameter target: an absolute URL, or a path of this portal.
    static func redirect(to target: String, status: Int = 302) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Location": target, "Cache-Control": "no-store"])
    }
}
