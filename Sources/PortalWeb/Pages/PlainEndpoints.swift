internal import HTTP
internal import Portal

/// Files, probes and what programs ask for.
extension BrowserHandler {
    func file(_ name: String, in files: StaticFiles, _ request: HTTPRequest, on site: PortalSite) -> HTTPReply {
        .now(files.response(name: name, to: request) ?? Refusal.notFound.response(to: request, on: site))
    }

    func plain(_ route: PortalRoute, _ request: HTTPRequest, on site: PortalSite) -> HTTPReply {
        switch route {
        case .health:
            return .now(BrowserHandler.text("ok\n", maximumAge: 0))
        case .readiness:
            // Ready is who can take visitors: the store answers and the portal has finished starting.
            let isReady = self.isReady
            var response = BrowserHandler.text(isReady ? "ready\n" : "starting\n", maximumAge: 0)
            if !isReady {
                response.status = 503
                response.headers["Retry-After"] = "2"
            }
            return .now(response)
        case .robots:
            return .now(BrowserHandler.text("User-agent: *\nDisallow: /\n", maximumAge: 86_400))
        default:
            return file("favicon.svg", in: site.frame.files, request, on: site)
        }
    }

    private static func text(_ text: String, maximumAge: Int) -> HTTPResponse {
        HTTPResponse(
            headers: [
                "Cache-Control": maximumAge > 0 ? "public, max-age=\(maximumAge)" : "no-store",
                "X-Content-Type-Options": "nosniff",
            ], text: text)
    }
}
