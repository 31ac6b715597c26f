internal import HTTP
internal import Platform

/// The addresses below `/examiner/`: running a check, stopping one, and how a page's way on stands.
struct CheckRoutes: Sendable {
    /// Who asks.
    struct Caller: Sendable {
        /// Whether what they pass counts for the session.
        let isOwner: Bool
        /// Whether no page is closed to them.
        let seesAll: Bool
        /// Whether the request is proven to come from our page.
        let isOurForm: Bool
    }

    let examiner: Examiner
    let passed: PassedChecks
    let gate: PageGate
    let library: InstructionLibrary
    let pages: MessagePages
    let session: String

    /// - Parameter path: what follows `/examiner/`.
    func reply(_ path: String, to request: HTTPRequest, from caller: Caller) -> HTTPReply {
        if path == "way-on" {
            guard request.method == .get else { return .now(pages.methodNotAllowed(allowed: "GET", request)) }
            return .now(wayOn(request, caller))
        }
        guard path == "stop" || path.hasPrefix("test/") else { return .now(pages.notFound(request)) }
        guard request.method == .post else { return .now(pages.methodNotAllowed(allowed: "POST", request)) }
        guard caller.isOurForm else { return .now(pages.notOurForm(request)) }
        if path == "stop" {
            examiner.stop(JSONValue(parsing: request.body)?["run"]?.string ?? "")
            return .now(HTTPResponse(status: 204, headers: headers))
        }
        return test(PercentEncoding.decode(String(path.dropFirst("test/".count))), request, caller)
    }

    private func test(_ name: String, _ request: HTTPRequest, _ caller: Caller) -> HTTPReply {
        let check: CheckRequest
        do throws(CheckRequest.Problem) {
            check = try CheckRequest(name: name, body: request.body)
        } catch {
            return .now(response(CheckAnswer(status: 400, isPassed: false, message: AgentText.badCheckRequest)))
        }
        return .later { [self] answer in
            examiner.run(check) { told in
                if told.isPassed && caller.isOwner {
                    passed.add(CheckCall(name: check.name, arguments: check.arguments))
                }
                answer(response(told))
            }
        }
    }

    private func response(_ told: CheckAnswer) -> HTTPResponse {
        var response = HTTPResponse(
            status: told.status, headers: headers,
            json: ["success": .bool(told.isPassed), "message": .string(told.message)])
        if told.status == 503 { response.headers["Retry-After"] = "1" }
        return response
    }

    /// The buttons to the pages before and after, and the contents, for a page whose check has just passed.
    private func wayOn(_ request: HTTPRequest, _ caller: Caller) -> HTTPResponse {
        guard let rendered = library.rendered(request.queryParameters["page"] ?? "") else {
            return pages.notFound(request)
        }
        let view = gate.view(seesAll: caller.seesAll)
        guard !view.locked.contains(rendered.page.id) else { return pages.notFound(request) }
        return HTTPResponse(
            headers: headers, html: InstructionHTML.wayOn(from: rendered, in: library.pages(), view: view))
    }

    private var headers: HTTPHeaders { ["Cache-Control": "no-store", "Lectern-Session": session] }
}
