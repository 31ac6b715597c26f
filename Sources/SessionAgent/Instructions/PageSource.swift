internal import HTTP
internal import Platform

/// A page's Markdown with every shortcode (Hugo's form) or template tag (the classic form) taken out
/// (spec/dashboard.md section 5.5).
///
/// What they stand for is put back into the parsed tree, so that a value is always text: it can neither become Markdown
/// nor HTML, wherever it stands.
struct PageSource {
    /// What a page is read with.
    struct Context: Sendable {
        /// Whether `{{ name }}` means something instead of `{{< param name >}}`.
        var isClassic = false
        var parameters: [String: String] = [:]
        /// What `{{< baseurl >}}` stands for, without a trailing slash.
        var baseURL = "/workshop/content"
        /// The name of the chosen pathway; empty when there is none.
        var pathway = ""
        /// Ids of the pages, for links to them.
        var pages: Set<String> = []
        /// Of the page's file; empty or ending in `/`.
        var folder = ""
        /// The workshop's own shortcodes.
        var snippets: [String: ShortcodeSnippet] = [:]
    }

    /// Something wrong, with its line in the file from 1.
    struct Problem: Equatable, Sendable {
        let line: Int
        let message: String
    }

    struct Variable: Equatable, Sendable {
        let name: String
        let line: Int
        let isKnown: Bool
    }

    enum Replacement {
        case text(String)
        /// Code with a button that copies it.
        case copy(String)
        /// The button alone, behind code.
        case copyButton(String)
        /// Trusted HTML in running text.
        case html(String)
        case opening(kind: String, title: String)
        case closing
    }

    /// The page's text; what was taken out is a word there that means nothing in Markdown.
    var text: String { String(decoding: output, as: UTF8.self) }
    var problems: [Problem] = []
    var variables: [Variable] = []
    let context: Context

    /// How many notes, warnings and the like a page may have.
    static let blockLimit = 500
    /// How deep shortcodes may stand in one another, and the bytes that all of them together may become.
    static let depthLimit = 8
    static let outputLimit = 4 << 20
    /// Bytes that are looked through for the ends of shortcodes, which may stand in one another.
    static let searchLimit = 32 << 20

    var output: [UInt8] = []
    /// The line of the file for each line of the text.
    private var lines: [Int32] = []
    private let word: [UInt8]
    private var replacements: [Replacement] = []
    var blocks = 0
    private var isFull = false

    /// - Parameter firstLine: the line of the file where the body begins.
    init(_ body: ArraySlice<UInt8>, firstLine: Int = 1, context: Context) {
        self.context = context
        let bytes = Array(body)
        var word = Array("lxq".utf8)
        while ByteSearch.first(word, in: bytes) != nil { word.append(UInt8(ascii: "q")) }
        self.word = word
        lines = [Int32(clamping: firstLine)]
        output.reserveCapacity(bytes.count + bytes.count / 8)
        if context.isClassic {
            var markup = ClassicMarkup(line: firstLine, parameters: context.parameters)
            markup.expand(bytes, into: &self)
        } else {
            var shortcodes = HugoShortcodes(line: firstLine)
            shortcodes.expand(bytes, into: &self)
        }
    }

    init(_ body: String, context: Context = Context()) { self.init(Array(body.utf8)[...], context: context) }

    /// The line of the file for a line of the text, both from 1.
    func fileLine(_ line: Int) -> Int { Int(lines[max(0, min(line, lines.count) - 1)]) }

    // MARK: Writing

    /// - Parameter line: of the first byte; each line break in the bytes is one of the file.
    mutating func write(_ bytes: ArraySlice<UInt8>, line: Int) {
        guard hasRoom(for: bytes.count, line) else { return }
        output.append(contentsOf: bytes)
        var line = line
        for byte in bytes where byte == 10 {
            line += 1
            lines.append(Int32(clamping: line))
        }
    }

    /// Text that the file does not have.
    mutating func write(_ text: String, line: Int) {
        guard hasRoom(for: text.utf8.count, line) else { return }
        for byte in text.utf8 {
            output.append(byte)
            if byte == 10 { lines.append(Int32(clamping: line)) }
        }
    }

    private mutating func hasRoom(for count: Int, _ line: Int) -> Bool {
        if output.count + count <= PageSource.outputLimit { return true }
        if !isFull { note("the page becomes too large here; the rest is not shown", line: line) }
        isFull = true
        return false
    }

    mutating func mark(_ replacement: Replacement, line: Int) { write(marker(replacement), line: line) }

    mutating func marker(_ replacement: Replacement) -> String {
        replacements.append(replacement)
        return "\(String(decoding: word, as: UTF8.self))\(replacements.count - 1)x"
    }

    /// A paragraph of its own, indented as its line, so that it stays in its list item.
    mutating func markBlock(_ replacement: Replacement, line: Int) {
        let indent = indentation
        write("\n\n\(indent)\(marker(replacement))\n\n\(indent)", line: line)
    }

    /// The blanks that the last line consists of; empty when it holds anything else.
    var indentation: String {
        let start = output.lastIndex(of: 10).map { $0 + 1 } ?? 0
        let last = output[start...]
        return last.allSatisfy { $0 == 32 } ? String(decoding: last, as: UTF8.self) : ""
    }

    /// What is written from here on is taken out again by `endAside`.
    mutating func beginAside() -> (bytes: Int, lines: Int) { (output.count, lines.count) }

    /// - Returns: what was written since, markers and all.
    mutating func endAside(_ start: (bytes: Int, lines: Int)) -> String {
        let text = String(decoding: output[start.bytes...], as: UTF8.self)
        output.removeSubrange(start.bytes...)
        lines.removeSubrange(start.lines...)
        return text
    }

    mutating func note(_ message: String, line: Int) {
        if problems.count < 1000 { problems.append(Problem(line: line, message: message)) }
    }

    /// A value by its name; told about when there is none.
    mutating func value(of name: String, line: Int) -> String? {
        let value = context.parameters[name]
        if variables.count < 10_000 { variables.append(Variable(name: name, line: line, isKnown: value != nil)) }
        if value == nil { note(DataVariables.reason(forMissing: name, among: context.parameters), line: line) }
        return value
    }

    /// The code that the text ends with, in backquotes; `nil` when it ends otherwise.
    var codeBefore: String? {
        var end = output.count
        while end > 0, output[end - 1] == UInt8(ascii: "`") { end -= 1 }
        let fence = output.count - end
        guard fence > 0 else { return nil }
        var index = end
        var run = 0
        while index > 0, end - index < 4096 {
            index -= 1
            if output[index] == UInt8(ascii: "`") {
                run += 1
                continue
            }
            if run == fence { break }
            run = 0
        }
        if run != fence { return nil }
        let start = output[index] == UInt8(ascii: "`") ? index + fence : index + 1 + fence
        guard start <= end else { return nil }
        var code = output[start..<end]
        if code.count > 2, code.first == 32, code.last == 32 { code = code.dropFirst().dropLast() }
        return restored(String(decoding: code, as: UTF8.self))
    }

    // MARK: Putting back

    /// Pieces of running text; `nil` when it holds nothing that was taken out.
    func pieces(of text: String) -> [MarkdownHooks.Piece]? {
        guard ByteSearch.contains(word, in: text) else { return nil }
        var pieces: [MarkdownHooks.Piece] = []
        scan(text) { plain in
            pieces.append(.text(plain))
        } replacement: { replacement in
            switch replacement {
            case .text(let value): pieces.append(.text(value))
            case .copy(let value): pieces.append(.html(PageBlocks.copy(value)))
            case .copyButton(let value): pieces.append(.html(PageBlocks.copyButton(value)))
            case .html(let html): pieces.append(.html(html))
            case .opening, .closing: break
            }
        }
        return pieces
    }

    /// Code, addresses and titles, where everything is text; `nil` when nothing was taken out.
    func literal(_ text: String) -> String? { ByteSearch.contains(word, in: text) ? restored(text) : nil }

    /// The text with plain values in place of markers.
    func restored(_ text: String) -> String {
        var result = ""
        scan(text) { plain in
            result += plain
        } replacement: { replacement in
            switch replacement {
            case .text(let value), .copy(let value): result += value
            case .opening, .closing, .copyButton, .html: break
            }
        }
        return result
    }

    /// The frame of a note, warning or danger, when a paragraph is nothing but its marker.
    func paragraph(_ text: String) -> MarkdownHooks.Paragraph? {
        guard text.utf8.starts(with: word), text.utf8.last == UInt8(ascii: "x"),
            let index = Int(text.dropFirst(word.count).dropLast()),
            replacements.indices.contains(index)
        else { return nil }
        switch replacements[index] {
        case .opening(let kind, let title): return .open(PageBlocks.callout(kind, title: title))
        case .closing: return .close
        case .html(let html): return .html(html + "\n")
        case .text, .copy, .copyButton: return nil
        }
    }

    private func scan(_ text: String, plain: (String) -> Void, replacement: (Replacement) -> Void) {
        let bytes = Array(text.utf8)
        var index = 0
        var plainStart = 0
        while let start = ByteSearch.first(word, in: bytes, from: index) {
            var end = start + word.count
            var number = 0
            let digits = end
            while end < bytes.count, bytes[end] >= 48, bytes[end] <= 57, number < 1 << 30 {
                number = number * 10 + Int(bytes[end] - 48)
                end += 1
            }
            guard end > digits, end < bytes.count, bytes[end] == UInt8(ascii: "x"),
                replacements.indices.contains(number)
            else {
                index = start + word.count
                continue
            }
            if plainStart < start { plain(String(decoding: bytes[plainStart..<start], as: UTF8.self)) }
            replacement(replacements[number])
            index = end + 1
            plainStart = index
        }
        if plainStart < bytes.count { plain(String(decoding: bytes[plainStart...], as: UTF8.self)) }
    }
}
