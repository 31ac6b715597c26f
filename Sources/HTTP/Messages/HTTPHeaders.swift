/// Header fields in order; names compare without regard to case (RFC 9110, section 5.1).
///
/// A value can never hold a line break or another control byte: they become spaces on the way in, so that a response
/// cannot be split.
///
/// All fields stand in one buffer, each name and value ended by a zero byte: taking over a browser's fifteen fields costs
/// two allocations, and strings are made only of those that somebody asks for.
public struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral, Sequence {
    private var text: [UInt8] = []
    private var fields: [Field] = []

    private struct Field: Sendable {
        var start: Int
        var nameCount: Int
        var valueCount: Int
        var valueStart: Int { start + nameCount + 1 }
    }

    public init() {}
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }

    /// The first value of a field.
    public subscript(name: String) -> String? {
        get {
            guard let field = fields.first(where: { isNamed($0, name) }) else { return nil }
            return value(of: field)
        }
        set {
            removeAll(name)
            if let newValue { add(name, newValue) }
        }
    }

    /// Every value of a field, in order.
    public func all(_ name: String) -> [String] {
        var values: [String] = []
        for field in fields where isNamed(field, name) { values.append(value(of: field)) }
        return values
    }

    /// Whether there is such a field; cheaper than asking for its value.
    public func contains(_ name: String) -> Bool { fields.contains { isNamed($0, name) } }

    /// Whether a field that holds a comma-separated list, such as `Connection`, has this token in any case.
    public func hasToken(_ token: String, in name: String) -> Bool {
        for field in fields where isNamed(field, name) {
            let value = text[field.valueStart..<field.valueStart + field.valueCount]
            for part in value.split(separator: UInt8(ascii: ",")) {
                let trimmed = part.drop(while: HTTPHeaders.isBlank)
                let end = trimmed.lastIndex { !HTTPHeaders.isBlank($0) }
                guard let end else { continue }
                if HTTPHeaders.isSame(trimmed[trimmed.startIndex...end], token) { return true }
            }
        }
        return false
    }

    public var count: Int { fields.count }

    /// Adds a field and keeps those of the same name. A name that is not a token (RFC 9110, section 5.6.2) is dropped.
    public mutating func add(_ name: String, _ value: String) {
        var name = name
        var value = value
        name.withUTF8 { name in value.withUTF8 { value in add(name, value) } }
    }

    /// Adds a field from bytes that live only for this call.
    package mutating func add(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        guard !name.isEmpty, name.allSatisfy(HTTPHeaders.isTokenByte) else { return }
        let field = Field(start: text.count, nameCount: name.count, valueCount: value.count)
        text.append(contentsOf: name)
        text.append(0)
        text.append(contentsOf: value)
        text.append(0)
        for index in field.valueStart..<field.valueStart + field.valueCount {
            let byte = text[index]
            if (byte < 32 && byte != 9) || byte == 127 { text[index] = 32 }
        }
        fields.append(field)
    }

    package mutating func reserve(fields count: Int, bytes: Int) {
        fields.reserveCapacity(count)
        text.reserveCapacity(bytes)
    }

    /// Calls with each name and value as C strings that live only for the call.
    package func forEachCString(_ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Void) {
        text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            base.withMemoryRebound(to: CChar.self, capacity: buffer.count) { base in
                for field in fields { body(base + field.start, base + field.valueStart) }
            }
        }
    }

    public struct Iterator: IteratorProtocol {
        fileprivate let headers: HTTPHeaders
        fileprivate var index = 0
        public mutating func next() -> (name: String, value: String)? {
            guard index < headers.fields.count else { return nil }
            let field = headers.fields[index]
            index += 1
            return (headers.string(field.start, field.nameCount), headers.value(of: field))
        }
    }
    public func makeIterator() -> Iterator { Iterator(headers: self) }

    private mutating func removeAll(_ name: String) {
        guard contains(name) else { return }
        let old = self
        text.removeAll(keepingCapacity: true)
        fields.removeAll(keepingCapacity: true)
        old.text.withUnsafeBufferPointer { buffer in
            for field in old.fields where !old.isNamed(field, name) {
                add(
                    UnsafeBufferPointer(rebasing: buffer[field.start..<field.start + field.nameCount]),
                    UnsafeBufferPointer(rebasing: buffer[field.valueStart..<field.valueStart + field.valueCount]))
            }
        }
    }

    private func value(of field: Field) -> String { string(field.valueStart, field.valueCount) }

    private func string(_ start: Int, _ count: Int) -> String {
        text.withUnsafeBufferPointer { String(decoding: $0[start..<start + count], as: UTF8.self) }
    }

    private func isNamed(_ field: Field, _ name: String) -> Bool {
        guard field.nameCount == name.utf8.count else { return false }
        return HTTPHeaders.isSame(text[field.start..<field.start + field.nameCount], name)
    }

    private static func isSame(_ bytes: ArraySlice<UInt8>, _ text: String) -> Bool {
        let text = text.utf8
        guard bytes.count == text.count else { return false }
        var index = bytes.startIndex
        for byte in text {
            if lowered(bytes[index]) != lowered(byte) { return false }
            index += 1
        }
        return true
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"),
            UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"),
            UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte + 32 : byte }
}
