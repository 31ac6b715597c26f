internal import CMarkGFM

/// Turns Markdown (CommonMark with GitHub's tables, strikethrough, autolinks, task lists and footnotes) into HTML.
///
/// Raw HTML in the text is left out, or cut down to what is harmless, and destinations that could run a script are left
/// out always. The result may stand in a page whose other content is trusted. Usable from several threads at once.
public struct MarkdownRenderer: Sendable {
    public enum Problem: Error, Sendable, Equatable {
        /// More bytes than the renderer was told to accept.
        case tooLarge(bytes: Int, limit: Int)
        case outOfMemory
    }

    /// Bytes of Markdown accepted at once.
    public let limit: Int
    /// The level that the highest heading of a text gets, 1 to 6.
    public let topHeadingLevel: Int

    public init(limit: Int = 1 << 20, topHeadingLevel: Int = 1) {
        self.limit = limit
        self.topHeadingLevel = min(6, max(1, topHeadingLevel))
    }

    // Registration is not safe to repeat from several threads; a static value is made exactly once.
    private static let registered: Void = cmark_gfm_core_extensions_ensure_registered()
    private static let extensions = ["table", "strikethrough", "autolink", "tasklist"]

    /// - Throws: `Problem`.
    public func html(_ markdown: String, hooks: MarkdownHooks = MarkdownHooks()) throws(Problem) -> String {
        let count = markdown.utf8.count
        guard count <= limit else { throw .tooLarge(bytes: count, limit: limit) }
        _ = MarkdownRenderer.registered
        let options = CMARK_OPT_FOOTNOTES | CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_FULL_INFO_STRING
        guard let parser = cmark_parser_new(options) else { throw .outOfMemory }
        defer { cmark_parser_free(parser) }
        for name in MarkdownRenderer.extensions {
            if let found = cmark_find_syntax_extension(name) { _ = cmark_parser_attach_syntax_extension(parser, found) }
        }
        var text = HTMLInsertions.withoutMarkers(markdown)
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { cmark_parser_feed(parser, $0.baseAddress, $0.count) }
        }
        guard let document = cmark_parser_finish(parser) else { throw .outOfMemory }
        defer { cmark_node_free(document) }
        let insertions = HTMLInsertions()
        let removed = RemovedNodes()
        defer { removed.free() }
        let tree = MarkdownTree(
            document: document, hooks: hooks, topHeadingLevel: topHeadingLevel, insertions: insertions,
            removed: removed)
        tree.rewrite()
        guard let rendered = cmark_render_html(document, options, cmark_parser_get_syntax_extensions(parser)) else {
            throw .outOfMemory
        }
        defer { cmark_get_default_mem_allocator().pointee.free(rendered) }
        let html = insertions.filled(UnsafePointer(rendered))
        guard let labels = hooks.taskLabels, tree.hasTasks else { return html }
        return MarkdownRenderer.labelled(html, labels)
    }

    /// Nobody but the renderer writes these boxes: text is escaped, and no element of that name is let through.
    private static func labelled(_ html: String, _ labels: (done: String, open: String)) -> String {
        func label(_ text: String) -> String { "\" aria-label=\"\(HTMLEscaping.escaped(text))\"" }
        var bytes = Array(html.utf8)
        let done = "<input type=\"checkbox" + label(labels.done) + " checked="
        bytes = ByteSearch.replacing("<input type=\"checkbox\" checked=", with: done, in: bytes)
        let open = "<input type=\"checkbox" + label(labels.open) + " disabled="
        return String(
            decoding: ByteSearch.replacing("<input type=\"checkbox\" disabled=", with: open, in: bytes), as: UTF8.self)
    }
}
