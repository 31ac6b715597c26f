internal import Platform

/// The key with which events are signed, as Standard Webhooks writes it: `whsec_` and base64 of 24 to 64 bytes.
public struct WebhookSecret: Sendable, CustomStringConvertible, CustomReflectable {
    private let key: [UInt8]

    /// `nil` when the text is no such secret. Blanks and line breaks around it are ignored.
    public init?(_ text: String) {
        let text = text.trimmingSpace()
        guard text.hasPrefix(WebhookSecret.prefix),
            let key = Base64.decodeStandard(String(text.dropFirst(WebhookSecret.prefix.count))),
            (24...64).contains(key.count)
        else { return nil }
        self.key = key
    }

    private init(key: [UInt8]) { self.key = key }

    /// Draws a new one from the system's random source.
    public static func random() -> WebhookSecret { WebhookSecret(key: DerivationKey.random().bytes) }

    /// For the receiver; never for a log.
    public var text: String { WebhookSecret.prefix + Base64.standard(key) }

    /// The header `webhook-signature` for one attempt: HMAC-SHA256 over id, moment and body, so that nobody can change the
    /// body or send it again much later.
    func signature(id: String, seconds: Int64, body: [UInt8]) -> String {
        "v1," + Base64.standard(HMACSHA256.tag(of: Array("\(id).\(seconds).".utf8) + body, key: key))
    }

    private static let prefix = "whsec_"
    public var description: String { "(secret)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension String {
    fileprivate func trimmingSpace() -> String {
        let isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
        let scalars = unicodeScalars.drop(while: isSpace)
        let end = scalars.lastIndex { !isSpace($0) }.map(scalars.index(after:)) ?? scalars.startIndex
        return String(scalars[..<end])
    }
}
