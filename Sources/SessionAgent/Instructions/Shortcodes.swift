internal import HTTP
internal import Platform

/// `{{< param name >}}` and its relatives (spec/dashboard.md section 5.5).
///
/// They are taken out of the text before it is parsed and put back into the parsed tree, so that a value is always text:
/// it can neither become Markdown nor HTML, wherever it stands.
struct Shortcodes {
    private enum Replacement {
        case text(String)
        case copy(String)
        case opening(kind: String, title: String)
        case closing
    }

    /// The page's text with every shortcode replaced by a word that means nothing in Markdown.
    private(set) var text = ""
    private let word: String
    private var replacements: [Replacement] = []
    /// Where pieces of the page begin: lines before it in `text`, and in the page.
    private var pieceStarts: [(text: Int, page: Int)] = []

    /// - Parameters:
    ///   - baseURL: what `{{< baseurl >}}` stands for, without a trailing slash.
    ///   - pathway: the name of the chosen pathway.
    init(_ page: some StringProtocol, parameters: [String: String], baseURL: String, pathway: String = "") {
        var word = "lxq"
        while page.contains(word) { word += "q" }
        self.word = word
        var rest = page[...]
        var openBlocks: [String] = []
        // Text between `pathway` tags of another pathway is left out.
        var hidden = 0
        var lines = (text: 0, page: 0)
        var counted = page.startIndex
        func add(_ piece: some StringProtocol) {
            guard hidden == 0 else { return }
            text += piece
            lines.text += Shortcodes.lineBreaks(piece)
        }
        func begin(at index: String.Index) {
            lines.page += Shortcodes.lineBreaks(page[counted..<index])
            counted = index
            pieceStarts.append(lines)
        }
        begin(at: page.startIndex)
        while let start = rest.firstRange(of: "{{<") {
            begin(at: rest.startIndex)
            add(rest[..<start.lowerBound])
            let after = rest[start.upperBound...]
            guard let end = after.firstRange(of: ">}}") else {
                add(rest[start.lowerBound...])
                rest = rest[rest.endIndex...]
                break
            }
            let whole = rest[start.lowerBound..<end.upperBound]
            let inner = String(after[..<end.lowerBound])
            rest = after[end.upperBound...]
            // {{</* name */>}} shows a shortcode instead of running it.
            if inner.hasPrefix("/*"), inner.hasSuffix("*/") {
                add(marker(.text("{{<" + inner.dropFirst(2).dropLast(2) + ">}}")))
                continue
            }
            let words = Shortcodes.words(inner)
            switch (words.first ?? "", words.count) {
            case ("param", 2...):
                guard let value = parameters[words[1]] else {
                    add(marker(.text(String(whole))))
                    continue
                }
                add(marker(.text(value)))
            case ("baseurl", 1): add(marker(.text(baseURL)))
            case ("copy", 1):
                guard let close = rest.firstRange(of: "{{< /copy >}}") ?? rest.firstRange(of: "{{</copy>}}") else {
                    add(marker(.text(String(whole))))
                    continue
                }
                let content = String(rest[..<close.lowerBound])
                rest = rest[close.upperBound...]
                let inside = Shortcodes(content, parameters: parameters, baseURL: baseURL, pathway: pathway)
                add(marker(.copy(inside.restored(inside.text))))
            case ("note", _), ("warning", _), ("danger", _):
                openBlocks.append(words[0])
                add(block(.opening(kind: words[0], title: Shortcodes.title(words.dropFirst()))))
            case ("/note", 1), ("/warning", 1), ("/danger", 1):
                guard openBlocks.last.map({ "/" + $0 }) == words[0] else { continue }
                openBlocks.removeLast()
                add(block(.closing))
            case ("pathway", 2...): if hidden > 0 || words[1] != pathway { hidden += 1 }
            case ("/pathway", 1): hidden = max(0, hidden - 1)
            default: add(marker(.text(String(whole))))
            }
        }
        begin(at: rest.startIndex)
        add(rest)
        for _ in openBlocks { text += block(.closing) }
    }

    /// The line of the page that a line of `text` comes from, both from 1.
    func pageLine(of line: Int) -> Int {
        let start = pieceStarts.last { $0.text < line } ?? (text: 0, page: 0)
        return start.page + line - start.text
    }

    private static func lineBreaks(_ text: some StringProtocol) -> Int {
        text.utf8.reduce(0) { $1 == 10 ? $0 + 1 : $0 }
    }

    private mutating func marker(_ replacement: Replacement) -> String {
        replacements.append(replacement)
        return "\(word)\(replacements.count - 1)x"
    }

    /// A marker that becomes a paragraph of its own, indented as its line, so that it stays in its list item.
    private mutating func block(_ replacement: Replacement) -> String {
        let line = text[(text.lastIndex(of: "\n").map { text.index(after: $0) } ?? text.startIndex)...]
        let indent = line.allSatisfy({ $0 == " " }) ? String(line) : ""
        return "\n\n\(indent)\(marker(replacement))\n\n\(indent)"
    }

    /// Name and arguments; quotes keep blanks together. `key=value` arguments keep their key.
    private static func words(_ inner: String) -> [String] {
        var words: [String] = []
        var current = ""
        var quote: Character?
        for character in inner {
            if let open = quote {
                if character == open { quote = nil } else { current.append(character) }
            } else if character == "\"" || character == "`" {
                quote = character
            } else if character.isWhitespace {
                if !current.isEmpty { words.append(current) }
                current = ""
            } else {
                current.append(character)
            }
        }
        if !current.isEmpty { words.append(current) }
        return words
    }

    private static func title(_ arguments: ArraySlice<String>) -> String {
        let text = arguments.joined(separator: " ")
        return text.hasPrefix("title=") ? String(text.dropFirst(6)) : text
    }

    // MARK: Putting back

    /// Pieces of running text; `nil` when it holds no shortcode.
    func pieces(of text: String) -> [MarkdownHooks.Piece]? {
        guard text.contains(word) else { return nil }
        var pieces: [MarkdownHooks.Piece] = []
        scan(text) { plain in
            pieces.append(.text(plain))
        } replacement: { replacement in
            switch replacement {
            case .text(let value): pieces.append(.text(value))
            case .copy(let value): pieces.append(.html(Shortcodes.copyButton(value)))
            case .opening, .closing: break
            }
        }
        return pieces
    }

    /// Code, addresses and titles, where everything is text; `nil` when there is no shortcode.
    func literal(_ text: String) -> String? { text.contains(word) ? restored(text) : nil }

    /// The text with plain values in place of markers.
    func restored(_ text: String) -> String {
        var result = ""
        scan(text) { plain in
            result += plain
        } replacement: { replacement in
            switch replacement {
            case .text(let value), .copy(let value): result += value
            case .opening, .closing: break
            }
        }
        return result
    }

    /// The frame of a note, warning or danger, when a paragraph is nothing but its marker.
    func paragraph(_ text: String) -> String? {
        guard text.hasPrefix(word), text.last == "x", let index = Int(text.dropFirst(word.count).dropLast()),
            replacements.indices.contains(index)
        else { return nil }
        switch replacements[index] {
        case .opening(let kind, let title):
            let label = title.isEmpty ? AgentText.blockLabel(kind) : title
            // Only its beginning: what it frames comes as paragraphs of the page.
            let heading = p(.class("callout-title")) { label }
            return "<div class=\"callout \(kind)\" role=\"note\">\(heading.text)\n"
        case .closing: return "</div>\n"
        case .text, .copy: return nil
        }
    }

    private static func copyButton(_ value: String) -> String {
        span(.class("copy-inline")) {
            code { value }
            button(
                .type("button"), .class("needs-script copy"), .data("copy", value),
                .aria("label", AgentText.copyThis(value))
            ) { AgentText.copy }
        }.text
    }

    private func scan(_ text: String, plain: (String) -> Void, replacement: (Replacement) -> Void) {
        var rest = text[...]
        while let start = rest.firstRange(of: word) {
            let digits = rest[start.upperBound...].prefix { $0.isASCII && $0.isNumber }
            guard let index = Int(digits), replacements.indices.contains(index), digits.endIndex < rest.endIndex,
                rest[digits.endIndex] == "x"
            else {
                plain(String(rest[..<start.upperBound]))
                rest = rest[start.upperBound...]
                continue
            }
            if start.lowerBound > rest.startIndex { plain(String(rest[..<start.lowerBound])) }
            replacement(replacements[index])
            rest = rest[rest.index(after: digits.endIndex)...]
        }
        if !rest.isEmpty { plain(String(rest)) }
    }
}
