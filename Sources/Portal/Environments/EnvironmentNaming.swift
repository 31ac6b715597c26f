extension EnvironmentName {
    /// The name of an environment: `<portal>-w01`, DNS-safe whatever the portal is called, and short enough for its
    /// sessions' names (spec/portal-lifecycle.md, section 2).
    /// - Parameter number: at least 1.
    /// - Returns: `nil` for a number that leaves no room, which takes more than 10^40 environments.
    public init?(portal: String, number: Int) {
        let suffix = "-w" + padded(number, to: 2)
        self.init(rawValue: normalizedLabel(portal, limit: 54 - suffix.utf8.count) + suffix)
    }
}

extension SessionName {
    /// The name of a session: `<environment>-s001`.
    /// - Parameter number: at least 1.
    /// - Returns: `nil` when the environment's name leaves no room for the number.
    public init?(environment: EnvironmentName, number: Int) {
        self.init(rawValue: environment.rawValue + "-s" + padded(number, to: 3))
    }

    /// The environment that the name points to, whether or not it exists.
    public var environmentName: EnvironmentName? {
        guard let mark = rawValue.utf8.lastIndex(of: UInt8(ascii: "-")) else { return nil }
        let suffix = rawValue.utf8[mark...].dropFirst()
        guard suffix.first == UInt8(ascii: "s"), suffix.count > 1 else { return nil }
        return EnvironmentName(rawValue: String(rawValue[..<mark]))
    }
}

/// The hosts of a session: its own, `<session>.<domain>`, and those of the learner's servers, `<name>-<session>.<domain>` or
/// `<session>-<name>.<domain>` (spec/dashboard.md, section 7).
public enum SessionHosts {
    /// What all names of a portal's sessions begin with. A long portal's name is cut where its environments' numbers grow.
    private static func beginning(_ portal: String) -> (text: String, isCut: Bool) {
        let longest = 46
        let text = normalizedLabel(portal, limit: longest)
        return (text, normalizedLabel(portal, limit: 63) != text)
    }

    /// A regular expression, as PCRE and nginx take it, for the names of a portal's sessions; without anchors.
    public static func pattern(portal: String) -> String {
        let (text, isCut) = beginning(portal)
        return text + (isCut ? "[a-z0-9-]*" : "") + "-w[0-9]+-s[0-9]+"
    }

    /// The session that the first label of a host leads to, whether it exists or not. A label that is no portal's session and
    /// has none in it is taken for a session's name as it stands.
    public static func session(label: String, portal: String) -> SessionName? {
        if !isSession(label[...], portal) {
            // Of `<name>-<session>` and `<session>-<name>` the first counts, as at the front door.
            let marks = label.indices.filter { label[$0] == "-" }
            for mark in marks where isSession(label[label.index(after: mark)...], portal) {
                return SessionName(rawValue: String(label[label.index(after: mark)...]))
            }
            for mark in marks.reversed() where isSession(label[..<mark], portal) {
                return SessionName(rawValue: String(label[..<mark]))
            }
        }
        return SessionName(rawValue: label)
    }

    private static func isSession(_ text: Substring, _ portal: String) -> Bool {
        let (start, isCut) = beginning(portal)
        guard text.hasPrefix(start) else { return false }
        let parts = text.dropFirst(start.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3 || (isCut && parts.count > 3), isCut || parts[0].isEmpty else { return false }
        return isNumbered(parts[parts.count - 2], "w") && isNumbered(parts[parts.count - 1], "s")
    }

    private static func isNumbered(_ part: Substring, _ letter: Character) -> Bool {
        part.first == letter && part.count > 1 && part.dropFirst().utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
    }
}

/// A DNS label made of any text: small letters, digits and single inner hyphens, at most `limit` bytes; `portal` when
/// nothing is left.
func normalizedLabel(_ text: String, limit: Int) -> String {
    var result: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): result.append(byte)
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): result.append(byte + 32)
        default: if let last = result.last, last != UInt8(ascii: "-") { result.append(UInt8(ascii: "-")) }
        }
        if result.count == limit { break }
    }
    while result.last == UInt8(ascii: "-") { result.removeLast() }
    return result.isEmpty ? "portal" : String(decoding: result, as: UTF8.self)
}

private func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
