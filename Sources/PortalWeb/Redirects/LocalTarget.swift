internal import HTTP

/// A page of this portal to go on to: a path with its query, as it stands in `redirect_url` and `next`.
enum LocalTarget {
    /// The text itself when a browser stays on this portal with it; `nil` for anything that could lead elsewhere.
    ///
    /// Browsers take `\` for `/` and drop tabs and line breaks (WHATWG URL Standard, section 4.4), so none of them may
    /// occur, and the second character must not be a slash.
    static func check(_ text: String?) -> String? {
        guard let text, text.utf8.count <= 4000 else { return nil }
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/"), bytes.count == 1 || bytes[1] != UInt8(ascii: "/") else { return nil }
        guard bytes.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") }) else { return nil }
        return text
    }

    /// The page that a request was for.
    static func of(_ request: HTTPRequest) -> String {
        request.query.isEmpty ? request.path : request.path + "?" + request.query
    }

    /// The query of such a text, without its question mark.
    static func query(of target: String) -> String {
        target.firstIndex(of: "?").map { String(target[target.index(after: $0)...]) } ?? ""
    }

    /// A link to a page that leads back to the one asked for.
    static func detour(_ route: PortalRoute, field: String, backTo target: String) -> String {
        "\(route.path)?\(field)=\(PercentEncoding.encode(target))"
    }
}
