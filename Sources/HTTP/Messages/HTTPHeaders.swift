/// Header fields in order; names compare without regard to case (RFC 9110, section 5.1).
///
/// A value can never hold a line break or another control byte: they become spaces on the way in, so that a response
/// cannot be split.
public struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral, Sequence {
    private var fields: [(name: String, value: String)] = []

    public init() {}
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }

    /// The first value of a field.
    public subscript(name: String) -> String? {
        get { fields.first { HTTPHeaders.sameName($0.name, name) }?.value }
        set {
            fields.removeAll { HTTPHeaders.sameName($0.name, name) }
            if let newValue { add(name, newValue) }
        }
    }

    /// Every value of a field, in order.
    public func all(_ name: String) -> [String] {
        fields.filter { HTTPHeaders.sameName($0.name, name) }.map(\.value)
    }

    /// Adds a field and keeps those of the same name. A name that is not a token (RFC 9110, section 5.6.2) is dropped.
    public mutating func add(_ name: String, _ value: String) {
        guard HTTPHeaders.isToken(name) else { return }
        fields.append((name, HTTPHeaders.clean(value)))
    }

    public func makeIterator() -> IndexingIterator<[(name: String, value: String)]> { fields.makeIterator() }

    private static func clean(_ value: String) -> String {
        guard value.utf8.contains(where: { ($0 < 32 && $0 != 9) || $0 == 127 }) else { return value }
        return String(decoding: value.utf8.map { ($0 < 32 && $0 != 9) || $0 == 127 ? 32 : $0 }, as: UTF8.self)
    }

    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    private static func sameName(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).allSatisfy { lowered($0) == lowered($1) }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte + 32 : byte }
}
