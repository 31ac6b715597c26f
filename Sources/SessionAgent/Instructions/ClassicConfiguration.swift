internal import Platform

/// The classic form of instructions (spec/dashboard.md section 5.1): `workshop.yaml` says which pages there are, and
/// `modules.yaml` what they are called.
extension WorkshopConfiguration {
    /// - Parameters:
    ///   - name: of the first file; the variable `WORKSHOP_FILE` chooses it.
    ///   - workshop: what is in it; `nil` when it does not exist.
    ///   - modules: what is in `modules.yaml`.
    ///   - environment: a variable named as one of a value's aliases, or as the value itself, sets it.
    init(
        classic name: String, _ workshop: String?, modules: String?, environment: [String: String]
    ) {
        isClassic = true
        let workshop = read(workshop, name)
        let modules = read(modules, "modules.yaml")
        let known = modules?["modules"]?.mapping ?? []
        for entry in known {
            let id = WorkshopConfiguration.pageID(entry.key)
            if let title = entry.value["name"]?.text { titles[id] = title }
            if let sign = entry.value["exit_sign"]?.text { exitSigns[id] = sign }
            if let link = entry.value["exit_link"] {
                problem("modules.yaml", "exit_link is not followed: the last page leads back to the portal", link.place)
            }
        }
        if let list = workshop?["modules"]?["activate"]?.sequence {
            steps = list.compactMap { item in
                item.text.map { Step(id: WorkshopConfiguration.pageID($0), line: item.place.line) }
            }
        } else if !known.isEmpty {
            steps = known.map { Step(id: WorkshopConfiguration.pageID($0.key), line: $0.keyPlace.line) }
        }
        if let workshop, workshop["modules"]?["activate"]?.sequence == nil {
            problem(name, "there is no list modules.activate, so every module is shown", workshop.place)
        }
        if let steps { allSteps = Set(steps.map(\.id)) }
        pathwayTitle = workshop?["name"]?.text
        take(workshop, modules, environment)
    }

    private mutating func take(_ workshop: YAMLNode?, _ modules: YAMLNode?, _ environment: [String: String]) {
        let own = workshop?["vars"]?.mapping ?? []
        let ownValues = Dictionary(own.map { ($0.key, $0.value.text ?? "") }, uniquingKeysWith: { _, last in last })
        for item in modules?["config"]?["vars"]?.sequence ?? [] {
            guard let name = item["name"]?.text, !name.isEmpty else {
                problem("modules.yaml", "expected a variable with name and value", item.place)
                continue
            }
            let aliases = item["aliases"]?.sequence?.compactMap(\.text) ?? item["aliases"]?.text.map { [$0] } ?? []
            let given = (aliases + [name]).compactMap { environment[$0] }.first
            parameters[name] = given ?? ownValues[name] ?? item["value"]?.text ?? ""
        }
        for (name, value) in ownValues where parameters[name] == nil { parameters[name] = environment[name] ?? value }
    }

    private mutating func read(_ text: String?, _ file: String) -> YAMLNode? {
        guard let text else { return nil }
        do {
            guard let node = try YAMLNode.parse(text), node.mapping != nil else {
                problem(file, "found no mapping", nil)
                return nil
            }
            return node
        } catch {
            problem(file, error.message, error.place)
            return nil
        }
    }

    private mutating func problem(_ file: String, _ message: String, _ place: YAMLPlace?) {
        problems.append(Problem(file: file, line: place?.line ?? 1, column: place?.column ?? 1, message: message))
    }
}
