internal import CSodium

/// A password that a person chose, as the store keeps it: Argon2id (RFC 9106) by libsodium, with a salt of its own.
///
/// Making and comparing take a tenth of a second and as much memory as `PasswordCost` says, on purpose. Neither is done
/// on a thread that serves requests, nor in a transaction: see `WorkerThreads`.
public struct PasswordHash: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// `$argon2id$v=19$m=…,t=…,p=1$salt$hash`, for the store.
    public let text: String

    /// Takes a hash that was stored. `nil` when it is not one of Argon2id.
    public init?(stored text: String) {
        guard text.hasPrefix("$argon2id$"), text.utf8.count < PasswordHash.size,
            text.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        else { return nil }
        self.text = text
    }

    private init(made text: String) { self.text = text }

    /// Hashes a password.
    /// - Throws: `PasswordHashFailure` when the memory is not to be had, or the password is longer than
    ///   `longestPassword`.
    public static func make(_ password: String, cost: PasswordCost) throws(PasswordHashFailure) -> PasswordHash {
        guard var input = prepared(password) else { throw PasswordHashFailure() }
        defer { sodium_memzero(&input, input.count) }
        var output = [CChar](repeating: 0, count: size)
        let result = crypto_pwhash_str_alg(
            &output, input, UInt64(input.count), UInt64(cost.passes), cost.memory, crypto_pwhash_alg_argon2id13())
        guard result == 0 else { throw PasswordHashFailure() }
        return PasswordHash(
            made: String(decoding: output.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    /// Whether the password is the one that was hashed. Compares in constant time.
    public func verify(_ password: String) -> Bool {
        guard var input = PasswordHash.prepared(password) else { return false }
        defer { sodium_memzero(&input, input.count) }
        return crypto_pwhash_str_verify(text, input, UInt64(input.count)) == 0
    }

    /// Whether it was made at another cost and should be made again when the password is next at hand.
    public func isOutdated(for cost: PasswordCost) -> Bool {
        crypto_pwhash_str_needs_rehash(text, UInt64(cost.passes), cost.memory) != 0
    }

    /// Bytes of UTF-8; longer ones are no password of anybody's.
    public static let longestPassword = 1024

    /// Composed in the same way whatever keyboard it was typed on. Text with unassigned code points is taken as it is.
    private static func prepared(_ password: String) -> [CChar]? {
        guard password.utf8.count <= longestPassword else { return nil }
        return (NormalizedText.compatible(password) ?? password).utf8.map(CChar.init(bitPattern:))
    }

    private static let size = Int(crypto_pwhash_strbytes())

    public var description: String { "(secret)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What one hash costs.
public struct PasswordCost: Sendable, Equatable {
    /// Bytes, from 8 KiB.
    public let memory: Int
    /// Passes over the memory, from 1.
    public let passes: Int

    /// - Parameters:
    ///   - memory: bytes; less than 8 KiB counts as 8 KiB.
    ///   - passes: less than 1 counts as 1.
    public init(memory: Int, passes: Int) {
        self.memory = max(8 << 10, memory)
        self.passes = max(1, passes)
    }

    /// RFC 9106, section 4: the second choice, for machines without gigabytes to spare.
    public static let standard = PasswordCost(memory: 64 << 20, passes: 3)
    /// No protection at all: for tests.
    public static let leastForTests = PasswordCost(memory: 8 << 10, passes: 1)
}

/// The memory for a hash was not to be had, or the password is too long to be one.
public struct PasswordHashFailure: Error, CustomStringConvertible {
    public var description: String { "a password could not be hashed: not enough memory, or it is too long" }
}
