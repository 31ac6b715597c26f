internal import HTTP
internal import Platform
internal import Portal

/// How a client says who it is: HTTP Basic, or `client_id` and `client_secret` in the form (RFC 6749, section 2.3.1).
enum ClientCredentials {
    /// What can be meant, most likely first.
    case shown([Credentials])
    /// No secret. The id, where there is one, proves nothing.
    case missing(id: String?)
    /// More than one way at once, or a header that cannot be read; the text says which.
    case malformed(String)

    /// Longest id and longest secret, in bytes.
    private static let longest = 1024

    init(_ request: HTTPRequest, _ form: FormParameters) {
        let id = form["client_id"].flatMap { $0.isEmpty ? nil : $0 }
        let secret = form["client_secret"].flatMap { $0.isEmpty ? nil : $0 }
        let headers = request.headers.all("Authorization")
        // A client may show its access token as well, as the reference's do when they revoke it.
        let basic = headers.filter { $0.prefix(6).lowercased() == "basic " }
        guard headers.count <= 1 else {
            self = .malformed("more than one Authorization header")
            return
        }
        guard let header = basic.first else {
            guard let id, let secret else {
                self = .missing(id: id)
                return
            }
            self = .shown([Credentials(name: id, secret: secret)].filter(ClientCredentials.fits))
            return
        }
        guard secret == nil else {
            self = .malformed("the client authenticates twice: by header and in the form")
            return
        }
        guard let readings = ClientCredentials.readings(ofBasic: header.dropFirst(6)) else {
            self = .malformed("the Authorization header is not HTTP Basic")
            return
        }
        if let id, !readings.contains(where: { $0.name == id }) {
            self = .malformed("client_id is not the one of the Authorization header")
            return
        }
        self = .shown(readings.filter(ClientCredentials.fits))
    }

    private static func fits(_ credentials: Credentials) -> Bool {
        credentials.name.utf8.count <= longest && credentials.secret.utf8.count <= longest
    }

    /// Id and secret as the standard wants them, form-encoded before they are joined; then as many clients send them, as
    /// they are.
    private static func readings(ofBasic encoded: Substring) -> [Credentials]? {
        let text = encoded.drop { $0 == " " }
        guard text.utf8.count <= 4 * longest, let bytes = Base64.decodeStandard(String(text)),
            let joined = String(validating: bytes, as: UTF8.self), let colon = joined.firstIndex(of: ":")
        else { return nil }
        let name = joined[..<colon]
        let secret = joined[joined.index(after: colon)...]
        let decoded = Credentials(
            name: PercentEncoding.decodeForm(name), secret: PercentEncoding.decodeForm(secret))
        let plain = Credentials(name: String(name), secret: String(secret))
        return decoded == plain ? [plain] : [decoded, plain]
    }
}

extension ClientCredentials {
    /// The id that was claimed, for counting.
    var claimedID: String? {
        switch self {
        case .shown(let readings): readings.first?.name
        case .missing(let id): id
        case .malformed: nil
        }
    }
}
