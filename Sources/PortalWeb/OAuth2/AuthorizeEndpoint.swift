internal import HTTP
internal import Platform
internal import Portal

extension BrowserHandler {
    /// `/oauth2/authorize/` (RFC 6749, section 4.1.1; RFC 7636): a session's agent asks who its visitor is.
    ///
    /// Nothing is redirected to an address that is not the session's own callback. Somebody who may not enter is dealt
    /// with as on the session's page: a learner who lost the cookie is told `session-invalid`.
    func authorize(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let parameters = request.queryParameters
        // Of a client that is not known for certain nothing is sent anywhere (RFC 6749, section 4.1.2.1).
        guard let name = parameters.only("client_id").flatMap(SessionName.init(rawValue:)),
            parameters.only("redirect_uri") == site.addresses.callbackURL(name)
        else { throw Refusal.badLink(PortalText.badClient) }
        let visitor = try visitor(request, on: site)
        guard try service.session(name) != nil else {
            return .now(NotificationRedirect.response(.sessionInvalid, to: nil, isStaff: visitor.isStaff, on: site))
        }
        let state = parameters["state"]
        if let error = mistake(in: parameters) { return .now(answer(["error": error], state, to: name, on: site)) }
        if let detour = try signInFirst(for: name.rawValue, visitor, request, on: site) { return .now(detour) }
        guard let user = visitor.user else {
            return .now(NotificationRedirect.response(.sessionInvalid, to: nil, on: site))
        }
        if request.method == .head { return .now(PortalSite.redirect(to: PortalRoute.session(name.rawValue).path)) }
        return .later { complete in
            service.entry.authorize(
                name, for: user.id, redirectURI: site.addresses.callbackURL(name),
                challenge: parameters["code_challenge"]
            ) { result in
                switch result {
                case .success(.code(let code, _)): complete(answer(["code": code.text], state, to: name, on: site))
                case .success(.wrongRedirect):
                    complete(Refusal.badLink(PortalText.badClient).response(to: request, on: site))
                case .success(.gone(let session)) where session.owner == user.id || visitor.isStaff:
                    complete(gone(session, visitor, on: site))
                case .success:
                    complete(
                        NotificationRedirect.response(.sessionInvalid, to: nil, isStaff: visitor.isStaff, on: site))
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }

    /// The error code for a request that is not what an agent sends (RFC 6749, section 4.1.2.1).
    private func mistake(in parameters: QueryParameters) -> String? {
        if parameters.firstRepeatedName != nil { return "invalid_request" }
        guard parameters["response_type"] == "code" else {
            return parameters["response_type"] == nil ? "invalid_request" : "unsupported_response_type"
        }
        if let scope = parameters["scope"], !scope.isEmpty, scope != "user:info" { return "invalid_scope" }
        guard parameters["code_challenge_method"] == "S256",
            let challenge = parameters["code_challenge"], ProofKey.isChallenge(challenge)
        else { return "invalid_request" }
        return nil
    }

    private func answer(
        _ answer: QueryParameters, _ state: String?, to session: SessionName, on site: PortalSite
    ) -> HTTPResponse {
        var answer = answer
        if let state { answer.add("state", state) }
        return PortalSite.redirect(to: site.addresses.callbackURL(session) + "?" + answer.encoded)
    }
}

extension URLParameters {
    /// A value that is given once.
    fileprivate func only(_ name: String) -> String? {
        let values = all(name)
        return values.count == 1 ? values[0] : nil
    }
}
