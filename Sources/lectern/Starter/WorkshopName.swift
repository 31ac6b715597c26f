/// A name that a workshop can have everywhere it is used: in addresses, as a host's name, as a folder.
struct WorkshopName: Equatable, CustomStringConvertible {
    let text: String
    var description: String { text }

    /// Letters that fit beside the numbers of a session in a label of a host name (RFC 1035: 63).
    static let longest = 50

    /// - Throws: `UsageError` that tells the rules, and the nearest name that keeps them.
    init(_ text: String) throws {
        guard WorkshopName.isValid(text) else {
            let near = WorkshopName.nearest(to: text)
            throw UsageError(
                "\(text.isEmpty ? "\"\"" : text) cannot be a workshop's name, which stands in links and host names: "
                    + "at most \(WorkshopName.longest) small letters a-z, digits and hyphens, with a letter first and no hyphen last"
                    + (near.map { ", for example \($0.text)" } ?? ""))
        }
        self.text = text
    }

    private init(valid text: String) { self.text = text }

    static func isValid(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, text.utf8.count <= longest else { return false }
        return isLetter(first) && last != 45 && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == 45 }
    }

    /// The valid name that is most like a text: `My first workshop!` → `my-first-workshop`. `nil` when nothing is left.
    static func nearest(to text: String) -> WorkshopName? {
        var name = ""
        for byte in text.lowercased().utf8 {
            if isLetter(byte) || (isDigit(byte) && !name.isEmpty) {
                name.unicodeScalars.append(Unicode.Scalar(byte))
            } else if !name.isEmpty && name.utf8.last != 45 {
                name += "-"
            }
        }
        name = String(name.prefix(longest))
        while name.utf8.last == 45 { name.removeLast() }
        return name.isEmpty ? nil : WorkshopName(valid: name)
    }

    /// `git-basics` → `Git basics`.
    var title: String {
        let words = text.split(separator: "-").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte >= 97 && byte <= 122 }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
}
