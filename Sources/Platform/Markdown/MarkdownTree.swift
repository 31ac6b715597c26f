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
    let removed: RemovedNodes

    /// Whether there are boxes of a task list.
    var hasTasks: Bool {
        var found = false
        walk { event, node in
            if event == CMARK_EVENT_ENTER, !found {
                found = cmark_node_get_type_string(node).map { String(cString: $0) == "tasklist" } ?? false
            }
        }
        return found
    }

    func rewrite() {
        cmark_consolidate_text_nodes(document)
        // Collected first: the walk must not meet nodes that are being replaced.
        var nodes: [OpaquePointer] = []
        walk { event, node in if event == CMARK_EVENT_ENTER { nodes.append(node) } }

        foldParts(&nodes)

        let levels = nodes.filter { cmark_node_get_type($0) == CMARK_NODE_HEADING }.map(cmark_node_get_heading_level)
        let shift = Int32(topHeadingLevel) - (levels.min() ?? Int32(topHeadingLevel))
        var anchors = HeadingAnchors()
        var paragraphs: [OpaquePointer] = []
        // Children before parents, so that a text inside a link is done when the link is replaced.
        for node in nodes.reversed() {
            switch cmark_node_get_type(node) {
            case CMARK_NODE_TEXT: replaceText(node)
            case CMARK_NODE_CODE: replaceLiteral(node)
            case CMARK_NODE_CODE_BLOCK: replaceCodeBlock(node)
            case CMARK_NODE_PARAGRAPH: if framing(node) != nil { paragraphs.append(node) }
            case CMARK_NODE_IMAGE: replaceImage(node)
            case CMARK_NODE_LINK: replaceLink(node)
            case CMARK_NODE_BLOCK_QUOTE: replaceQuote(node)
            default: break
            }
        }
        for node in nodes where cmark_node_get_type(node) == CMARK_NODE_HEADING {
            replaceHeading(node, shift: shift, anchors: &anchors)
        }
        var gone: Set<OpaquePointer> = []
        for node in paragraphs.reversed() where !gone.contains(node) { replaceParagraph(node, &gone) }
        if hooks.keepsHTML { sanitizeHTML() }
    }

    private func walk(_ visit: (cmark_event_type, OpaquePointer) -> Void) {
        guard let iterator = cmark_iter_new(document) else { return }
        defer { cmark_iter_free(iterator) }
        while true {
            let event = cmark_iter_next(iterator)
            if event == CMARK_EVENT_DONE { return }
            if let node = cmark_iter_get_node(iterator) { visit(event, node) }
        }
    }

    /// The line where a node begins; of the block around it where the node itself does not know.
    private func line(of node: OpaquePointer) -> Int {
        var here: OpaquePointer? = node
        while let node = here {
            let line = cmark_node_get_start_line(node)
            if line > 0 { return Int(line) }
            here = cmark_node_parent(node)
        }
        return 1
    }

    private func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

    private func custom(_ kind: cmark_node_type, _ enter: String, _ exit: String = "") -> OpaquePointer? {
        let node = cmark_node_new(kind)
        _ = cmark_node_set_on_enter(node, enter)
        _ = cmark_node_set_on_exit(node, exit)
        return node
    }

    /// Puts one node in the place of another.
    private func replace(_ node: OpaquePointer, by other: OpaquePointer?) {
        guard let other else { return }
        guard cmark_node_replace(node, other) == 1 else { return cmark_node_free(other) }
        removed.add(node)
    }

    private func moveChildren(of node: OpaquePointer, to other: OpaquePointer) {
        while let child = cmark_node_first_child(node) {
            cmark_node_unlink(child)
            guard cmark_node_append_child(other, child) == 1 else {
                removed.add(child)
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
        removed.add(node)
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
        if let paragraph = cmark_node_parent(node), framing(paragraph) != nil { return }
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

    // MARK: Frames

    private func framing(_ node: OpaquePointer) -> MarkdownHooks.Paragraph? {
        guard cmark_node_get_type(node) == CMARK_NODE_PARAGRAPH, let only = cmark_node_first_child(node),
            cmark_node_next(only) == nil, cmark_node_get_type(only) == CMARK_NODE_TEXT
        else { return nil }
        return hooks.paragraph(text(cmark_node_get_literal(only)))
    }

    /// - Parameter gone: gets the paragraphs that are taken out beside the one that is replaced.
    private func replaceParagraph(_ node: OpaquePointer, _ gone: inout Set<OpaquePointer>) {
        switch framing(node) {
        case nil: return
        case .html(let html): replace(node, by: custom(CMARK_NODE_CUSTOM_BLOCK, html))
        case .close:
            // Its opening stands in another list or quote, and ended there.
            remove(node)
        case .open(let frame):
            guard let block = custom(CMARK_NODE_CUSTOM_BLOCK, frame.before, frame.after) else { return }
            var depth = 0
            while let next = cmark_node_next(node) {
                switch framing(next) {
                case .open: depth += 1
                case .close where depth == 0:
                    gone.insert(next)
                    remove(next)
                    replace(node, by: block)
                    return
                case .close: depth -= 1
                case .html, nil: break
                }
                cmark_node_unlink(next)
                guard cmark_node_append_child(block, next) == 1 else {
                    removed.add(next)
                    continue
                }
            }
            replace(node, by: block)
        }
    }

    /// `> [!NOTE]`, as GitHub writes it.
    private func replaceQuote(_ node: OpaquePointer) {
        guard let first = cmark_node_first_child(node), cmark_node_get_type(first) == CMARK_NODE_PARAGRAPH,
            let mark = cmark_node_first_child(first), cmark_node_get_type(mark) == CMARK_NODE_TEXT
        else { return }
        let written = text(cmark_node_get_literal(mark))
        guard written.utf8.count <= 40, written.hasPrefix("[!"), written.hasSuffix("]") else { return }
        let behind = cmark_node_next(mark)
        if let behind, ![CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK].contains(cmark_node_get_type(behind)) { return }
        guard let frame = hooks.callout(written.dropFirst(2).dropLast().lowercased()),
            let block = custom(CMARK_NODE_CUSTOM_BLOCK, frame.before, frame.after)
        else { return }
        if let behind { remove(behind) }
        remove(mark)
        if cmark_node_first_child(first) == nil { remove(first) }
        moveChildren(of: node, to: block)
        replace(node, by: block)
    }

    // MARK: HTML

    /// Replaces raw HTML by what is left of it, and closes at the end of each container what was opened in it.
    private func sanitizeHTML() {
        var events: [(event: cmark_event_type, node: OpaquePointer)] = []
        var hasHTML = false
        walk { event, node in
            events.append((event, node))
            let kind = cmark_node_get_type(node)
            hasHTML = hasHTML || kind == CMARK_NODE_HTML_BLOCK || kind == CMARK_NODE_HTML_INLINE
        }
        guard hasHTML else { return }
        var sanitizer = HTMLSanitizer(hooks: hooks)
        for (event, node) in events {
            let kind = cmark_node_get_type(node)
            switch kind {
            case CMARK_NODE_HTML_BLOCK where event == CMARK_EVENT_ENTER:
                let html = sanitizer.sanitized(text(cmark_node_get_literal(node)), line: line(of: node))
                replace(node, by: custom(CMARK_NODE_CUSTOM_BLOCK, html))
            case CMARK_NODE_HTML_INLINE where event == CMARK_EVENT_ENTER:
                let html = sanitizer.sanitized(text(cmark_node_get_literal(node)), line: line(of: node))
                if !html.isEmpty && !isInsideImage(node) { insert(marker(html), before: node) }
                remove(node)
            case CMARK_NODE_TEXT, CMARK_NODE_CODE, CMARK_NODE_CODE_BLOCK, CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK,
                CMARK_NODE_THEMATIC_BREAK, CMARK_NODE_FOOTNOTE_REFERENCE, CMARK_NODE_HTML_BLOCK, CMARK_NODE_HTML_INLINE:
                break
            default:
                if event == CMARK_EVENT_ENTER {
                    sanitizer.enter()
                } else {
                    let closing = sanitizer.leave()
                    if !closing.isEmpty { append(closing, to: node) }
                }
            }
        }
    }

    private func append(_ html: String, to node: OpaquePointer) {
        let isInline = cmark_node_first_child(node).map(isInlineNode) ?? false
        guard let new = isInline ? marker(html) : custom(CMARK_NODE_CUSTOM_BLOCK, html) else { return }
        if cmark_node_append_child(node, new) == 0 { cmark_node_free(new) }
    }

    private func isInlineNode(_ node: OpaquePointer) -> Bool {
        let mask = UInt32(CMARK_NODE_TYPE_MASK)
        return cmark_node_get_type(node).rawValue & mask == UInt32(CMARK_NODE_TYPE_INLINE)
    }

    // MARK: Inlines

    private func replaceImage(_ node: OpaquePointer) {
        let written = text(cmark_node_get_url(node))
        let given = hooks.literal(written) ?? written
        let description = plainText(of: node)
        hooks.found?(.image(given, description: description), line(of: node))
        guard let address = hooks.image(given), MarkdownTree.isHarmless(address) else {
            return unwrap(node, before: "", after: "")
        }
        // An image within the description of another one.
        if isInsideImage(node) { return unwrap(node, before: "", after: "") }
        var title = text(cmark_node_get_title(node))
        title = hooks.literal(title) ?? title
        var attributes = [("src", address), ("alt", description)]
        if !title.isEmpty { attributes.append(("title", title)) }
        attributes += size(behind: node)
        for (name, value) in hooks.imageAttributes { attributes.append((name, value)) }
        let tag = attributes.map { "\($0.0)=\"\(HTMLEscaping.escaped($0.1))\"" }.joined(separator: " ")
        replace(node, by: marker("<img \(tag) />"))
    }

    /// Takes `{width=300 height=200}` off the text behind an image.
    private func size(behind node: OpaquePointer) -> [(String, String)] {
        guard let next = cmark_node_next(node), cmark_node_get_type(next) == CMARK_NODE_TEXT else { return [] }
        let text = text(cmark_node_get_literal(next))
        guard text.hasPrefix("{"), let end = text.firstIndex(of: "}") else { return [] }
        var attributes: [(String, String)] = []
        for word in text[text.index(after: text.startIndex)..<end].split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0] == "width" || parts[0] == "height" else { return [] }
            let value = parts[1].filter { $0 != "\"" && $0 != "'" && $0 != "“" && $0 != "”" }
            let digits =
                value.hasSuffix("px") ? value.dropLast(2) : value.hasSuffix("%") ? value.dropLast() : value[...]
            guard !digits.isEmpty, digits.utf8.count <= 5, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
                return []
            }
            attributes.append((String(parts[0]), value.hasSuffix("px") ? String(digits) : value))
        }
        guard !attributes.isEmpty else { return [] }
        let rest = String(text[text.index(after: end)...])
        _ = cmark_node_set_literal(next, rest)
        return attributes
    }

    private func replaceLink(_ node: OpaquePointer) {
        let written = text(cmark_node_get_url(node))
        var title = text(cmark_node_get_title(node))
        title = hooks.literal(title) ?? title
        hooks.found?(.link(hooks.literal(written) ?? written), line(of: node))
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
        let line = line(of: node)
        let anchor = givenAnchor(node).map { anchors.named($0) } ?? anchors.next(for: plainText(of: node))
        hooks.found?(.anchor(anchor), line)
        let start = "<h\(level) id=\"\(hooks.anchorPrefix)\(anchor)\">"
        guard let block = custom(CMARK_NODE_CUSTOM_BLOCK, start, "</h\(level)>") else { return }
        moveChildren(of: node, to: block)
        replace(node, by: block)
    }

    /// Takes `{#name}` off the end of a heading.
    private func givenAnchor(_ node: OpaquePointer) -> String? {
        guard let last = cmark_node_last_child(node), cmark_node_get_type(last) == CMARK_NODE_TEXT,
            let given = HeadingAnchors.given(in: text(cmark_node_get_literal(last)))
        else { return nil }
        _ = cmark_node_set_literal(last, given.rest)
        return given.name
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

/// Nodes that were taken out of the tree, kept until it has been rendered: text may lie in the memory of the block that it
/// stood in, and lists of nodes still name them.
final class RemovedNodes {
    private var nodes: [OpaquePointer] = []

    func add(_ node: OpaquePointer) { nodes.append(node) }

    func free() {
        for node in nodes { cmark_node_free(node) }
        nodes.removeAll()
    }
}
