internal import CSodium
internal import Synchronization

/// Texts that are never drawn twice and tell nothing: 120 random bits each, as 24 letters and digits. Random bytes are
/// taken from the system in large pieces, so that most texts cost no system call. Not for secrets: the pieces stay in
/// memory until they are used.
public final class UniqueTexts: Sendable {
    private struct Supply {
        var bytes: [UInt8] = []
        var used = 0
    }
    private let supply = Mutex(Supply())

    private static let length = 15
    private static let piece = 64 * length

    public init() {}

    public func next() -> String {
        let bytes = supply.withLock { supply -> [UInt8] in
            if supply.used == supply.bytes.count {
                supply.bytes = [UInt8](repeating: 0, count: UniqueTexts.piece)
                supply.bytes.withUnsafeMutableBytes { bytes in
                    if let start = bytes.baseAddress { randombytes_buf(start, bytes.count) }
                }
                supply.used = 0
            }
            defer { supply.used += UniqueTexts.length }
            return Array(supply.bytes[supply.used..<supply.used + UniqueTexts.length])
        }
        return Base32.text(of: bytes)
    }
}
