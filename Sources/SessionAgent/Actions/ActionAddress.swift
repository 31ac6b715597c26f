/// Which addresses an action may open: none that could run a script in our page.
enum ActionAddress {
    /// An `http:` or `https:` URL, or an address of this host; for a tab also `terminal:<name>` with a name of lower-case
    /// letters, digits and `-` (spec/dashboard.md section 6).
    static func isAllowed(_ text: String, isTab: Bool) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 4096, !text.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else {
            return false
        }
        if text.hasPrefix("terminal:") {
            let name = text.dropFirst("terminal:".count)
            return isTab && isTerminalName(name)
        }
        guard let colon = text.firstIndex(of: ":") else { return true }
        let before = text[..<colon]
        // A colon behind the first of these belongs to a path.
        if before.contains(where: { $0 == "/" || $0 == "?" || $0 == "#" }) { return true }
        let scheme = before.lowercased()
        return scheme == "http" || scheme == "https"
    }

    static func isTerminalName(_ name: Substring) -> Bool {
        !name.isEmpty && name.utf8.count <= 63
            && name.utf8.allSatisfy { $0 >= 97 && $0 <= 122 || $0 >= 48 && $0 <= 57 || $0 == UInt8(ascii: "-") }
    }
}
