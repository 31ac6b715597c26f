/// What a terminal is called: `1`, `2`, `3` for those of a layout, or a name that the workshop gives
/// (spec/dashboard.md section 4). Also a part of an address and of a file's name, so only letters, digits, `.`, `_` and
/// `-` of ASCII, first a letter or a digit, at most 40.
struct TerminalName: Hashable, Sendable {
    static let longest = 40
    let text: String

    init?(_ text: String) {
        func isPlain(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        let bytes = text.utf8
        guard let first = bytes.first, isPlain(first), bytes.count <= TerminalName.longest,
            bytes.allSatisfy({
                isPlain($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
            })
        else { return nil }
        self.text = text
    }
}
