internal import HTTP
internal import Platform
internal import Portal

/// What a provider says of a user, in an ID token that has been checked (OpenID Connect Core 1.0, section 3.1.3.7).
struct IdentityToken: Equatable {
    let identity: ProviderIdentity
    /// What pages call the user.
    let displayName: String
    let isStaff: Bool

    /// Seconds by which clocks may differ.
    static let leeway = 60
    /// Seconds after which a token is too old to have been made for this login.
    static let longestAge = 600

    /// Signatures that are believed, with the type of key that each needs. Neither `none` nor anything with a shared
    /// secret is among them.
    static let algorithms = [
        "RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "PS384": "RSA", "PS512": "RSA", "ES256": "EC",
        "ES384": "EC", "ES512": "EC",
    ]

    /// What must hold of the token.
    struct Expectation {
        var provider: LoginProvider
        var nonce: String
        var now: Timestamp
    }

    /// Checks the signature and what the token says.
    /// - Parameter keys: finds the provider's keys by id and type.
    /// - Throws: `ProviderFailure` with the rule that was broken.
    init(
        _ text: String, _ expected: Expectation,
        keys: (String?, String) throws(ProviderFailure) -> [ProviderMetadata.Key]
    ) throws(ProviderFailure) {
        guard let signed = JSONWebSignature(compact: text), let header = JSONValue(parsing: signed.header) else {
            throw ProviderFailure("the ID token is no signed text")
        }
        // Extensions that must be understood are not (RFC 7515, section 4.1.11).
        guard header["crit"] == nil else { throw ProviderFailure("the ID token asks for extensions") }
        guard let algorithm = header["alg"]?.string, let type = IdentityToken.algorithms[algorithm] else {
            throw ProviderFailure("the ID token is signed in a way that is not accepted")
        }
        // Its issuer says whose keys count, and must be the one that was asked.
        guard let claims = JSONValue(parsing: signed.payload), claims["iss"]?.string == expected.provider.issuer else {
            throw ProviderFailure("the ID token comes from another issuer")
        }
        let candidates = try keys(header["kid"]?.string, type).filter { $0.algorithm ?? algorithm == algorithm }
        var isGenuine = false
        for key in candidates.prefix(10) where !isGenuine {
            // A key that cannot be read has signed nothing.
            isGenuine = (try? signed.verify(with: key.text)) ?? false
        }
        guard isGenuine else {
            throw ProviderFailure(
                candidates.isEmpty ? "no key of the provider fits the ID token" : "the ID token's signature is wrong")
        }
        self = try IdentityToken.read(claims, expected)
    }

    private static func read(_ claims: JSONValue, _ expected: Expectation) throws(ProviderFailure) -> IdentityToken {
        let client = expected.provider.clientID
        let audience = claims["aud"]?.string.map { [$0] } ?? claims["aud"]?.array?.compactMap(\.string) ?? []
        guard audience.contains(client) else { throw ProviderFailure("the ID token is for another client") }
        let authorized = claims["azp"]?.string
        guard authorized == nil ? audience.count == 1 : authorized == client else {
            throw ProviderFailure("the ID token was issued to another client")
        }
        let now = Double(expected.now.milliseconds) / 1000
        let leeway = Double(IdentityToken.leeway)
        guard let expires = claims["exp"]?.double, expires.isFinite, expires > now - leeway else {
            throw ProviderFailure("the ID token has expired")
        }
        guard let issued = claims["iat"]?.double, issued < now + leeway,
            issued > now - Double(IdentityToken.longestAge)
        else { throw ProviderFailure("the ID token was not issued just now") }
        if let begins = claims["nbf"]?.double, begins > now + leeway {
            throw ProviderFailure("the ID token is not valid yet")
        }
        guard let nonce = claims["nonce"]?.string, secretsAreEqual(nonce, expected.nonce) else {
            throw ProviderFailure("the ID token belongs to another login")
        }
        // Core 1.0, section 2: at most 255 ASCII characters.
        guard let subject = claims["sub"]?.string, !subject.isEmpty, subject.utf8.count <= 255 else {
            throw ProviderFailure("the ID token names nobody")
        }
        return IdentityToken(
            identity: ProviderIdentity(issuer: expected.provider.issuer, subject: subject),
            displayName: name(claims), isStaff: isStaff(claims, expected.provider.staffClaim))
    }

    private init(identity: ProviderIdentity, displayName: String, isStaff: Bool) {
        self.identity = identity
        self.displayName = displayName
        self.isStaff = isStaff
    }

    private static func name(_ claims: JSONValue) -> String {
        for claim in ["name", "preferred_username", "nickname", "email"] {
            let text = String(
                String.UnicodeScalarView(
                    (claims[claim]?.string ?? "").unicodeScalars.filter { !isInvisible($0) }.prefix(100)))
            if text.contains(where: { !$0.isWhitespace }) { return text }
        }
        return PortalText.nameless
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }

    private static func isStaff(_ claims: JSONValue, _ wanted: LoginProvider.StaffClaim?) -> Bool {
        guard let wanted, let claim = claims[wanted.name] else { return false }
        return claim.string == wanted.value || claim.array?.contains { $0.string == wanted.value } ?? false
    }
}
