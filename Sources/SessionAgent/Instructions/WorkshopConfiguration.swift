internal import Platform

/// `workshop/config.yaml`: values for shortcodes, and pathways, which choose and order the pages (spec/dashboard.md
/// section 5.4). What is malformed counts as absent.
struct WorkshopConfiguration: Equatable, Sendable {
    /// The chosen pathway; empty when there is none.
    var pathway = ""
    /// Ids of the pages of the chosen pathway in order; `nil` for all pages.
    var steps: [String]?
    var parameters: [String: String] = [:]

    init() {}

    /// - Parameter environment: `PATHWAY_NAME` chooses the pathway, and a variable named as a parameter's alias, or as the
    ///   parameter when it has no alias, sets its value.
    init(_ text: String, environment: [String: String]) {
        guard let root = try? YAMLNode.parse(text) else { return }
        let pathways = root["pathways"]
        let wanted = environment["PATHWAY_NAME"].flatMap { $0.isEmpty ? nil : $0 } ?? pathways?["default"]?.text ?? ""
        let chosen = pathways?["paths"]?[wanted]
        if chosen != nil { pathway = wanted }
        steps = chosen?["steps"]?.sequence?.compactMap(\.text)
        take(root["params"], environment)
        take(chosen?["params"], environment)
    }

    private mutating func take(_ node: YAMLNode?, _ environment: [String: String]) {
        for item in node?.sequence ?? [] {
            guard let name = item["name"]?.text, !name.isEmpty else { continue }
            let aliases = item["aliases"]?.sequence?.compactMap(\.text) ?? []
            let given = (aliases.isEmpty ? [name] : aliases).compactMap { environment[$0] }.first
            parameters[name] = given ?? item["value"]?.text ?? ""
        }
    }

    /// The pages of the chosen pathway, in its order; steps that name no page are left out.
    func chosen(from pages: [InstructionPage]) -> [InstructionPage] {
        guard let steps else { return InstructionPage.ordered(pages) }
        return steps.compactMap { step in pages.first { $0.id == step } }
    }
}
