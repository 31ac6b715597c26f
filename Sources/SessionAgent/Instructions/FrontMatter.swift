internal import Platform

/// The YAML block between `---` lines at the top of a page (spec/dashboard.md section 5.3).
struct FrontMatter: Equatable {
    var title: String?
    var weight: Int?
    /// `draft: true`: the page is not shown.
    var isDraft = false
    /// `requires`: what is to be passed before a learner may go on.
    var requirement: PageRequirement?

    /// Separates a page's front matter from its Markdown. A block that is no YAML mapping counts as absent and is not
    /// shown either: `lectern check` is where an author learns about it.
    static func split(_ text: String) -> (FrontMatter, body: Substring) {
        // A line break of two bytes is one character in Swift, and no line break to what follows here.
        let plain = text.utf8.contains(13) ? text.replacing("\r\n", with: "\n") : text
        let text = plain.hasPrefix("\u{FEFF}") ? plain.dropFirst() : plain[...]
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).makeIterator()
        guard let first = lines.next(), trimmed(first) == "---" else { return (FrontMatter(), text) }
        while let line = lines.next() {
            guard trimmed(line) == "---" || trimmed(line) == "..." else { continue }
            let body = line.endIndex < text.endIndex ? text[text.index(after: line.endIndex)...] : ""
            return (FrontMatter(yaml: String(text[first.endIndex..<line.startIndex])), body)
        }
        return (FrontMatter(), text)
    }

    /// How many lines of a page stand before its body.
    static func lines(of text: String, before body: Substring) -> Int {
        func lineBreaks(_ bytes: some Sequence<UInt8>) -> Int { bytes.reduce(0) { $1 == 10 ? $0 + 1 : $0 } }
        return lineBreaks(text.utf8) - lineBreaks(body.utf8)
    }

    init() {}

    private init(yaml: String) {
        guard let fields = try? YAMLNode.parse(yaml) else { return }
        title = fields["title"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        if case .integer(let weight) = fields["weight"]?.scalar?.value { self.weight = weight }
        if case .boolean(true) = fields["draft"]?.scalar?.value { isDraft = true }
        requirement = fields["requires"].flatMap { PageRequirement($0) }
    }

    private static func trimmed(_ line: Substring) -> Substring {
        var line = line
        while let last = line.last, last == " " || last == "\t" || last == "\r" { line.removeLast() }
        return line
    }
}
