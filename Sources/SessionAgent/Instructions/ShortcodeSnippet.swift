internal import HTTP
internal import Platform

/// A workshop's own shortcode: `layouts/shortcodes/<name>.html`.
///
/// An HTML snippet with the small part of Hugo's template language that such snippets use: `.Get`, `.Inner`,
/// `.Site.Params`, `if`, `with`, `eq` and a few more. What it makes is cut down as all HTML of a page is. A template that
/// needs more is not run.
struct ShortcodeSnippet: Sendable {
    /// Whether it has a use for what stands between its tag and the end of it.
    let hasInner: Bool
    /// Why it cannot be used, with the line in its file.
    let problem: PageSource.Problem?
    private let parts: [Part]
    private let isBlock: Bool

    private indirect enum Part: Sendable {
        case text(String)
        case value(Value)
        /// `if` and `with`; in the body of `with`, `.` is the value.
        case choice(Value, isWith: Bool, then: [Part], otherwise: [Part])
    }

    private indirect enum Value: Sendable {
        case literal(String)
        case argument(name: String)
        case position(Int)
        case inner(isMarkdown: Bool)
        case parameter(String)
        case dot
        case call(String, [Value])
    }

    /// How large the file of a snippet may be.
    static let sizeLimit = 64 << 10

    init(_ template: String) {
        var parser = Parser(template)
        let parts = parser.parts()
        self.parts = parts
        hasInner = ShortcodeSnippet.usesInner(parts)
        problem = parser.problem
        let start = template.drop { $0.isWhitespace }
        let element = start.dropFirst().prefix { $0.isLetter || $0.isNumber }.lowercased()
        isBlock = start.first == "<" && ShortcodeSnippet.blocks.contains(element)
    }

    private static let blocks: Set<String> = [
        "div", "section", "article", "aside", "details", "blockquote", "figure", "table", "p", "ul", "ol", "dl", "pre",
        "center", "video", "audio", "hr", "h1", "h2", "h3", "h4", "h5", "h6",
    ]

    // MARK: Use

    private struct Call {
        let arguments: [HugoShortcodes.Argument]
        let inner: String
        let parameters: [String: String]
        var dot = ""
    }

    /// The snippet as Markdown with HTML in it.
    func text(
        arguments: [HugoShortcodes.Argument], inner: String, into page: inout PageSource, line: Int
    ) -> String {
        let call = Call(arguments: arguments, inner: inner, parameters: page.context.parameters)
        var result = ""
        if let problem {
            page.note("this shortcode cannot be used: \(problem.message) (line \(problem.line) of it)", line: line)
            return ""
        }
        write(parts, call, into: &page, &result)
        while result.last?.isWhitespace == true { result.removeLast() }
        let text = result.drop(while: \.isWhitespace)
        return isBlock ? "\n\n\(page.indentation)\(text)\n\n\(page.indentation)" : String(text)
    }

    private func write(_ parts: [Part], _ call: Call, into page: inout PageSource, _ result: inout String) {
        for part in parts where result.utf8.count < PageSource.outputLimit {
            switch part {
            case .text(let text): result += text
            case .value(.inner(let isMarkdown)):
                result += isMarkdown && isBlock ? "\n\n\(call.inner)\n\n" : call.inner
            case .value(let value):
                let text = evaluate(value, call)
                if !text.isEmpty { result += page.marker(.text(text)) }
            case .choice(let condition, let isWith, let then, let otherwise):
                let text = evaluate(condition, call)
                if text.isEmpty {
                    write(otherwise, call, into: &page, &result)
                } else {
                    var inside = call
                    if isWith { inside.dot = text }
                    write(then, inside, into: &page, &result)
                }
            }
        }
    }

    private func evaluate(_ value: Value, _ call: Call) -> String {
        switch value {
        case .literal(let text): return text
        case .argument(let name): return call.arguments.first { $0.name == name }?.value ?? ""
        case .position(let index):
            let values = call.arguments.filter { $0.name.isEmpty }
            return values.indices.contains(index) ? values[index].value : ""
        case .inner: return call.inner
        case .parameter(let name): return call.parameters[name] ?? ""
        case .dot: return call.dot
        case .call(let name, let values):
            let texts = values.map { evaluate($0, call) }
            let yes = "true"
            switch name {
            case "eq": return texts.dropFirst().contains(texts.first ?? "") ? yes : ""
            case "ne": return texts.count > 1 && texts[0] != texts[1] ? yes : ""
            case "not": return texts.first?.isEmpty ?? true ? yes : ""
            case "and": return texts.first { $0.isEmpty } ?? texts.last ?? ""
            case "or": return texts.first { !$0.isEmpty } ?? ""
            // `default X .Get`, and `.Get | default X`, which arrives in the same order.
            case "default": return texts.last.flatMap { $0.isEmpty ? nil : $0 } ?? texts.first ?? ""
            case "lower": return texts.last?.lowercased() ?? ""
            case "upper": return texts.last?.uppercased() ?? ""
            default: return texts.last ?? ""
            }
        }
    }

    private static func usesInner(_ parts: [Part]) -> Bool {
        func uses(_ value: Value) -> Bool {
            switch value {
            case .inner: true
            case .call(_, let values): values.contains(where: uses)
            default: false
            }
        }
        return parts.contains { part in
            switch part {
            case .text: false
            case .value(let value): uses(value)
            case .choice(let value, _, let then, let otherwise):
                uses(value) || usesInner(then) || usesInner(otherwise)
            }
        }
    }

    // MARK: Reading

    private struct Parser {
        private var rest: Substring
        private var line = 1
        private var depth = 0
        var problem: PageSource.Problem?
        /// Whether blanks at the beginning of the next text go.
        private var trimsNext = false

        init(_ template: String) { rest = template[...] }

        private mutating func fail(_ message: String) {
            if problem == nil { problem = PageSource.Problem(line: line, message: message) }
        }

        mutating func parts() -> [Part] {
            let (parts, end) = parts(until: ["end"])
            if end != nil { fail("an \"end\" without beginning") }
            return parts
        }

        /// - Returns: what comes before one of the words, and the tag that holds it; `nil` at the end of the template.
        private mutating func parts(until words: Set<String>) -> ([Part], end: String?) {
            var parts: [Part] = []
            while problem == nil {
                guard let open = rest.firstRange(of: "{{") else {
                    parts.append(.text(clean(rest)))
                    rest = ""
                    return (parts, nil)
                }
                var before = rest[..<open.lowerBound]
                line += before.utf8.count { $0 == 10 }
                guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
                    fail("{{ is never closed")
                    break
                }
                var tag = rest[open.upperBound..<close.lowerBound]
                line += tag.utf8.count { $0 == 10 }
                if tag.hasPrefix("-") {
                    tag = tag.dropFirst()
                    while before.last?.isWhitespace == true { before.removeLast() }
                }
                parts.append(.text(clean(before)))
                trimsNext = tag.hasSuffix("-")
                if trimsNext { tag = tag.dropLast() }
                rest = rest[close.upperBound...]
                let words = tag.split(whereSeparator: \.isWhitespace)
                let word = words.first.map(String.init) ?? ""
                if word.hasPrefix("/*") { continue }
                if word == "end" || word == "else" { return (parts, String(tag)) }
                if word == "if" || word == "with" {
                    if let choice = choice(word, tag) { parts.append(choice) }
                } else if let value = expression(tag) {
                    parts.append(.value(value))
                }
            }
            return (parts, nil)
        }

        private mutating func choice(_ word: String, _ tag: Substring) -> Part? {
            depth += 1
            defer { depth -= 1 }
            guard depth < 20 else {
                fail("conditions that stand in one another too deep")
                return nil
            }
            let condition = tag.drop(while: \.isWhitespace).dropFirst(word.count)
            guard let value = expression(condition) else { return nil }
            let (then, end) = parts(until: ["else", "end"])
            guard let end else {
                fail("{{ \(word) }} without {{ end }}")
                return nil
            }
            var otherwise: [Part] = []
            let words = end.split(whereSeparator: \.isWhitespace)
            if words.first == "else" {
                if words.count > 1 {
                    let inner = end.drop(while: \.isWhitespace).dropFirst(4).drop(while: \.isWhitespace)
                    if let nested = choice(String(words[1]), inner) { otherwise = [nested] }
                } else {
                    let (parts, last) = parts(until: ["end"])
                    otherwise = parts
                    if last == nil { fail("{{ else }} without {{ end }}") }
                }
            }
            return .choice(value, isWith: word == "with", then: then, otherwise: otherwise)
        }

        /// Without indentation and blank lines, which would mean something in Markdown.
        private mutating func clean(_ text: Substring) -> String {
            var text = text
            if trimsNext { text = text.drop(while: \.isWhitespace) }
            guard text.utf8.contains(10) else { return String(text) }
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { index, line in
                index == 0 ? String(line) : String(line.drop(while: \.isWhitespace))
            }
            let last = lines.removeLast()
            lines = lines.enumerated().filter { $0.offset == 0 || !$0.element.isEmpty }.map(\.element)
            return (lines + [last]).joined(separator: "\n")
        }

        // MARK: Expressions

        private mutating func expression(_ text: Substring) -> Value? {
            guard let tokens = tokens(text) else { return nil }
            var value: Value?
            for stage in tokens.split(separator: "|", omittingEmptySubsequences: false) {
                var words = ArraySlice(stage)
                guard let next = call(&words, piped: value), words.isEmpty else {
                    fail("\"\(text.drop(while: \.isWhitespace))\" is more than shortcodes can do here")
                    return nil
                }
                value = next
            }
            return value
        }

        private mutating func call(_ words: inout ArraySlice<String>, piped: Value?) -> Value? {
            guard let word = words.first else { return nil }
            let functions: Set<String> = [
                "eq", "ne", "not", "and", "or", "default", "lower", "upper", "markdownify", "safeHTML", "htmlEscape",
                "plainify", "trim", "safeURL", "safeHTMLAttr", "chomp",
            ]
            if word == ".Get" || word == "$.Get" {
                words.removeFirst()
                guard let key = words.popFirst() else { return nil }
                if let index = Int(key) { return index >= 0 ? .position(index) : nil }
                return literal(key).map { .argument(name: $0) }
            }
            guard functions.contains(word) else { return piped == nil ? operand(&words) : nil }
            words.removeFirst()
            var values: [Value] = []
            while !words.isEmpty, words.first != ")" {
                guard let value = operand(&words) else { return nil }
                values.append(value)
            }
            if let piped { values.append(piped) }
            if values.count == 1, case .inner = values[0] { return .inner(isMarkdown: word == "markdownify") }
            return values.isEmpty ? nil : .call(word, values)
        }

        private mutating func operand(_ words: inout ArraySlice<String>) -> Value? {
            guard let word = words.popFirst() else { return nil }
            if word == "(" {
                depth += 1
                defer { depth -= 1 }
                guard depth < 20, let value = call(&words, piped: nil), words.popFirst() == ")" else { return nil }
                return value
            }
            if let text = literal(word) { return .literal(text) }
            if Int(word) != nil { return .literal(word) }
            switch word {
            case ".": return .dot
            case ".Inner", "$.Inner": return .inner(isMarkdown: false)
            case "true": return .literal("true")
            case "false": return .literal("")
            default: break
            }
            let path = word.hasPrefix("$") ? word.dropFirst() : word[...]
            for prefix in [".Page.Site.Params.", ".Site.Params.", "site.Params."] where path.hasPrefix(prefix) {
                return .parameter(String(path.dropFirst(prefix.count)))
            }
            return nil
        }

        private func literal(_ word: String) -> String? {
            guard word.utf8.count >= 2, let quote = word.first, quote == "\"" || quote == "`", word.last == quote else {
                return nil
            }
            return String(word.dropFirst().dropLast())
        }

        /// Words, texts with their quotes, parentheses and bars.
        private mutating func tokens(_ text: Substring) -> [String]? {
            var tokens: [String] = []
            var current = ""
            var quote: Character?
            func flush() { if !current.isEmpty { tokens.append(current) } }
            for character in text {
                if let open = quote {
                    current.append(character)
                    if character == open {
                        tokens.append(current)
                        current = ""
                        quote = nil
                    }
                } else if character == "\"" || character == "`" {
                    flush()
                    current = String(character)
                    quote = character
                } else if character.isWhitespace || "()|".contains(character) {
                    flush()
                    current = ""
                    if !character.isWhitespace { tokens.append(String(character)) }
                } else {
                    current.append(character)
                }
            }
            flush()
            if quote != nil {
                fail("a text without closing quote")
                return nil
            }
            return tokens
        }
    }
}
