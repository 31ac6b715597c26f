internal import Platform

/// Reads values out of a document that has been checked: what has the wrong type was reported there and is absent here.
struct FieldView {
    let node: YAMLNode?

    init(_ node: YAMLNode?) { self.node = node }

    subscript(_ name: String) -> FieldView { FieldView(node?[name]) }
    /// Whether something stands here.
    var isGiven: Bool { !(node?.isNull ?? true) }
    var place: YAMLPlace? { node?.place }

    func text(_ name: String) -> String? { self[name].text }
    var text: String? { node?.text }
    func boolean(_ name: String) -> Bool? {
        if case .boolean(let value)? = node?[name]?.scalar?.value { value } else { nil }
    }
    func integer(_ name: String) -> Int? {
        if case .integer(let value)? = node?[name]?.scalar?.value { value } else { nil }
    }
    func seconds(_ name: String) -> Int? { text(name).flatMap(DefinitionQuantities.seconds) }
    func bytes(_ name: String) -> Int? { text(name).flatMap(DefinitionQuantities.bytes) }
    func list(_ name: String) -> [FieldView] { (node?[name]?.sequence ?? []).map { FieldView($0) } }
    func texts(_ name: String) -> [String] { list(name).compactMap(\.text) }

    /// A list of `{name, value}`; of equal names the last one counts.
    func labels(_ name: String) -> [String: String] {
        var labels: [String: String] = [:]
        for pair in list(name) {
            if let key = pair.text("name") { labels[key] = pair.text("value") ?? "" }
        }
        return labels
    }

    /// A list of `{name, value}` in the order written; of equal names the last one counts. Entries that take their value
    /// from elsewhere (`valueFrom`) are left out.
    func variables(_ name: String) -> [EnvironmentVariable] {
        var variables: [EnvironmentVariable] = []
        var places: [String: Int] = [:]
        for pair in list(name) where !pair["valueFrom"].isGiven {
            guard let key = pair.text("name") else { continue }
            let variable = EnvironmentVariable(name: key, value: pair.text("value") ?? "")
            if let place = places[key] {
                variables[place] = variable
            } else {
                places[key] = variables.count
                variables.append(variable)
            }
        }
        return variables
    }
}
