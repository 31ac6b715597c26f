internal import HTTP
internal import Platform
internal import Portal

extension APIHandler {
    /// `/workshops/environment/<name>/request/` (spec/portal-http.md, section 3.5): gives a user a session, held until its
    /// link is used. Asked again for the same user, it is the same session and, as long as that waits, the same link.
    func request(_ name: String, _ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let wanted = try SessionRequest(request.queryParameters, body: request.body, in: site.definition)
        var launch = LaunchRequest(
            workshop: name, visitor: .user(wanted.user ?? .unnamed(at: clock.now())), returnAddress: wanted.indexURL)
        launch.parameters = wanted.parameters
        launch.analyticsAddress = wanted.analyticsURL
        launch.details = UserDetails(email: wanted.email, firstName: wanted.firstName, lastName: wanted.lastName)
        launch.activationTimeout = wanted.timeout
        launch.expectedSession = wanted.session
        return .later { [launch] complete in
            service.allocator.launch(launch) { result in
                switch result {
                case .success(.entered(let entered)): complete(offer(entered, wanted.indexURL ?? site.index))
                case .success(.refused(let refusal)):
                    complete(refused(refusal, name, user: wanted.user, request, on: site))
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }

    private func offer(_ entered: LaunchedSession, _ indexURL: ReturnAddress?) -> HTTPResponse {
        let session = entered.session.name.rawValue
        let link: QueryParameters = ["token": entered.activation?.text ?? "", "index_url": indexURL?.text ?? ""]
        return APIHandler.json([
            "name": .string(session),
            // The old name of the same, which the reference still sends.
            "session": .string(session), "user": .string(entered.user.id.rawValue),
            "url": .string(PortalRoute.activate(session).path + "?" + link.encoded),
            "namespace": .string(session), "workshop": .string(entered.resource),
            "environment": .string(entered.session.environment.rawValue),
        ])
    }

    // MARK: Refusals

    private func refused(
        _ refusal: LaunchRefusal, _ name: String, user: UserID?, _ request: HTTPRequest, on site: PortalSite
    ) -> HTTPResponse {
        do {
            throw try explanation(of: refusal, name, user: user)
        } catch {
            return response(to: error, request, on: site)
        }
    }

    private func explanation(of refusal: LaunchRefusal, _ name: String, user: UserID?) throws -> APIRefusal {
        switch refusal {
        case .unknown: isStarting(name) ? .portalStarting : .unknownEnvironment
        case .noCapacity: .noCapacity(retryAfter: try secondsToNextEnd(in: name))
        case .portalFull: .portalFull(retryAfter: try secondsToNextEnd(in: nil))
        case .userLimit: .userLimit(retryAfter: try secondsToNextEnd(of: user))
        case .environmentNotReady(let seconds): .environmentStarting(retryAfter: seconds ?? 3)
        case .environmentStopping: .environmentStopping(retryAfter: APIHandler.unknownWait)
        case .tooMany(let seconds): .tooMany(retryAfter: seconds)
        case .signInRequired: .forbidden
        case .otherSession: .otherSession
        case .forbiddenUser: .invalid("user", PortalText.API.reservedUser)
        }
    }

    /// Seconds to wait where nobody can know.
    private static let unknownWait = 60

    /// A workshop of the definition whose environment has not been made yet.
    private func isStarting(_ name: String) -> Bool {
        let definitions = service.definitions
        return definitions.portal.workshops.contains { entry in
            (entry.publishedName == name || entry.name == name) && definitions.workshops[entry.name] != nil
        }
    }

    /// Seconds until the next session ends by itself, in one environment or anywhere.
    private func secondsToNextEnd(in name: String?) throws -> Int {
        let next = try service.store.read { store -> Timestamp? in
            guard let name else { return try store.nextExpiry() }
            guard let environment = try EnvironmentLookup.find(name, in: store) else { return nil }
            // The catalogue knows it of environments that can be searched at once.
            let entries = try service.catalog().entries
            if let known = entries.first(where: { $0.environment.name == environment.name })?.nextPlace { return known }
            return environment.limits.expires > 0 ? try store.nextExpiry() : nil
        }
        return next.map { max(1, $0.seconds(since: clock.now())) } ?? APIHandler.unknownWait
    }

    private func secondsToNextEnd(of user: UserID?) throws -> Int {
        guard let user else { return APIHandler.unknownWait }
        let next = try service.store.read {
            try $0.sessions(ownedBy: user).filter(\.isLive).compactMap(\.expires).min()
        }
        return next.map { max(1, $0.seconds(since: clock.now())) } ?? APIHandler.unknownWait
    }
}
