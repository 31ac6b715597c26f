/// A scalar as it was written, with the type that the YAML 1.2 core schema gives it (YAML 1.2.2, section 10.3).
///
/// The words of YAML 1.1 (`yes`, `on`, `12:30`) are text here, as the core schema has it.
public struct YAMLScalar: Sendable, Equatable {
    /// Without quotes and escapes.
    public let text: String
    /// Written without quotes and not as a block: only then may it be something else than text.
    public let isPlain: Bool
    /// An explicit tag, written out (`tag:yaml.org,2002:str` for `!!str`).
    public let tag: String?

    public enum Value: Sendable, Equatable {
        case null
        case boolean(Bool)
        case integer(Int)
        /// Also an integer that does not fit into 64 bits.
        case number(Double)
        case text(String)
    }

    public init(_ text: String, isPlain: Bool, tag: String? = nil) {
        self.text = text
        self.isPlain = isPlain
        self.tag = tag
    }

    /// What the scalar means. A tag of another schema leaves it text.
    public var value: Value {
        switch tag {
        case nil: isPlain ? YAMLScalar.plainValue(text) : .text(text)
        case "tag:yaml.org,2002:null", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float":
            YAMLScalar.plainValue(text)
        default: .text(text)
        }
    }

    private static func plainValue(_ text: String) -> Value {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .boolean(true)
        case "false", "False", "FALSE": return .boolean(false)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .number(.infinity)
        case "-.inf", "-.Inf", "-.INF": return .number(-.infinity)
        case ".nan", ".NaN", ".NAN": return .number(.nan)
        default: break
        }
        // Numbers of any use are short; a longer one is not worth the time.
        guard text.utf8.count <= 64 else { return .text(text) }
        if text.hasPrefix("0x"), isAll(text.utf8.dropFirst(2), isHexDigit) {
            return Int(text.dropFirst(2), radix: 16).map { .integer($0) } ?? .text(text)
        }
        if text.hasPrefix("0o"), isAll(text.utf8.dropFirst(2), { $0 >= 48 && $0 <= 55 }) {
            return Int(text.dropFirst(2), radix: 8).map { .integer($0) } ?? .text(text)
        }
        let unsigned = text.utf8.first == 43 || text.utf8.first == 45 ? text.utf8.dropFirst() : text.utf8[...]
        if isAll(unsigned, isDigit) {
            return Int(text).map { .integer($0) } ?? Double(text).map { .number($0) } ?? .text(text)
        }
        if isDecimal(unsigned), let number = Double(text) { return .number(number) }
        return .text(text)
    }

    /// `[0-9]+(\.[0-9]*)?` or `\.[0-9]+`, with an exponent or without.
    private static func isDecimal(_ text: Substring.UTF8View) -> Bool {
        var rest = text
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        if rest.first == 46 {
            rest = rest.dropFirst()
            let fraction = rest.prefix(while: isDigit)
            if whole.isEmpty && fraction.isEmpty { return false }
            rest = rest.dropFirst(fraction.count)
        } else if whole.isEmpty {
            return false
        }
        guard let mark = rest.first else { return true }
        guard mark == 69 || mark == 101 else { return false }
        rest = rest.dropFirst()
        if rest.first == 43 || rest.first == 45 { rest = rest.dropFirst() }
        return isAll(rest, isDigit)
    }

    private static func isAll(_ text: Substring.UTF8View, _ test: (UInt8) -> Bool) -> Bool {
        !text.isEmpty && text.allSatisfy(test)
    }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102)
    }
}
