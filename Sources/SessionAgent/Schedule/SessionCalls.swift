internal import HTTP
internal import Platform

/// The time that is left, more of it, and the end: passed on to the portal in the visitor's name
/// (spec/dashboard.md section 10).
struct SessionCalls: Sendable {
    let portal: PortalAPI
    let worker: PortalWorker
    let grants: VisitorGrants
    let events: EventReporter
    let pages: MessagePages
    let manifest: SessionManifest
    let log: Log

    func schedule(for visitor: Visitor) -> HTTPReply {
        pass(visitor) { [portal] in portal.schedule(token: $0) }
    }

    func extend(for visitor: Visitor) -> HTTPReply {
        log.info("a visitor asks for more time")
        return pass(visitor) { [portal] in portal.extend(token: $0) }
    }

    private func pass(_ visitor: Visitor, _ call: @escaping @Sendable (String) -> PortalAPI.Answer) -> HTTPReply {
        guard let grant = grants[visitor.id] else { return .now(json(401, "{\"status\":\"unknown\"}")) }
        return .later { [self] complete in
            let isAccepted = worker.run { [self] in
                switch call(grant.accessToken) {
                case .json(let bytes):
                    complete(json(200, bytes))
                    events.heard(schedule: bytes)
                case .gone:
                    complete(json(200, "{\"status\":\"stopped\"}"))
                    events.isOver()
                case .refused:
                    grants.remove(visitor.id)
                    complete(json(401, "{\"status\":\"unknown\"}"))
                case .unreachable: complete(unreachable)
                }
            }
            if !isAccepted { complete(unreachable) }
        }
    }

    /// Ends the session and sends the browser back to where it came from; a script gets the address to go to.
    func end(for visitor: Visitor, _ request: HTTPRequest) -> HTTPReply {
        let wantsJSON = request.headers["Accept"]?.contains("application/json") == true
        guard let grant = grants[visitor.id] else {
            return .now(wantsJSON ? json(401, "{\"status\":\"unknown\"}") : pages.signInFirst(request))
        }
        return .later { [self] complete in
            let isAccepted = worker.run { [self] in
                // Now, for afterwards the portal knows no such session any more.
                if visitor.user == grant.owner { events.sendEverything() }
                switch portal.terminate(token: grant.accessToken) {
                case .json, .gone:
                    log.info("a visitor ended the session")
                    if wantsJSON {
                        complete(json(200, "{\"return_url\":\(JSONText.quoted(grant.returnURL))}"))
                    } else {
                        complete(
                            HTTPResponse(
                                status: 303, headers: ["Location": grant.returnURL, "Cache-Control": "no-store"]))
                    }
                case .refused, .unreachable: complete(wantsJSON ? unreachable : pages.notEnded(request))
                }
            }
            if !isAccepted { complete(wantsJSON ? unreachable : pages.notEnded(request)) }
        }
    }

    private var unreachable: HTTPResponse {
        var response = json(503, "{\"status\":\"unreachable\"}")
        response.headers["Retry-After"] = "5"
        return response
    }

    /// The session's name in a header tells the script that the agent answered, and not the portal in its place.
    private func json(_ status: Int, _ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: [
                "Content-Type": "application/json", "Cache-Control": "no-store", "Lectern-Session": manifest.session,
                "X-Content-Type-Options": "nosniff",
            ], body: .bytes(body))
    }
    private func json(_ status: Int, _ body: String) -> HTTPResponse { json(status, Array(body.utf8)) }
}
