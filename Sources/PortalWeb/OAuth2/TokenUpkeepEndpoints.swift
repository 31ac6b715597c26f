internal import HTTP
internal import Platform
internal import Portal

/// `/oauth2/revoke/`, also as `/oauth2/revoke-token/` (RFC 7009), and `/oauth2/introspect/` (RFC 7662): for the client that
/// a token was issued to.
struct TokenUpkeepEndpoints: Sendable {
    let service: PortalService
    let check: ClientCheck
    let log: Log

    /// Says nothing about whether there was such a token (RFC 7009, section 2.2).
    func revoke(_ request: HTTPRequest) -> HTTPReply {
        withToken(of: request) { token, known in
            .later { complete in
                service.tokens.revoke(token, by: known.client) { result in
                    switch result {
                    case .success(.revoked), .success(.unknown):
                        complete(HTTPResponse(headers: ["Cache-Control": "no-store", "Pragma": "no-cache"]))
                    case .success(.notTheirs):
                        // RFC 7009, section 2.1: the client is told.
                        complete(OAuthAnswer.error(400, "invalid_grant", "the token was issued to another client"))
                    case .failure(let error): complete(OAuthAnswer.failure(error, request, log))
                    }
                }
            }
        }
    }

    /// What is not good, unknown, or another client's looks the same (RFC 7662, section 2.2).
    func introspect(_ request: HTTPRequest) -> HTTPReply {
        withToken(of: request) { token, known in
            guard let facts = try service.tokens.introspect(token, by: known.client) else {
                return .now(OAuthAnswer.json(["active": false]))
            }
            var members: [JSONValue.Member] = [
                .init("active", true), .init("scope", .string(facts.scope)), .init("client_id", .string(facts.client)),
                .init("username", .string(facts.user.rawValue)),
            ]
            if facts.isAccessToken { members.append(.init("token_type", "Bearer")) }
            members += [
                .init("exp", .int(seconds(facts.expires))), .init("iat", .int(seconds(facts.issued))),
                .init("sub", .string(facts.user.rawValue)), .init("iss", .string(service.address.portalURL)),
            ]
            if let session = facts.session { members.append(.init("session", .string(session.rawValue))) }
            return .now(OAuthAnswer.json(.object(members)))
        }
    }

    /// A moment as JWT's NumericDate (RFC 7519, section 2), rounded down.
    private func seconds(_ moment: Timestamp) -> Int { moment.seconds(since: Timestamp(seconds: 0)) }

    /// What kind of token it is shows by itself, so that `token_type_hint` is not needed.
    private func withToken(
        of request: HTTPRequest, _ body: (SecretToken, ClientCheck.KnownClient) throws -> HTTPReply
    ) -> HTTPReply {
        let form = request.formParameters
        if let name = form.firstRepeatedName {
            return .now(OAuthAnswer.invalidRequest("a parameter is given twice: \(name)"))
        }
        do {
            switch try check.client(of: request, form) {
            case .refused(let response): return .now(response)
            case .known(let known):
                check.wasRight(known)
                guard let token = form.value("token") else {
                    return .now(OAuthAnswer.invalidRequest("token is missing from the form"))
                }
                return try body(SecretToken(presented: token), known)
            }
        } catch {
            return .now(OAuthAnswer.failure(error, request, log))
        }
    }
}
