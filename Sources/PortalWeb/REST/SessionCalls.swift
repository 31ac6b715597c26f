internal import HTTP
internal import Platform
internal import Portal

extension APIHandler {
    /// `/workshops/session/<name>/…` (spec/portal-http.md, section 3.7): for the session's owner, staff and robots.
    func session(
        _ name: String, _ call: APIRoute.Call, _ caller: Caller, _ request: HTTPRequest, on site: PortalSite
    ) throws -> HTTPReply {
        guard let view = try SessionName(rawValue: name).flatMap(service.session), view.session.state != .stopped else {
            throw APIRefusal.unknownSession
        }
        let session = view.session
        guard caller.mayReach(session) else { throw APIRefusal.forbidden }
        switch call {
        case .authorize:
            guard let owner = session.owner else { throw APIRefusal.notAllocated }
            return .now(
                APIHandler.json([
                    "owner": .string(owner.rawValue), "user": .string(caller.user.id.rawValue),
                    "staff": .bool(caller.isStaff),
                ]))
        case .config:
            return .now(
                APIHandler.json([
                    "url": .string(site.addresses.sessionURL(session.name)),
                    "password": .string(service.secrets.configurationPassword(of: session.name).text),
                ]))
        case .schedule:
            return .now(APIHandler.json(APIShapes.schedule(view.schedule)))
        case .extend:
            guard session.owner != nil else { throw APIRefusal.notAllocated }
            return extend(session.name, request, on: site)
        case .terminate:
            guard session.owner != nil else { throw APIRefusal.notAllocated }
            let reason: SessionEnd = session.owner == caller.user.id ? .deleted : .terminated
            return terminate(session.name, because: reason, request, on: site)
        case .event:
            guard session.owner != nil else { throw APIRefusal.notAllocated }
            return try report(session.name, request, on: site)
        }
    }

    private func extend(_ name: SessionName, _ request: HTTPRequest, on site: PortalSite) -> HTTPReply {
        .later { complete in
            service.allocator.extend(name, by: nil) { result in
                switch result {
                case .success(.schedule(let schedule, let extended)):
                    complete(APIHandler.json(APIShapes.schedule(schedule, extended: extended)))
                case .success(.notOwner), .success(.unknown):
                    complete(response(to: APIRefusal.unknownSession, request, on: site))
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }

    private func terminate(
        _ name: SessionName, because reason: SessionEnd, _ request: HTTPRequest, on site: PortalSite
    ) -> HTTPReply {
        .later { complete in
            service.allocator.end(name, by: nil, because: reason) { result in
                switch result {
                case .success(.ended(let session)), .success(.ending(let session)):
                    complete(
                        APIHandler.json([
                            "started": APIShapes.time(session.started), "expires": APIShapes.time(session.expires),
                        ]))
                case .success(.gone), .success(.notOwner), .success(.unknown):
                    complete(response(to: APIRefusal.unknownSession, request, on: site))
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }

    /// `/workshops/user/<name>/sessions/` (section 3.6): those that are not over. A user whom nobody has heard of has none.
    func sessions(of user: String) throws -> HTTPResponse {
        let now = clock.now()
        var list: [JSONValue] = []
        if let id = UserID(rawValue: user) {
            list = try service.store.read { store in
                try store.sessions(ownedBy: id).filter(\.isLive).compactMap { session in
                    try store.environment(session.environment).map { APIShapes.owned(session, in: $0, now: now) }
                }
            }
        }
        return APIHandler.json(["user": .string(user), "sessions": .array(list)])
    }
}
