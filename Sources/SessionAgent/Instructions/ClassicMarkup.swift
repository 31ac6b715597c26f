internal import Platform

/// What the classic form of instructions puts between braces (spec/dashboard.md section 5.5): `{{ name }}`,
/// `{% if … %}`, `{% raw %}`, and `%name%` of old workshops. It is the part of the template language Liquid that pages
/// of workshops use; the author is told of what goes beyond it, and the page shows it as it was written.
struct ClassicMarkup {
    private var line: Int
    /// The values by name, with those that the page assigns.
    private var values: [String: String]
    /// For each open `if` or `unless`: whether its present branch is shown, and whether one was.
    private var conditions: [(isShown: Bool, wasShown: Bool)] = []

    init(line: Int, parameters: [String: String]) {
        self.line = line
        values = parameters
    }

    private var isShown: Bool { conditions.allSatisfy(\.isShown) }

    mutating func expand(_ bytes: [UInt8], into page: inout PageSource) {
        var index = 0
        var plainStart = 0
        while let start = nextTag(in: bytes, from: index) {
            guard let (end, next) = run(bytes, at: start, plainStart, &page) else {
                index = start + 1
                continue
            }
            index = end
            plainStart = next
        }
        pass(bytes[plainStart...], &page)
        if !conditions.isEmpty { page.note("{% if %} is never closed with {% endif %}", line: line) }
    }

    private mutating func pass(_ text: ArraySlice<UInt8>, _ page: inout PageSource) {
        if isShown { page.write(text, line: line) }
        line += text.count { $0 == 10 }
    }

    /// `{{`, `{%` or `%`.
    private func nextTag(in bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%") { return index }
            if bytes[index] == UInt8(ascii: "{"), index + 1 < bytes.count,
                bytes[index + 1] == UInt8(ascii: "{") || bytes[index + 1] == UInt8(ascii: "%")
            {
                return index
            }
            index += 1
        }
        return nil
    }

    /// - Returns: where the tag ends, and where the text behind it begins; `nil` when there is no tag.
    private mutating func run(
        _ bytes: [UInt8], at start: Int, _ plainStart: Int, _ page: inout PageSource
    ) -> (end: Int, next: Int)? {
        if bytes[start] == UInt8(ascii: "%") {
            var end = start + 1
            while end < bytes.count, end - start < 100, ClassicMarkup.isNameByte(bytes[end]) { end += 1 }
            guard end < bytes.count, bytes[end] == UInt8(ascii: "%"), end > start + 1 else { return nil }
            let name = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
            guard let value = values[name] else { return nil }
            pass(bytes[plainStart..<start], &page)
            if isShown { page.mark(.text(value), line: line) }
            return (end + 1, end + 1)
        }
        let isOutput = bytes[start + 1] == UInt8(ascii: "{")
        guard let close = ByteSearch.first(isOutput ? "}}" : "%}", in: bytes, from: start + 2) else { return nil }
        pass(bytes[plainStart..<start], &page)
        let here = line
        line += bytes[start..<close].count { $0 == 10 }
        var inner = String(decoding: bytes[(start + 2)..<close], as: UTF8.self)[...]
        if inner.hasPrefix("-") { inner = inner.dropFirst() }
        if inner.hasSuffix("-") { inner = inner.dropLast() }
        let end = close + 2
        if isOutput {
            if isShown { output(inner, bytes[start..<end], here, &page) }
            return (end, end)
        }
        let words = inner.split(whereSeparator: \.isWhitespace)
        switch words.first ?? "" {
        case "raw", "comment":
            let name = String(words[0])
            guard let (text, last) = ClassicMarkup.block(name, in: bytes, from: end) else {
                if isShown { page.note("{% \(name) %} is never closed with {% end\(name) %}", line: here) }
                return (end, end)
            }
            if name == "raw" { pass(bytes[text], &page) } else { line += bytes[text].count { $0 == 10 } }
            return (last, last)
        case "if", "unless":
            let holds = holds(inner.drop(while: \.isWhitespace).dropFirst(words[0].count), here, &page)
            let isChosen = words[0] == "if" ? holds : !holds
            conditions.append((isChosen, isChosen))
        case "elsif" where !conditions.isEmpty:
            let last = conditions.removeLast()
            let holds = !last.wasShown && self.holds(inner.drop(while: \.isWhitespace).dropFirst(5), here, &page)
            conditions.append((holds, last.wasShown || holds))
        case "else" where !conditions.isEmpty:
            let last = conditions.removeLast()
            conditions.append((!last.wasShown, true))
        case "endif" where !conditions.isEmpty, "endunless" where !conditions.isEmpty: conditions.removeLast()
        case "assign" where words.count > 3 && words[2] == "=":
            if isShown, let value = value(of: inner.drop { $0 != "=" }.dropFirst(), here, &page) {
                values[String(words[1])] = value
            }
        default:
            if isShown {
                let name = words.first.map(String.init) ?? ""
                page.note("{% \(name) %} is not understood; the page shows it as it is written", line: here)
                page.mark(.text(String(decoding: bytes[start..<end], as: UTF8.self)), line: here)
            }
        }
        return (end, end)
    }

    private mutating func output(
        _ inner: Substring, _ whole: ArraySlice<UInt8>, _ here: Int, _ page: inout PageSource
    ) {
        if inner.filter({ !$0.isWhitespace }) == "copy" {
            if let code = page.codeBefore {
                page.mark(.copyButton(code), line: here)
            } else {
                page.note("{{ copy }} stands behind `code`", line: here)
            }
            return
        }
        guard let value = value(of: inner, here, &page) else {
            page.mark(.text(String(decoding: whole, as: UTF8.self)), line: here)
            return
        }
        page.mark(.text(value), line: here)
    }

    // MARK: Values

    /// A name or a text, with filters behind it.
    private func value(of text: Substring, _ here: Int, _ page: inout PageSource) -> String? {
        let stages = ClassicMarkup.split(text, at: "|")
        let word = stages[0].trimmed
        let fallback = stages.dropFirst().first { $0.trimmed.hasPrefix("default") }.flatMap { stage in
            ClassicMarkup.split(stage, at: ":").dropFirst().first.flatMap { ClassicMarkup.literal($0.trimmed) }
        }
        var value: String
        if let literal = ClassicMarkup.literal(word) {
            value = literal
        } else if let given = values[word] {
            page.variables.append(.init(name: word, line: here, isKnown: true))
            value = given
        } else if let fallback {
            value = fallback
        } else if ClassicMarkup.isName(word) {
            return page.value(of: word, line: here)
        } else {
            page.note("\"\(word)\" is not the name of a value; the page shows it as it is written", line: here)
            return nil
        }
        for stage in stages.dropFirst() {
            switch ClassicMarkup.split(stage, at: ":")[0].trimmed {
            case "default": if value.isEmpty { value = fallback ?? "" }
            case "upcase": value = value.uppercased()
            case "downcase": value = value.lowercased()
            case "strip": value = value[...].trimmed
            case "escape", "escape_once": break
            case let name: page.note("the filter \"\(name)\" is not understood, and left out", line: here)
            }
        }
        return value
    }

    /// `a == "b" and c`, read from right to left, as Liquid does.
    private func holds(_ text: Substring, _ here: Int, _ page: inout PageSource) -> Bool {
        let words = ClassicMarkup.words(text)
        guard words.count < 64 else {
            page.note("this condition is too long, and counts as false", line: here)
            return false
        }
        if let place = words.firstIndex(where: { $0 == "and" || $0 == "or" }) {
            let left = comparison(words[..<place], here, &page)
            let rest = words[(place + 1)...].joined(separator: " ")
            let right = holds(rest[...], here, &page)
            return words[place] == "and" ? left && right : left || right
        }
        return comparison(words[...], here, &page)
    }

    private func comparison(_ words: ArraySlice<String>, _ here: Int, _ page: inout PageSource) -> Bool {
        func operand(_ word: String) -> String? { ClassicMarkup.literal(word) ?? values[word] }
        guard let first = words.first else { return false }
        if words.count == 1 {
            if first == "true" || first == "false" { return first == "true" }
            return operand(first) != nil
        }
        guard words.count == 3, let last = words.last else {
            page.note(
                "the condition \"\(words.joined(separator: " "))\" is not understood, and counts as false", line: here)
            return false
        }
        let isNothing = ["blank", "empty", "nil"].contains(last)
        let left = operand(first)
        switch words[words.startIndex + 1] {
        case "==": return isNothing ? (left ?? "").isEmpty : left != nil && left == operand(last)
        case "!=", "<>": return isNothing ? !(left ?? "").isEmpty : left != operand(last)
        case "contains": return (left ?? "").contains(operand(last) ?? "\u{0}")
        default:
            page.note(
                "the condition \"\(words.joined(separator: " "))\" is not understood, and counts as false", line: here)
            return false
        }
    }

    // MARK: Reading

    private static func block(_ name: String, in bytes: [UInt8], from start: Int) -> (text: Range<Int>, end: Int)? {
        var index = start
        while let open = ByteSearch.first("{%", in: bytes, from: index) {
            guard let close = ByteSearch.first("%}", in: bytes, from: open + 2) else { return nil }
            let word = String(decoding: bytes[(open + 2)..<close], as: UTF8.self).filter {
                !$0.isWhitespace && $0 != "-"
            }
            if word == "end" + name { return (start..<open, close + 2) }
            index = open + 2
        }
        return nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte >= 48 && byte <= 57 || byte >= 65 && byte <= 90 || byte >= 97 && byte <= 122 || byte == UInt8(ascii: "_")
    }

    private static func isName(_ word: String) -> Bool {
        !word.isEmpty && word.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: "-") }
    }

    private static func literal(_ word: String) -> String? {
        if word.utf8.count >= 2, let quote = word.first, quote == "\"" || quote == "'", word.last == quote {
            return String(word.dropFirst().dropLast())
        }
        return !word.isEmpty && word.utf8.allSatisfy { $0 >= 48 && $0 <= 57 || $0 == UInt8(ascii: ".") } ? word : nil
    }

    /// Parts between separators that stand in no quotes.
    private static func split(_ text: Substring, at separator: Character) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var quote: Character?
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == separator {
                parts.append(text[start..<index])
                start = text.index(after: index)
            }
        }
        return parts + [text[start...]]
    }

    private static func words(_ text: Substring) -> [String] {
        var spaced = ""
        var quote: Character?
        var words: [String] = []
        for character in text {
            if let open = quote {
                spaced.append(character)
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
                spaced.append(character)
            } else if character.isWhitespace {
                if !spaced.isEmpty { words.append(spaced) }
                spaced = ""
            } else {
                spaced.append(character)
            }
        }
        return spaced.isEmpty ? words : words + [spaced]
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
