/// A pattern that texts are made from: what a request parameter with `generate: expression` gets when nobody gives a value
/// (spec/workshop-resource.md, section 1.7).
///
/// The pattern is a regular expression that the result matches: letters as they are, `[a-z0-9_]`, `\d`, `\w`, `(one|two)`,
/// and `?`, `*`, `+`, `{n}`, `{n,m}` behind any of them. Expressions that look around or back are not patterns of texts.
struct GeneratedValue: Sendable, Equatable {
    /// Characters of a text at most; what is longer is not a pattern.
    static let longest = 1024
    /// What `*` and `+` may repeat at most, where the pattern says nothing.
    static let mostRepeats = 8

    private indirect enum Part: Sendable, Equatable {
        case oneOf([UInt8])
        case sequence([Part])
        case either([Part])
        case repeated(Part, ClosedRange<Int>)

        /// Characters at most.
        var length: Int {
            switch self {
            case .oneOf: 1
            case .sequence(let parts): parts.reduce(0) { min($0 + $1.length, GeneratedValue.longest + 1) }
            case .either(let parts): parts.map(\.length).max() ?? 0
            case .repeated(let part, let times): min(part.length * times.upperBound, GeneratedValue.longest + 1)
            }
        }
    }

    /// Why a text is not a pattern.
    struct Mistake: Error, Equatable, CustomStringConvertible {
        /// Completes "expected …".
        let description: String
    }

    private let root: Part

    /// - Throws: `Mistake`.
    init(pattern: String) throws(Mistake) {
        var reader = Reader(rest: Array(pattern.utf8)[...])
        root = try reader.alternatives(depth: 0)
        guard reader.rest.isEmpty else { throw Mistake(description: "\"(\" before every \")\"") }
        guard root.length <= GeneratedValue.longest else {
            throw Mistake(description: "a pattern of at most \(GeneratedValue.longest) characters")
        }
    }

    func text(using generator: inout some RandomNumberGenerator) -> String {
        var bytes: [UInt8] = []
        append(root, to: &bytes, &generator)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func append(_ part: Part, to bytes: inout [UInt8], _ generator: inout some RandomNumberGenerator) {
        switch part {
        case .oneOf(let choices):
            if let byte = choices.randomElement(using: &generator) { bytes.append(byte) }
        case .sequence(let parts):
            for part in parts { append(part, to: &bytes, &generator) }
        case .either(let parts):
            if let part = parts.randomElement(using: &generator) { append(part, to: &bytes, &generator) }
        case .repeated(let part, let times):
            for _ in 0..<Int.random(in: times, using: &generator) { append(part, to: &bytes, &generator) }
        }
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func alternatives(depth: Int) throws(Mistake) -> Part {
            guard depth < 32 else { throw Mistake(description: "fewer parentheses in each other") }
            var choices: [Part] = []
            repeat { choices.append(try sequence(depth: depth)) } while take("|")
            return choices.count == 1 ? choices[0] : .either(choices)
        }

        private mutating func sequence(depth: Int) throws(Mistake) -> Part {
            var parts: [Part] = []
            while let byte = rest.first, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
                rest.removeFirst()
                // The whole text is always matched, so that these say nothing.
                if byte == UInt8(ascii: "^") || byte == UInt8(ascii: "$") { continue }
                var part = try single(byte, depth: depth)
                if let times = try quantifier() { part = .repeated(part, times) }
                parts.append(part)
            }
            return .sequence(parts)
        }

        private mutating func single(_ byte: UInt8, depth: Int) throws(Mistake) -> Part {
            switch byte {
            case UInt8(ascii: "("):
                if take("?"), !take(":") { throw Mistake(description: "plain parentheses") }
                let part = try alternatives(depth: depth + 1)
                guard take(")") else { throw Mistake(description: "\")\" after every \"(\"") }
                return part
            case UInt8(ascii: "["): return .oneOf(try letterClass())
            case UInt8(ascii: "\\"): return .oneOf(try escaped())
            case UInt8(ascii: "."): return .oneOf(Reader.lettersAndDigits)
            case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
                throw Mistake(description: "something to repeat before \"\(Character(UnicodeScalar(byte)))\"")
            case 32...126: return .oneOf([byte])
            default: throw Mistake(description: "a pattern of ASCII characters")
            }
        }

        private mutating func quantifier() throws(Mistake) -> ClosedRange<Int>? {
            if take("?") { return 0...1 }
            if take("*") { return 0...GeneratedValue.mostRepeats }
            if take("+") { return 1...GeneratedValue.mostRepeats }
            guard take("{") else { return nil }
            let mistake = Mistake(description: "{n} or {n,m} with numbers up to \(GeneratedValue.longest)")
            guard let least = number() else { throw mistake }
            if take("}") { return least...least }
            guard take(",") else { throw mistake }
            if take("}") { return least...max(least, GeneratedValue.mostRepeats) }
            guard let most = number(), take("}"), least <= most else { throw mistake }
            return least...most
        }

        private mutating func letterClass() throws(Mistake) -> [UInt8] {
            let isNegated = take("^")
            var members: Set<UInt8> = []
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "]") {
                    let choices = isNegated ? Set(Reader.lettersAndDigits).subtracting(members) : members
                    guard !choices.isEmpty else {
                        throw Mistake(description: "at least one character between \"[\" and \"]\"")
                    }
                    return choices.sorted()
                }
                guard (32...126).contains(byte) else { throw Mistake(description: "a pattern of ASCII characters") }
                guard byte != UInt8(ascii: "\\") else {
                    members.formUnion(try escaped())
                    continue
                }
                if rest.first == UInt8(ascii: "-"), let last = rest.dropFirst().first, last != UInt8(ascii: "]") {
                    rest.removeFirst(2)
                    guard byte <= last, last <= 126 else { throw Mistake(description: "ranges such as a-z or 0-9") }
                    members.formUnion(byte...last)
                } else {
                    members.insert(byte)
                }
            }
            throw Mistake(description: "\"]\" after every \"[\"")
        }

        private mutating func escaped() throws(Mistake) -> [UInt8] {
            switch rest.popFirst() {
            case UInt8(ascii: "d"): return Reader.digits
            case UInt8(ascii: "w"): return Reader.lettersAndDigits + [UInt8(ascii: "_")]
            case UInt8(ascii: "a"), UInt8(ascii: "A"): return Reader.letters
            case .some(let byte)
            where (33...47).contains(byte) || (58...64).contains(byte) || (91...96).contains(byte)
                || (123...126).contains(byte):
                return [byte]
            default: throw Mistake(description: "\\d, \\w or a punctuation mark after \"\\\"")
            }
        }

        private mutating func number() -> Int? {
            var value: Int?
            while let byte = rest.first, (48...57).contains(byte), (value ?? 0) <= GeneratedValue.longest {
                value = (value ?? 0) * 10 + Int(byte - 48)
                rest.removeFirst()
            }
            return value.flatMap { $0 <= GeneratedValue.longest ? $0 : nil }
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        static let digits = Array(UInt8(ascii: "0")...UInt8(ascii: "9"))
        static let letters =
            Array(UInt8(ascii: "a")...UInt8(ascii: "z")) + Array(UInt8(ascii: "A")...UInt8(ascii: "Z"))
        static let lettersAndDigits = letters + digits
    }
}
