internal import CMarkGFM

/// Rewrites a parsed document before it is rendered: links, images, headings, code blocks and replaced text.
///
/// The safe renderer lets two kinds of HTML of ours through: custom blocks, and markers in the text that are filled in
/// afterwards.
struct MarkdownTree {
    let document: OpaquePointer
    let hooks: MarkdownHooks
    let topHeadingLevel: Int
    let insertions: HTMLInsertions

    func rewrite() {
        cmark_consolidate_text_nodes(document)
        // Collected first: the walk must not meet nodes that are being replaced.
        var nodes: [OpaquePointer] = []
        guard let iterator = cmark_iter_new(document) else { return }
        while true {
            let event = cmark_iter_next(iterator)
            if event == CMARK_EVENT_DONE { break }
            if event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(iterator) { nodes.append(node) }
        }
        cmark_iter_free(iterator)

        foldParts(&nodes)

        let levels = nodes.filter { cmark_node_get_type($0) == CMARK_NODE_HEADING }.map(cmark_node_get_heading_level)
        let shift = Int32(topHeadingLevel) - (levels.min() ?? Int32(topHeadingLevel))
        var anchors = HeadingAnchors()
        // Children before parents, so that a text inside a link is done when the link is replaced.
        for node in nodes.reversed() {
            switch cmark_node_get_type(node) {
            case CMARK_NODE_TEXT: replaceText(node)
            case CMARK_NODE_CODE: replaceLiteral(node)
            case CMARK_NODE_CODE_BLOCK: replaceCodeBlock(node)
            case CMARK_NODE_PARAGRAPH: replaceParagraph(node)
            case CMARK_NODE_IMAGE: replaceImage(node)
            case CMARK_NODE_LINK: replaceLink(node)
            default: break
            }
        }
        for node in nodes where cmark_node_get_type(node) == CMARK_NODE_HEADING {
            replaceHeading(node, shift: shift, anchors: &anchors)
        }
    }

    private func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

    private func custom(_ kind: cmark_node_type, _ enter: String, _ exit: String = "") -> OpaquePointer? {
        let node = cmark_node_new(kind)
        _ = cmark_node_set_on_enter(node, enter)
        _ = cmark_node_set_on_exit(node, exit)
        return node
    }

    /// Puts one node in the place of another and frees that.
    private func replace(_ node: OpaquePointer, by other: OpaquePointer?) {
        guard let other else { return }
        guard cmark_node_replace(node, other) == 1 else { return cmark_node_free(other) }
        cmark_node_free(node)
    }

    private func moveChildren(of node: OpaquePointer, to other: OpaquePointer) {
        while let child = cmark_node_first_child(node) {
            cmark_node_unlink(child)
            guard cmark_node_append_child(other, child) == 1 else {
                cmark_node_free(child)
                continue
            }
        }
    }

    /// A text node that stands for HTML of ours. Not a custom node: table cells accept none.
    private func marker(_ html: String) -> OpaquePointer? {
        let node = cmark_node_new(CMARK_NODE_TEXT)
        _ = cmark_node_set_literal(node, insertions.marker(for: html))
        return node
    }

    private func isInsideImage(_ node: OpaquePointer) -> Bool {
        var parent = cmark_node_parent(node)
        while let here = parent {
            if cmark_node_get_type(here) == CMARK_NODE_IMAGE { return true }
            parent = cmark_node_parent(here)
        }
        return false
    }

    private func insert(_ new: OpaquePointer?, before node: OpaquePointer) {
        if let new, cmark_node_insert_before(node, new) == 0 { cmark_node_free(new) }
    }

    private func remove(_ node: OpaquePointer) {
        cmark_node_unlink(node)
        cmark_node_free(node)
    }

    /// Leaves the children in the place of their parent, between two pieces of HTML.
    private func unwrap(_ node: OpaquePointer, before: String, after: String) {
        // The description of an image becomes an attribute, where no tag may stand.
        let isPlain = isInsideImage(node)
        if !before.isEmpty && !isPlain { insert(marker(before), before: node) }
        while let child = cmark_node_first_child(node) {
            cmark_node_unlink(child)
            insert(child, before: node)
        }
        if !after.isEmpty && !isPlain { insert(marker(after), before: node) }
        remove(node)
    }

    private func replaceText(_ node: OpaquePointer) {
        // The paragraph is replaced as a whole, and comes later than its text.
        if let paragraph = cmark_node_parent(node), paragraphHTML(paragraph) != nil { return }
        guard let pieces = hooks.text(text(cmark_node_get_literal(node))) else { return }
        let isPlain = isInsideImage(node)
        for piece in pieces {
            switch piece {
            case .text(let text):
                let new = cmark_node_new(CMARK_NODE_TEXT)
                _ = cmark_node_set_literal(new, text)
                insert(new, before: node)
            case .html(let html): if !isPlain { insert(marker(html), before: node) }
            }
        }
        remove(node)
    }

    private func replaceLiteral(_ node: OpaquePointer) {
        guard let new = hooks.literal(text(cmark_node_get_literal(node))) else { return }
        _ = cmark_node_set_literal(node, new)
    }

    private func replaceCodeBlock(_ node: OpaquePointer) {
        guard let html = hooks.codeBlock(codeBlock(node)) else { return replaceLiteral(node) }
        replace(node, by: custom(CMARK_NODE_CUSTOM_BLOCK, html))
    }

    private func codeBlock(_ node: OpaquePointer) -> MarkdownHooks.CodeBlock {
        let info = text(cmark_node_get_fence_info(node))
        let trimmed = info.drop(while: \.isWhitespace)
        return MarkdownHooks.CodeBlock(
            info: String(trimmed.reversed().drop(while: \.isWhitespace).reversed()),
            text: text(cmark_node_get_literal(node)), line: Int(cmark_node_get_start_line(node)),
            column: max(1, Int(cmark_node_get_start_column(node))))
    }

    /// Puts what stands between a pair of code blocks into a block of its own, so that the HTML around it is whole
    /// wherever the pair stands. The pair itself is gone afterwards.
    private func foldParts(_ nodes: inout [OpaquePointer]) {
        typealias Part = (name: String, node: OpaquePointer, block: MarkdownHooks.CodeBlock)
        var open: [OpaquePointer?: [Part]] = [:]
        var removed: Set<OpaquePointer> = []
        for node in nodes where cmark_node_get_type(node) == CMARK_NODE_CODE_BLOCK {
            let block = codeBlock(node)
            guard let fold = hooks.fold(block) else { continue }
            // Siblings have one parent, until a part has been folded into another one.
            let parent = cmark_node_parent(node)
            switch fold {
            case .begin(let name): open[parent, default: []].append((name, node, block))
            case .end(let name):
                var parts = open[parent, default: []]
                guard let index = parts.lastIndex(where: { name == "*" || $0.name == name }) else { continue }
                let begin = parts[index]
                parts.removeSubrange(index...)
                open[parent] = parts
                let html = hooks.folded(begin.block, block)
                guard let whole = custom(CMARK_NODE_CUSTOM_BLOCK, html.opening, html.closing) else { continue }
                guard cmark_node_insert_before(begin.node, whole) == 1 else {
                    cmark_node_free(whole)
                    continue
                }
                while let inner = cmark_node_next(begin.node), inner != node {
                    cmark_node_unlink(inner)
                    if cmark_node_append_child(whole, inner) == 0 { removed.insert(inner) }
                }
                for partner in [begin.node, node] {
                    removed.insert(partner)
                    remove(partner)
                }
            }
        }
        if !removed.isEmpty { nodes.removeAll(where: removed.contains) }
    }

    private func paragraphHTML(_ node: OpaquePointer) -> String? {
        guard cmark_node_get_type(node) == CMARK_NODE_PARAGRAPH, let only = cmark_node_first_child(node),
            cmark_node_next(only) == nil, cmark_node_get_type(only) == CMARK_NODE_TEXT
        else { return nil }
        return hooks.paragraph(text(cmark_node_get_literal(only)))
    }

    private func replaceParagraph(_ node: OpaquePointer) {
        guard let html = paragraphHTML(node) else { return }
        replace(node, by: custom(CMARK_NODE_CUSTOM_BLOCK, html))
    }

    private func replaceImage(_ node: OpaquePointer) {
        let written = text(cmark_node_get_url(node))
        guard let address = hooks.image(hooks.literal(written) ?? written), MarkdownTree.isHarmless(address) else {
            return unwrap(node, before: "", after: "")
        }
        _ = cmark_node_set_url(node, address)
    }

    private func replaceLink(_ node: OpaquePointer) {
        let written = text(cmark_node_get_url(node))
        var title = text(cmark_node_get_title(node))
        title = hooks.literal(title) ?? title
        let titled = title.isEmpty ? "" : " title=\"\(HTMLEscaping.escaped(title))\""
        switch hooks.link(hooks.literal(written) ?? written) {
        case .here(let url) where MarkdownTree.isHarmless(url):
            unwrap(node, before: "<a href=\"\(HTMLEscaping.escaped(url))\"\(titled)>", after: "</a>")
        case .elsewhere(let url) where MarkdownTree.isHarmless(url):
            let apart = " target=\"_blank\" rel=\"noopener noreferrer\""
            unwrap(node, before: "<a href=\"\(HTMLEscaping.escaped(url))\"\(titled)\(apart)>", after: "</a>")
        default: unwrap(node, before: "", after: "")
        }
    }

    private func replaceHeading(_ node: OpaquePointer, shift: Int32, anchors: inout HeadingAnchors) {
        let level = min(6, max(1, cmark_node_get_heading_level(node) + shift))
        let anchor = anchors.next(for: plainText(of: node))
        guard let block = custom(CMARK_NODE_CUSTOM_BLOCK, "<h\(level) id=\"\(anchor)\">", "</h\(level)>") else {
            return
        }
        moveChildren(of: node, to: block)
        replace(node, by: block)
    }

    private func plainText(of node: OpaquePointer) -> String {
        var result = ""
        guard let iterator = cmark_iter_new(node) else { return result }
        defer { cmark_iter_free(iterator) }
        while true {
            let event = cmark_iter_next(iterator)
            if event == CMARK_EVENT_DONE { return result }
            guard event == CMARK_EVENT_ENTER, let part = cmark_iter_get_node(iterator) else { continue }
            let kind = cmark_node_get_type(part)
            if kind == CMARK_NODE_TEXT || kind == CMARK_NODE_CODE {
                result += insertions.removed(from: text(cmark_node_get_literal(part)))
            }
        }
    }

    /// Whether a destination can only lead to a page, a picture or a mail program. Browsers ignore control bytes and
    /// blanks in front of a scheme and tabs and line breaks inside it, so such destinations are refused as well.
    static func isHarmless(_ url: String) -> Bool {
        if url.utf8.contains(where: { $0 < 32 || $0 == 127 }) || url.first == " " { return false }
        guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return true }
        let before = url[..<colon]
        if before.contains(where: { $0 == "/" || $0 == "?" || $0 == "#" }) { return true }
        return ["http", "https", "mailto"].contains(before.lowercased())
    }
}

/// HTML that is put into the rendered page in place of markers: private-use characters around a number. The renderer
/// takes such characters out of its input, so nobody else can write a marker.
final class HTMLInsertions {
    private static let open: Unicode.Scalar = "\u{10FFF0}"
    private static let close: Unicode.Scalar = "\u{10FFF1}"
    private var html: [String] = []

    func marker(for html: String) -> String {
        self.html.append(html)
        return "\(HTMLInsertions.open)\(self.html.count - 1)\(HTMLInsertions.close)"
    }

    static func withoutMarkers(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0 == open || $0 == close }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == open || $0 == close ? "\u{FFFD}" : $0 }))
    }

    func filled(_ text: String) -> String {
        html.isEmpty ? text : replacingMarkers(in: text) { html.indices.contains($0) ? html[$0] : "" }
    }

    func removed(from text: String) -> String { html.isEmpty ? text : replacingMarkers(in: text) { _ in "" } }

    private func replacingMarkers(in text: String, by replacement: (Int) -> String) -> String {
        var result = String.UnicodeScalarView()
        var digits: String?
        for scalar in text.unicodeScalars {
            if scalar == HTMLInsertions.open {
                digits = ""
            } else if scalar == HTMLInsertions.close {
                if let index = digits.flatMap({ Int($0) }) {
                    result.append(contentsOf: replacement(index).unicodeScalars)
                }
                digits = nil
            } else if digits != nil {
                digits?.unicodeScalars.append(scalar)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}

/// Anchors of headings: the words in lower case joined by hyphens; repeated ones get a number.
struct HeadingAnchors {
    private var used: [String: Int] = [:]

    mutating func next(for title: String) -> String {
        var words = ""
        for character in title.lowercased() {
            if character.isLetter || character.isNumber {
                words.append(character)
            } else if character.isWhitespace || character == "-" || character == "_", !words.isEmpty,
                words.last != "-"
            {
                words.append("-")
            }
        }
        while words.last == "-" { words.removeLast() }
        if words.isEmpty { words = "section" }
        let count = used[words, default: 0]
        used[words] = count + 1
        return HTMLEscaping.escaped(count == 0 ? words : "\(words)-\(count)")
    }
}
