internal import CSodium
internal import Glibc

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

    /// The digest of a whole file, read from where it stands, as 64 hexadecimal digits.
    /// - Throws: `SystemCallError`
    package static func hexadecimalDigest(of file: Descriptor) throws -> String {
        var state = crypto_hash_sha256_state()
        _ = crypto_hash_sha256_init(&state)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file.number, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemCallError("read") }
            if count == 0 { break }
            _ = crypto_hash_sha256_update(&state, buffer, UInt64(count))
        }
        var digest = [UInt8](repeating: 0, count: 32)
        _ = crypto_hash_sha256_final(&state, &digest)
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The PKCE challenge of a verifier: base64url without padding of its SHA-256 (RFC 7636, section 4.2, `S256`).
    public static func challenge(of verifier: String) -> String { Base64.url(digest(of: verifier)) }
}

/// Base64 (RFC 4648).
public enum Base64 {
    /// Section 4: `+`, `/` and padding.
    public static func standard(_ bytes: [UInt8]) -> String { encode(bytes, last: "+/", isPadded: true) }
    /// Section 5: `-`, `_`, no padding.
    public static func url(_ bytes: [UInt8]) -> String { encode(bytes, last: "-_", isPadded: false) }

    /// Reads what `url` writes; `nil` for anything else, padding and blanks included.
    public static func decodeURL(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3 + 3)
        var buffer: UInt32 = 0
        var bits = 0
        for byte in text.utf8 {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "_"): value = 63
            default: return nil
            }
            buffer = buffer << 6 & 0xFFFF | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        // What is left over is less than a byte, and zero; six bits alone are no byte's beginning.
        guard bits < 6, buffer & (1 << UInt32(bits) - 1) == 0 else { return nil }
        return bytes
    }

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
