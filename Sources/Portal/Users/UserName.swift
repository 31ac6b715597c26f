internal import Platform

/// The name that a person signs in with.
public struct UserName: Sendable, Equatable {
    /// As it is shown, in Unicode's form NFKC.
    public let text: String
    /// What names are compared by: case, width, invisible characters and letters that look like others make no difference.
    public let key: String

    public enum Problem: Error, Sendable, Equatable {
        case tooShort, tooLong
        /// Something that is no letter, digit or one of `.`, `_`, `-`, `+`, `@`, or one of these at the beginning.
        case characters
        /// Letters of more than one script, which are there to deceive.
        case mixedScripts
        case reserved
    }

    public static let shortest = 2
    public static let longest = 60

    /// Checks a name that somebody wants to have.
    /// - Parameter reserved: names that the portal's definition gives to staff and programs.
    public static func checked(_ typed: String, reserved: [String] = []) -> Result<UserName, Problem> {
        // Nothing that long is looked at closely.
        guard typed.utf8.count <= 1000 else { return .failure(.tooLong) }
        guard let text = NormalizedText.compatible(trimmed(typed)) else { return .failure(.characters) }
        let count = text.unicodeScalars.count
        if count < shortest { return .failure(.tooShort) }
        if count > longest || text.utf8.count > 150 { return .failure(.tooLong) }
        if let problem = problem(in: text) { return .failure(problem) }
        guard let key = key(of: text) else { return .failure(.characters) }
        if isReserved(key) || reserved.contains(where: { self.key(of: $0) == key }) { return .failure(.reserved) }
        return .success(UserName(text: text, key: key))
    }

    /// The key of whatever was typed at the login; `nil` for what can be nobody's name.
    public static func key(of typed: String) -> String? {
        guard typed.utf8.count <= 1000, let folded = NormalizedText.folded(trimmed(typed)), !folded.isEmpty else {
            return nil
        }
        var key = String.UnicodeScalarView()
        for scalar in folded.unicodeScalars { key.append(lookalikes[scalar] ?? scalar) }
        // "rn" is "m" in many typefaces.
        return String(key).replacing("rn", with: "m")
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }

    private static func problem(in text: String) -> Problem? {
        var scripts: Set<Script> = []
        var isFirst = true
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .otherLetter, .titlecaseLetter: scripts.insert(Script(of: scalar))
            case .decimalNumber where scalar.isASCII: break
            case .nonspacingMark, .spacingMark:
                // Vowel signs and the like; European letters with their accents are one code point each.
                guard !isFirst, scalar.value >= 0x0590 else { return .characters }
            default:
                guard !isFirst, "._-+@".unicodeScalars.contains(scalar) else { return .characters }
            }
            isFirst = false
        }
        return scripts.count > 1 ? .mixedScripts : nil
    }

    /// The scripts whose letters can be taken for each other's; all others count as one.
    private enum Script {
        case latin, greek, cyrillic, other

        init(of scalar: Unicode.Scalar) {
            switch scalar.value {
            case 0...0x24F, 0x1E00...0x1EFF, 0x2C60...0x2C7F, 0xA720...0xA7FF: self = .latin
            case 0x370...0x3FF, 0x1F00...0x1FFF: self = .greek
            case 0x400...0x52F, 0x1C80...0x1C8F, 0x2DE0...0x2DFF, 0xA640...0xA69F: self = .cyrillic
            default: self = .other
            }
        }
    }

    /// Small letters and digits that many typefaces draw like a Latin one (after UTS #39, for the scripts that are told
    /// apart here).
    private static let lookalikes: [Unicode.Scalar: Unicode.Scalar] = [
        "0": "o", "1": "l", "а": "a", "ԁ": "d", "е": "e", "һ": "h", "і": "i", "ј": "j", "ӏ": "l", "о": "o", "р": "p",
        "ԛ": "q", "ѕ": "s", "с": "c", "х": "x", "у": "y", "ү": "y", "ԝ": "w", "ѵ": "v", "м": "m", "к": "k", "т": "t",
        "в": "b", "н": "h", "г": "r", "п": "n", "α": "a", "ο": "o", "ρ": "p", "ν": "v", "υ": "u", "ι": "i", "κ": "k",
        "γ": "y", "τ": "t", "χ": "x", "η": "n", "ω": "w", "σ": "o", "ı": "i", "ł": "l", "ø": "o",
    ]

    /// Names that sound like the portal speaking.
    private static func isReserved(_ key: String) -> Bool {
        reservedKeys.contains(key) || reservedBeginnings.contains { key.hasPrefix($0) }
    }
    private static let reservedKeys = Set(
        [
            "admin", "administrator", "anonymous", "api", "educates", "guest", "help", "hostmaster", "info", "lectern",
            "mail", "moderator", "nobody", "noreply", "no-reply", "null", "operator", "owner", "portal", "postmaster",
            "robot", "root", "security", "staff", "superuser", "support", "system", "teacher", "trainer", "undefined",
            "webmaster", "www",
        ].compactMap { key(of: $0) })
    private static let reservedBeginnings = ["anon@", "robot@", UserID.providerPrefix].compactMap { key(of: $0) }
}

extension UserID {
    /// How ids of users begin whom a login provider vouches for.
    static let providerPrefix = "oidc-"

    /// The id of a user of a login provider: always the same for the same issuer and subject.
    static func of(_ identity: ProviderIdentity) -> UserID {
        var digest = ContentDigest()
        digest.update(field: identity.issuer)
        digest.update(field: identity.subject)
        return UserID(unchecked: providerPrefix + digest.finish().prefix(32))
    }
}
