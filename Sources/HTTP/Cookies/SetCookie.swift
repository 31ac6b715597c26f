/// A cookie to set (RFC 6265bis). Without further words it is for this host only, out of reach for scripts, and sent on
/// navigation from other sites but not with their sub-requests.
public struct SetCookie: Sendable {
    public enum SameSite: String, Sendable { case strict = "Strict", lax = "Lax", none = "None" }

    public let name: String
    /// What a cookie cannot hold (blanks, quotes, `,`, `;`, `\`, controls, beyond ASCII) is percent-encoded.
    public let value: String
    public var path = "/"
    /// `nil` for this host only.
    public var domain: String?
    /// Seconds; 0 removes the cookie, `nil` keeps it until the browser is closed.
    public var maximumAge: Int?
    public var isHTTPOnly = true
    public var isSecure: Bool
    public var sameSite = SameSite.lax
    /// Kept apart per top-level site (CHIPS): what lets a cookie work in a frame of another site.
    public var isPartitioned = false

    public init(_ name: String, _ value: String, isSecure: Bool) {
        self.name = SetCookie.encoded(name, allowing: HTTPHeaders.isTokenByte)
        self.value = SetCookie.encoded(value, allowing: SetCookie.isValueByte)
        self.isSecure = isSecure
    }

    /// The name with the prefix `__Host-` where the cookie is secure: browsers then accept it only from this very host,
    /// over https, for all paths. Over plain http they would refuse it.
    public static func hostName(_ name: String, isSecure: Bool) -> String { isSecure ? "__Host-" + name : name }

    /// Whether browsers take a `Secure` cookie of a page without https: of this machine itself, whose names end in
    /// `localhost` (Secure Contexts, section 3.1). In a frame of another site they take no other.
    /// - Parameter url: of the page, with `http://` in front.
    public static func maySecure(overPlainHTTP url: String) -> Bool {
        guard url.hasPrefix("http://") else { return false }
        let host = url.dropFirst("http://".count).prefix { $0 != ":" && $0 != "/" }
        return host == "localhost" || host.hasSuffix(".localhost")
    }

    /// The value of `Set-Cookie`. A name that begins with `__Host-` gets the attributes that it demands.
    public var headerValue: String {
        let isHost = name.utf8.starts(with: "__Host-".utf8)
        var text = "\(name)=\(value); Path=\(isHost ? "/" : SetCookie.attribute(path))"
        if let domain, !domain.isEmpty, !isHost { text += "; Domain=\(SetCookie.attribute(domain))" }
        if let maximumAge { text += "; Max-Age=\(max(0, maximumAge))" }
        if isSecure || isHost { text += "; Secure" }
        if isHTTPOnly { text += "; HttpOnly" }
        text += "; SameSite=\(sameSite.rawValue)"
        if isPartitioned && (isSecure || isHost) { text += "; Partitioned" }
        return text
    }

    /// The same cookie, gone.
    public func removed() -> SetCookie {
        var cookie = SetCookie(name, "", isSecure: isSecure)
        cookie.path = path
        cookie.domain = domain
        cookie.isHTTPOnly = isHTTPOnly
        cookie.sameSite = sameSite
        cookie.isPartitioned = isPartitioned
        cookie.maximumAge = 0
        return cookie
    }

    private static func isValueByte(_ byte: UInt8) -> Bool {
        byte > 32 && byte < 127 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: ",") && byte != UInt8(ascii: ";")
            && byte != UInt8(ascii: "\\")
    }

    private static func encoded(_ text: String, allowing isAllowed: (UInt8) -> Bool) -> String {
        if text.utf8.allSatisfy(isAllowed) { return text }
        return text.utf8.reduce(into: "") { result, byte in
            result +=
                isAllowed(byte) ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }

    private static func attribute(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value > 32 && $0.value != 127 && $0 != ";" }))
    }
}

extension HTTPHeaders {
    public mutating func add(_ cookie: SetCookie) { add("Set-Cookie", cookie.headerValue) }
}
