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
