internal import HTTP
internal import Platform

/// The agent's own cookies: who may have them back and how they are written.
struct AgentCookies: Sendable {
    /// Seconds that a visitor's cookie is honoured.
    static let lifetime = 24 * 3600
    /// Seconds that a visitor may take at the portal before it must send them back.
    static let entryLifetime = 600

    private let key: MessageKey
    private let isSecure: Bool
    private let isFramed: Bool

    let visitorName: String
    let entryName: String
    /// Tells which page was seen last; not sealed, for a wrong one does no harm.
    let placeName: String
    /// On hosts of the learner's servers.
    let appName: String
    let appEntryName: String

    init(manifest: SessionManifest) {
        key = MessageKey(secret: manifest.cookieKey)
        isFramed = !manifest.frameAncestors.isEmpty
        isSecure =
            manifest.sessionURL.hasPrefix("https:")
            || (isFramed && SetCookie.maySecure(overPlainHTTP: manifest.sessionURL))
        // A name with this prefix is only accepted by browsers when host-only, Secure and for the whole host (RFC 6265bis).
        visitorName = isSecure ? SetCookie.hostName("lectern", isSecure: true) : "lectern-session"
        entryName = SetCookie.hostName("lectern-entry", isSecure: isSecure)
        placeName = SetCookie.hostName("lectern-page", isSecure: isSecure)
        appName = SetCookie.hostName("lectern-app", isSecure: isSecure)
        appEntryName = SetCookie.hostName("lectern-app-entry", isSecure: isSecure)
    }

    /// For this host only. Sent in a frame of another site only where browsers accept that: on https, kept apart for each
    /// site that frames us.
    func cookie(_ name: String, _ value: String, seconds: Int) -> SetCookie {
        var cookie = SetCookie(name, value, isSecure: isSecure)
        cookie.maximumAge = seconds
        if isSecure && isFramed {
            cookie.sameSite = .none
            cookie.isPartitioned = true
        }
        return cookie
    }

    /// A value that only this agent can write: fields, the moment of issue, and their tag.
    func sealed(_ fields: [String], for name: String, at now: Timestamp) -> String {
        let text = ((fields.map(Hex.encoded)) + [String(now.milliseconds)]).joined(separator: ".")
        return text + "." + key.tag(of: text, purpose: name)
    }

    /// The fields of a value that this agent wrote at most `seconds` ago; `nil` for any other.
    func opened(_ value: String, from name: String, count: Int, seconds: Int, at now: Timestamp) -> [String]? {
        guard value.utf8.count <= 4096, let dot = value.lastIndex(of: ".") else { return nil }
        let text = String(value[..<dot])
        guard key.accepts(String(value[value.index(after: dot)...]), of: text, purpose: name) else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == count + 1, let issued = Int64(parts[count]) else { return nil }
        let age = now.seconds(since: Timestamp(milliseconds: issued))
        // A clock that was set back must not make a cookie last for ever, nor lock everybody out over a few seconds.
        guard age < seconds, age > -60 else { return nil }
        let fields = parts.dropLast().compactMap { Hex.decoded(String($0)) }
        return fields.count == count ? fields : nil
    }

    /// The token that a form must bring back; bound to one visitor.
    func formToken(for visitor: String) -> String { key.tag(of: visitor, purpose: "form") }

    func accepts(formToken: String, from visitor: String) -> Bool {
        key.accepts(formToken, of: visitor, purpose: "form")
    }
}

/// Any text as characters that a cookie may hold.
enum Hex {
    static func encoded(_ text: String) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count * 2)
        let digits = Array("0123456789abcdef".utf8)
        for byte in text.utf8 {
            result.append(digits[Int(byte >> 4)])
            result.append(digits[Int(byte & 15)])
        }
        return String(decoding: result, as: UTF8.self)
    }

    static func decoded(_ text: String) -> String? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
