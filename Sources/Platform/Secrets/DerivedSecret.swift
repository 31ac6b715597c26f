internal import CSodium

/// A key from which other secrets are derived, so that they need not be stored and are the same after a restart.
public struct DerivationKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// 32 bytes, for the store.
    public let bytes: [UInt8]

    /// Takes a key that was stored. `nil` when it is not 32 bytes long.
    public init?(stored bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    private init(drawn bytes: [UInt8]) { self.bytes = bytes }

    /// Draws a new key from the system's random source.
    public static func random() -> DerivationKey {
        var bytes = [UInt8](repeating: 0, count: 32)
        randombytes_buf(&bytes, bytes.count)
        return DerivationKey(drawn: bytes)
    }

    /// The secret of one subject for one purpose: keyed BLAKE2b-256 of both, as 64 hexadecimal digits.
    /// - Parameter purpose: a constant without a line break; two purposes never yield the same secret.
    public func secret(for purpose: String, of subject: String) -> SecretToken {
        let input = Array("\(purpose)\n\(subject)".utf8)
        var digest = [UInt8](repeating: 0, count: 32)
        _ = crypto_generichash(&digest, 32, input, UInt64(input.count), bytes, bytes.count)
        let digits = Array("0123456789abcdef".utf8)
        let text = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return SecretToken(presented: String(decoding: text, as: UTF8.self))
    }

    public var description: String { "(secret)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
