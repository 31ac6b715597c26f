/// Anchors of headings: the words in lower case joined by hyphens; repeated ones get a number. A heading that ends in
/// `{#name}` has named its anchor itself.
struct HeadingAnchors {
    private var used: [String: Int] = [:]

    /// - Returns: the anchor, escaped.
    mutating func next(for title: String) -> String {
        var words = ""
        for character in title.lowercased() {
            if character.isLetter || character.isNumber {
                words.append(character)
            } else if character.isWhitespace || character == "-" || character == "_", !words.isEmpty,
                words.last != "-"
            {
                words.append("-")
            }
        }
        while words.last == "-" { words.removeLast() }
        return named(words.isEmpty ? "section" : words)
    }

    mutating func named(_ name: String) -> String {
        let count = used[name, default: 0]
        used[name] = count + 1
        return HTMLEscaping.escaped(count == 0 ? name : "\(name)-\(count)")
    }

    /// The name in `Title {#name}` and the text before it; `nil` when there is none.
    static func given(in text: String) -> (name: String, rest: String)? {
        guard text.utf8.last == UInt8(ascii: "}"), let open = text.lastRange(of: "{#") else {
            return nil
        }
        let name = text[open.upperBound...].dropLast()
        guard !name.isEmpty, name.utf8.count <= 100, name.utf8.allSatisfy(isNameByte) else { return nil }
        var rest = text[..<open.lowerBound]
        while rest.last == " " { rest.removeLast() }
        return (String(name), String(rest))
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        byte >= 128 || byte >= 48 && byte <= 57 || byte >= 65 && byte <= 90 || byte >= 97 && byte <= 122
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: ":")
    }
}

extension String {
    /// The last place of an ASCII text.
    fileprivate func lastRange(of needle: String) -> Range<String.Index>? {
        let bytes = Array(utf8)
        let wanted = Array(needle.utf8)
        guard bytes.count >= wanted.count else { return nil }
        for start in stride(from: bytes.count - wanted.count, through: 0, by: -1)
        where bytes[start..<start + wanted.count].elementsEqual(wanted) {
            let lower = utf8.index(startIndex, offsetBy: start)
            return lower..<utf8.index(lower, offsetBy: wanted.count)
        }
        return nil
    }
}
