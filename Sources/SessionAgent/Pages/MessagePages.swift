internal import HTTP
internal import Platform

/// Pages that say what happened and what to do now, instead of what was asked for.
struct MessagePages: Sendable {
    let frame: PageFrame

    func entryRefused(_ request: HTTPRequest) -> HTTPResponse {
        page(403, AgentText.refused, link: (frame.manifest.portalURL + "/", AgentText.toThePortal), request)
    }
    func entryNotRecognised(_ request: HTTPRequest) -> HTTPResponse {
        page(403, AgentText.notRecognised, link: ("/dashboard/", AgentText.enterAgain), request)
    }
    func portalUnreachable(_ request: HTTPRequest) -> HTTPResponse {
        var response = page(503, AgentText.unreachable, link: ("/dashboard/", AgentText.tryAgain), request)
        response.headers["Retry-After"] = "5"
        return response
    }
    func notFound(_ request: HTTPRequest) -> HTTPResponse {
        page(404, AgentText.notFound, link: ("/dashboard/", AgentText.toTheLab), request)
    }
    func methodNotAllowed(allowed: String, _ request: HTTPRequest) -> HTTPResponse {
        var response = page(405, AgentText.wrongMethod, link: ("/dashboard/", AgentText.toTheLab), request)
        response.headers["Allow"] = allowed
        return response
    }
    func notOurForm(_ request: HTTPRequest) -> HTTPResponse {
        page(403, AgentText.notOurForm, link: ("/dashboard/", AgentText.toTheLab), request)
    }
    func signInFirst(_ request: HTTPRequest) -> HTTPResponse {
        page(401, AgentText.signInFirst, link: ("/dashboard/", AgentText.enterAgain), request)
    }
    func notEnded(_ request: HTTPRequest) -> HTTPResponse {
        var response = page(503, AgentText.notEnded, link: ("/dashboard/", AgentText.toTheLab), request)
        response.headers["Retry-After"] = "5"
        return response
    }
    func setupLogForStaff(_ request: HTTPRequest) -> HTTPResponse {
        page(403, AgentText.setupLogForStaff, link: ("/dashboard/", AgentText.toTheLab), request)
    }
    private func page(
        _ status: Int, _ message: AgentText.Message, link: (url: String, label: String), _ request: HTTPRequest
    ) -> HTTPResponse {
        frame.response(status: status, name: message.title, bodyClass: "message") {
            main(.class("bounds narrow stack message-page")) {
                h1 { message.title }
                p { message.now.isEmpty ? message.what : message.what + " " + message.now }
                p { a(.class("button primary"), .target("_top"), .href(link.url)) { link.label } }
                if !request.id.isEmpty { p(.class("soft small")) { "\(AgentText.requestNumber) \(request.id)" } }
            }
        }
    }
}
