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
    /// For a session that was over before somebody asked to end it, in a browser that cannot be sent on.
    func over(returnURL: String, _ request: HTTPRequest) -> HTTPResponse {
        let message = AgentText.Message(title: AgentText.overTitle, what: AgentText.overBody, now: "")
        return page(410, message, link: (returnURL, AgentText.goBack), request)
    }

    private func page(
        _ status: Int, _ message: AgentText.Message, link: (url: String, label: String), _ request: HTTPRequest
    ) -> HTTPResponse {
        var body =
            "<main class=\"bounds narrow stack message-page\">\n<h1>\(HTMLEscaping.escaped(message.title))</h1>\n"
        body += "<p>\(HTMLEscaping.escaped(message.what)) \(HTMLEscaping.escaped(message.now))</p>\n"
        body += "<p><a class=\"button primary\" target=\"_top\" href=\"\(HTMLEscaping.escaped(link.url))\">"
        body += "\(HTMLEscaping.escaped(link.label))</a></p>\n"
        if !request.id.isEmpty {
            body += "<p class=\"soft small\">\(AgentText.requestNumber) \(HTMLEscaping.escaped(request.id))</p>\n"
        }
        return frame.response(status: status, title: message.title, body: body + "</main>\n", bodyClass: "message")
    }
}
