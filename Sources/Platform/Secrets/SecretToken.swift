internal import CSodium

/// A random secret that is handed out once and never stored: the store keeps its `digest`.
///
/// 160 random bits need no slow hash: guessing is hopeless however fast the hash is. Passwords that people choose
/// are another matter and go through Argon2id. The moment of making stands in front of the random bits, and in front of the
/// digest too: an index over digests then grows at its end, where random ones would touch a page of their own each.
public struct SecretToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// The secret in clear, `length` characters of `a-z2-7`. For the cookie, the link or the header, never for a log.
    public let text: String

    /// Characters of a token made here: 48 bits of time and 160 random ones.
    public static let length = 42

    /// Takes a token that somebody presented.
    public init(presented text: some StringProtocol) { self.text = String(text) }

    /// Draws a new token from the system's random source.
    /// - Parameter moment: orders tokens in an index and decides nothing.
    public static func random(at moment: Timestamp = WallClock.system.now()) -> SecretToken {
        var bytes = [UInt8](repeating: 0, count: TokenDigest.prefixLength + 20)
        bytes.withUnsafeMutableBytes { bytes in
            for index in 0..<TokenDigest.prefixLength {
                bytes[index] = UInt8(truncatingIfNeeded: moment.milliseconds >> (40 - 8 * index))
            }
            if let random = UnsafeMutableRawBufferPointer(rebasing: bytes[TokenDigest.prefixLength...]).baseAddress {
                randombytes_buf(random, 20)
            }
        }
        return SecretToken(presented: Base32.text(of: bytes))
    }

    /// What the store keeps.
    public var digest: TokenDigest { TokenDigest(of: self) }

    public var description: String { "(secret)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What stands for a secret token in the store: 32 bytes, safe to store, useless to present.
///
/// Of a token made here, its moment (6 bytes) and BLAKE2b-208 of the whole text; of any other text BLAKE2b-256.
public struct TokenDigest: Hashable, Sendable {
    /// 32 bytes.
    public let bytes: [UInt8]

    static let prefixLength = 6

    /// Takes a digest that was stored. `nil` when it is not 32 bytes long.
    public init?(stored bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    init(of token: SecretToken) {
        var prefix: [UInt8] = []
        if token.text.utf8.count == SecretToken.length {
            prefix = Base32.bytes(of: token.text.utf8.prefix(10), count: TokenDigest.prefixLength) ?? []
        }
        bytes = prefix + TokenDigest.hash(token.text, length: 32 - prefix.count)
    }

    init(of text: String) { bytes = TokenDigest.hash(text, length: 32) }

    private static func hash(_ text: String, length: Int) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: length)
        var text = text
        text.withUTF8 { input in
            _ = crypto_generichash(&digest, length, input.baseAddress, UInt64(input.count), nil, 0)
        }
        return digest
    }
}

/// Whether two secrets are equal, in a time that depends on neither content nor the place of the first difference.
public func secretsAreEqual(_ left: String, _ right: String) -> Bool {
    let a = TokenDigest(of: left).bytes
    let b = TokenDigest(of: right).bytes
    return sodium_memcmp(a, b, 32) == 0
}
