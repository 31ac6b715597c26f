internal import HTTP
internal import Platform
internal import Synchronization

/// The instructions of a workshop: pages in their order, rendered when somebody asks, kept until a file changes.
final class InstructionLibrary: Sendable {
    /// Bytes of rendered pages that are kept unless the manifest says otherwise.
    static let cacheLimit = 1 << 20

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
        /// Changes with anything that the page and the list of pages show.
        let version: String
    }

    /// What becomes of one page.
    struct Rendering: Sendable {
        let html: String
        var checks: [CheckCall] = []
    }

    private struct State {
        var source = InstructionSource()
        var generation = 0
        var cache: PageCache
        /// Variables that setup scripts had added.
        var added: [SessionManifest.Variable] = []
    }

    let content: ContentFolder
    private let manifest: SessionManifest
    private let added: @Sendable () -> [SessionManifest.Variable]
    private let surroundings: ActionSurroundings
    private let state: Mutex<State>
    private let log: Log
    private let onProblem: @Sendable (String) -> Void
    /// Other programs, or this one started anew, may show the same files differently.
    private let run = SecretToken.random().text.prefix(8)

    /// - Parameters:
    ///   - cacheLimit: bytes of rendered pages that are kept.
    ///   - added: variables that setup scripts have added to the session's.
    ///   - onProblem: told, beside the log, what keeps a learner from seeing a page; must not block.
    init(
        manifest: SessionManifest, surroundings: ActionSurroundings, cacheLimit: Int = InstructionLibrary.cacheLimit,
        log: Log, added: @escaping @Sendable () -> [SessionManifest.Variable] = { [] },
        onProblem: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.onProblem = onProblem
        content = ContentFolder(path: manifest.contentFolder + "/workshop")
        self.manifest = manifest
        self.surroundings = surroundings
        self.log = log
        self.added = added
        state = Mutex(State(cache: PageCache(limit: cacheLimit)))
    }

    /// Every page in order.
    func pages() -> [InstructionPage] { state.withLock { refreshed(&$0).pages } }

    /// How the time that is left is to be shown.
    var countdown: CountdownRules { state.withLock { refreshed(&$0).settings.countdown } }

    /// A page by its id; the first one for an empty id; `nil` when there is no such page.
    func rendered(_ id: String) -> Rendered? {
        state.withLock { state in
            let pages = refreshed(&state).pages
            guard let index = id.isEmpty ? pages.indices.first : pages.firstIndex(where: { $0.id == id }) else {
                return nil
            }
            let page = pages[index]
            let rendering = rendering(of: page, &state)
            return Rendered(
                page: page, step: index + 1, count: pages.count, previous: index > 0 ? pages[index - 1] : nil,
                next: index + 1 < pages.count ? pages[index + 1] : nil, html: rendering.html,
                checks: rendering.checks, version: "\(run)-\(state.generation)")
        }
    }

    /// The checks that a page has, in order; none for a page that does not exist.
    func checks(on id: String) -> [CheckCall] {
        state.withLock { state in
            guard let page = refreshed(&state).pages.first(where: { $0.id == id }) else { return [] }
            return rendering(of: page, &state).checks
        }
    }

    private func rendering(of page: InstructionPage, _ state: inout State) -> Rendering {
        if let known = state.cache[page.id] { return known }
        let new = render(page, state.source)
        state.cache.keep(new, of: page.id)
        return new
    }

    private func refreshed(_ state: inout State) -> InstructionSource {
        let added = added()
        guard state.source.isOutdated(content) || added != state.added else { return state.source }
        let environment = Dictionary(
            (manifest.variables + added).map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
        let source = InstructionSource(content, manifest: manifest, environment: environment)
        state.source = source
        state.added = added
        state.generation += 1
        state.cache.clear()
        for file in source.unreadable {
            log.warning("a page of the instructions cannot be read", ("page", file))
            onProblem("the page \(file) cannot be read")
        }
        return source
    }

    private func render(_ page: InstructionPage, _ source: InstructionSource) -> Rendering {
        if page.isAsciiDoc { return Rendering(html: p { AgentText.pageIsAsciiDoc }.text) }
        guard let file = content.read("content/" + page.file, limit: InstructionSource.sizeLimit) else {
            return Rendering(html: p { AgentText.pageUnreadable }.text)
        }
        let rendering = PageRendering(page, file.bytes, in: source)
        let blocks = rendering.blocks(surroundings)
        var checks: [CheckCall] = []
        var hooks = rendering.hooks(surroundings)
        hooks.codeBlock = { [surroundings] block in
            if let call = CheckCall(block, in: blocks, surroundings) { checks.append(call) }
            return blocks.html(block).text
        }
        do {
            let html = PageRendering.withoutRepeatedTitle(try rendering.html(hooks), title: page.title)
            return Rendering(html: html, checks: checks)
        } catch {
            log.warning("a page of the instructions cannot be rendered", ("page", page.file))
            onProblem("the page \(page.file) cannot be rendered")
            return Rendering(html: p { AgentText.pageUnreadable }.text)
        }
    }

    // MARK: Files

    /// A picture or another file that pages refer to: beside the pages, or in `static/`, which does not show in addresses.
    /// - Parameter path: below `/workshop/content/`, decoded. The source of pages is not given out, for it may hold what a
    ///   page hides.
    func file(_ path: String) -> ContentFolder.File? {
        guard InstructionLibrary.isGivenOut(path) else { return nil }
        for candidate in InstructionLibrary.places(of: path) {
            if let file = content.read(candidate) { return file }
        }
        return nil
    }

    /// Whether a path may name a picture or the like. The kernel keeps paths within the workshop's folder; this keeps them
    /// within the parts of it that are for learners, and not among its checks and settings.
    static func isGivenOut(_ path: String) -> Bool {
        !path.hasSuffix(".md") && !path.hasSuffix(".adoc")
            && path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && $0.first != UInt8(ascii: ".")
            }
    }

    /// Where a file may lie whose address is this path.
    static func places(of path: String) -> [String] {
        ["content/" + path, "static/" + path] + (path.hasPrefix("static/") ? [path] : [])
    }
}
