internal import Platform

/// Whose pages may stand in a frame of the room: this host's own, the learner's servers', and those that the workshop
/// names as tabs. For `frame-src` of the Content-Security-Policy (CSP Level 3, section 6.1.6).
enum FrameSources {
    /// - Parameter urls: addresses of frames; paths of this host and what is no address of the web are left out.
    static func list(for manifest: SessionManifest, urls: [String]) -> [String] {
        var sources = ["'self'"]
        func add(_ source: String) { if !sources.contains(source) { sources.append(source) } }
        for ingress in manifest.ingresses {
            if let origin = host(of: ingress.name, manifest.sessionURL) { add(origin) }
        }
        for url in urls { if let origin = origin(of: url) { add(origin) } }
        return sources
    }

    /// `<scheme>://<name>-<session's host>`.
    private static func host(of name: String, _ sessionURL: String) -> String? {
        guard let start = sessionURL.firstRange(of: "://") else { return nil }
        return origin(of: sessionURL[..<start.upperBound] + "\(name)-" + sessionURL[start.upperBound...])
    }

    /// Scheme, host and port of an address with `http` or `https`, or `nil`: nothing that could end a source or a
    /// directive of the policy gets through.
    static func origin(of url: String) -> String? {
        guard let start = url.firstRange(of: "://") else { return nil }
        let scheme = url[..<start.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let authority = url[start.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" && $0 != "\\" }
        // What stands before "@" is for the server, not the name of it.
        let host = (authority.split(separator: "@", omittingEmptySubsequences: false).last.map(String.init) ?? "")
            .lowercased()
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        return host.isEmpty || !isPlain ? nil : "\(scheme)://\(host)"
    }
}
