internal import HTTP
internal import Platform
internal import Portal

/// Answers of the OAuth2 endpoints: JSON that nobody may keep (RFC 6749, sections 5.1 and 5.2).
enum OAuthAnswer {
    static func json(_ value: JSONValue, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: ["Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"],
            text: value.text, type: "application/json")
    }

    /// - Parameters:
    ///   - code: of the standard, for the client's program.
    ///   - description: for its developer: ASCII without quotes and backslashes.
    static func error(_ status: Int, _ code: String, _ description: String? = nil) -> HTTPResponse {
        var members: [JSONValue.Member] = [.init("error", .string(code))]
        if let description { members.append(.init("error_description", .string(description))) }
        return json(.object(members), status: status)
    }

    static func invalidRequest(_ description: String) -> HTTPResponse { error(400, "invalid_request", description) }

    /// Says how clients authenticate, whichever way this one tried (RFC 6749, section 5.2; RFC 9110, section 15.5.2).
    static func invalidClient(_ description: String) -> HTTPResponse {
        var response = error(401, "invalid_client", description)
        response.headers["WWW-Authenticate"] = "Basic realm=\"lectern\", charset=\"UTF-8\""
        return response
    }

    static func tooManyGuesses(retryAfter seconds: Int) -> HTTPResponse {
        var response = error(429, "temporarily_unavailable", "too many failed attempts from this address; wait")
        response.headers["Retry-After"] = String(max(1, seconds))
        return response
    }

    static func methodNotAllowed(allow: String) -> HTTPResponse {
        var response = error(405, "invalid_request", "this address takes \(allow)")
        response.headers["Allow"] = allow
        return response
    }

    /// The log has the rest.
    static func failure(_ error: any Error, _ request: HTTPRequest, _ log: Log) -> HTTPResponse {
        log.of(request: request.id).error(
            "token request failed", ("path", request.path), ("error", "\(error)"))
        guard error is PortalStoreError else { return OAuthAnswer.error(500, "server_error") }
        var response = OAuthAnswer.error(503, "temporarily_unavailable", "nothing can be written at the moment")
        response.headers["Retry-After"] = "5"
        return response
    }
}
