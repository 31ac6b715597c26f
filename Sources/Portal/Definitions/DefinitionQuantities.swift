/// Durations and sizes as definitions write them.
enum DefinitionQuantities {
    /// Ten years: more is a slip of the keys, and sums with it stay far from overflow.
    static let longestSeconds = 10 * 366 * 86_400

    /// `^\d+(s|m|h)$`, or digits alone for seconds, to at most ten years.
    static func seconds(_ text: String) -> Int? {
        var digits = text[...]
        var factor = 1
        switch text.last {
        case "s": digits = digits.dropLast()
        case "m": (digits, factor) = (digits.dropLast(), 60)
        case "h": (digits, factor) = (digits.dropLast(), 3600)
        default: break
        }
        guard let number = number(digits), number <= longestSeconds / factor else { return nil }
        return number * factor
    }

    /// A Kubernetes quantity of whole bytes, to at most 2^50: digits, perhaps with a fraction, and a suffix.
    static func bytes(_ text: String) -> Int? {
        let suffixes: [(String, Int)] = [
            ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("k", 1000), ("M", 1_000_000),
            ("G", 1_000_000_000), ("T", 1_000_000_000_000),
        ]
        var digits = text[...]
        var factor = 1
        for (suffix, value) in suffixes where text.hasSuffix(suffix) {
            digits = digits.dropLast(suffix.count)
            factor = value
            break
        }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = number(parts[0]), whole <= (1 << 50) / factor else { return nil }
        guard parts.count == 2 else { return whole * factor }
        guard parts[1].count <= 6, let fraction = number(parts[1]) else { return nil }
        var scale = 1.0
        for _ in parts[1] { scale *= 10 }
        return whole * factor + Int((Double(fraction) / scale * Double(factor)).rounded(.up))
    }

    private static func number(_ digits: Substring) -> Int? {
        guard !digits.isEmpty, digits.utf8.count <= 18, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
            return nil
        }
        return Int(digits)
    }
}
