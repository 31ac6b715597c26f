internal import CSodium

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1) where a protocol asks for it, such as signed webhooks. What only this program
/// reads again is signed with `MessageKey`.
public enum HMACSHA256 {
    /// 32 bytes.
    /// - Parameter key: any length; 32 bytes are as good as more.
    public static func tag(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        var state = crypto_auth_hmacsha256_state()
        _ = crypto_auth_hmacsha256_init(&state, key, key.count)
        _ = crypto_auth_hmacsha256_update(&state, message, UInt64(message.count))
        var tag = [UInt8](repeating: 0, count: 32)
        _ = crypto_auth_hmacsha256_final(&state, &tag)
        return tag
    }
}
