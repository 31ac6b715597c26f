internal import Platform

/// What a workshop says of its pages as a whole: their order and titles, values, and how they are shown. From
/// `workshop/config.yaml` (spec/dashboard.md section 5.4), or in the classic form from `workshop.yaml` and `modules.yaml`
/// (see `ClassicConfiguration.swift`). What is malformed counts as absent, and the author is told.
struct WorkshopConfiguration: Equatable, Sendable {
    var isClassic = false
    /// The chosen pathway; empty when there is none.
    var pathway = ""
    /// Its title; it takes the place of the workshop's.
    var pathwayTitle: String?
    /// Ids of the pages of the chosen pathway in order; `nil` for all pages.
    var steps: [Step]?
    /// Pages of all pathways: whoever is in none is never shown.
    var allSteps: Set<String>?
    var parameters: [String: String] = [:]
    /// Titles that take the place of the pages' own, by id.
    var titles: [String: String] = [:]
    /// Words on the button that leads on from a page, by id.
    var exitSigns: [String: String] = [:]
    /// Whether raw HTML is kept as far as it is harmless.
    var keepsHTML = true
    var countdown = CountdownRules()
    var problems: [Problem] = []

    struct Step: Equatable, Sendable {
        let id: String
        let line: Int
    }

    /// Something wrong in a file of the workshop.
    struct Problem: Equatable, Sendable {
        /// Relative to the folder `workshop/`.
        let file: String
        let line: Int
        let column: Int
        let message: String
    }

    init() {}

    /// - Parameter environment: `PATHWAY_NAME` chooses the pathway, and a variable named as a parameter's alias, or as the
    ///   parameter when it has no alias, sets its value.
    init(_ text: String, environment: [String: String]) {
        let root: YAMLNode
        do {
            guard let parsed = try YAMLNode.parse(text) else { return }
            root = parsed
        } catch {
            note(error.message, error.place)
            return
        }
        guard root.mapping != nil else {
            note("found no mapping, expected params or pathways", root.place)
            return
        }
        take(pathways: root["pathways"], modules: root["modules"], environment)
        take(root["params"], environment)
        take(root["pathways"]?["paths"]?[pathway]?["params"], environment)
        switch root["html"]?.text {
        case nil, "harmless": break
        case "none": keepsHTML = false
        default: note("expected \"harmless\" or \"none\" for html", root["html"]?.place)
        }
        if let node = root["countdown"] {
            countdown = CountdownRules(node) { [self] in
                self.problem($0, $1)
            } onProblem: {
                problems.append($0)
            }
        }
        for entry in root.mapping ?? [] where !WorkshopConfiguration.keys.contains(entry.key) {
            guard let meant = NearestName.of(entry.key, in: WorkshopConfiguration.keys) else { continue }
            note("\"\(entry.key)\" is not known here; did you mean \"\(meant)\"?", entry.keyPlace)
        }
    }

    private static let keys = ["params", "pathways", "modules", "html", "countdown"]

    private func problem(_ message: String, _ place: YAMLPlace?) -> Problem {
        Problem(file: "config.yaml", line: place?.line ?? 1, column: place?.column ?? 1, message: message)
    }
    private mutating func note(_ message: String, _ place: YAMLPlace?) { problems.append(problem(message, place)) }

    private mutating func take(pathways: YAMLNode?, modules: YAMLNode?, _ environment: [String: String]) {
        let paths = pathways?["paths"]
        let asked = environment["PATHWAY_NAME"].flatMap { $0.isEmpty ? nil : $0 }
        let wanted = asked ?? pathways?["default"]?.text ?? ""
        if let chosen = paths?[wanted] {
            pathway = wanted
            pathwayTitle = chosen["title"]?.text
            steps = chosen["steps"].map { node in
                if node.sequence == nil { note("expected a list of pages as steps", node.place) }
                return (node.sequence ?? []).compactMap { item in
                    item.text.map { Step(id: WorkshopConfiguration.pageID($0), line: item.place.line) }
                }
            }
        } else if !wanted.isEmpty {
            note(
                "there is no pathway \"\(wanted)\" under pathways.paths", pathways?["default"]?.place ?? pathways?.place
            )
        } else if let paths, !(paths.mapping ?? []).isEmpty {
            note("pathways has no default, so every page is shown", pathways?.place)
        }
        var all: Set<String> = []
        for path in paths?.mapping ?? [] {
            // A pathway without steps has all pages.
            guard let steps = path.value["steps"]?.sequence else { return take(modules: modules, pathways?["modules"]) }
            all.formUnion(steps.compactMap(\.text).map(WorkshopConfiguration.pageID))
        }
        if steps != nil { allSteps = all }
        take(modules: modules, pathways?["modules"])
    }

    /// Titles stand in a list with `name` and `title`, or in a map by page.
    private mutating func take(modules: YAMLNode?, _ nested: YAMLNode?) {
        for node in [modules, nested].compactMap({ $0 }) {
            for item in node.sequence ?? [] {
                let name = item["name"]?.text ?? item["path"]?.text ?? item["page"]?.text
                guard let name, let title = item["title"]?.text else {
                    note("expected a module with name and title", item.place)
                    continue
                }
                titles[WorkshopConfiguration.pageID(name)] = title
            }
            for entry in node.mapping ?? [] {
                let title = entry.value["title"]?.text ?? entry.value["name"]?.text ?? entry.value.text
                if let title { titles[WorkshopConfiguration.pageID(entry.key)] = title }
            }
        }
    }

    private mutating func take(_ node: YAMLNode?, _ environment: [String: String]) {
        if let node, !node.isNull, node.sequence == nil {
            note("expected a list of params, each with name and value", node.place)
        }
        for item in node?.sequence ?? [] {
            guard let name = item["name"]?.text, !name.isEmpty else {
                note("expected a param with name and value", item.place)
                continue
            }
            let aliases = item["aliases"]?.sequence?.compactMap(\.text) ?? []
            let given = (aliases.isEmpty ? [name] : aliases).compactMap { environment[$0] }.first
            parameters[name] = given ?? item["value"]?.text ?? ""
        }
    }

    /// The id of a page that an author named by its path, its file, or its folder.
    static func pageID(_ written: String) -> String {
        var id = written
        while id.hasPrefix("/") { id.removeFirst() }
        while id.hasSuffix("/") { id.removeLast() }
        if id.hasSuffix(".md") { id.removeLast(3) }
        if id.hasSuffix("/index") && id.utf8.count > 6 { id.removeLast(6) }
        return id
    }

    /// The pages of the chosen pathway, in its order, titled as they are to be shown; steps that name no page are left
    /// out.
    func chosen(from pages: [InstructionPage]) -> [InstructionPage] {
        let pages = pages.map { page in
            var page = page
            page.title = titles[page.id] ?? page.title
            page.exitSign = exitSigns[page.id]
            return page
        }
        guard let steps else { return InstructionPage.ordered(pages) }
        let byID = Dictionary(pages.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var seen: Set<String> = []
        return steps.compactMap { seen.insert($0.id).inserted ? byID[$0.id] : nil }
    }
}
