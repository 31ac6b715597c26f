internal import CSodium

/// BLAKE2b-256 over content of any length, to tell whether it changed.
public struct ContentDigest: ~Copyable {
    /// libsodium wants its state aligned to 64 bytes.
    private let state: UnsafeMutableRawPointer

    public init() {
        state = .allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
        _ = crypto_generichash_init(OpaquePointer(state), nil, 0, 32)
    }

    deinit { state.deallocate() }

    public mutating func update(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        _ = crypto_generichash_update(OpaquePointer(state), bytes, UInt64(bytes.count))
    }

    /// Takes a text with its length before it, so that neighbouring texts cannot run into each other.
    public mutating func update(field text: String) {
        update("\(text.utf8.count):".utf8)
        update(text.utf8)
    }

    /// The digest as 64 hexadecimal digits.
    public consuming func finish() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = crypto_generichash_final(OpaquePointer(state), &digest, 32)
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
