internal import HTTP
package import Platform

/// What a workshop's instructions consist of, and what is wrong with them: for the tools of an author, without a session.
package struct InstructionFindings: Sendable {
    /// A place in a file of the workshop.
    package struct Place: Sendable, Hashable, Comparable {
        /// Relative to the workshop's folder, for example `workshop/content/01-start.md`.
        package let file: String
        /// From 1.
        package let line: Int
        package var column = 1

        package static func < (left: Place, right: Place) -> Bool {
            (left.file, left.line, left.column) < (right.file, right.line, right.column)
        }
    }

    /// What a problem is about; the raw value is a name that does not change.
    package enum Rule: String, Sendable, CaseIterable {
        case deadLink = "dead-link"
        case deadAnchor = "dead-anchor"
        case missingImage = "missing-image"
        case foreignImage = "foreign-image"
        case imageWithoutText = "image-without-text"
        case unknownValue = "unknown-value"
        case shortcode = "shortcode"
        case leftOutHTML = "left-out-html"
        case unreachablePage = "unreachable-page"
        case unknownStep = "unknown-step"
        case frontMatter = "front-matter"
        case configuration = "configuration"
        case unreadablePage = "unreadable-page"
    }

    package struct Problem: Sendable, Equatable {
        package let place: Place
        package let rule: Rule
        package let message: String
        /// Something that a learner meets, and not only a thing that could be better.
        package let isError: Bool
    }

    package enum Target: Sendable, Equatable {
        /// Another page, or an anchor in this one; an empty anchor is the page's top.
        case page(id: String, anchor: String)
        /// A file of the workshop, relative to its folder where it exists; `nil` when there is none.
        case file(String?)
        /// An address of the session that is no content, for example `/terminal/session/1`.
        case session(String)
        case elsewhere(String)
    }

    package struct Link: Sendable, Equatable {
        package let place: Place
        package let written: String
        package let target: Target
    }

    package struct Image: Sendable, Equatable {
        package let place: Place
        package let written: String
        package let target: Target
        /// The text that stands for it; empty when there is none.
        package let description: String
    }

    package struct Variable: Sendable, Equatable {
        package let place: Place
        package let name: String
        package let isKnown: Bool
    }

    package struct CodeBlock: Sendable, Equatable {
        /// Of the fence.
        package let place: Place
        /// What stands behind the fence.
        package let info: String
        /// With the values of its shortcodes, and its last line break.
        package let text: String
    }

    package struct Page: Sendable, Equatable {
        package let id: String
        /// Relative to the workshop's folder.
        package let file: String
        package let title: String
        /// From 1; `nil` for a page that the chosen pathway does not show.
        package let step: Int?
        package fileprivate(set) var anchors: Set<String> = []
        package fileprivate(set) var links: [Link] = []
        package fileprivate(set) var images: [Image] = []
        package fileprivate(set) var variables: [Variable] = []
        package fileprivate(set) var codeBlocks: [CodeBlock] = []
        /// The code blocks that name an action, read and checked.
        package fileprivate(set) var actions: [ActionBlock] = []
    }

    /// Every page, those that are shown first and in their order.
    package private(set) var pages: [Page] = []
    /// By file and line.
    package private(set) var problems: [Problem] = []
    /// Whether the pages are in the classic form (`workshop.yaml`) and not in Hugo's.
    package let isClassic: Bool
    /// Values of the pages by name.
    package let parameters: [String: String]

    /// Reads the workshop's folder.
    /// - Parameters:
    ///   - folder: holds `workshop/`.
    ///   - manifest: what a session would be told; its variables choose the pathway and set values.
    package init(folder: String, manifest: SessionManifest) {
        let content = ContentFolder(path: folder + "/workshop")
        let environment = Dictionary(
            manifest.variables.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
        let source = InstructionSource(content, manifest: manifest, environment: environment)
        isClassic = source.settings.isClassic
        parameters = source.parameters
        let shown = source.pages
        let hidden = source.allPages.filter { page in !shown.contains { $0.id == page.id } }
        for (index, page) in (shown + hidden).enumerated() {
            read(page, step: index < shown.count ? index + 1 : nil, source, content)
        }
        checkFolder(source)
        checkLinks(content)
        problems.sort { ($0.place, $0.message) < ($1.place, $1.message) }
    }

    private mutating func problem(_ place: Place, _ rule: Rule, _ message: String, isError: Bool = true) {
        problems.append(Problem(place: place, rule: rule, message: message, isError: isError))
    }

    // MARK: Reading

    private mutating func read(
        _ page: InstructionPage, step: Int?, _ instructions: InstructionSource, _ content: ContentFolder
    ) {
        let file = "workshop/content/" + page.file
        var found = Page(id: page.id, file: file, title: page.title, step: step)
        defer { pages.append(found) }
        guard !page.isAsciiDoc, let read = content.read("content/" + page.file, limit: InstructionSource.sizeLimit)
        else { return }
        let split = FrontMatter.split(read.bytes)
        for note in split.matter.problems {
            problem(Place(file: file, line: note.line), .frontMatter, note.message)
        }
        let rendering = PageRendering(page, read.bytes, in: instructions)
        let source = rendering.source
        func place(_ line: Int) -> Place { Place(file: file, line: source.fileLine(line)) }
        found.variables = source.variables.map {
            Variable(place: Place(file: file, line: $0.line), name: $0.name, isKnown: $0.isKnown)
        }
        let unknown = Set(source.variables.filter { !$0.isKnown }.map(\.line))
        for note in source.problems {
            let isValue = unknown.contains(note.line) && note.message.contains("value")
            problem(Place(file: file, line: note.line), isValue ? .unknownValue : .shortcode, note.message)
        }
        var hooks = rendering.hooks(ActionSurroundings(terminals: []))
        var anchors: Set<String> = []
        var links: [Link] = []
        var images: [Image] = []
        var blocks: [CodeBlock] = []
        var leftOut: [(Place, String)] = []
        let isPage = source.context.pages.contains
        hooks.codeBlock = { block in
            let (info, text) = (source.restored(block.info), source.restored(block.text))
            blocks.append(CodeBlock(place: place(block.line), info: info, text: text))
            return ""
        }
        hooks.fold = { _ in nil }
        hooks.found = { finding, line in
            switch finding {
            case .anchor(let name): anchors.insert(name)
            case .link(let written):
                let target = PageAddress.resolve(written, folder: page.folder, page: page.id, isPage: isPage)
                links.append(
                    Link(
                        place: place(line), written: written,
                        target: InstructionFindings.target(target, page.id, content)))
            case .image(let written, let description):
                let target = PageAddress.resolve(written, folder: page.folder, isPage: { _ in false })
                images.append(
                    Image(
                        place: place(line), written: written,
                        target: InstructionFindings.target(target, page.id, content), description: description))
            case .leftOut(let what): leftOut.append((place(line), what))
            }
        }
        do {
            _ = try rendering.html(hooks)
        } catch {
            problem(Place(file: file, line: 1), .unreadablePage, "the page cannot be rendered, it is too large")
        }
        found.anchors = anchors
        found.links = links.sorted { $0.place < $1.place }
        found.images = images.sorted { $0.place < $1.place }
        found.actions = PageActions.of(source)
        found.codeBlocks = blocks.sorted { $0.place < $1.place }
        for (place, what) in leftOut { problem(place, .leftOutHTML, "\(what) is not shown", isError: false) }
    }

    private static func target(_ target: PageAddress.Target, _ page: String, _ content: ContentFolder) -> Target {
        switch target {
        case .page(let id, let fragment): return .page(id: id, anchor: fragment)
        case .anchor(let name): return .page(id: page, anchor: name)
        case .file(let path): return .file(file(path, content))
        case .local(let path):
            guard path.hasPrefix("/workshop/static/") else { return .session(path) }
            return .file(file(PercentEncoding.decode(path.dropFirst("/workshop/".count)), content))
        case .elsewhere(let url): return .elsewhere(url)
        }
    }

    private static func file(_ path: String, _ content: ContentFolder) -> String? {
        guard InstructionLibrary.isGivenOut(path) else { return nil }
        return InstructionLibrary.places(of: path).first { content.read($0) != nil }.map { "workshop/" + $0 }
    }

    // MARK: Checking

    private mutating func checkFolder(_ source: InstructionSource) {
        for note in source.settings.problems + source.problems {
            problem(
                Place(file: "workshop/" + note.file, line: note.line, column: note.column), .configuration,
                note.message)
        }
        for file in source.unreadable {
            problem(
                Place(file: "workshop/content/" + file, line: 1), .unreadablePage,
                "the page cannot be read, or is larger than 1 MiB")
        }
        let ids = Set(pages.map(\.id))
        let file = source.settings.isClassic ? "workshop/workshop.yaml" : "workshop/config.yaml"
        var seen: Set<String> = []
        for step in source.settings.steps ?? [] {
            if !ids.contains(step.id) {
                let meant = NearestName.of(step.id, in: ids.sorted()).map { "; did you mean \"\($0)\"?" } ?? ""
                problem(Place(file: file, line: step.line), .unknownStep, "there is no page \"\(step.id)\"" + meant)
            } else if !seen.insert(step.id).inserted {
                problem(
                    Place(file: file, line: step.line), .unknownStep, "the page \"\(step.id)\" is a step already",
                    isError: false)
            }
        }
        guard let steps = source.settings.allSteps else { return }
        for page in pages where !steps.contains(page.id) {
            problem(
                Place(file: page.file, line: 1), .unreachablePage, "no pathway has this page, so nobody sees it",
                isError: false)
        }
    }

    private mutating func checkLinks(_ content: ContentFolder) {
        let byID = Dictionary(pages.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for page in pages {
            for link in page.links { check(link, from: page, byID) }
            for image in page.images { check(image) }
        }
    }

    private mutating func check(_ link: Link, from page: Page, _ pages: [String: Page]) {
        switch link.target {
        case .page(let id, let anchor):
            let isFootnote = anchor.hasPrefix("fn-") || anchor.hasPrefix("fnref-")
            guard let target = pages[id], !anchor.isEmpty, !isFootnote, !target.anchors.contains(anchor) else { return }
            let meant = NearestName.of(anchor, in: target.anchors.sorted()).map { "; did you mean \"#\($0)\"?" } ?? ""
            let whose = id == page.id ? "this page" : "the page \"\(id)\""
            problem(link.place, .deadAnchor, "\(whose) has no heading \"#\(anchor)\"" + meant)
        case .file(nil):
            // A page that the pathway leaves out is no page for the learner.
            let path = link.written.prefix { $0 != "#" && $0 != "?" }
            let id = WorkshopConfiguration.pageID(PageAddress.normalised(String(path)))
            if pages[id] != nil {
                problem(link.place, .deadLink, "\"\(link.written)\" leads to a page that this pathway does not show")
            } else {
                let ids = pages.values.filter { $0.step != nil }.map(\.id).sorted()
                let meant = NearestName.of(id, in: ids).map { "; did you mean \"\($0)\"?" } ?? ""
                problem(link.place, .deadLink, "\"\(link.written)\" leads to no page and no file" + meant)
            }
        case .elsewhere(let url):
            let isFollowed = ["http:", "https:", "mailto:", "//"].contains { url.lowercased().hasPrefix($0) }
            if !isFollowed {
                problem(link.place, .deadLink, "\"\(url)\" is not followed: only http, https and mailto are")
            }
        case .file, .session: break
        }
    }

    private mutating func check(_ image: Image) {
        switch image.target {
        case .file(nil): problem(image.place, .missingImage, "there is no picture \"\(image.written)\"")
        case .elsewhere, .page:
            problem(
                image.place, .foreignImage,
                "\"\(image.written)\" is not loaded: put the picture beside the page or into workshop/static")
        case .session where !image.written.hasPrefix("/workshop/"):
            problem(image.place, .missingImage, "\"\(image.written)\" is no picture of the workshop")
        case .file, .session: break
        }
        if image.description.isEmpty {
            problem(
                image.place, .imageWithoutText, "this picture has no text for those who do not see it", isError: false)
        }
    }
}
