internal import HTTP
internal import Platform
internal import Portal

/// Who calls the REST API: the holder of an access token. Cookies say nothing here, so that a browser that is signed in
/// never acts for a page that it shows, and never in place of the token's user (spec/portal-http.md, weakness 7).
struct Caller: Sendable, Equatable {
    let user: PortalUser
    /// The only session that the token reaches: one that a session's agent holds lies within a learner's reach, so it is
    /// worth nothing elsewhere, whoever its user is (weakness 10).
    let session: SessionName?

    /// A program that may hand out sessions.
    var isRobot: Bool { session == nil && user.kind == .robot }
    var isStaff: Bool { user.kind == .staff }

    /// Whether this caller may ask for the session and change it: its owner, staff and robots.
    func mayReach(_ target: WorkshopSession) -> Bool {
        if let session, session != target.name { return false }
        return isStaff || user.kind == .robot || target.owner == user.id
    }
}

/// What a request's `Authorization` says (RFC 6750, section 2.1).
enum Authorization: Sendable, Equatable {
    /// It has none, or one of another kind.
    case none
    /// A token that is unknown, revoked or over.
    case dead
    case caller(Caller)

    /// - Throws: `PortalStoreError`.
    static func of(_ request: HTTPRequest, in store: any PortalStore, now: Timestamp) throws -> Authorization {
        guard let header = request.headers["Authorization"], let text = bearer(header) else { return .none }
        // Longer ones are none of ours.
        guard text.utf8.count <= 200 else { return .dead }
        let digest = SecretToken(presented: text).digest
        return try store.read { reader in
            guard let token = try reader.accessToken(digest), token.expires > now,
                let user = try reader.user(token.user)
            else { return .dead }
            return .caller(Caller(user: user, session: token.session))
        }
    }

    /// The token behind `Bearer`, whose case does not matter (RFC 9110, section 11.1).
    private static func bearer(_ header: String) -> String? {
        let bytes = header.utf8
        guard bytes.count > 7, bytes.prefix(7).elementsEqual("bearer ".utf8, by: { $0 | 32 == $1 }) else { return nil }
        let token = header.dropFirst(7).drop { $0 == " " }
        return String(token.prefix { $0 != " " })
    }
}
