internal import HTTP
internal import Platform

/// What a visitor sees on a host of the learner's servers when no server answers.
struct IngressPages: Sendable {
    let frame: PageFrame
    private let assets: StaticFiles

    init(frame: PageFrame) {
        // The same files; on these hosts they lie where no server's path is taken away.
        assets = StaticFiles(prefix: IngressDoor.ownPrefix + "static/", frame.assets.all)
        self.frame = PageFrame(
            manifest: frame.manifest, assets: assets, frameAncestors: ["'self'", frame.manifest.sessionURL])
    }

    /// Nothing listens: the page looks again until something does, by script, or by itself where there is none.
    func waiting(_ request: HTTPRequest, port: Int) -> HTTPResponse {
        page(503, AgentText.nobodyListens(port), request, isWaiting: true)
    }

    /// Somebody listens, but gave no answer: it closed the connection, or took too long.
    func noAnswer(_ request: HTTPRequest, port: Int) -> HTTPResponse {
        page(502, AgentText.noAnswer(port), request, canReload: true)
    }

    func busy(_ request: HTTPRequest) -> HTTPResponse { page(503, AgentText.serversBusy, request, canReload: true) }
    func noSuchServer(_ request: HTTPRequest) -> HTTPResponse { page(404, AgentText.noSuchServer, request) }
    func noSuchPage(_ request: HTTPRequest) -> HTTPResponse { page(404, AgentText.noSuchPage, request) }
    func enterFirst(_ request: HTTPRequest) -> HTTPResponse { page(401, AgentText.enterServerFirst, request) }
    func cookiesMissing(_ request: HTTPRequest) -> HTTPResponse {
        page(403, AgentText.serverCookiesMissing, request)
    }

    private func page(
        _ status: Int, _ message: AgentText.Message, _ request: HTTPRequest, isWaiting: Bool = false,
        canReload: Bool = false
    ) -> HTTPResponse {
        var response = frame.response(
            status: status, name: message.title, bodyClass: "message", scripts: isWaiting ? ["waiting.js"] : [],
            refresh: isWaiting ? 3 : nil
        ) {
            main(.class("bounds narrow stack message-page"), isWaiting ? .id("waiting") : .id("message")) {
                h1 { message.title }
                p { message.what + " " + message.now }
                if isWaiting { p(.class("soft needs-script"), .role("status")) { AgentText.looksAgain } }
                if canReload { p { a(.class("button primary"), .href("")) { AgentText.tryAgain } } }
            }
        }
        if status == 503 { response.headers["Retry-After"] = "3" }
        return response
    }
}
