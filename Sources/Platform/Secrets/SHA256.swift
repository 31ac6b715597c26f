internal import CSodium

/// SHA-256 (FIPS 180-4) where a protocol asks for it: PKCE, Content-Security-Policy. Secrets of our own are stored as
/// `TokenDigest`.
public enum SHA256 {
    /// 32 bytes.
    public static func digest(of bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = crypto_hash_sha256(&digest, bytes, UInt64(bytes.count))
        return digest
    }
    public static func digest(of text: String) -> [UInt8] { digest(of: Array(text.utf8)) }

    /// The PKCE challenge of a verifier: base64url without padding of its SHA-256 (RFC 7636, section 4.2, `S256`).
    public static func challenge(of verifier: String) -> String { Base64.url(digest(of: verifier)) }
}

/// Base64 (RFC 4648), written only.
public enum Base64 {
    /// Section 4: `+`, `/` and padding.
    public static func standard(_ bytes: [UInt8]) -> String { encode(bytes, last: "+/", isPadded: true) }
    /// Section 5: `-`, `_`, no padding.
    public static func url(_ bytes: [UInt8]) -> String { encode(bytes, last: "-_", isPadded: false) }

    private static func encode(_ bytes: [UInt8], last: String, isPadded: Bool) -> String {
        let alphabet = Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let here = min(3, bytes.count - index)
            var group = UInt32(bytes[index]) << 16
            if here > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if here > 2 { group |= UInt32(bytes[index + 2]) }
            for place in 0..<4 {
                if place <= here {
                    text.append(alphabet[Int(group >> UInt32(18 - 6 * place) & 63)])
                } else if isPadded {
                    text.append(UInt8(ascii: "="))
                }
            }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }
}
