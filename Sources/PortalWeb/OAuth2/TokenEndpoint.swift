internal import HTTP
internal import Platform
internal import Portal

/// `/oauth2/token/` (RFC 6749, sections 3.2, 4 and 5; spec/portal-http.md, section 3.1): for REST clients at the front door,
/// for session agents there and on their own socket.
struct TokenEndpoint: Sendable {
    let service: PortalService
    let sites: PortalSites
    let check: ClientCheck
    let log: Log
    /// Whether the robot's grants are to be had. They are not on the agents' socket, which learners' programs can reach.
    let servesRobots: Bool

    private enum Grant: String {
        case authorizationCode = "authorization_code"
        case password
        case clientCredentials = "client_credentials"
        case refreshToken = "refresh_token"
    }

    func reply(to request: HTTPRequest) -> HTTPReply {
        let form = request.formParameters
        guard let name = form["grant_type"], !name.isEmpty else {
            return .now(OAuthAnswer.invalidRequest("grant_type is missing from the form"))
        }
        if let name = form.firstRepeatedName {
            return .now(OAuthAnswer.invalidRequest("a parameter is given twice: \(name)"))
        }
        guard let grant = Grant(rawValue: name), servesRobots || grant == .authorizationCode else {
            return .now(OAuthAnswer.error(400, "unsupported_grant_type"))
        }
        do {
            switch try check.client(of: request, form) {
            case .refused(let response):
                log.of(request: request.id).info(
                    "client refused", ("address", request.clientAddress), ("status", response.status))
                return .now(response)
            case .known(let known):
                switch (known.client, grant) {
                case (.agent(let session), .authorizationCode): return exchange(session, known, form, request)
                case (.robot, .password), (.robot, .clientCredentials), (.robot, .refreshToken):
                    return issue(grant, known, form, request)
                case (.agent, _), (.robot, .authorizationCode):
                    return .now(OAuthAnswer.error(400, "unauthorized_client", "not a grant for this client"))
                }
            }
        } catch {
            return .now(OAuthAnswer.failure(error, request, log))
        }
    }

    // MARK: REST clients

    private func issue(
        _ grant: Grant, _ known: ClientCheck.KnownClient, _ form: FormParameters, _ request: HTTPRequest
    ) -> HTTPReply {
        let asked: TokenRequest
        switch grant {
        case .password:
            guard let name = form.value("username"), let password = form.value("password") else {
                return .now(OAuthAnswer.invalidRequest("username or password is missing"))
            }
            asked = .password(Credentials(name: name, secret: password))
        case .refreshToken:
            guard let token = form.value("refresh_token") else {
                return .now(OAuthAnswer.invalidRequest("refresh_token is missing"))
            }
            asked = .refresh(SecretToken(presented: token))
        case .clientCredentials, .authorizationCode: asked = .clientCredentials
        }
        return .later { complete in
            service.tokens.grant(asked, to: known.client, scope: form.value("scope")) { result in
                switch result {
                case .success(.granted(let tokens)):
                    check.wasRight(known)
                    complete(answer(tokens))
                case .success(let refusal):
                    if case .password = asked, case .invalidGrant = refusal { check.wasWrong(known) }
                    log.of(request: request.id).info(
                        "no token", ("grant", grant.rawValue), ("address", request.clientAddress))
                    complete(answer(to: refusal, asked))
                case .failure(let error): complete(OAuthAnswer.failure(error, request, log))
                }
            }
        }
    }

    private func answer(_ tokens: IssuedTokens) -> HTTPResponse {
        var members: [JSONValue.Member] = [
            .init("access_token", .string(tokens.access.text)), .init("expires_in", .int(tokens.expiresIn)),
            .init("token_type", "Bearer"), .init("scope", .string(tokens.scope)),
        ]
        if let refresh = tokens.refresh { members.append(.init("refresh_token", .string(refresh.text))) }
        return OAuthAnswer.json(.object(members))
    }

    private func answer(to refusal: GrantOutcome, _ asked: TokenRequest) -> HTTPResponse {
        switch refusal {
        case .invalidScope: OAuthAnswer.error(400, "invalid_scope", "the scope is \(AccessToken.standardScope)")
        case .unauthorizedClient: OAuthAnswer.error(400, "unauthorized_client")
        case .invalidClient: OAuthAnswer.invalidClient("the client's credentials were changed")
        case .noRobot, .granted: OAuthAnswer.error(400, "invalid_grant", "the portal has no robot account")
        case .invalidGrant, .reused:
            if case .password = asked {
                OAuthAnswer.error(400, "invalid_grant", "no such robot, or the password is wrong")
            } else {
                OAuthAnswer.error(400, "invalid_grant", "the refresh token is unknown, expired, used or revoked")
            }
        }
    }

    // MARK: Session agents

    private func exchange(
        _ session: SessionName, _ known: ClientCheck.KnownClient, _ form: FormParameters, _ request: HTTPRequest
    ) -> HTTPReply {
        guard let code = form.value("code"), let redirect = form.value("redirect_uri") else {
            return .now(OAuthAnswer.invalidRequest("code or redirect_uri is missing"))
        }
        let exchange = CodeExchange(
            code: SecretToken(presented: code), client: session,
            clientSecret: SecretToken(presented: known.shown.secret), redirectURI: redirect,
            verifier: form.value("code_verifier"))
        return .later { complete in
            service.entry.exchange(exchange) { result in
                switch result {
                case .success(.granted(let grant)):
                    check.wasRight(known)
                    complete(answer(grant))
                case .success(.invalidClient): complete(OAuthAnswer.invalidClient("no such session"))
                case .success(.invalidGrant):
                    complete(OAuthAnswer.error(400, "invalid_grant", "the code is not good for this"))
                case .failure(let error): complete(OAuthAnswer.failure(error, request, log))
                }
            }
        }
    }

    /// Who the visitor is goes along, so that an agent need not ask for it.
    private func answer(_ grant: AccessGrant) -> HTTPResponse {
        let site = sites.current()
        let target = NotificationRedirect.url(
            .sessionDeleted, to: grant.session.indexURL.flatMap(ReturnAddress.init(stored:)), on: site)
        return OAuthAnswer.json([
            "access_token": .string(grant.token.text), "expires_in": .int(grant.expiresIn), "token_type": "Bearer",
            "scope": .string(AccessToken.standardScope),
            "session": [
                "owner": .string(grant.owner.rawValue), "user": .string(grant.user.rawValue),
                "staff": .bool(grant.isStaff),
                "return_url": .string(target.hasPrefix("/") ? site.addresses.portalURL + target : target),
            ],
        ])
    }
}

extension URLParameters {
    /// A value as RFC 6749, section 3.2, reads it: an empty one counts as left out.
    func value(_ name: String) -> String? {
        guard let value = self[name], !value.isEmpty else { return nil }
        return value
    }

    /// The first name that stands there twice, which OAuth2 requests may not have (RFC 6749, sections 3.1 and 3.2). At
    /// most 40 characters of it.
    var firstRepeatedName: String? {
        var seen: Set<String> = []
        for parameter in parameters where !seen.insert(parameter.name).inserted {
            let isPlain = parameter.name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 34 && $0 != 92 }
            return isPlain ? String(parameter.name.prefix(40)) : "one"
        }
        return nil
    }
}
