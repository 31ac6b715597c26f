/// Writing JSON by hand where a full encoder would be waste.
public enum JSONText {
    /// The text as a JSON string with its quotes (RFC 8259, section 7). `<` and `&` are escaped too, so that the result
    /// may stand inside an HTML script element.
    public static func quoted(_ text: String) -> String {
        var result = "\""
        result.reserveCapacity(text.utf8.count + 2)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "<", "&", "\u{2028}", "\u{2029}": result += escape(scalar)
            case _ where scalar.value < 32: result += escape(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
