internal import HTTP
internal import Platform

/// What every page of the agent has around it: the document, the assets, and the headers that confine it.
struct PageFrame: Sendable {
    let manifest: SessionManifest
    let assets: StaticFiles
    /// Whose pages may stand in a frame of this one.
    var frameSources = ["'self'"]
    /// Whoever may show this one in a frame, beside those whom the portal names.
    var frameAncestors = ["'self'"]

    func response(
        status: Int = 200, name: String, bodyClass: String, scripts: [String] = [], styles: [String] = [],
        refresh: Int? = nil, @HTMLBuilder content: () -> HTML
    ) -> HTTPResponse {
        let document = HTML.document(language: "en", .class("no-script")) {
            meta(.name("viewport"), .content("width=device-width, initial-scale=1"))
            meta(.name("color-scheme"), .content("light dark"))
            meta(.name("robots"), .content("noindex, nofollow"))
            title { name }
            link(.rel("icon"), .href(assets.url(of: "favicon.svg")), .type("image/svg+xml"))
            for file in ["lectern.css"] + styles + ["room.css"] {
                link(.rel("stylesheet"), .href(assets.url(of: file)))
            }
            if let refresh { noscript { meta(HTML.Attribute("http-equiv", "refresh"), .content(String(refresh))) } }
            for file in scripts { script(.src(assets.url(of: file)), HTML.Attribute("defer")) }
        } body: {
            body(.class(bodyClass)) { content() }
        }
        var response = HTTPResponse(status: status, headers: PageFrame.headers, html: document)
        response.headers["Content-Security-Policy"] = contentSecurityPolicy
        return response
    }

    /// On every answer of the agent that a browser may show.
    static let headers: HTTPHeaders = [
        "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
    ]

    var contentSecurityPolicy: String {
        // Some browsers do not take 'self' for a WebSocket of the same host.
        let socket = "ws" + manifest.sessionURL.dropFirst(4)
        // Forms may lead on: the answer to "end" sends the browser to the page that the learner came from.
        return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            + "media-src 'self'; connect-src 'self' \(socket); frame-src \(frameSources.joined(separator: " ")); base-uri 'none'; form-action 'self' http: https:; "
            + "frame-ancestors \((frameAncestors + PageFrame.sources(manifest.frameAncestors)).joined(separator: " "))"
    }

    /// Sources of a policy (CSP 3, section 2.3.1) without those that would end its directive.
    static func sources(_ texts: [String]) -> [String] {
        texts.filter { source in
            !source.isEmpty
                && source.utf8.allSatisfy {
                    $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",")
                }
        }
    }
}
