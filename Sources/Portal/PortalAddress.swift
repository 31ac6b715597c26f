/// Where browsers find the portal and its sessions: `https://labs.example.com` and
/// `https://<session>.labs.example.com`.
public struct PortalAddress: Sendable, Equatable {
    /// Whether browsers use https, so that cookies are `Secure`.
    public let isSecure: Bool
    /// The portal's host, in small letters, without a port.
    public let host: String
    /// `:8080`, or empty where the scheme's own port is used.
    public let portSuffix: String

    /// - Parameter publicURL: an http or https URL with nothing after the host and port but an optional slash. `nil` for
    ///   anything else, and for hosts that are an address or not a DNS name: sessions live below it.
    public init?(publicURL: String) {
        guard case .success(let address) = ReturnAddress.parse(publicURL), let origin = address.origin,
            address.pathAndQuery.isEmpty || address.pathAndQuery == "/", address.fragment.isEmpty,
            origin.host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ isDNSLabel(String($0)) }),
            origin.host.utf8.contains(where: { $0 >= UInt8(ascii: "a") })
        else { return nil }
        isSecure = origin.scheme == "https"
        host = origin.host
        portSuffix = origin.port.map { ":\($0)" } ?? ""
    }

    /// Without a trailing slash.
    public var portalURL: String { "\(isSecure ? "https" : "http")://\(host)\(portSuffix)" }

    /// Without a trailing slash.
    public func sessionURL(_ session: SessionName) -> String {
        "\(isSecure ? "https" : "http")://\(session).\(host)\(portSuffix)"
    }

    /// The only address to which an authorization code of the session is sent.
    public func callbackURL(_ session: SessionName) -> String { sessionURL(session) + "/oauth_callback" }

    /// Whether a `Host` header (with or without port, any case) means the portal itself.
    public func isPortal(hostHeader: String) -> Bool { PortalAddress.hostOnly(hostHeader) == host }

    /// The session that a `Host` header (with or without port, any case) means. `nil` when it is not directly below the
    /// portal's host.
    public func session(hostHeader: String) -> SessionName? {
        let name = PortalAddress.hostOnly(hostHeader)
        guard name.hasSuffix("." + host) else { return nil }
        return SessionName(rawValue: String(name.dropLast(host.count + 1)))
    }

    private static func hostOnly(_ header: String) -> String {
        let bytes = header.utf8.prefix { $0 != UInt8(ascii: ":") }
            .map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }
}
