internal import HTTP
internal import Platform

/// Turns one page into HTML.
struct PageRendering {
    let page: InstructionPage
    let source: PageSource
    let keepsHTML: Bool

    private static let renderer = MarkdownRenderer(limit: PageSource.outputLimit + (1 << 16), topHeadingLevel: 2)

    init(_ page: InstructionPage, _ bytes: [UInt8], in instructions: InstructionSource) {
        self.page = page
        let split = FrontMatter.split(bytes)
        source = PageSource(split.body, firstLine: split.bodyLine, context: instructions.context(for: page))
        keepsHTML = instructions.settings.keepsHTML
    }

    /// Reads the page's code blocks.
    func blocks(_ surroundings: ActionSurroundings) -> CodeBlockHTML {
        CodeBlockHTML(surroundings: surroundings, restore: source.restored, sourceLine: source.fileLine)
    }

    func hooks(_ surroundings: ActionSurroundings) -> MarkdownHooks {
        let page = page
        let pages = source.context.pages
        var hooks = MarkdownHooks()
        hooks.text = source.pieces
        hooks.literal = source.literal
        hooks.paragraph = source.paragraph
        hooks.callout = PageBlocks.quoted
        hooks.taskLabels = (AgentText.taskDone, AgentText.taskOpen)
        hooks.imageAttributes = [("loading", "lazy"), ("decoding", "async")]
        hooks.anchorPrefix = PageAddress.anchorPrefix
        hooks.keepsHTML = keepsHTML
        let blocks = blocks(surroundings)
        hooks.codeBlock = { blocks.html($0).text }
        hooks.fold = blocks.fold
        hooks.folded = blocks.folded
        hooks.link = { written in
            switch PageAddress.resolve(written, folder: page.folder, page: page.id, isPage: pages.contains) {
            case .page(let id, let fragment): .here(PageAddress.dashboard(id, anchor: fragment))
            case .anchor(let name): .here(PageAddress.anchor(name))
            case .file(let path): .elsewhere(PageAddress.file(path))
            case .local(let path): path.hasPrefix("/workshop/") ? .elsewhere(path) : .here(path)
            case .elsewhere(let url): .elsewhere(url)
            }
        }
        hooks.image = { written in
            switch PageAddress.resolve(written, folder: page.folder, isPage: { _ in false }) {
            case .file(let path): PageAddress.file(path)
            case .local(let path): path.hasPrefix("/workshop/") ? path : nil
            // Nothing is loaded from another host.
            case .elsewhere, .page, .anchor: nil
            }
        }
        return hooks
    }

    func html(_ hooks: MarkdownHooks) throws(MarkdownRenderer.Problem) -> String {
        try PageRendering.renderer.html(source.text, hooks: hooks)
    }

    /// Drops a first heading that only says the title once more.
    static func withoutRepeatedTitle(_ html: String, title: String) -> String {
        guard html.hasPrefix("<h2 ") else { return html }
        let bytes = Array(html.utf8)
        guard let end = ByteSearch.first("</h2>", in: bytes, from: 0),
            let open = bytes.firstIndex(of: UInt8(ascii: ">")),
            open < end
        else { return html }
        let heading = String(decoding: bytes[(open + 1)..<end].filter { $0 != 10 }, as: UTF8.self)
        return heading == HTMLEscaping.escaped(title) ? String(decoding: bytes[(end + 5)...], as: UTF8.self) : html
    }
}
