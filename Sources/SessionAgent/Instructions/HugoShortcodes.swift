internal import HTTP
internal import Platform

/// `{{< param name >}}` and its relatives, in both forms that Hugo has: `{{< >}}` and `{{% %}}`, which mean the same here
/// (spec/dashboard.md section 5.5). Beside those of the specification: `highlight`, `figure`, `ref` and `relref` as Hugo
/// has them, and the workshop's own.
struct HugoShortcodes {
    /// Of the byte that is read next, in the file.
    private var line: Int
    private var depth = 0
    private var openBlocks: [String] = []
    /// Text between `pathway` tags of another pathway is left out; how many such tags are open, and all of them.
    private var hidden = 0
    private var openPathways: [Bool] = []
    /// Bytes that were looked through for the ends of shortcodes.
    private var searched = 0

    init(line: Int) { self.line = line }

    private struct Tag {
        let name: String
        let arguments: [Argument]
        let isClosed: Bool
        /// Hidden behind `/*` and `*/`: is to be shown instead of run.
        var isShown = false
        /// As it was written.
        let whole: ArraySlice<UInt8>
        let end: Int
    }

    struct Argument: Equatable {
        /// Empty for one that is only a value.
        var name = ""
        var value = ""
    }

    mutating func expand(_ bytes: [UInt8], into page: inout PageSource) {
        expand(bytes[...], of: bytes, into: &page)
        for kind in openBlocks.reversed() {
            page.markBlock(.closing, line: line)
            page.note("{{< \(kind) >}} is never closed with {{< /\(kind) >}}", line: line)
        }
        if !openPathways.isEmpty { page.note("{{< pathway >}} is never closed with {{< /pathway >}}", line: line) }
    }

    private mutating func expand(_ part: ArraySlice<UInt8>, of bytes: [UInt8], into page: inout PageSource) {
        var index = part.startIndex
        var plainStart = index
        while let start = HugoShortcodes.nextTag(in: bytes, from: index, to: part.endIndex) {
            guard let tag = HugoShortcodes.tag(in: bytes, at: start, to: part.endIndex) else {
                index = start + 3
                continue
            }
            pass(bytes[plainStart..<start], &page)
            index = run(tag, bytes, to: part.endIndex, &page)
            plainStart = index
        }
        pass(bytes[plainStart..<part.endIndex], &page)
    }

    /// Text that stays as it is.
    private mutating func pass(_ text: ArraySlice<UInt8>, _ page: inout PageSource) {
        if hidden == 0 && page.output.count < PageSource.outputLimit { page.write(text, line: line) }
        line += text.count { $0 == 10 }
    }

    // MARK: Meaning

    /// - Returns: where the text goes on.
    private mutating func run(_ tag: Tag, _ bytes: [UInt8], to end: Int, _ page: inout PageSource) -> Int {
        let here = line
        line += tag.whole.count { $0 == 10 }
        let name = tag.name
        if tag.isShown {
            // {{</* name */>}} shows a shortcode instead of running it.
            if hidden == 0 { page.mark(.text(HugoShortcodes.shown(tag.whole)), line: here) }
            return tag.end
        }
        if name == "pathway" {
            let isOther = !tag.arguments.contains { $0.value == page.context.pathway && !$0.value.isEmpty }
            openPathways.append(isOther)
            if isOther { hidden += 1 }
            if tag.arguments.isEmpty { page.note("pathway needs the name of a pathway", line: here) }
            return tag.end
        }
        if name == "/pathway" {
            if openPathways.popLast() == true { hidden -= 1 }
            return tag.end
        }
        guard hidden == 0, page.output.count < PageSource.outputLimit else { return tag.end }
        let first = tag.arguments.first { $0.name.isEmpty }?.value
        switch name {
        case "param":
            if let first, let value = page.value(of: first, line: here) {
                page.mark(.text(value), line: here)
            } else {
                if first == nil { page.note("param needs the name of a value", line: here) }
                asWritten(tag, here, &page)
            }
        case "baseurl": page.mark(.text(page.context.baseURL), line: here)
        case "copy": return copy(tag, bytes, to: end, here, &page)
        case "note", "warning", "danger":
            guard page.blocks < PageSource.blockLimit else {
                page.note("more than \(PageSource.blockLimit) notes on a page", line: here)
                break
            }
            page.blocks += 1
            let title =
                tag.arguments.first { $0.name == "title" }?.value
                ?? tag.arguments.filter { $0.name.isEmpty }.map(\.value).joined(separator: " ")
            openBlocks.append(name)
            page.markBlock(.opening(kind: name, title: title), line: here)
            if tag.isClosed { close(name, here, &page) }
        case "/note", "/warning", "/danger": close(String(name.dropFirst()), here, &page)
        case "/copy": page.note("{{< /copy >}} has no beginning", line: here)
        case "highlight":
            guard let inner = inner(of: name, in: bytes, from: tag.end, to: end) else {
                page.note("{{< highlight >}} is never closed with {{< /highlight >}}", line: here)
                asWritten(tag, here, &page)
                break
            }
            highlight(bytes[inner.text], language: first ?? "", here, &page)
            line += bytes[inner.text.lowerBound..<inner.end].count { $0 == 10 }
            return inner.end
        case "figure": figure(tag, here, &page)
        case "ref", "relref":
            let target = PageAddress.resolve(
                first ?? "", folder: page.context.folder, isPage: page.context.pages.contains)
            if case .page(let id, let fragment) = target {
                page.mark(.text(PageAddress.dashboard(id, anchor: fragment)), line: here)
            } else {
                page.note("there is no page \"\(first ?? "")\"", line: here)
                asWritten(tag, here, &page)
            }
        default: return own(tag, bytes, to: end, here, &page)
        }
        return tag.end
    }

    private func asWritten(_ tag: Tag, _ line: Int, _ page: inout PageSource) {
        page.mark(.text(String(decoding: tag.whole, as: UTF8.self)), line: line)
    }

    private mutating func close(_ kind: String, _ here: Int, _ page: inout PageSource) {
        guard openBlocks.last == kind else {
            page.note("{{< /\(kind) >}} has no beginning", line: here)
            return
        }
        openBlocks.removeLast()
        page.markBlock(.closing, line: here)
    }

    /// Around a text, or behind `code`.
    private mutating func copy(
        _ tag: Tag, _ bytes: [UInt8], to end: Int, _ here: Int, _ page: inout PageSource
    ) -> Int {
        // Code in front means that this is the short form, even if the long form is used further down.
        if let code = page.codeBefore {
            page.mark(.copyButton(code), line: here)
            return tag.end
        }
        guard let inner = inner(of: "copy", in: bytes, from: tag.end, to: end) else {
            page.note("copy stands behind `code`, or is closed with {{< /copy >}}", line: here)
            return tag.end
        }
        let text = expanded(bytes[inner.text], of: bytes, &page)
        page.mark(.copy(text), line: here)
        line += bytes[inner.text.upperBound..<inner.end].count { $0 == 10 }
        return inner.end
    }

    /// What a part of the page becomes as plain text; leaves the line behind it.
    private mutating func expanded(_ part: ArraySlice<UInt8>, of bytes: [UInt8], _ page: inout PageSource) -> String {
        guard depth < PageSource.depthLimit else {
            line += part.count { $0 == 10 }
            return String(decoding: part, as: UTF8.self)
        }
        depth += 1
        defer { depth -= 1 }
        let start = page.beginAside()
        expand(part, of: bytes, into: &page)
        return page.restored(page.endAside(start))
    }

    private func highlight(_ code: ArraySlice<UInt8>, language: String, _ here: Int, _ page: inout PageSource) {
        var text = String(decoding: code, as: UTF8.self)
        if text.hasPrefix("\n") { text.removeFirst() }
        while text.hasSuffix("\n") { text.removeLast() }
        var fence = "```"
        while ByteSearch.contains(Array(fence.utf8), in: text) { fence += "`" }
        let word = String(language.prefix { $0.isLetter || $0.isNumber || "+-#.".contains($0) })
        page.write("\n\n\(fence)\(word)\n\(text)\n\(fence)\n\n", line: here)
    }

    /// A picture with a caption, as Hugo's own shortcode makes it.
    private func figure(_ tag: Tag, _ here: Int, _ page: inout PageSource) {
        func value(_ name: String) -> String { tag.arguments.first { $0.name == name }?.value ?? "" }
        guard !value("src").isEmpty else {
            page.note("figure needs src, the address of a picture", line: here)
            return asWritten(tag, here, &page)
        }
        func attribute(_ name: String) -> String {
            let text = value(name)
            return text.isEmpty ? "" : " \(name)=\"\(page.marker(.text(text)))\""
        }
        func number(_ name: String) -> String {
            let text = value(name)
            return text.isEmpty ? "" : " \(name)=\"\(HTMLEscaping.escaped(text))\""
        }
        let description = value("alt").isEmpty ? value("caption") : value("alt")
        var html = "<figure><img\(attribute("src")) alt=\"\(page.marker(.text(description)))\""
        html += number("width") + number("height") + ">"
        let caption = [value("title"), value("caption")].filter { !$0.isEmpty }
        if !caption.isEmpty {
            let lines = caption.map { page.marker(.text($0)) }.joined(separator: "<br>")
            html += "<figcaption>\(lines)</figcaption>"
        }
        page.write("\n\n\(page.indentation)\(html)</figure>\n\n", line: here)
    }

    /// One from the workshop's `layouts/shortcodes`.
    private mutating func own(
        _ tag: Tag, _ bytes: [UInt8], to end: Int, _ here: Int, _ page: inout PageSource
    ) -> Int {
        let isEnd = tag.name.hasPrefix("/")
        let name = isEnd ? String(tag.name.dropFirst()) : tag.name
        guard let snippet = page.context.snippets[name], !isEnd, depth < PageSource.depthLimit else {
            if page.context.snippets[name] == nil {
                page.note("there is no shortcode \"\(name)\"; a workshop's own are in layouts/shortcodes", line: here)
            } else {
                page.note("{{< \(isEnd ? "/" : "")\(name) >}} does not belong here", line: here)
            }
            asWritten(tag, here, &page)
            return tag.end
        }
        var next = tag.end
        var inner: ArraySlice<UInt8> = []
        if snippet.hasInner, !tag.isClosed,
            let found = self.inner(of: name, in: bytes, from: tag.end, to: end)
        {
            depth += 1
            let start = page.beginAside()
            expand(bytes[found.text], of: bytes, into: &page)
            inner = Array(page.endAside(start).utf8)[...]
            depth -= 1
            line += bytes[found.text.upperBound..<found.end].count { $0 == 10 }
            next = found.end
        }
        let text = snippet.text(
            arguments: tag.arguments, inner: String(decoding: inner, as: UTF8.self), into: &page, line: here)
        page.write(text, line: here)
        return next
    }

    // MARK: Reading

    private static func nextTag(in bytes: [UInt8], from start: Int, to end: Int) -> Int? {
        var index = start
        while let place = ByteSearch.first("{{", in: bytes, from: index, to: end) {
            let next = place + 2 < end ? bytes[place + 2] : 0
            if next == UInt8(ascii: "<") || next == UInt8(ascii: "%") { return place }
            index = place + 1
        }
        return nil
    }

    /// The tag that begins at a place; `nil` when it is not closed there.
    private static func tag(in bytes: [UInt8], at start: Int, to end: Int) -> Tag? {
        let closing: StaticString = bytes[start + 2] == UInt8(ascii: "<") ? ">}}" : "%}}"
        guard let close = ByteSearch.first(closing, in: bytes, from: start + 3, to: end) else { return nil }
        let inner = String(decoding: bytes[(start + 3)..<close], as: UTF8.self)
        let whole = bytes[start..<(close + 3)]
        let trimmed = inner.trimmingBlanks
        if trimmed.hasPrefix("/*"), trimmed.hasSuffix("*/"), trimmed.utf8.count >= 4 {
            return Tag(name: "", arguments: [], isClosed: false, isShown: true, whole: whole, end: close + 3)
        }
        var text = trimmed[...]
        var isClosed = false
        if text.hasSuffix("/"), text.utf8.count > 1 {
            isClosed = true
            text = text.dropLast()
        }
        var isEnd = false
        if text.hasPrefix("/") {
            isEnd = true
            text = text.dropFirst()
        }
        var arguments = arguments(in: text)
        guard let first = arguments.first, first.name.isEmpty else {
            return Tag(name: "", arguments: [], isClosed: isClosed, whole: whole, end: close + 3)
        }
        arguments.removeFirst()
        return Tag(
            name: (isEnd ? "/" : "") + first.value, arguments: arguments, isClosed: isClosed, whole: whole,
            end: close + 3)
    }

    /// Words and `key=value`; quotes and backquotes keep blanks together.
    static func arguments(in text: some StringProtocol) -> [Argument] {
        var arguments: [Argument] = []
        var current = Argument()
        var isOpen = false
        var quote: Character?
        var isEscaped = false
        for character in text {
            if let open = quote {
                if isEscaped {
                    current.value.append(character)
                    isEscaped = false
                } else if character == "\\" && open == "\"" {
                    isEscaped = true
                } else if character == open {
                    quote = nil
                } else {
                    current.value.append(character)
                }
            } else if character == "\"" || character == "`" {
                quote = character
                isOpen = true
            } else if character.isWhitespace {
                if isOpen { arguments.append(current) }
                current = Argument()
                isOpen = false
            } else if character == "=", current.name.isEmpty, !current.value.isEmpty, !arguments.isEmpty {
                current = Argument(name: current.value)
            } else {
                current.value.append(character)
                isOpen = true
            }
        }
        if isOpen { arguments.append(current) }
        return arguments
    }

    /// `{{</* x */>}}` without what hides it.
    private static func shown(_ whole: ArraySlice<UInt8>) -> String {
        let text = String(decoding: whole, as: UTF8.self)
        guard let open = text.firstRange(of: "/*"), let close = text.lastRangeOfCommentEnd,
            open.upperBound <= close.lowerBound
        else { return text }
        return String(text[..<open.lowerBound] + text[open.upperBound..<close.lowerBound] + text[close.upperBound...])
    }

    /// What stands between a tag and its end, shortcodes of the same name inside counted.
    private mutating func inner(
        of name: String, in bytes: [UInt8], from start: Int, to end: Int
    ) -> (text: Range<Int>, end: Int)? {
        var depth = 0
        var index = start
        defer { searched += index - start }
        while searched < PageSource.searchLimit,
            let place = HugoShortcodes.nextTag(in: bytes, from: index, to: end)
        {
            guard let tag = HugoShortcodes.tag(in: bytes, at: place, to: end) else {
                index = place + 3
                continue
            }
            if tag.name == name && !tag.isClosed { depth += 1 }
            index = tag.end
            if tag.name == "/" + name {
                if depth == 0 { return (start..<place, tag.end) }
                depth -= 1
            }
        }
        // Nothing was found up to the end.
        index = end
        return nil
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }

    fileprivate var lastRangeOfCommentEnd: Range<String.Index>? {
        var found: Range<String.Index>?
        var start = startIndex
        while let range = self[start...].firstRange(of: "*/") {
            found = range
            start = range.upperBound
        }
        return found
    }
}
