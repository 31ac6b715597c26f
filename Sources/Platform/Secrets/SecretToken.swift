internal import CSodium

/// A random secret that is handed out once and never stored: the store keeps its `digest`.
///
/// 160 random bits need no slow hash: guessing is hopeless however fast the hash is. Passwords that people choose
/// are another matter and go through Argon2id.
public struct SecretToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// The secret in clear, 32 characters of `a-z2-7`. For the cookie, the link or the header, never for a log.
    public let text: String

    /// Takes a token that somebody presented.
    public init(presented text: some StringProtocol) { self.text = String(text) }

    /// Draws a new token from the system's random source.
    public static func random() -> SecretToken {
        var bytes = [UInt8](repeating: 0, count: 20)
        randombytes_buf(&bytes, bytes.count)
        return SecretToken(presented: base32(bytes))
    }

    /// What the store keeps: BLAKE2b-256 of the text.
    public var digest: TokenDigest { TokenDigest(of: text) }

    public var description: String { "(secret)" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    private static func base32(_ bytes: [UInt8]) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 8 + 4) / 5)
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(buffer << UInt32(5 - bits) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }
}

/// BLAKE2b-256 of a secret token: 32 bytes, safe to store, useless to present.
public struct TokenDigest: Hashable, Sendable {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// Takes a digest that was stored. `nil` when it is not 32 bytes long.
    public init?(stored bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    init(of text: String) {
        var digest = [UInt8](repeating: 0, count: 32)
        var text = text
        text.withUTF8 { input in
            _ = crypto_generichash(&digest, 32, input.baseAddress, UInt64(input.count), nil, 0)
        }
        bytes = digest
    }
}

/// Whether two secrets are equal, in a time that depends on neither content nor the place of the first difference.
public func secretsAreEqual(_ left: String, _ right: String) -> Bool {
    let a = TokenDigest(of: left).bytes
    let b = TokenDigest(of: right).bytes
    return sodium_memcmp(a, b, 32) == 0
}
