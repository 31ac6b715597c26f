/// The syntaxes that texts in definitions have.
extension TextRule {
    /// RFC 3986 with a host, for links and webhooks.
    static let webAddress = TextRule(expectation: "an absolute URL such as \"https://www.example.com/labs/\"") {
        isWebAddress($0)
    }
    /// The same or nothing.
    static let webAddressOrEmpty = TextRule(
        expectation: "an absolute URL such as \"https://www.example.com/labs/\", or \"\""
    ) { $0.isEmpty || isWebAddress($0) }
    /// RFC 6454: scheme, host and port.
    static let origin = TextRule(
        expectation: "an origin such as \"https://www.example.com\": scheme, host and port, without a path"
    ) { text in
        guard let rest = afterScheme(text), !rest.contains("/"), !rest.contains("?"), !rest.contains("#") else {
            return false
        }
        guard isHostAndPort(rest), text == text.lowercased(), case .success = ReturnAddress.parse(text) else {
            return false
        }
        return true
    }
    /// An issuer of OpenID Connect (Discovery 1.0, section 2): https, no query, no fragment. Plain http is taken for the
    /// machine itself, which is where one tries things out.
    static let issuer = TextRule(
        expectation: "the issuer's https URL such as \"https://login.example.com/realms/main\", without a query"
    ) { text in
        guard isWebAddress(text), !text.contains("?"), !text.contains("#") else { return false }
        if text.hasPrefix("https://") { return true }
        let host = text.dropFirst("http://".count).prefix { $0 != "/" && $0 != ":" && $0 != "[" }
        return text.hasPrefix("http://[::1]") || host == "localhost" || host == "127.0.0.1"
            || host.hasSuffix(".localhost")
    }
    /// RFC 6749, section 3.3.
    static let scope = TextRule(expectation: "a scope without blanks") { text in
        !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 34 && $0 != 92 }
    }
    /// A source of Content-Security-Policy's `frame-ancestors` (CSP level 3, section 2.3.1).
    static let frameAncestor = TextRule(
        expectation: "a site such as \"https://www.example.com\", \"https://*.example.com\", \"'self'\" or \"'none'\""
    ) { text in
        switch text {
        case "'self'", "'none'", "*", "https:", "http:": return true
        default:
            var rest = Substring(text)
            if let inScheme = afterScheme(text) { rest = inScheme } else if text.contains("://") { return false }
            if rest.hasPrefix("*.") { rest = rest.dropFirst(2) }
            if rest.hasSuffix("/") { rest = rest.dropLast() }
            if rest.hasSuffix(":*") { rest = rest.dropLast(2) }
            return !rest.contains("/") && isHostAndPort(rest)
        }
    }
    /// RFC 2397, restricted to images.
    static let imageData = TextRule(
        expectation: "a data URI of an image such as \"data:image/png;base64,...\", or \"\""
    ) {
        text in
        if text.isEmpty { return true }
        guard text.hasPrefix("data:image/"), let comma = text.utf8.firstIndex(of: 44) else { return false }
        return text[..<comma].utf8.count <= 100
            && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 34 && $0 != 60 && $0 != 62 && $0 != 92 }
    }
    /// RFC 1123: labels joined by dots, in lower case.
    static let domainName = TextRule(expectation: "a host name such as \"labs.example.com\", in lower case") {
        isDomainName($0)
    }
    /// A host as URLs name it, without a port.
    static let host = TextRule(expectation: "a host such as \"events.example.com\", \"10.0.0.5\" or \"[fd00::5]\"") {
        let authority = $0
        return !authority.hasSuffix("]") ? isDomainName(authority.lowercased()) : isHostAndPort(authority)
    }
    static let cookieDomain = TextRule(expectation: "a domain such as \"example.com\", in lower case, or \"\"") {
        $0.isEmpty || isDomainName($0.hasPrefix(".") ? $0.dropFirst() : $0[...])
    }
    /// A name that can be the first part of `<portal>-w01-s001` within 63 characters.
    static let portalName = TextRule(
        expectation: "at most 50 of a-z, 0-9 and \"-\", with a letter or digit at both ends"
    ) { isDNSLabel($0) && $0.utf8.count <= 50 }
    /// A Kubernetes resource's name (RFC 1123 subdomain).
    static let resourceName = TextRule(
        expectation: "a name of a-z, 0-9, \"-\" and \".\", with a letter or digit at both ends"
    ) { isDomainName($0) }
    /// A name that a host label or a container may have.
    static let label = TextRule(expectation: "at most 63 of a-z, 0-9 and \"-\", with a letter or digit at both ends") {
        isDNSLabel($0)
    }
    /// What Kubernetes accepts as an environment variable's name.
    static let variableName = TextRule(expectation: "a name of letters, digits, \"_\", \"-\" and \".\"") { text in
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == 95 || $0 == 45 || $0 == 46 }
    }
    /// A user's name as the store takes it.
    static let accountName = TextRule(expectation: "a name of at most 150 characters on one line") { text in
        UserID(rawValue: text) != nil
    }
    /// An OAuth2 client's id (RFC 6749, appendix A.1) that can stand before the colon of HTTP Basic (RFC 7617, section 2).
    static let clientID = TextRule(expectation: "at most 200 letters, digits and other ASCII signs but \":\"") { text in
        !text.isEmpty && text.utf8.count <= 200 && text.utf8.allSatisfy { $0 >= 32 && $0 < 127 && $0 != 58 }
    }
    /// One folder's name, so that a definition cannot point elsewhere.
    static let folderName = TextRule(expectation: "the name of a folder, without \"/\"") { text in
        !text.isEmpty && text != "." && text != ".." && !text.contains("/") && !text.contains("\0")
    }

    /// What a tab of the dashboard can show (spec/workshop-resource.md, `session.dashboards`); `$(name)` stands for a value
    /// of the session's, so what begins with one is believed to become an address.
    static let dashboardAddress = TextRule(
        expectation:
            "an address such as \"https://www.example.com/\", a path such as \"/workshop/static/map.html\", \"terminal:<name>\" with a name of letters, digits, \".\", \"_\" and \"-\", or \"\" for a tab that is there anyway"
    ) { text in
        if text.isEmpty { return true }
        guard text.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 92 }) else { return false }
        if text.hasPrefix("terminal:") {
            let name = text.utf8.dropFirst("terminal:".utf8.count)
            guard let first = name.first, isLetter(first) || isDigit(first) else { return false }
            return name.count <= 40
                && name.allSatisfy { isLetter($0) || isDigit($0) || $0 == 95 || $0 == 45 || $0 == 46 }
        }
        if text.hasPrefix("/") { return !text.hasPrefix("//") }
        return text.hasPrefix("$(") || text.contains("$(") && afterScheme(text) != nil || isWebAddress(text)
    }

    private static func isWebAddress(_ text: String) -> Bool {
        guard let rest = afterScheme(text), text.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 92 }) else {
            return false
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return isHostAndPort(authority)
    }

    private static func afterScheme(_ text: String) -> Substring? {
        for scheme in ["https://", "http://"] where text.lowercased().hasPrefix(scheme) {
            return text.dropFirst(scheme.count)
        }
        return nil
    }

    /// A host without user information: name, IPv4 address, or IPv6 address in brackets; then perhaps a port.
    private static func isHostAndPort(_ text: some StringProtocol) -> Bool {
        var host = Substring(text)
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return false }
            let address = host[host.index(after: host.startIndex)..<end]
            guard address.contains(":"), address.utf8.allSatisfy({ isHexDigit($0) || $0 == 58 || $0 == 46 }) else {
                return false
            }
            host = host[host.index(after: end)...]
            return host.isEmpty || (host.hasPrefix(":") && isPort(host.dropFirst()))
        }
        if let colon = host.firstIndex(of: ":") {
            guard isPort(host[host.index(after: colon)...]) else { return false }
            host = host[..<colon]
        }
        return isDomainName(host.lowercased())
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard text.utf8.allSatisfy(isDigit), let port = Int(text) else { return false }
        return port >= 1 && port <= 65_535
    }

    static func isDomainName(_ text: some StringProtocol) -> Bool {
        text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isDNSLabel(String($0)) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
    private static func isLetter(_ byte: UInt8) -> Bool { (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) }
    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102)
    }
}
