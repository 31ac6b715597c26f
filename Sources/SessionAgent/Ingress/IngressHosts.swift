internal import HTTP
internal import Platform

/// The hosts of the learner's servers, `<name>-<session>.<domain>` and, as older workshops write it,
/// `<session>-<name>.<domain>` (spec/dashboard.md, section 7).
///
/// Which part of a host is the name needs no guess: the agent knows its session and its names.
struct IngressHosts: Sendable {
    /// One entry of `session.ingresses`, by its place in the list.
    struct Entry: Sendable {
        let index: Int
        let ingress: SessionManifest.Ingress
    }

    private let entries: [Entry]
    private let session: String
    /// With the dot in front.
    private let domain: String
    private let scheme: String
    private let portSuffix: String

    /// Entries that one session may have: each has a socket of its own.
    static let most = 32

    init(manifest: SessionManifest) {
        entries = manifest.ingresses.prefix(IngressHosts.most).enumerated().map { Entry(index: $0, ingress: $1) }
        session = manifest.session
        let authority = manifest.sessionURL.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first
        let host = IngressHosts.withoutPort(String(authority ?? ""))
        domain = String(host.dropFirst(session.utf8.count))
        scheme = manifest.sessionURL.hasPrefix("https:") ? "https" : "http"
        portSuffix = String((authority ?? "").dropFirst(host.utf8.count))
    }

    var isEmpty: Bool { entries.isEmpty }
    var all: [Entry] { entries }

    /// What a host means.
    enum Meaning: Equatable {
        /// The session itself, or somebody who comes straight to the socket.
        case session
        /// A host of servers: the part before the domain, and the name in it.
        case ingress(label: String, name: String)
        /// Has the shape of one, but the workshop has no such name.
        case unknown
    }

    /// - Parameter header: the `Host` field, with or without port, in any case.
    func meaning(of header: String) -> Meaning {
        let host = IngressHosts.withoutPort(header).lowercased()
        guard host.utf8.count > domain.utf8.count, host.hasSuffix(domain), !domain.isEmpty else { return .session }
        let label = String(host.dropLast(domain.count))
        guard label != session else { return .session }
        for name in [nameBefore(label), nameBehind(label)].compactMap({ $0 }) {
            if entries.contains(where: { $0.ingress.name == name }) { return .ingress(label: label, name: name) }
        }
        return nameBefore(label) == nil && nameBehind(label) == nil ? .session : .unknown
    }

    private func nameBefore(_ label: String) -> String? {
        label.hasSuffix("-" + session) ? String(label.dropLast(session.count + 1)) : nil
    }

    private func nameBehind(_ label: String) -> String? {
        label.hasPrefix(session + "-") ? String(label.dropFirst(session.count + 1)) : nil
    }

    /// Without a trailing slash, as browsers see it.
    func url(label: String) -> String { "\(scheme)://\(label)\(domain)\(portSuffix)" }

    /// The entry that serves a path: the first of that name whose path is the beginning.
    /// - Parameter target: path and query as sent.
    func entry(_ name: String, for target: String) -> Entry? {
        guard target.hasPrefix("/") else { return nil }
        let path = String(target.prefix { $0 != "?" && $0 != "#" })
        let plain = IngressHosts.normalized(path)
        func first(_ path: String) -> Entry? {
            entries.first { $0.ingress.name == name && IngressHosts.isBelow(path, $0.ingress.path) }
        }
        guard let entry = first(plain) else { return nil }
        // A server may read a path in another way than we do. Where the two readings lead to different entries, it is
        // that which asks for more.
        guard entry.ingress.isOpenToAll, let other = first(path), other.index != entry.index else { return entry }
        return other.ingress.isOpenToAll ? entry : other
    }

    /// `/app/` is the beginning of what is below it, `/app` also of itself.
    static func isBelow(_ path: String, _ beginning: String) -> Bool {
        if beginning.isEmpty || beginning == "/" { return true }
        if beginning.hasSuffix("/") { return path.hasPrefix(beginning) }
        return path == beginning || path.hasPrefix(beginning + "/")
    }

    /// The path decoded once, without `.`, `..` and doubled slashes (RFC 3986, section 5.2.4).
    static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        let decoded = PercentEncoding.decode(path).replacing("\\", with: "/")
        let pieces = decoded.split(separator: "/", omittingEmptySubsequences: true)
        for piece in pieces {
            switch piece {
            case ".": break
            case "..": if !parts.isEmpty { parts.removeLast() }
            default: parts.append(piece)
            }
        }
        let isFolder = decoded.hasSuffix("/") || [".", ".."].contains(pieces.last ?? "")
        return "/" + parts.joined(separator: "/") + (isFolder && !parts.isEmpty ? "/" : "")
    }

    private static func withoutPort(_ host: String) -> String { String(host.prefix { $0 != ":" }) }
}
