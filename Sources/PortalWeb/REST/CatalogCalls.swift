internal import HTTP
internal import Platform
internal import Portal

extension APIHandler {
    /// `/workshops/catalog/environments/` and `/workshops/catalog/workshops/` (spec/portal-http.md, sections 3.2 and 3.3).
    func catalog(
        _ route: APIRoute, _ authorization: Authorization, _ request: HTTPRequest, on site: PortalSite
    ) throws -> HTTPResponse {
        let isRobot = try mayReadCatalog(authorization, on: site)
        guard service.reconciler.isRecovered else { throw APIRefusal.portalStarting }
        let pieces = try catalogs.pieces(service)
        if route == .workshops { return APIHandler.json(pieces.allWorkshops) }
        if request.query.isEmpty { return APIHandler.json(pieces.allEnvironments) }
        let filter = try CatalogFilter(request.queryParameters, isRobot: isRobot)
        if filter.isPlain { return APIHandler.json(pieces.allEnvironments) }
        return APIHandler.json(try environments(filter, pieces))
    }

    /// - Returns: whether the caller is a robot. Where the catalogue is public, a token that is worth nothing does no harm.
    private func mayReadCatalog(_ authorization: Authorization, on site: PortalSite) throws -> Bool {
        if site.definition.isCatalogPublic {
            if case .caller(let caller) = authorization { return caller.isRobot }
            return false
        }
        let caller = try require(authorization)
        guard caller.session == nil else { throw APIRefusal.forbidden }
        return caller.isRobot
    }

    private func environments(_ filter: CatalogFilter, _ pieces: CatalogAnswers.Pieces) throws -> [UInt8] {
        let now = clock.now()
        let lists = filter.listsSessions ? try catalogs.sessions(pieces, service.store, now: now) : [:]
        let noSessions = Array((filter.listsSessions ? ",\"sessions\":[]" : "").utf8)
        let end = Array("}".utf8)
        var elements: [[UInt8]] = []
        for (index, item) in pieces.items.enumerated() where filter.matches(item) {
            elements.append(pieces.environments[index] + (lists[item.environment.name] ?? noSessions) + end)
        }
        if !filter.states.isDisjoint(with: [.stopping, .stopped]) {
            elements += try departed(filter, now: now)
        }
        return CatalogAnswers.list(pieces.opening, "environments", elements)
    }

    /// Stopped environments listed at most, the latest first.
    private static let stoppedListed = 100

    /// Environments that take nobody any more; seldom asked for, so read each time.
    private func departed(_ filter: CatalogFilter, now: Timestamp) throws -> [[UInt8]] {
        let definitions = service.definitions
        return try service.store.read { store in
            var environments = try store.environments().filter { $0.state == .stopping }
            if filter.states.contains(.stopped) {
                environments += try store.stoppedEnvironments(limit: APIHandler.stoppedListed)
            }
            var elements: [[UInt8]] = []
            for environment in environments {
                let item = CatalogItem(environment, try store.counts(of: environment.name), in: definitions)
                guard filter.matches(item) else { continue }
                let list =
                    filter.listsSessions ? try CatalogAnswers.sessions(of: environment, in: store, now: now) : []
                elements.append(CatalogAnswers.open(item.json) + list + Array("}".utf8))
            }
            return elements
        }
    }

    /// `/workshops/environment/<name>/status/` (section 3.4), by the name of an environment or workshop.
    func status(of name: String, _ request: HTTPRequest, on site: PortalSite) throws -> HTTPResponse {
        let listsSessions = request.queryParameters.last("sessions").map(CatalogFilter.isTrue) ?? false
        let definitions = service.definitions
        let now = clock.now()
        let bytes = try service.store.read { store -> [UInt8]? in
            // An environment that was replaced is still told about; only launches follow to its successor.
            let exact = try EnvironmentName(rawValue: name).flatMap(store.environment)
            guard let environment = try exact ?? EnvironmentLookup.find(name, in: store) else { return nil }
            let item = CatalogItem(environment, try store.counts(of: environment.name), in: definitions)
            let list = listsSessions ? try CatalogAnswers.sessions(of: environment, in: store, now: now) : []
            return CatalogAnswers.open(item.status) + list + Array("}".utf8)
        }
        guard let bytes else { throw APIRefusal.unknownEnvironment }
        return APIHandler.json(bytes)
    }
}
