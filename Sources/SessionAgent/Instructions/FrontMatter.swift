internal import HTTP
internal import Platform

/// What a page says of itself at its top (spec/dashboard.md section 5.3): YAML between lines of `---`, TOML between lines
/// of `+++`, or one JSON object, as Hugo takes them.
struct FrontMatter: Equatable {
    var title: String?
    /// 0 counts as none, as in Hugo.
    var weight: Int?
    /// `draft: true`: the page is not shown.
    var isDraft = false
    /// `requires`: what is to be passed before a learner may go on.
    var requirement: PageRequirement?
    /// What is wrong with it, for the author; what can be read counts all the same.
    var problems: [Problem] = []

    struct Problem: Equatable {
        /// In the file, from 1.
        let line: Int
        let message: String
    }

    /// A page without its front matter.
    struct Split: Equatable {
        let matter: FrontMatter
        let body: ArraySlice<UInt8>
        /// The line of the file where the body begins, from 1.
        let bodyLine: Int
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    static func split(_ text: String) -> Split { split(Array(text.utf8)) }

    /// Separates a page's front matter from its Markdown. A block that is malformed is not shown either.
    static func split(_ file: [UInt8]) -> Split {
        var bytes = file[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        if bytes.contains(13) { bytes = withPlainLineBreaks(bytes)[...] }
        if bytes.first == UInt8(ascii: "{"), let split = splitJSON(bytes) { return split }
        let first = line(of: bytes, from: bytes.startIndex)
        let fence = trimmed(first)
        guard fence == Array("---".utf8)[...] || fence == Array("+++".utf8)[...] else {
            return Split(matter: FrontMatter(), body: bytes, bodyLine: 1)
        }
        let isTOML = fence.first == UInt8(ascii: "+")
        var start = first.endIndex + 1
        var number = 2
        while start <= bytes.endIndex {
            let here = line(of: bytes, from: start)
            let word = trimmed(here)
            if word == fence || !isTOML && word == Array("...".utf8)[...] {
                let block = bytes[min(first.endIndex + 1, here.startIndex)..<here.startIndex]
                let body = here.endIndex < bytes.endIndex ? bytes[(here.endIndex + 1)...] : []
                let text = String(decoding: block, as: UTF8.self)
                let matter = isTOML ? FrontMatter(toml: text) : FrontMatter(yaml: text)
                return Split(matter: matter, body: body, bodyLine: number + 1)
            }
            start = here.endIndex + 1
            number += 1
        }
        var matter = FrontMatter()
        // A line of dashes at the top is front matter that was not closed, or a rule across the page.
        if isTOML || first.count == 3 && bytes.count > 4 && hasKey(bytes, from: first.endIndex + 1) {
            matter.problems.append(Problem(line: 1, message: "the front matter that begins here is never closed"))
        }
        return Split(matter: matter, body: bytes, bodyLine: 1)
    }

    /// How many lines of a page stand before its body.
    static func lines(of text: String, before body: Substring) -> Int {
        func lineBreaks(_ bytes: some Sequence<UInt8>) -> Int { bytes.reduce(0) { $1 == 10 ? $0 + 1 : $0 } }
        return lineBreaks(text.utf8) - lineBreaks(body.utf8)
    }

    init() {}

    // MARK: YAML

    private init(yaml: String) {
        do {
            guard let fields = try YAMLNode.parse(yaml), !fields.isNull else { return }
            guard fields.mapping != nil else {
                problems.append(
                    Problem(line: 2, message: "found no mapping, expected front matter such as \"title: …\""))
                return
            }
            title = fields["title"]?.text.flatMap { $0.isEmpty ? nil : $0 }
            requirement = fields["requires"].flatMap { PageRequirement($0) }
            switch fields["weight"]?.scalar?.value {
            case .integer(let weight): self.weight = weight == 0 ? nil : weight
            case nil, .null: break
            default: note(fields["weight"], "expected a whole number for the weight")
            }
            switch fields["draft"]?.scalar?.value {
            case .boolean(let isDraft): self.isDraft = isDraft
            case nil, .null: break
            default: note(fields["draft"], "expected true or false for draft")
            }
        } catch {
            problems.append(Problem(line: error.place.line + 1, message: error.message))
        }
    }

    private mutating func note(_ node: YAMLNode?, _ message: String) {
        problems.append(Problem(line: (node?.place.line ?? 1) + 1, message: message))
    }

    // MARK: TOML

    /// Keys at the top with a string, a number or a boolean (TOML 1.0); the rest is passed over.
    private init(toml: String) {
        for (index, line) in toml.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let text = line.drop(while: \.isWhitespace)
            if text.hasPrefix("[") { return }
            guard !text.isEmpty, !text.hasPrefix("#") else { continue }
            guard let equals = text.firstIndex(of: "=") else { continue }
            let key = text[..<equals].filter { !$0.isWhitespace && $0 != "\"" }
            guard ["title", "weight", "draft"].contains(key) else { continue }
            let value = text[text.index(after: equals)...].drop(while: \.isWhitespace)
            switch key {
            case "title":
                title = FrontMatter.tomlString(value)
                if title == nil {
                    problems.append(Problem(line: index + 2, message: "expected quotes around the title"))
                }
            case "weight":
                let digits = FrontMatter.tomlWord(value).filter { $0 != "_" }
                if let number = Int(digits) {
                    weight = number == 0 ? nil : number
                } else {
                    problems.append(Problem(line: index + 2, message: "expected a whole number for the weight"))
                }
            default: isDraft = FrontMatter.tomlWord(value) == "true"
            }
        }
    }

    private static func tomlWord(_ value: Substring) -> String {
        String(value.prefix { !$0.isWhitespace && $0 != "#" })
    }

    private static func tomlString(_ value: Substring) -> String? {
        guard let quote = value.first, quote == "\"" || quote == "'" else { return nil }
        var result = ""
        var isEscaped = false
        for character in value.dropFirst() {
            if isEscaped {
                switch character {
                case "n": result.append("\n")
                case "t": result.append("\t")
                default: result.append(character)
                }
                isEscaped = false
            } else if character == "\\" && quote == "\"" {
                isEscaped = true
            } else if character == quote {
                return result.isEmpty ? nil : result
            } else {
                result.append(character)
            }
        }
        return nil
    }

    // MARK: JSON

    /// `nil` when the page begins with a brace and yet not with an object.
    private static func splitJSON(_ bytes: ArraySlice<UInt8>) -> Split? {
        let second = bytes.dropFirst().first { $0 != 32 && $0 != 10 && $0 != 9 }
        guard second == UInt8(ascii: "\"") || second == UInt8(ascii: "}") else { return nil }
        var depth = 0
        var isText = false
        var isEscaped = false
        var lines = 0
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == 10 { lines += 1 }
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            guard depth == 0 else { continue }
            guard let fields = JSONValue(parsing: Array(bytes[...index])) else { return nil }
            var matter = FrontMatter()
            matter.title = fields["title"]?.string.flatMap { $0.isEmpty ? nil : $0 }
            matter.weight = fields["weight"]?.int.flatMap { $0 == 0 ? nil : $0 }
            matter.isDraft = fields["draft"]?.bool ?? false
            var body = bytes[(index + 1)...]
            if body.first == 10 {
                body = body.dropFirst()
                lines += 1
            }
            return Split(matter: matter, body: body, bodyLine: lines + 1)
        }
        return nil
    }

    // MARK: Lines

    private static func line(of bytes: ArraySlice<UInt8>, from start: Int) -> ArraySlice<UInt8> {
        guard start < bytes.endIndex else { return bytes[bytes.endIndex...] }
        return bytes[start..<(bytes[start...].firstIndex(of: 10) ?? bytes.endIndex)]
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while let last = line.last, last == 32 || last == 9 { line.removeLast() }
        return line
    }

    private static func hasKey(_ bytes: ArraySlice<UInt8>, from start: Int) -> Bool {
        let next = line(of: bytes, from: start)
        return next.first.map { $0 | 32 >= 97 && $0 | 32 <= 122 } == true && next.contains(UInt8(ascii: ":"))
    }

    /// A line break of two bytes is one of one.
    private static func withPlainLineBreaks(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for index in bytes.indices where bytes[index] != 13 || index + 1 == bytes.endIndex || bytes[index + 1] != 10 {
            result.append(bytes[index])
        }
        return result
    }
}
