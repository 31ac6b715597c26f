internal import HTTP
internal import Platform
internal import Portal

/// What a program asks for when it requests a session (spec/portal-http.md, section 3.5): checked, so that nothing of it
/// can fail later.
struct SessionRequest: Sendable, Equatable {
    /// Where the learner is sent afterwards; `nil` means the portal's own index.
    var indexURL: ReturnAddress?
    /// `nil` for a user nobody has named.
    var user: UserID?
    var email = ""
    var firstName = ""
    var lastName = ""
    /// The session that the user is expected to have.
    var session: SessionName?
    /// Seconds within which the link must be used.
    var timeout = SessionRequest.standardTimeout
    var parameters: [String: String] = [:]
    /// Where the session's events are sent to as well.
    var analyticsURL: AnalyticsAddress?

    static let standardTimeout = 60
    /// A week.
    static let longestTimeout = 7 * 86_400
    static let mostParameters = 1000
    static let longestName = 150

    private typealias Text = PortalText.API

    /// - Throws: `APIRefusal`, with the field that is wrong.
    init(_ query: QueryParameters, body: [UInt8], in portal: TrainingPortalDefinition) throws {
        indexURL = try SessionRequest.indexURL(query, in: portal)
        user = try query.last("user").flatMap(SessionRequest.user)
        email = try SessionRequest.email(query.last("email") ?? "")
        firstName = try SessionRequest.personName("first_name", query.last(["first_name", "firstname"]) ?? "")
        lastName = try SessionRequest.personName("last_name", query.last(["last_name", "lastname"]) ?? "")
        if let name = query.last("session"), !name.isEmpty {
            guard let name = SessionName(rawValue: name) else { throw APIRefusal.invalid("session", Text.badSession) }
            session = name
        }
        if let text = query.last("timeout") { timeout = try SessionRequest.timeout(text) }
        analyticsURL = try query.last("analytics_url").flatMap { try SessionRequest.analyticsURL($0, in: portal) }
        parameters = try SessionRequest.parameters(body)
    }

    private static func analyticsURL(_ text: String, in portal: TrainingPortalDefinition) throws -> AnalyticsAddress? {
        if text.isEmpty { return nil }
        switch AnalyticsAddress.parse(text, privateHosts: portal.privateAnalyticsHosts) {
        case .success(let address): return address
        case .failure(let rejection): throw APIRefusal.invalid("analytics_url", rejection.sentence)
        }
    }

    private static func indexURL(_ query: QueryParameters, in portal: TrainingPortalDefinition) throws
        -> ReturnAddress?
    {
        let text = query.last("index_url").flatMap { $0.isEmpty ? nil : $0 } ?? query.last("redirect_url") ?? ""
        let trimmed = String(text.drop { $0 == " " })
        guard !trimmed.isEmpty else {
            if portal.index.isEmpty { throw APIRefusal.invalid("index_url", Text.indexURLMissing) }
            return nil
        }
        switch ReturnAddress.parse(trimmed, allowedOrigins: portal.launches.allowedOrigins) {
        case .success(let address): return address
        case .failure(let rejection): throw APIRefusal.invalid("index_url", rejection.sentence)
        }
    }

    private static func user(_ text: String) throws -> UserID? {
        if text.isEmpty { return nil }
        guard let id = UserID(rawValue: text) else { throw APIRefusal.invalid("user", Text.badUser) }
        return id
    }

    /// One `@` with something on both sides, a domain of labels behind it, no blanks: what is beyond that only a mail
    /// server can tell.
    private static func email(_ text: String) throws -> String {
        if text.isEmpty { return text }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = text.utf8.allSatisfy { $0 > 32 && $0 != 127 }
        guard text.utf8.count <= 254, isPlain, parts.count == 2, !parts[0].isEmpty, parts[0].utf8.count <= 64 else {
            throw APIRefusal.invalid("email", Text.badEmail)
        }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1 || labels == ["localhost"],
            labels.allSatisfy({ label in
                !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { $0 >= 128 || $0 == 45 || isAlphanumeric($0) }
            })
        else { throw APIRefusal.invalid("email", Text.badEmail) }
        return text
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)
    }

    private static func personName(_ field: String, _ text: String) throws -> String {
        guard text.count <= longestName, text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
            throw APIRefusal.invalid(field, Text.badName)
        }
        return text
    }

    private static func timeout(_ text: String) throws -> Int {
        guard let seconds = Int(text), (1...longestTimeout).contains(seconds), text.utf8.first != UInt8(ascii: "+")
        else {
            throw APIRefusal.invalid("timeout", Text.badTimeout(longestTimeout))
        }
        return seconds
    }

    /// `{"parameters": [{"name": …, "value": …}]}`; no body means none. Where a name is given twice the last one counts.
    private static func parameters(_ body: [UInt8]) throws -> [String: String] {
        if body.isEmpty { return [:] }
        guard String(validating: body, as: UTF8.self) != nil, let document = JSONValue(parsing: body),
            case .object = document
        else { throw APIRefusal.invalid("body", Text.bodyIsNotJSON) }
        guard let given = document["parameters"] else { return [:] }
        guard let list = given.array else { throw APIRefusal.invalid("parameters", Text.parametersAreNoList) }
        guard list.count <= mostParameters else {
            throw APIRefusal.invalid("parameters", Text.tooManyParameters(mostParameters))
        }
        var parameters: [String: String] = [:]
        for (index, entry) in list.enumerated() {
            guard case .object = entry else { throw APIRefusal.invalid("parameters", Text.parametersAreNoList) }
            guard let name = entry["name"]?.string, !name.isEmpty, let value = entry["value"]?.string else {
                throw APIRefusal.invalid("parameters", Text.badParameter(index))
            }
            parameters[name] = value
        }
        return parameters
    }
}
