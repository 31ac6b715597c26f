internal import HTTP
internal import Platform
internal import Synchronization

/// The instructions of a workshop: pages in their order, rendered when somebody asks, kept until a file changes.
final class InstructionLibrary: Sendable {
    /// How many pages a workshop may have, and the bytes of one.
    static let pageLimit = 500
    static let sizeLimit = 1 << 20

    struct Rendered: Sendable {
        let page: InstructionPage
        /// From 1.
        let step: Int
        let count: Int
        let previous: InstructionPage?
        let next: InstructionPage?
        let html: String
        /// The checks that it has, in order.
        let checks: [CheckCall]
    }

    private struct State {
        var stamps: [String: ContentFolder.Stamp] = [:]
        var pages: [InstructionPage] = []
        var parameters: [String: String] = [:]
        var pathway = ""
        var html: [String: Rendering] = [:]
        /// Variables that setup scripts had added.
        var added: [SessionManifest.Variable] = []
    }

    /// What becomes of one page.
    private struct Rendering {
        let html: String
        var checks: [CheckCall] = []
    }

    let content: ContentFolder
    private let manifest: SessionManifest
    private let added: @Sendable () -> [SessionManifest.Variable]
    private let surroundings: ActionSurroundings
    private let renderer = MarkdownRenderer(limit: InstructionLibrary.sizeLimit, topHeadingLevel: 2)
    private let state = Mutex(State())
    private let log: Log
    private let onProblem: @Sendable (String) -> Void

    /// - Parameters:
    ///   - added: variables that setup scripts have added to the session's.
    ///   - onProblem: told, beside the log, what keeps a learner from seeing a page; must not block.
    init(
        manifest: SessionManifest, surroundings: ActionSurroundings, log: Log,
        added: @escaping @Sendable () -> [SessionManifest.Variable] = { [] },
        onProblem: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.onProblem = onProblem
        content = ContentFolder(path: manifest.contentFolder + "/workshop")
        self.manifest = manifest
        self.surroundings = surroundings
        self.log = log
        self.added = added
    }

    /// Every page in order.
    func pages() -> [InstructionPage] { state.withLock { refresh(&$0) } }

    /// A page by its id; the first one for an empty id; `nil` when there is no such page.
    func rendered(_ id: String) -> Rendered? {
        state.withLock { state in
            let pages = refresh(&state)
            guard let index = id.isEmpty ? pages.indices.first : pages.firstIndex(where: { $0.id == id }) else {
                return nil
            }
            let page = pages[index]
            let rendering = rendering(of: page, &state)
            return Rendered(
                page: page, step: index + 1, count: pages.count, previous: index > 0 ? pages[index - 1] : nil,
                next: index + 1 < pages.count ? pages[index + 1] : nil, html: rendering.html,
                checks: rendering.checks)
        }
    }

    /// The checks that a page has, in order; none for a page that does not exist.
    func checks(on id: String) -> [CheckCall] {
        state.withLock { state in
            guard let page = refresh(&state).first(where: { $0.id == id }) else { return [] }
            return rendering(of: page, &state).checks
        }
    }

    private func rendering(of page: InstructionPage, _ state: inout State) -> Rendering {
        if let known = state.html[page.id] { return known }
        let new = render(page, state)
        state.html[page.id] = new
        return new
    }

    private func refresh(_ state: inout State) -> [InstructionPage] {
        let files = content.files(below: "content", limit: InstructionLibrary.pageLimit) { $0.hasSuffix(".md") }
        var stamps = Dictionary(files.map { ($0.path, $0.stamp) }, uniquingKeysWith: { first, _ in first })
        let configuration = content.read("config.yaml", limit: InstructionLibrary.sizeLimit)
        // No page has this name: pages end in ".md".
        stamps["config.yaml"] = configuration?.stamp
        let added = added()
        guard stamps != state.stamps || added != state.added else { return state.pages }
        let pages = files.compactMap { file -> InstructionPage? in
            guard let text = text(of: file.path) else {
                log.warning("a page of the instructions cannot be read", ("page", file.path))
                onProblem("the page \(file.path) cannot be read")
                return nil
            }
            return InstructionPage(file: file.path, text: text)
        }
        // Two files of one id (`a.md` and `a/index.md`): the first in order of path stays.
        var ids: Set<String> = []
        let environment = Dictionary(
            (manifest.variables + added).map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
        let settings = configuration.map {
            WorkshopConfiguration(String(decoding: $0.bytes, as: UTF8.self), environment: environment)
        }
        let chosen = (settings ?? WorkshopConfiguration()).chosen(from: pages.filter { ids.insert($0.id).inserted })
        // What the portal gives wins over the workshop's own defaults.
        var parameters = settings?.parameters ?? [:]
        parameters.merge(DataVariables.values(of: manifest, pathway: settings?.pathway ?? "")) { _, given in given }
        for (name, value) in environment { parameters["ENV_" + name] = value }
        state = State(
            stamps: stamps, pages: chosen, parameters: parameters, pathway: settings?.pathway ?? "", html: [:],
            added: added)
        return state.pages
    }

    private func text(of path: String) -> String? {
        guard let file = content.read("content/" + path, limit: InstructionLibrary.sizeLimit) else { return nil }
        return String(decoding: file.bytes, as: UTF8.self)
    }

    private func render(_ page: InstructionPage, _ state: State) -> Rendering {
        guard let text = text(of: page.file) else { return Rendering(html: p { AgentText.pageUnreadable }.text) }
        var checks: [CheckCall] = []
        let (_, body) = FrontMatter.split(text)
        let ids = Set(state.pages.map(\.id))
        let shortcodes = Shortcodes(
            body, parameters: state.parameters, baseURL: "/workshop", pathway: state.pathway)
        var hooks = MarkdownHooks()
        hooks.text = shortcodes.pieces
        hooks.literal = shortcodes.literal
        hooks.paragraph = shortcodes.paragraph
        let blocks = CodeBlockHTML(
            surroundings: surroundings, restore: shortcodes.restored,
            sourceLine: { shortcodes.pageLine(of: $0) + FrontMatter.lines(of: text, before: body) })
        hooks.codeBlock = { [surroundings] block in
            if let call = CheckCall(block, in: blocks, surroundings) { checks.append(call) }
            return blocks.html(block).text
        }
        hooks.fold = blocks.fold
        hooks.folded = blocks.folded
        hooks.link = { written in
            switch PageAddress.resolve(written, folder: page.folder, isPage: ids.contains) {
            case .page(let id, let fragment):
                .here(PageAddress.dashboard(id) + (fragment.isEmpty ? "" : "#" + PercentEncoding.encode(fragment)))
            case .anchor(let name): .here("#" + name)
            case .file(let path): .elsewhere(PageAddress.file(path))
            case .local(let path): path.hasPrefix("/workshop/") ? .elsewhere(path) : .here(path)
            case .elsewhere(let url): .elsewhere(url)
            }
        }
        hooks.image = { written in
            switch PageAddress.resolve(written, folder: page.folder, isPage: { _ in false }) {
            case .file(let path): PageAddress.file(path)
            case .local(let path): path
            // Nothing is loaded from another host.
            case .elsewhere, .page, .anchor: nil
            }
        }
        do {
            let html = InstructionLibrary.withoutRepeatedTitle(
                try renderer.html(shortcodes.text, hooks: hooks), title: page.title)
            return Rendering(html: html, checks: checks)
        } catch {
            log.warning("a page of the instructions cannot be rendered", ("page", page.file))
            onProblem("the page \(page.file) cannot be rendered")
            return Rendering(html: p { AgentText.pageUnreadable }.text)
        }
    }

    /// Drops a first heading that only says the title once more.
    private static func withoutRepeatedTitle(_ html: String, title: String) -> String {
        guard html.hasPrefix("<h2 "), let end = html.firstRange(of: "</h2>"), let open = html.firstIndex(of: ">"),
            open < end.lowerBound
        else { return html }
        let heading = html[html.index(after: open)..<end.lowerBound].filter { $0 != "\n" }
        return heading == HTMLEscaping.escaped(title) ? String(html[end.upperBound...]) : html
    }
}
