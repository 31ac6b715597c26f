internal import HTTP
internal import Platform

/// What ties a form to the browser that it was shown to: derived one-way from the secret in that browser's cookie, so
/// nobody else can know it and nothing is stored.
enum FormToken {
    static let field = "form-token"

    /// - Parameter secret: the text of the login cookie, or of the form cookie where there is no login.
    static func text(for secret: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = SecretToken(presented: "form\n" + secret).digest.bytes.prefix(20)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Whether a POST was sent from a page of this portal: by what the browser says of where it comes from (Fetch
    /// Metadata, Origin), and by the token in the form.
    /// - Parameter secrets: texts of the cookies that the request carries.
    static func isGenuine(_ request: HTTPRequest, form: FormParameters, secrets: [String], origin: String) -> Bool {
        guard comesFromPortal(request, origin: origin), let sent = form[field] else { return false }
        return secrets.contains { secretsAreEqual(text(for: $0), sent) }
    }

    static func comesFromPortal(_ request: HTTPRequest, origin: String) -> Bool {
        if let site = request.headers["Sec-Fetch-Site"] { return site == "same-origin" || site == "none" }
        if let sender = request.headers["Origin"] { return sender == origin }
        return true
    }
}
