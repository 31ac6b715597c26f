internal import HTTP

/// Turns addresses as an author wrote them into addresses of this host.
enum PageAddress {
    /// The way to show a page in the dashboard.
    /// - Parameter anchor: a heading there; empty for the top of the page.
    static func dashboard(_ page: String, anchor: String = "") -> String {
        "/dashboard/?page=" + encoded(page) + (anchor.isEmpty ? "" : "#" + here(anchor))
    }

    /// Before the anchor of a heading, so that it cannot take the place of an element of the room.
    static let anchorPrefix = "at-"

    /// The fragment of a place in a page.
    private static func here(_ anchor: String) -> String {
        if anchor.isEmpty { return "" }
        // Footnotes have names of their own, which nothing else in the room has.
        if anchor.hasPrefix("fn-") || anchor.hasPrefix("fnref-") { return PercentEncoding.encode(anchor) }
        return anchorPrefix + PercentEncoding.encode(anchor)
    }

    /// A link to a place in the same page.
    static func anchor(_ name: String) -> String { "#" + here(name) }

    static let printing = "/workshop/print"

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
    ///   - page: the page's id. Hugo shows a page as a folder of that name, and authors write links that fit there.
    ///   - isPage: whether a page of that id exists.
    static func resolve(
        _ written: String, folder: String, page: String = "", isPage: (String) -> Bool
    ) -> Target {
        if written.hasPrefix("#") { return .anchor(PercentEncoding.decode(written.dropFirst())) }
        if written.hasPrefix("//") || hasScheme(written) { return .elsewhere(written) }
        let hash = written.firstIndex(of: "#") ?? written.endIndex
        let fragment = hash < written.endIndex ? String(written[written.index(after: hash)...]) : ""
        let path = written[..<hash].prefix { $0 != "?" }
        let content = "/workshop/content/"
        let relative: String
        if path.hasPrefix(content) {
            relative = String(path.dropFirst(content.count))
        } else if path.hasPrefix("/") {
            if path == "/dashboard/" {
                // Written by `dashboard`, for a shortcode.
                let query = written[path.endIndex..<hash]
                if query.hasPrefix("?page=") {
                    let id = PercentEncoding.decode(query.dropFirst(6))
                    let name =
                        fragment.hasPrefix(anchorPrefix) ? String(fragment.dropFirst(anchorPrefix.count)) : fragment
                    if isPage(id) { return .page(id, fragment: PercentEncoding.decode(name)) }
                }
            }
            return .local(written)
        } else {
            relative = folder + path
        }
        let decoded = normalised(PercentEncoding.decode(relative))
        for path in [decoded, page.isEmpty ? "" : normalised(PercentEncoding.decode("\(page)/\(path)"))] {
            var id = path.hasSuffix(".md") ? String(path.dropLast(3)) : path
            if id.hasSuffix("/index") { id = String(id.dropLast(6)) }
            while id.hasSuffix("/") { id.removeLast() }
            if isPage(id) { return .page(id, fragment: PercentEncoding.decode(fragment)) }
        }
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
