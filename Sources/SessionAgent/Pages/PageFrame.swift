internal import HTTP
internal import Platform

/// What every page of the agent has around it: the document, the assets, and the headers that confine it.
struct PageFrame: Sendable {
    let manifest: SessionManifest
    let assets: StaticFiles

    func response(
        status: Int = 200, title: String, body: String, bodyClass: String, scripts: [String] = [], styles: [String] = []
    ) -> HTTPResponse {
        var head = "<!doctype html>\n<html lang=\"en\" class=\"no-script\">\n<head>\n<meta charset=\"utf-8\">\n"
        head += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        head += "<meta name=\"robots\" content=\"noindex\">\n"
        head += "<title>\(HTMLEscaping.escaped(title))</title>\n"
        head += "<link rel=\"icon\" href=\"\(HTMLEscaping.escaped(assets.url(of: "favicon.svg")))\">\n"
        for name in ["lectern.css"] + styles + ["room.css"] {
            head += "<link rel=\"stylesheet\" href=\"\(HTMLEscaping.escaped(assets.url(of: name)))\">\n"
        }
        for name in scripts {
            head += "<script src=\"\(HTMLEscaping.escaped(assets.url(of: name)))\" defer></script>\n"
        }
        head += "</head>\n<body class=\"\(bodyClass)\">\n"
        var response = HTTPResponse(
            status: status, headers: PageFrame.headers, text: head + body + "</body>\n</html>\n",
            type: "text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = contentSecurityPolicy
        return response
    }

    /// On every answer of the agent that a browser may show.
    static let headers: HTTPHeaders = [
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    ]

    var contentSecurityPolicy: String {
        // Some browsers do not take 'self' for a WebSocket of the same host.
        let socket = "ws" + manifest.sessionURL.dropFirst(4)
        // Forms may lead on: the answer to "end" sends the browser to the page that the learner came from.
        let ancestors = manifest.frameAncestors.filter { source in
            !source.isEmpty
                && source.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") }
        }
        return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            + "media-src 'self'; connect-src 'self' \(socket); base-uri 'none'; form-action 'self' http: https:; "
            + "frame-ancestors \((["'self'"] + ancestors).joined(separator: " "))"
    }
}
