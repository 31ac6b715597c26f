internal import Glibc
internal import Platform

/// Everything that the folder `workshop/` says of the instructions, read at one moment, and how to see whether it is
/// still so.
struct InstructionSource: Sendable {
    /// How many pages a workshop may have, and the bytes of one.
    static let pageLimit = 500
    static let sizeLimit = 1 << 20

    /// The pages of the chosen pathway, in order.
    private(set) var pages: [InstructionPage] = []
    /// All pages that the folder has.
    private(set) var allPages: [InstructionPage] = []
    private(set) var settings = WorkshopConfiguration()
    private(set) var parameters: [String: String] = [:]
    private(set) var snippets: [String: ShortcodeSnippet] = [:]
    /// Files of pages that cannot be read.
    private(set) var unreadable: [String] = []
    /// Files that are no pages here although they look like some, with the reason.
    private(set) var problems: [WorkshopConfiguration.Problem] = []

    private var stamps: [(path: String, stamp: ContentFolder.Stamp?)] = []
    /// Changed so shortly before that the next change may not show.
    private var isUnsettled = true

    init() {}

    init(_ content: ContentFolder, manifest: SessionManifest, environment: [String: String]) {
        // Stamps come before what they stand for: what changes meanwhile then counts as a change.
        let workshopFile = InstructionSource.workshopFile(environment)
        for path in ["config.yaml", workshopFile, "modules.yaml", "config.js", "content", "layouts/shortcodes"] {
            stamps.append((path, content.stamp(path)))
        }
        func text(_ path: String) -> String? {
            content.read(path, limit: InstructionSource.sizeLimit).map { String(decoding: $0.bytes, as: UTF8.self) }
        }
        let modules = text("modules.yaml")
        let workshop = text(workshopFile)
        if modules != nil || workshop.map(InstructionSource.isClassic) == true {
            settings = WorkshopConfiguration(
                classic: workshopFile, workshop, modules: modules, environment: environment)
            if content.exists("config.js") {
                problems.append(
                    .init(
                        file: "config.js", line: 1, column: 1,
                        message: "config.js is not run; workshop.yaml and modules.yaml can say the same"))
            }
        } else if let text = text("config.yaml") {
            settings = WorkshopConfiguration(text, environment: environment)
        }

        let listing = content.files(below: "content", limit: InstructionSource.pageLimit) { name in
            name.hasSuffix(".md") || name.hasSuffix(".adoc")
        }
        stamps += listing.folders.map { ($0.path, $0.stamp) }
        readPages(listing, content)
        readSnippets(content)

        // What the portal gives wins over the workshop's own defaults.
        parameters = settings.parameters
        let given = DataVariables.values(
            of: manifest, pathway: settings.pathway, pathwayTitle: settings.pathwayTitle)
        parameters.merge(given) { _, given in given }
        for (name, value) in environment { parameters["ENV_" + name] = value }
        isUnsettled = InstructionSource.isRecent(stamps.lazy.compactMap(\.stamp))
    }

    private mutating func readPages(_ listing: ContentFolder.Listing, _ content: ContentFolder) {
        var ids: Set<String> = []
        let markdown = Set(listing.files.lazy.filter { $0.path.hasSuffix(".md") }.map { String($0.path.dropLast(3)) })
        for file in listing.files {
            stamps.append(("content/" + file.path, file.stamp))
            if file.path.hasSuffix(".adoc") {
                if markdown.contains(String(file.path.dropLast(5))) { continue }
                problems.append(
                    .init(
                        file: "content/" + file.path, line: 1, column: 1,
                        message: "AsciiDoc is not shown here; write the page in Markdown"))
                guard settings.isClassic else { continue }
            }
            guard let read = content.read("content/" + file.path, limit: InstructionSource.sizeLimit) else {
                unreadable.append(file.path)
                continue
            }
            guard let page = InstructionPage(file: file.path, read.bytes) else { continue }
            // Two files of one id (`a.md` and `a/index.md`): the first in order of path stays.
            guard ids.insert(page.id).inserted else {
                problems.append(
                    .init(
                        file: "content/" + file.path, line: 1, column: 1,
                        message: "another file is the page \"\(page.id)\" already"))
                continue
            }
            allPages.append(page)
        }
        pages = settings.chosen(from: allPages)
    }

    private mutating func readSnippets(_ content: ContentFolder) {
        let folder = "layouts/shortcodes"
        let listing = content.files(below: folder, limit: InstructionSource.pageLimit) { $0.hasSuffix(".html") }
        stamps += listing.folders.map { ($0.path, $0.stamp) }
        for file in listing.files {
            let path = folder + "/" + file.path
            stamps.append((path, file.stamp))
            guard let read = content.read(path, limit: ShortcodeSnippet.sizeLimit) else {
                problems.append(
                    .init(file: path, line: 1, column: 1, message: "this shortcode is larger than 64 KiB"))
                continue
            }
            let snippet = ShortcodeSnippet(String(decoding: read.bytes, as: UTF8.self))
            if let problem = snippet.problem {
                problems.append(.init(file: path, line: problem.line, column: 1, message: problem.message))
            }
            snippets[String(file.path.dropLast(5))] = snippet
        }
    }

    /// Whether the folder has been changed since. One call of the system for each file and folder, and none of them reads.
    func isOutdated(_ content: ContentFolder) -> Bool {
        isUnsettled || stamps.contains { content.stamp($0.path) != $0.stamp }
    }

    /// How a page is read.
    func context(for page: InstructionPage) -> PageSource.Context {
        PageSource.Context(
            isClassic: settings.isClassic, parameters: parameters, pathway: settings.pathway,
            pages: Set(pages.map(\.id)), folder: page.folder, snippets: snippets)
    }

    private static func workshopFile(_ environment: [String: String]) -> String {
        let name = environment["WORKSHOP_FILE"] ?? ""
        return name.isEmpty || name.contains("/") || name.hasPrefix(".") ? "workshop.yaml" : name
    }

    /// A `workshop.yaml` beside the pages that says which of them there are, and not a definition that strayed there.
    private static func isClassic(_ text: String) -> Bool {
        guard let root = try? YAMLNode.parse(text) else { return false }
        return root["modules"] != nil && root["kind"] == nil
    }

    /// Clocks of file systems go in steps of some milliseconds: two changes within one look like one.
    private static func isRecent(_ stamps: some Sequence<ContentFolder.Stamp>) -> Bool {
        var now = timespec()
        guard clock_gettime(CLOCK_REALTIME, &now) == 0 else { return true }
        let moment = Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
        return stamps.contains { abs(moment - (Double($0.seconds) + Double($0.nanoseconds) / 1e9)) < 0.05 }
    }
}
