internal import CSodium

/// A key that signs short texts which leave the program and come back, such as cookies and form tokens.
public struct MessageKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let bytes: [UInt8]

    /// Derives the key from a secret text of at least 128 random bits.
    public init(secret: String) { bytes = TokenDigest(of: secret).bytes }

    /// HMAC-SHA-512-256 of a message, base64url. The purpose keeps a text signed for one use from passing in another.
    public func tag(of message: String, purpose: String) -> String {
        let input = Array("\(purpose.utf8.count):\(purpose)\(message)".utf8)
        var tag = [UInt8](repeating: 0, count: 32)
        _ = crypto_auth(&tag, input, UInt64(input.count), bytes)
        return Base64.url(tag)
    }

    /// Whether `tag` belongs to the message, in a time that does not depend on where they differ.
    public func accepts(_ tag: String, of message: String, purpose: String) -> Bool {
        secretsAreEqual(tag, self.tag(of: message, purpose: purpose))
    }

    public var description: String { "(secret)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
