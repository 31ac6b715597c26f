internal import CSodium

extension Base64 {
    /// Reads what `standard` writes, with or without padding (RFC 4648, section 4). `nil` for anything else.
    public static func decodeStandard(_ text: String) -> [UInt8]? {
        let variant =
            text.hasSuffix("=") || text.utf8.count % 4 == 0
            ? sodium_base64_VARIANT_ORIGINAL : sodium_base64_VARIANT_ORIGINAL_NO_PADDING
        var bytes = [UInt8](repeating: 0, count: text.utf8.count / 4 * 3 + 3)
        var count = 0
        let result = sodium_base642bin(
            &bytes, bytes.count, text, text.utf8.count, nil, &count, nil, Int32(bitPattern: UInt32(variant)))
        guard result == 0 else { return nil }
        return Array(bytes.prefix(count))
    }
}
