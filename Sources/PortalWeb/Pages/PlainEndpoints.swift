internal import HTTP
internal import Portal

/// Files, and what programs ask for.
extension BrowserHandler {
    func file(_ name: String, in files: StaticFiles, _ request: HTTPRequest, on site: PortalSite) -> HTTPReply {
        .now(files.response(name: name, to: request) ?? Refusal.notFound.response(to: request, on: site))
    }

    func plain(_ route: PortalRoute, _ request: HTTPRequest, on site: PortalSite) -> HTTPReply {
        route == .robots
            ? .now(PlainText.response("User-agent: *\nDisallow: /\n", maximumAge: 86_400))
            : file("favicon.svg", in: site.frame.files, request, on: site)
    }
}
