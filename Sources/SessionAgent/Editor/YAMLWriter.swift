internal import HTTP
internal import Platform

/// Values written as YAML, as people write it: blocks of two more spaces, quotes only where something else would be read.
enum YAMLWriter {
    /// The lines of a value as they follow something that stands before it.
    enum Form: Equatable {
        /// Fits behind `key: ` or `- `.
        case inline(String)
        /// The head stands behind `key: ` (`|`, `|-`), the lines below it.
        case literal(head: String, lines: [String])
        /// Lines of a mapping or a list, below the key.
        case block([String])
    }

    static let step = 2

    static func form(_ value: JSONValue) -> Form {
        switch value {
        case .array(let items):
            guard !items.isEmpty else { return .inline("[]") }
            return .block(items.flatMap { item($0) })
        case .object(let members):
            guard !members.isEmpty else { return .inline("{}") }
            return .block(members.flatMap { entry($0.name, $0.value) })
        case .string(let text):
            if let literal = literal(text) { return literal }
            return .inline(scalar(value))
        default: return .inline(scalar(value))
        }
    }

    /// `key: value`, with the lines below it where it has any.
    static func entry(_ key: String, _ value: JSONValue) -> [String] {
        let key = scalar(.string(key))
        switch form(value) {
        case .inline(let text): return ["\(key): \(text)"]
        case .literal(let head, let lines): return ["\(key): \(head)"] + lines.map(indented)
        case .block(let lines): return ["\(key):"] + lines.map(indented)
        }
    }

    /// `- value`, with the lines below it.
    static func item(_ value: JSONValue) -> [String] {
        switch form(value) {
        case .inline(let text): return ["- \(text)"]
        case .literal(let head, let lines): return ["- \(head)"] + lines.map(indented)
        case .block(let lines):
            return lines.enumerated().map { $0.offset == 0 ? "- \($0.element)" : indented($0.element) }
        }
    }

    /// Within brackets, on one line.
    static func flow(_ value: JSONValue) -> String {
        switch value {
        case .array(let items): return "[" + items.map(flow).joined(separator: ", ") + "]"
        case .object(let members):
            guard !members.isEmpty else { return "{}" }
            return "{" + members.map { flowEntry($0.name, $0.value) }.joined(separator: ", ") + "}"
        case .string(let text): return isPlain(text, inFlow: true) ? text : quoted(text)
        default: return scalar(value)
        }
    }

    static func flowEntry(_ key: String, _ value: JSONValue) -> String {
        (isPlain(key, inFlow: true) ? key : quoted(key)) + ": " + flow(value)
    }

    /// - Parameter style: how the value before was written, which a text keeps.
    static func scalar(_ value: JSONValue, like style: YAMLLayout.Style = .plain) -> String {
        switch value {
        case .string(let text):
            switch style {
            case .doubleQuoted: return quoted(text)
            case .singleQuoted where !text.utf8.contains { $0 < 32 }:
                return "'" + text.replacing("'", with: "''") + "'"
            default: return isPlain(text, inFlow: false) ? text : quoted(text)
            }
        case .null: return "null"
        case .bool(let flag): return flag ? "true" : "false"
        case .int(let number): return String(number)
        case .double(let number):
            if number.isNaN { return ".nan" }
            return number.isInfinite ? (number < 0 ? "-.inf" : ".inf") : String(number)
        case .array, .object: return flow(value)
        }
    }

    static func indented(_ line: String) -> String { line.isEmpty ? "" : String(repeating: " ", count: step) + line }

    /// Several lines stay lines, where nothing gets lost by it.
    private static func literal(_ text: String) -> Form? {
        guard text.utf8.dropLast().contains(10), let first = text.utf8.first, first != 32, first != 10 else {
            return nil
        }
        guard text.unicodeScalars.allSatisfy({ $0 == "\n" || $0 == "\t" || isPrintable($0) }) else { return nil }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.allSatisfy({ $0.isEmpty || $0.utf8.contains { $0 != 32 && $0 != 9 } }) else { return nil }
        let ends = text.utf8.reversed().prefix { $0 == 10 }.count
        if ends > 0 { lines.removeLast() }
        return .literal(head: ends == 0 ? "|-" : ends == 1 ? "|" : "|+", lines: lines)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 32 && !(0x7F...0xA0).contains(scalar.value) && scalar.value != 0x2028 && scalar.value != 0x2029
            && scalar.value != 0xFEFF && scalar.value & 0xFFFE != 0xFFFE
    }

    /// Whether a text may stand without quotes and is read as text by YAML 1.1 as well as by 1.2.
    static func isPlain(_ text: String, inFlow: Bool) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, first != 32, last != 32, last != UInt8(ascii: ":")
        else { return false }
        guard YAMLScalar(text, isPlain: true).value == .text(text), text.unicodeScalars.allSatisfy(isPrintable) else {
            return false
        }
        if ["yes", "no", "on", "off", "y", "n", "=", "<<", "---", "..."].contains(text.lowercased()) { return false }
        // Numbers, times and dates of YAML 1.1.
        if text.utf8.allSatisfy({ "0123456789_:.+-TZeExXob".utf8.contains($0) }),
            text.utf8.contains(where: { $0 >= 48 && $0 <= 57 })
        {
            return false
        }
        let bytes = Array(text.utf8)
        if bytes.starts(with: "--- ".utf8) || bytes.starts(with: "... ".utf8) { return false }
        switch first {
        case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
            guard bytes.count > 1, bytes[1] != 32, !inFlow else { return false }
        case _ where ",[]{}#&*!|>'\"%@`".utf8.contains(first): return false
        default: break
        }
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: ":"), inFlow || bytes[index + 1] == 32 { return false }
            if byte == UInt8(ascii: "#"), index > 0, bytes[index - 1] == 32 { return false }
            if inFlow, ",[]{}".utf8.contains(byte) { return false }
        }
        return true
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where isPrintable(scalar): result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16)
                let width = scalar.value > 0xFFFF ? 8 : 4
                result +=
                    (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.utf8.count) + digits
            }
        }
        return result + "\""
    }
}
