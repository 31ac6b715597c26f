internal import Platform

/// A session's own receiver of events (`analytics_url`), as somebody outside asked for it. A value of this type may be
/// posted to, as long as the address that its name leads to is looked at again when connecting (`EventMessage.Reach`).
public struct AnalyticsAddress: Sendable, Equatable {
    public enum Rejection: Error, Sendable, Equatable {
        /// Not an absolute http or https URL.
        case notAnAddress
        /// It names this machine, a private network, or another place that outsiders must not make us call.
        case notPublic

        /// One sentence for the person who made the request.
        public var sentence: String {
            switch self {
            case .notAnAddress: "analytics_url must be an absolute http or https URL without a user name."
            case .notPublic:
                "analytics_url must lead to a host on the public internet, or to one that the portal allows."
            }
        }
    }

    /// Without a fragment.
    public let text: String

    /// Checks what can be checked without asking for the name's addresses.
    /// - Parameter privateHosts: hosts that may be named although they are not public (`spec.analytics.privateHosts`).
    public static func parse(_ text: String, privateHosts: [String]) -> Result<AnalyticsAddress, Rejection> {
        guard case .success(let address) = ReturnAddress.parse(text), let origin = address.origin else {
            return .failure(.notAnAddress)
        }
        let isAllowed = privateHosts.contains { matches($0, origin.host) }
        guard isAllowed || mayBePublic(origin.host) else { return .failure(.notPublic) }
        let path = address.pathAndQuery
        return .success(AnalyticsAddress(text: origin.text + (path.hasPrefix("/") ? path : "/" + path)))
    }

    /// How far a request to a stored address may reach by the present rules; `nil` when it may not be made at all.
    static func reach(of stored: String, privateHosts: [String]) -> EventMessage.Reach? {
        guard case .success(let address) = ReturnAddress.parse(stored), let origin = address.origin else { return nil }
        if privateHosts.contains(where: { matches($0, origin.host) }) { return .anywhere }
        return mayBePublic(origin.host) ? .publicOnly : nil
    }

    private static func matches(_ allowed: String, _ host: String) -> Bool {
        let allowed = allowed.lowercased()
        if allowed == host { return true }
        guard let left = NetworkAddress(allowed), let right = NetworkAddress(host) else { return false }
        return left == right
    }

    /// Names that never lead to the public internet (RFC 6761, RFC 6762, RFC 9476 and common use), and closed addresses.
    private static func mayBePublic(_ host: String) -> Bool {
        if let address = NetworkAddress(host) { return address.isPublic }
        let labels = host.split(separator: ".")
        guard labels.count > 1, let last = labels.last else { return false }
        let local: Set<Substring> = [
            "localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "test", "invalid",
            "example",
            "onion", "localdomain", "alt",
        ]
        return !local.contains(last) && !host.hasSuffix(".home.arpa")
    }
}
