internal import HTTP

/// Turns addresses as an author wrote them into addresses of this host.
enum PageAddress {
    /// The way to show a page in the dashboard.
    static func dashboard(_ page: String) -> String {
        "/dashboard/?page=" + encoded(page)
    }

    /// A file beside the pages.
    static func file(_ path: String) -> String { "/workshop/content/" + encoded(path) }

    private static func encoded(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { PercentEncoding.encode(String($0)) }
            .joined(separator: "/")
    }

    enum Target: Equatable {
        /// Another page of the instructions, with the part after `#`.
        case page(String, fragment: String)
        case file(String)
        /// A place in the same page.
        case anchor(String)
        /// A path of this host that is no content.
        case local(String)
        case elsewhere(String)
    }

    /// - Parameters:
    ///   - folder: the folder of the page's file, empty or ending in `/`.
    ///   - isPage: whether a page of that id exists.
    static func resolve(_ written: String, folder: String, isPage: (String) -> Bool) -> Target {
        if written.hasPrefix("#") { return .anchor(String(written.dropFirst())) }
        if written.hasPrefix("//") || hasScheme(written) { return .elsewhere(written) }
        let hash = written.firstIndex(of: "#") ?? written.endIndex
        let fragment = hash < written.endIndex ? String(written[written.index(after: hash)...]) : ""
        let path = written[..<hash].prefix { $0 != "?" }
        let content = "/workshop/content/"
        let relative: String
        if path.hasPrefix(content) {
            relative = String(path.dropFirst(content.count))
        } else if path.hasPrefix("/") {
            return .local(written)
        } else {
            relative = folder + path
        }
        let decoded = normalised(PercentEncoding.decode(relative))
        var id = decoded.hasSuffix(".md") ? String(decoded.dropLast(3)) : decoded
        if id.hasSuffix("/index") { id = String(id.dropLast(6)) }
        while id.hasSuffix("/") { id.removeLast() }
        if isPage(id) { return .page(id, fragment: fragment) }
        return .file(decoded)
    }

    private static func hasScheme(_ text: String) -> Bool {
        guard let colon = text.firstIndex(of: ":"), let first = text.first, first.isLetter else { return false }
        return text[..<colon].allSatisfy { $0.isLetter || $0.isNumber || "+-.".contains($0) }
    }

    /// Removes `.` and `..` parts; `..` at the top goes nowhere.
    static func normalised(_ path: String) -> String {
        var parts: [Substring] = []
        let all = path.split(separator: "/", omittingEmptySubsequences: false)
        for part in all {
            switch part {
            case ".", "": continue
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return parts.joined(separator: "/") + (path.hasSuffix("/") && !parts.isEmpty ? "/" : "")
    }
}
