extension JSONValue {
    /// UTF-8 without blanks. A number that JSON cannot hold (infinite, not a number) becomes `null`.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes, forHTML: false)
        return bytes
    }

    /// The same with `<`, `>` and `&` written as escapes, so that it may stand inside an HTML script element.
    public var encodedForHTML: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes, forHTML: true)
        return bytes
    }

    public var text: String { String(decoding: encoded, as: UTF8.self) }

    private func append(to bytes: inout [UInt8], forHTML: Bool) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): bytes.append(contentsOf: String(value).utf8)
        case .double(let value): bytes.append(contentsOf: (value.isFinite ? String(value) : "null").utf8)
        case .string(let value): JSONValue.append(value, to: &bytes, forHTML: forHTML)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.append(to: &bytes, forHTML: forHTML)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONValue.append(member.name, to: &bytes, forHTML: forHTML)
                bytes.append(UInt8(ascii: ":"))
                member.value.append(to: &bytes, forHTML: forHTML)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ text: String, to bytes: inout [UInt8], forHTML: Bool) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case 10: bytes.append(contentsOf: "\\n".utf8)
            case 13: bytes.append(contentsOf: "\\r".utf8)
            case 9: bytes.append(contentsOf: "\\t".utf8)
            case _ where byte < 32,
                UInt8(ascii: "<") where forHTML, UInt8(ascii: ">") where forHTML, UInt8(ascii: "&") where forHTML:
                bytes.append(contentsOf: "\\u00".utf8)
                for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? digit + 48 : digit + 87) }
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
