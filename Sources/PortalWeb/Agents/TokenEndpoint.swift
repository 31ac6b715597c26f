internal import HTTP
internal import Platform
internal import Portal

extension AgentHandler {
    /// `/oauth2/token/` (RFC 6749, sections 4.1.3 and 5): a session's agent exchanges the code that its visitor brought.
    func token(_ request: HTTPRequest) -> HTTPReply {
        let form = request.formParameters
        guard let grant = form["grant_type"] else { return .now(AgentHandler.error(400, "invalid_request")) }
        guard grant == "authorization_code" else { return .now(AgentHandler.error(400, "unsupported_grant_type")) }
        guard let client = form["client_id"].flatMap(SessionName.init(rawValue:)), let secret = form["client_secret"]
        else {
            return .now(AgentHandler.error(401, "invalid_client"))
        }
        guard let code = form["code"], let redirect = form["redirect_uri"] else {
            return .now(AgentHandler.error(400, "invalid_request"))
        }
        let exchange = CodeExchange(
            code: SecretToken(presented: code), client: client, clientSecret: SecretToken(presented: secret),
            redirectURI: redirect, verifier: form["code_verifier"])
        return .later { complete in
            service.entry.exchange(exchange) { result in
                switch result {
                case .success(.granted(let grant)): complete(answer(grant))
                case .success(.invalidClient): complete(AgentHandler.error(401, "invalid_client"))
                case .success(.invalidGrant): complete(AgentHandler.error(400, "invalid_grant"))
                case .failure(let error): complete(failure(error, request))
                }
            }
        }
    }

    private func answer(_ grant: AccessGrant) -> HTTPResponse {
        let site = sites.current()
        let target = NotificationRedirect.url(
            .sessionDeleted, to: grant.session.indexURL.flatMap(ReturnAddress.init(stored:)), on: site)
        return AgentHandler.json([
            "access_token": .string(grant.token.text), "token_type": "Bearer", "expires_in": .int(grant.expiresIn),
            "scope": "user:info",
            "session": [
                "owner": .string(grant.owner.rawValue), "user": .string(grant.user.rawValue),
                "staff": .bool(grant.isStaff),
                "return_url": .string(target.hasPrefix("/") ? site.addresses.portalURL + target : target),
            ],
        ])
    }
}
