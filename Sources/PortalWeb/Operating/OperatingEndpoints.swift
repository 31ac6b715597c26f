internal import HTTP
internal import Platform
internal import Portal

/// Health, readiness and metrics: for browsers' port and for the operators' own.
struct OperatingEndpoints: Sendable {
    let service: PortalService
    let requests: RequestMeasures
    let version: String

    /// The process answers.
    func health() -> HTTPReply { .now(PlainText.response("ok\n")) }

    /// Whether visitors can be taken: 200 or 503. What is in the way is for operators.
    func readiness(_ request: HTTPRequest, isOperator: Bool) -> HTTPReply {
        let wantsDetails = isOperator && OperatingEndpoints.wantsJSON(request)
        return .later { complete in
            service.readiness { readiness in
                complete(
                    wantsDetails
                        ? OperatingEndpoints.details(readiness) : OperatingEndpoints.plain(readiness))
            }
        }
    }

    private static func wantsJSON(_ request: HTTPRequest) -> Bool {
        request.headers["Accept"]?.contains("application/json") == true || request.query == "verbose"
    }

    private static func plain(_ readiness: PortalReadiness) -> HTTPResponse {
        if readiness.isReady { return PlainText.response("ready\n") }
        return unready(PlainText.response(readiness.problems[.process] == nil ? "starting\n" : "stopping\n"))
    }

    private static func details(_ readiness: PortalReadiness) -> HTTPResponse {
        let parts = PortalReadiness.Part.allCases.map { part in
            let problem = readiness.problems[part]
            var members: [JSONValue.Member] = [.init("ok", .bool(problem == nil))]
            if let problem { members.append(.init("problem", .string(problem))) }
            return JSONValue.Member(part.rawValue, .object(members))
        }
        let body = JSONValue.object([
            .init("ready", .bool(readiness.isReady)), .init("checks", .object(parts)),
        ])
        let response = HTTPResponse(
            headers: ["Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"], text: body.text,
            type: "application/json")
        return readiness.isReady ? response : unready(response)
    }

    private static func unready(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        response.status = 503
        response.headers["Retry-After"] = "2"
        return response
    }

    /// Everything that is measured.
    func metrics() -> HTTPReply {
        .now(
            HTTPResponse(
                headers: [
                    "Content-Type": MetricsText.contentType, "Cache-Control": "no-store",
                    "X-Content-Type-Options": "nosniff",
                ],
                body: .bytes(MetricsPage(service: service, requests: requests, version: version).bytes)))
    }
}

/// Short answers for programs.
enum PlainText {
    static func response(_ text: String, maximumAge: Int = 0) -> HTTPResponse {
        HTTPResponse(
            headers: [
                "Cache-Control": maximumAge > 0 ? "public, max-age=\(maximumAge)" : "no-store",
                "X-Content-Type-Options": "nosniff",
            ], text: text)
    }
}

/// Answers on a port of the operators' own (`--operator-listen`): whoever reaches it may read everything there.
struct OperatorHandler: HTTPHandler {
    let endpoints: OperatingEndpoints

    func reply(to request: HTTPRequest) -> HTTPReply {
        guard request.method.isSafe else {
            var response = PlainText.response("Only GET and HEAD.\n")
            response.status = 405
            response.headers["Allow"] = "GET, HEAD"
            return .now(response)
        }
        switch request.path {
        case PortalRoute.metrics.path: return endpoints.metrics()
        case PortalRoute.health.path: return endpoints.health()
        case PortalRoute.readiness.path: return endpoints.readiness(request, isOperator: true)
        default:
            var response = PlainText.response("There is /metrics, /healthz and /readyz.\n")
            response.status = 404
            return .now(response)
        }
    }
}
