internal import HTTP
internal import Platform

/// What the front door needs to know to pass one request on: where to, and what the server is to see. Written into fields
/// that nginx reads (`auth_request_set`); it never forwards them.
struct IngressPassage: Equatable {
    var socket: String
    var scheme: String
    /// Path and query for the server.
    var target: String
    var host: String
    var origin: String
    var cookie: String
    /// Who may show the answer in a frame.
    var policy: String
    /// `*` where pages of other hosts may read the answer.
    var allowedOrigin: String

    /// - Parameters:
    ///   - target: path and query as the browser sent them.
    ///   - url: of the host, as browsers see it.
    init?(
        _ entry: IngressHosts.Entry, target: String, request: HTTPRequest, url: String, policy: String
    ) {
        let ingress = entry.ingress
        guard let target = PathRewriting.rewritten(target, by: ingress.pathRewrites) else { return nil }
        socket = IngressPassage.socketName(entry.index)
        scheme = ingress.scheme
        self.target = target
        self.policy = policy
        let isUsual = ingress.port == (ingress.scheme == "https" ? 443 : 80)
        let server = "localhost" + (isUsual ? "" : ":\(ingress.port)")
        let visited = String(url.split(separator: "/", omittingEmptySubsequences: true).last ?? "")
        host = ingress.changesOrigin ? server : visited
        // A request of the server's own page is one for the server, too: it compares the two.
        let given = request.headers["Origin"] ?? ""
        origin = ingress.changesOrigin && given == url ? "\(ingress.scheme)://\(server)" : given
        cookie = IngressPassage.withoutOurs(request.headers.all("Cookie"))
        allowedOrigin = ingress.isOpenToAll ? "*" : ""
    }

    /// The file that the relay listens at, without its ending; nginx looks for it beside the agent's own socket.
    static func socketName(_ index: Int) -> String { "i\(index)" }

    /// Cookies for the server: no server of a learner's gets one of ours, not even the portal's where that is set for the
    /// whole domain.
    static func withoutOurs(_ headers: [String]) -> String {
        headers.flatMap { $0.split(separator: ";") }.filter { pair in
            var name = pair.prefix { $0 != "=" }.drop { $0 == " " || $0 == "\t" }
            while let last = name.last, last == " " || last == "\t" { name.removeLast() }
            let lowered = name.lowercased()
            return !lowered.hasPrefix("lectern-") && !lowered.hasPrefix("__host-lectern")
                && !lowered.hasPrefix("__secure-lectern")
        }.map { pair in String(pair.drop { $0 == " " || $0 == "\t" }) }.joined(separator: "; ")
    }

    var headers: HTTPHeaders {
        [
            "Lectern-Socket": socket, "Lectern-Scheme": scheme, "Lectern-Target": target, "Lectern-Host": host,
            "Lectern-Origin": origin, "Lectern-Cookie": cookie, "Lectern-Policy": policy,
            "Lectern-Allowed-Origin": allowedOrigin, "Cache-Control": "no-store",
        ]
    }
}

/// `pathRewrite`: the first pattern that is found in path and query is replaced, once; `$1` to `$9` and `$&` stand for what
/// was found.
enum PathRewriting {
    /// Bytes of path and query that patterns are looked for in: they are an author's, the path is anybody's.
    static let longest = 4096

    /// - Returns: `nil` when there is no path left that could stand in a request (RFC 9112, section 3.2).
    static func rewritten(_ target: String, by rules: [SessionManifest.PathRewrite]) -> String? {
        var target = target
        if !rules.isEmpty && target.utf8.count <= longest {
            for rule in rules {
                // One that cannot be read is found by `lectern check`.
                guard let expression = try? Regex(rule.pattern), let match = target.firstMatch(of: expression) else {
                    continue
                }
                target.replaceSubrange(match.range, with: filled(rule.replacement, match))
                break
            }
        }
        if target.hasPrefix("?") || target.isEmpty { target = "/" + target }
        guard target.hasPrefix("/"), target.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
        return target
    }

    private static func filled(_ replacement: String, _ match: Regex<AnyRegexOutput>.Match) -> String {
        var result = ""
        var rest = replacement[...]
        while let mark = rest.firstIndex(of: "$") {
            result += rest[..<mark]
            rest = rest[rest.index(after: mark)...]
            guard let sign = rest.first else {
                result += "$"
                break
            }
            if sign == "$" {
                result += "$"
            } else if sign == "&" {
                result += match.output[0].substring ?? ""
            } else if let number = sign.wholeNumberValue, number > 0, number < match.output.count {
                result += match.output[number].substring ?? ""
            } else {
                result += "$"
                continue
            }
            rest = rest.dropFirst()
        }
        return result + rest
    }
}
