/// Cuts HTML that an author wrote down to what `HTMLAllowList` knows, token by token.
///
/// What comes out is written anew: names from the list, values in quotes and escaped, `<` only where a tag of ours begins.
/// Every element that is opened is closed in the same container of the page, and nothing else is ever closed, so that a
/// page cannot break out of its place.
struct HTMLSanitizer {
    let hooks: MarkdownHooks
    /// Elements that are open, a list for each container of the page that is.
    private var open: [[String]] = [[]]
    /// How many may be open at once; deeper ones are left out.
    private static let depthLimit = 200

    init(hooks: MarkdownHooks) { self.hooks = hooks }

    /// A container of the page begins: a list item, a quote, a paragraph.
    mutating func enter() { open.append([]) }

    /// It ends.
    /// - Returns: the end tags of what was left open in it.
    mutating func leave() -> String {
        guard let left = open.popLast() else { return "" }
        if open.isEmpty { open.append([]) }
        return left.reversed().map { "</\($0)>" }.joined()
    }

    // MARK: Tokens

    /// - Parameter line: of the first byte, for what is told of it.
    mutating func sanitized(_ html: String, line: Int) -> String {
        let bytes = Array(html.utf8)
        var result = ""
        var index = 0
        var textStart = 0
        var swallowing: String?
        var here = line
        func flushed(to end: Int) -> String {
            textStart < end && swallowing == nil ? text(bytes[textStart..<end]) : ""
        }
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "<"), let token = Token(bytes, at: index) else {
                if bytes[index] == 10 { here += 1 }
                index += 1
                continue
            }
            result += flushed(to: index)
            index = token.end
            textStart = index
            defer { here += bytes[token.start..<token.end].count { $0 == 10 } }
            if let element = swallowing {
                if case .end(let name) = token.kind, name == element { swallowing = nil }
                continue
            }
            switch token.kind {
            case .ignored: break
            case .end(let name): result += endTag(name)
            case .start(let name, let attributes, let isClosed):
                if HTMLAllowList.swallowed.contains(name) {
                    hooks.found?(.leftOut("<\(name)>"), here)
                    if !isClosed { swallowing = name }
                } else if let allowed = HTMLAllowList.elements[name] {
                    result += startTag(name, attributes, allowed, here)
                } else {
                    hooks.found?(.leftOut("<\(name)>"), here)
                }
            }
        }
        return result + flushed(to: bytes.count)
    }

    private func text(_ bytes: ArraySlice<UInt8>) -> String {
        let plain = String(decoding: bytes, as: UTF8.self)
        if let replaced = hooks.literal(plain) {
            // A value stands in it, which is text whatever it holds.
            return HTMLEscaping.escaped(HTMLReferences.decoded(replaced))
        }
        guard bytes.contains(where: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: ">") }) else { return plain }
        // Byte by byte: with a combining character behind it, a bracket is another character to Swift.
        let escaped = ByteSearch.replacing("<", with: "&lt;", in: Array(bytes))
        return String(decoding: ByteSearch.replacing(">", with: "&gt;", in: escaped), as: UTF8.self)
    }

    private mutating func endTag(_ written: String) -> String {
        let name = HTMLSanitizer.element(written)
        guard let frame = open.indices.last, let place = open[frame].lastIndex(of: name) else { return "" }
        let closed = open[frame][place...].reversed().map { "</\($0)>" }.joined()
        open[frame].removeSubrange(place...)
        return closed
    }

    /// The page has a heading of the first level already.
    private static func element(_ name: String) -> String { name == "h1" ? "h2" : name }

    private mutating func startTag(
        _ name: String, _ attributes: [(name: String, value: String)], _ allowed: [String: HTMLAllowList.Attribute],
        _ line: Int
    ) -> String {
        let frame = open.count - 1
        var result = ""
        while let last = open[frame].last, HTMLAllowList.ends(last, before: name) {
            result += "</\(last)>"
            open[frame].removeLast()
        }
        let written = HTMLSanitizer.element(name)
        var isLink = false
        var tag = "<\(written)"
        var seen: Set<String> = []
        for attribute in attributes {
            guard let rule = allowed[attribute.name] ?? HTMLAllowList.global[attribute.name] else {
                hooks.found?(.leftOut("\(attribute.name) of <\(name)>"), line)
                continue
            }
            // Browsers take the first of two.
            guard seen.insert(attribute.name).inserted else { continue }
            guard let text = value(of: attribute, rule, name, attributes, line) else { continue }
            isLink = isLink || attribute.name == "href"
            tag += text
        }
        if name == "img" {
            guard seen.contains("src"), tag.utf8.count > 4 else { return result }
            for (name, value) in hooks.imageAttributes where !seen.contains(name) {
                tag += " \(name)=\"\(HTMLEscaping.escaped(value))\""
            }
        }
        if HTMLAllowList.voidElements.contains(name) { return result + tag + ">" }
        guard open.reduce(0, { $0 + $1.count }) < HTMLSanitizer.depthLimit else { return result }
        open[frame].append(written)
        return result + tag + ">"
    }

    private func value(
        of attribute: (name: String, value: String), _ rule: HTMLAllowList.Attribute, _ element: String,
        _ all: [(name: String, value: String)], _ line: Int
    ) -> String? {
        let plain = HTMLReferences.decoded(attribute.value)
        let given = hooks.literal(plain) ?? plain
        func written(_ value: String) -> String { " \(attribute.name)=\"\(HTMLEscaping.escaped(value))\"" }
        switch rule {
        case .text: return written(given)
        case .flag: return " \(attribute.name)=\"\""
        case .number:
            let digits =
                given.hasSuffix("%") ? given.dropLast() : given.hasSuffix("px") ? given.dropLast(2) : given[...]
            guard !digits.isEmpty, digits.utf8.count <= 5, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
                return nil
            }
            return written(String(digits) + (given.hasSuffix("%") ? "%" : ""))
        case .words(let words): return words.contains(given) ? written(given) : nil
        case .anchor:
            guard !given.isEmpty, given.utf8.count <= 100, given.utf8.allSatisfy(HeadingAnchors.isNameByte) else {
                return nil
            }
            hooks.found?(.anchor(given), line)
            return written(hooks.anchorPrefix + given)
        case .link:
            hooks.found?(.link(given), line)
            switch hooks.link(given) {
            case .here(let url) where MarkdownTree.isHarmless(url): return written(url)
            case .elsewhere(let url) where MarkdownTree.isHarmless(url):
                return written(url) + " target=\"_blank\" rel=\"noopener noreferrer\""
            default: return nil
            }
        case .source:
            if element == "img" && attribute.name == "src" {
                let description = all.first { $0.name == "alt" }?.value ?? ""
                hooks.found?(.image(given, description: hooks.literal(description) ?? description), line)
            } else {
                hooks.found?(.link(given), line)
            }
            guard let url = hooks.image(given), MarkdownTree.isHarmless(url) else { return nil }
            return written(url)
        }
    }
}

/// One tag, comment or declaration of HTML; text lies between them (WHATWG HTML Standard, section 13.2.5, read strictly:
/// what is not closed is text).
private struct Token {
    enum Kind {
        /// Comments, declarations, processing instructions.
        case ignored
        case start(name: String, [(name: String, value: String)], isClosed: Bool)
        case end(name: String)
    }
    let kind: Kind
    let start: Int
    /// Behind the last byte.
    let end: Int

    /// - Parameter index: of a `<`.
    init?(_ bytes: [UInt8], at index: Int) {
        start = index
        let next = index + 1 < bytes.count ? bytes[index + 1] : 0
        if next == UInt8(ascii: "!") || next == UInt8(ascii: "?") {
            let isComment = index + 3 < bytes.count && bytes[index + 2] == 45 && bytes[index + 3] == 45
            let close = isComment ? ByteSearch.first("-->", in: bytes, from: index + 4) : nil
            if let close {
                end = close + 3
            } else {
                // A comment that is not closed takes everything, as in a browser.
                end =
                    isComment
                    ? bytes.count : (bytes[index...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 } ?? bytes.count)
            }
            kind = .ignored
            return
        }
        let isEnd = next == UInt8(ascii: "/")
        var at = index + (isEnd ? 2 : 1)
        guard at < bytes.count, Token.isLetter(bytes[at]) else { return nil }
        let nameStart = at
        while at < bytes.count, !Token.endsName(bytes[at]) { at += 1 }
        let name = String(decoding: bytes[nameStart..<at], as: UTF8.self).lowercased()
        var attributes: [(name: String, value: String)] = []
        var isClosed = false
        while at < bytes.count, bytes[at] != UInt8(ascii: ">") {
            if Token.isBlank(bytes[at]) || bytes[at] == UInt8(ascii: "/") {
                isClosed = bytes[at] == UInt8(ascii: "/")
                at += 1
                continue
            }
            isClosed = false
            let attributeStart = at
            at += 1
            while at < bytes.count, !Token.endsName(bytes[at]), bytes[at] != UInt8(ascii: "=") { at += 1 }
            let attributeName = String(decoding: bytes[attributeStart..<at], as: UTF8.self).lowercased()
            var after = at
            while after < bytes.count, Token.isBlank(bytes[after]) { after += 1 }
            guard after < bytes.count, bytes[after] == UInt8(ascii: "=") else {
                attributes.append((attributeName, ""))
                continue
            }
            at = after + 1
            while at < bytes.count, Token.isBlank(bytes[at]) { at += 1 }
            guard at < bytes.count else { return nil }
            let quote = bytes[at]
            let valueStart: Int
            if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
                valueStart = at + 1
                guard let close = bytes[valueStart...].firstIndex(of: quote) else { return nil }
                at = close + 1
                attributes.append((attributeName, String(decoding: bytes[valueStart..<close], as: UTF8.self)))
            } else {
                valueStart = at
                while at < bytes.count, !Token.isBlank(bytes[at]), bytes[at] != UInt8(ascii: ">") { at += 1 }
                attributes.append((attributeName, String(decoding: bytes[valueStart..<at], as: UTF8.self)))
            }
        }
        guard at < bytes.count else { return nil }
        end = at + 1
        kind = isEnd ? .end(name: name) : .start(name: name, attributes, isClosed: isClosed)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte | 32 >= 97 && byte | 32 <= 122 }
    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 32 || byte == 9 || byte == 10 || byte == 12 || byte == 13
    }
    private static func endsName(_ byte: UInt8) -> Bool {
        isBlank(byte) || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ">")
    }
}
