/// The index URL: the page that a learner came from and is sent back to. A value of this type is safe to redirect to.
///
/// It is an absolute http or https URL with a host, or a path of this portal. The parser is strict rather than clever:
/// whatever two parsers could read in two ways is refused, because a browser would be the second one. What is accepted is
/// kept byte for byte, but for the scheme and host, which become small letters.
public struct ReturnAddress: Sendable, Equatable, CustomStringConvertible {
    /// Longest accepted, in bytes.
    public static let maximumLength = 2048

    /// Scheme, host and port of an absolute URL.
    public struct Origin: Sendable, Hashable {
        /// `http` or `https`.
        public let scheme: String
        /// A DNS name or IPv4 address in small letters, or an IPv6 address in brackets.
        public let host: String
        /// `nil` for the scheme's own port.
        public let port: Int?
        /// `https://www.example.com:8443`.
        public var text: String { "\(scheme)://\(host)" + (port.map { ":\($0)" } ?? "") }
    }

    public enum Rejection: Error, Sendable, Equatable, CaseIterable {
        case empty, tooLong, controlCharacter, backslash, notASCII, badScheme, noHost, doubleSlash, userInfo, badHost
        case encodedHost, badPort, internationalHost, badCharacter, notAllowed

        /// One sentence for the person who made the link.
        public var sentence: String {
            switch self {
            case .empty: "The address to return to is empty."
            case .tooLong: "The address to return to is longer than \(ReturnAddress.maximumLength) bytes."
            case .controlCharacter:
                "The address to return to contains a space, a line break or another control character."
            case .backslash: "The address to return to contains a backslash."
            case .notASCII: "The address to return to contains characters outside ASCII; percent-encode them."
            case .badScheme: "The address to return to must begin with http://, https:// or a single slash."
            case .noHost: "The address to return to names no host."
            case .doubleSlash: "The address to return to begins with two slashes, which would lead to another site."
            case .userInfo: "The address to return to contains a user name or an @ before its path."
            case .badHost: "The host of the address to return to is not a DNS name or an IP address."
            case .encodedHost: "The host of the address to return to contains a percent sign."
            case .badPort: "The port of the address to return to is not a number from 1 to 65535."
            case .internationalHost:
                "The host of the address to return to contains letters outside ASCII; use its xn-- form."
            case .badCharacter: "The address to return to contains a character that URLs must percent-encode."
            case .notAllowed: "The address to return to is not on a site that this portal allows."
            }
        }
    }

    /// `nil` for a path of this portal.
    public let origin: Origin?
    /// From the first slash or question mark after the host to the fragment; may be empty after a host.
    public let pathAndQuery: String
    /// With its `#`, or empty.
    public let fragment: String

    /// The whole address, for a `Location` header.
    public var text: String { (origin?.text ?? "") + pathAndQuery + fragment }
    public var description: String { text }

    // MARK: Checking

    /// Checks an index URL.
    /// - Parameter allowedOrigins: origins such as `https://www.example.com` that an absolute URL may have; empty means
    ///   any. Paths of this portal are always allowed.
    public static func parse(_ text: String, allowedOrigins: [String] = []) -> Result<ReturnAddress, Rejection> {
        do throws(Rejection) {
            let address = try parsed(text)
            if let origin = address.origin, !allowedOrigins.isEmpty {
                let allowed = allowedOrigins.contains { entry in
                    (try? parsed(entry))?.origin == origin
                }
                if !allowed { throw .notAllowed }
            }
            return .success(address)
        } catch {
            return .failure(error)
        }
    }

    /// Takes an address that was checked before and comes from the store. Anything that does not pass any more is `nil`.
    public init?(stored text: String) {
        guard case .success(let address) = ReturnAddress.parse(text) else { return nil }
        self = address
    }

    private init(origin: Origin?, pathAndQuery: String, fragment: String) {
        self.origin = origin
        self.pathAndQuery = pathAndQuery
        self.fragment = fragment
    }

    private static func parsed(_ text: String) throws(Rejection) -> ReturnAddress {
        let bytes = Array(text.utf8)
        if bytes.isEmpty { throw .empty }
        if bytes.count > maximumLength { throw .tooLong }
        for byte in bytes where byte <= 32 || byte == 127 { throw .controlCharacter }
        if bytes.contains(UInt8(ascii: "\\")) { throw .backslash }
        if bytes[0] == UInt8(ascii: "/") {
            if bytes.count > 1 && bytes[1] == UInt8(ascii: "/") { throw .doubleSlash }
            let (head, fragment) = try tail(bytes[...])
            return ReturnAddress(origin: nil, pathAndQuery: head, fragment: fragment)
        }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { throw .badScheme }
        let scheme = String(decoding: bytes[..<colon].map(lowered), as: UTF8.self)
        guard scheme == "http" || scheme == "https" else { throw .badScheme }
        let rest = bytes[(colon + 1)...]
        guard rest.count >= 2, rest.starts(with: "//".utf8) else { throw .badScheme }
        let afterSlashes = rest.dropFirst(2)
        let end = afterSlashes.firstIndex { "/?#".utf8.contains($0) } ?? afterSlashes.endIndex
        let (host, port) = try authority(afterSlashes[..<end], scheme: scheme)
        let (head, fragment) = try tail(afterSlashes[end...])
        return ReturnAddress(
            origin: Origin(scheme: scheme, host: host, port: port), pathAndQuery: head, fragment: fragment)
    }

    private static func authority(_ bytes: ArraySlice<UInt8>, scheme: String) throws(Rejection) -> (String, Int?) {
        if bytes.isEmpty { throw .noHost }
        if bytes.contains(UInt8(ascii: "@")) { throw .userInfo }
        if bytes.contains(where: { $0 >= 128 }) { throw .internationalHost }
        if bytes.contains(UInt8(ascii: "%")) { throw .encodedHost }
        var host = bytes
        var port: ArraySlice<UInt8>?
        if bytes.first == UInt8(ascii: "[") {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { throw .badHost }
            host = bytes[...close]
            let rest = bytes[(close + 1)...]
            if rest.first == UInt8(ascii: ":") { port = rest.dropFirst() } else if !rest.isEmpty { throw .badHost }
            guard isIPv6(host.dropFirst().dropLast()) else { throw .badHost }
        } else {
            if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
                host = bytes[..<colon]
                port = bytes[(colon + 1)...]
            }
            if host.isEmpty { throw .noHost }
            guard isHostName(host) else { throw .badHost }
        }
        let name = String(decoding: host.map(lowered), as: UTF8.self)
        guard let port else { return (name, nil) }
        guard (1...5).contains(port.count), port.allSatisfy(isDigit),
            let number = Int(String(decoding: port, as: UTF8.self)),
            (1...65535).contains(number)
        else { throw .badPort }
        return (name, number == (scheme == "https" ? 443 : 80) ? nil : number)
    }

    /// DNS labels, the last of which is not a number unless the whole is an IPv4 address in its one common form: browsers
    /// read `0x7f.1` or `2130706433` as addresses.
    private static func isHostName(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count <= 253 else { return false }
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let allLabels = labels.allSatisfy { label in
            guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
            return first != UInt8(ascii: "-") && last != UInt8(ascii: "-")
                && label.allSatisfy {
                    isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
        guard allLabels, let last = labels.last else { return false }
        guard last.first.map(isDigit) == true else { return true }
        return labels.count == 4
            && labels.allSatisfy { label in
                label.count <= 3 && label.allSatisfy(isDigit) && (label.count == 1 || label.first != UInt8(ascii: "0"))
                    && (Int(String(decoding: label, as: UTF8.self)) ?? 256) <= 255
            }
    }

    /// Groups of one to four hexadecimal digits, eight of them, or fewer around one `::` (RFC 4291, section 2.2, without
    /// the form that embeds an IPv4 address).
    private static func isIPv6(_ bytes: ArraySlice<UInt8>) -> Bool {
        let text = Array(bytes)
        guard !text.isEmpty, text.allSatisfy({ isHexDigit($0) || $0 == UInt8(ascii: ":") }) else { return false }
        var gaps = 0
        for index in text.indices.dropLast()
        where text[index] == UInt8(ascii: ":") && text[index + 1] == UInt8(ascii: ":") {
            gaps += 1
        }
        guard gaps <= 1 else { return false }
        let groups = text.split(separator: UInt8(ascii: ":"))
        guard groups.allSatisfy({ $0.count <= 4 }) else { return false }
        if gaps == 1 { return groups.count <= 7 }
        return groups.count == 8 && text.first != UInt8(ascii: ":") && text.last != UInt8(ascii: ":")
    }

    private static func tail(_ bytes: ArraySlice<UInt8>) throws(Rejection) -> (String, String) {
        for byte in bytes {
            if byte >= 128 { throw .notASCII }
            // What RFC 3986 does not allow and browsers treat in their own ways.
            if "\"<>^`{|}".utf8.contains(byte) { throw .badCharacter }
        }
        let hash = bytes.firstIndex(of: UInt8(ascii: "#")) ?? bytes.endIndex
        return (String(decoding: bytes[..<hash], as: UTF8.self), String(decoding: bytes[hash...], as: UTF8.self))
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte + 32 : byte }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
    private static func isLetter(_ byte: UInt8) -> Bool { lowered(byte) >= 97 && lowered(byte) <= 122 }
    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (lowered(byte) >= 97 && lowered(byte) <= 102)
    }

    // MARK: Telling why

    /// This address with the query parameter `notification` set. Every other parameter stays as it is, byte for byte and
    /// in its place; earlier values of `notification` go.
    /// - Parameter notification: one of the portal's own words, of letters and hyphens.
    public func adding(notification: String) -> ReturnAddress {
        let mark = pathAndQuery.firstIndex(of: "?") ?? pathAndQuery.endIndex
        let path = pathAndQuery[..<mark]
        let query = pathAndQuery[mark...].dropFirst()
        var parameters = query.isEmpty ? [] : query.split(separator: "&", omittingEmptySubsequences: false)
        parameters.removeAll { ReturnAddress.names($0, "notification") }
        parameters.append("notification=\(notification)")
        let base = path.isEmpty ? "/" : path
        return ReturnAddress(
            origin: origin, pathAndQuery: "\(base)?\(parameters.joined(separator: "&"))", fragment: fragment)
    }

    /// Whether a parameter has this name once its percent-encoding is undone.
    private static func names(_ parameter: Substring, _ name: String) -> Bool {
        let key = Array((parameter.firstIndex(of: "=").map { parameter[..<$0] } ?? parameter).utf8)
        var decoded: [UInt8] = []
        var index = 0
        while index < key.count {
            if key[index] == UInt8(ascii: "%"), index + 2 < key.count,
                let value = UInt8(String(decoding: key[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            {
                decoded.append(value)
                index += 3
            } else {
                decoded.append(key[index])
                index += 1
            }
        }
        return decoded.elementsEqual(name.utf8)
    }
}
