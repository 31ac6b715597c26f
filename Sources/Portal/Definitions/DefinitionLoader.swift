internal import Platform

/// Reads `TrainingPortal` and `Workshop` resources from YAML files.
public enum DefinitionLoader {
    static let group = "training.educates.dev"
    /// Bytes of one file.
    static let fileLimit = 4 << 20

    /// Reads everything and reports every mistake.
    ///
    /// - Parameters:
    ///   - paths: files, or folders that are searched for `*.yaml` and `*.yml`. In folders, resources of other groups are
    ///     passed over in silence; in files they are warned of.
    ///   - name: which portal is meant, when the files hold several.
    ///   - requiresPortal: whether files without a portal are an error. An author may check a workshop alone.
    public static func load(paths: [String], portal name: String? = nil, requiresPortal: Bool = true) -> DefinitionLoad
    {
        let search = DefinitionSearch(paths: paths)
        var reading = DefinitionReading()
        reading.findings = search.findings
        for file in search.files { reading.read(file) }
        return reading.finish(paths: paths, portal: name, requiresPortal: requiresPortal)
    }

    /// What one YAML text says, without looking at any other file: for tests of many inputs.
    ///
    /// - Parameter file: the name that findings carry.
    public static func load(text: [UInt8], file: String, requiresPortal: Bool = true) -> DefinitionLoad {
        var reading = DefinitionReading()
        reading.read(text, file: DefinitionSearch.File(path: file, isNamed: true))
        return reading.finish(paths: [], portal: nil, requiresPortal: requiresPortal)
    }
}

/// The state of one load.
struct DefinitionReading {
    var findings: [DefinitionFinding] = []
    private var files: [String] = []
    private var portals: [Found<TrainingPortalDefinition>] = []
    private var workshops: [Found<WorkshopDefinition>] = []
    /// Names of workshops that were given, whether they could be decoded or not.
    private var workshopNames: [String] = []
    /// Where each workshop was found first: file and line.
    private var firstPlaces: [String: String] = [:]
    private var contentDigests: [String: String] = [:]
    private var hasOurs = false
    private var passedOver = 0

    private struct Found<Definition> {
        let file: String
        let node: YAMLNode
        var definition: Definition
    }

    mutating func read(_ file: DefinitionSearch.File) {
        do {
            read(try DefinitionFiles.read(file.path, limit: DefinitionLoader.fileLimit), file: file)
        } catch {
            files.append(file.path)
            // A large data file in a folder is not ours to complain about.
            findings.append(
                DefinitionFinding(file.isNamed ? .error : .warning, file: file.path, message: error.message))
        }
    }

    mutating func read(_ bytes: [UInt8], file: DefinitionSearch.File) {
        files.append(file.path)
        let stream = YAMLStream(parsing: bytes, limits: YAMLLimits(bytes: DefinitionLoader.fileLimit))
        let isOurs = file.isNamed || String(decoding: bytes, as: UTF8.self).contains(DefinitionLoader.group)
        // Templates of other programs often are no YAML; one note is enough for them.
        for problem in isOurs ? stream.problems : Array(stream.problems.prefix(1)) {
            let message = problem.message + (isOurs ? "" : "; the file is passed over")
            findings.append(
                DefinitionFinding(
                    isOurs ? .error : .note, file: file.path, line: problem.place.line, column: problem.place.column,
                    message: message))
        }
        for node in stream.documents { take(node, file) }
        if file.isNamed, stream.documents.isEmpty, stream.problems.isEmpty {
            findings.append(DefinitionFinding(.warning, file: file.path, message: "holds no YAML document"))
        }
    }

    private mutating func take(_ node: YAMLNode, _ file: DefinitionSearch.File) {
        let kind = node["kind"]?.text ?? ""
        switch ResourceKind(apiVersion: node["apiVersion"]?.text ?? "", kind: kind) {
        case .portal(let warning): takePortal(node, file.path, warning)
        case .workshop(let warning): takeWorkshop(node, file.path, warning)
        case .unsupported(let field, let message):
            hasOurs = true
            let place = node[field]?.place ?? node.place
            findings.append(
                DefinitionFinding(
                    .error, file: file.path, line: place.line, column: place.column, field: field, message: message))
        case .other(let message):
            passedOver += 1
            guard file.isNamed, passedOver <= FieldCheck.mostFindings else { return }
            findings.append(
                DefinitionFinding(
                    .warning, file: file.path, line: node.place.line, column: node.place.column, message: message))
        }
    }

    private mutating func checkFields(_ node: YAMLNode, _ fields: [Field], _ file: String, _ warning: String?) {
        hasOurs = true
        var check = FieldCheck(file: file)
        if let warning { check.add(.warning, node["apiVersion"]?.place ?? node.place, "apiVersion", warning) }
        check.check(node, .mapping(fields), "")
        findings += check.findings
    }

    private mutating func takePortal(_ node: YAMLNode, _ file: String, _ warning: String?) {
        checkFields(node, TrainingPortalFields.all, file, warning)
        if let portal = TrainingPortalDecoding.decode(node) {
            portals.append(Found(file: file, node: node, definition: portal))
        }
    }

    private mutating func takeWorkshop(_ node: YAMLNode, _ file: String, _ warning: String?) {
        checkFields(node, WorkshopFields.all, file, warning)
        let name = node["metadata"]?["name"]
        if let text = name?.text { workshopNames.append(text) }
        guard var workshop = WorkshopDecoding.decode(node) else { return }
        let place = name?.place ?? node.place
        if let first = firstPlaces[workshop.name] {
            var check = FieldCheck(file: file)
            check.add(
                .error, place, "metadata.name", "found the workshop \"\(workshop.name)\" twice, first in \(first)")
            findings += check.findings
            return
        }
        firstPlaces[workshop.name] = "\(file):\(place.line)"
        if let content = WorkshopContent.folder(ofDefinition: file) { workshop.contentFolder = content }
        let content = contentDigest(workshop.contentFolder, without: file)
        workshop.revision = WorkshopContent.revision(of: node, content: content)
        findings += WorkshopRules.findings(node, workshop, file: file)
        workshops.append(Found(file: file, node: node, definition: workshop))
    }

    private mutating func contentDigest(_ folder: String, without definition: String) -> String {
        if folder.isEmpty { return "" }
        let key = "\(folder)\0\(definition)"
        if let known = contentDigests[key] { return known }
        let digest = WorkshopContent.digest(of: folder, without: DefinitionFiles.absolute(definition))
        contentDigests[key] = digest
        return digest
    }

    mutating func finish(paths: [String], portal name: String?, requiresPortal: Bool) -> DefinitionLoad {
        var load = DefinitionLoad()
        load.files = files
        load.watchedPaths = paths
        for workshop in workshops {
            load.workshops[workshop.definition.name] = workshop.definition
            if !workshop.definition.contentFolder.isEmpty {
                load.watchedPaths.append(workshop.definition.contentFolder)
            }
        }
        for portal in portals {
            findings += PortalRules.findings(
                portal.node, portal.definition, file: portal.file, workshops: workshopNames, known: findings)
        }
        if let index = choosePortal(name, requiresPortal: requiresPortal) {
            load.portal = completed(portals[index], load.workshops, &load.watchedPaths)
        }
        tellUnused(load.portal)
        load.findings = findings.sorted(by: DefinitionFinding.isBefore)
        return load
    }

    private mutating func choosePortal(_ name: String?, requiresPortal: Bool) -> Int? {
        if let name {
            let matching = portals.indices.filter { portals[$0].definition.name == name }
            if matching.isEmpty {
                let known = portals.map { "\"\($0.definition.name)\"" }.joined(separator: ", ")
                let message = "found no TrainingPortal \"\(name)\"" + (known.isEmpty ? "" : ", only \(known)")
                findings.append(DefinitionFinding(.error, file: "", message: message))
                return nil
            }
            if matching.count == 1 { return matching[0] }
            reportSeveral(matching)
            return nil
        }
        switch portals.count {
        case 1: return 0
        case 0:
            if requiresPortal {
                findings.append(
                    DefinitionFinding(
                        .error, file: "", message: "found no TrainingPortal, expected one in the given paths"))
            } else if !hasOurs && !findings.contains(where: { $0.severity == .error }) {
                findings.append(
                    DefinitionFinding(
                        .error, file: "", message: "found no TrainingPortal and no Workshop in the given paths"))
            }
            return nil
        default:
            reportSeveral(Array(portals.indices))
            return nil
        }
    }

    private mutating func reportSeveral(_ indices: [Int]) {
        guard let first = indices.first else { return }
        let place = portals[first].node["metadata"]?["name"]?.place.line ?? 1
        for index in indices.dropFirst() {
            let found = portals[index]
            var check = FieldCheck(file: found.file)
            check.add(
                .error, found.node["metadata"]?["name"]?.place ?? found.node.place, "metadata.name",
                "found another TrainingPortal, \"\(found.definition.name)\", expected one;"
                    + " the first is \"\(portals[first].definition.name)\" in \(portals[first].file):\(place)")
            findings += check.findings
        }
    }

    /// Adds what lies outside the document: the theme's files and the workshops' labels.
    private mutating func completed(
        _ found: Found<TrainingPortalDefinition>, _ workshops: [String: WorkshopDefinition], _ watched: inout [String]
    ) -> TrainingPortalDefinition {
        var portal = found.definition
        let given = FieldView(found.node)["spec"]["portal"]
        if !portal.theme.name.isEmpty, TextRule.folderName.accepts(portal.theme.name) {
            let (theme, problems) = PortalThemeFiles.read(
                portal.theme.name, besideDefinition: found.file, at: given["theme"]["name"].place)
            portal.theme = theme
            findings += problems
            if let folder = PortalThemeFiles.folder(theme.name, besideDefinition: found.file) { watched.append(folder) }
        }
        if let file = portal.oidc?.clientSecretFile, !file.isEmpty, !file.hasPrefix("/") {
            portal.oidc?.clientSecretFile = DefinitionFiles.join(DefinitionFiles.folder(of: found.file), file)
        }
        let defaults = given["workshop"]["defaults"].labels("labels")
        for (index, entry) in FieldView(found.node)["spec"].list("workshops").filter({ $0["name"].text != nil })
            .enumerated()
        where portal.workshops.indices.contains(index) {
            let own = workshops[portal.workshops[index].name]?.labels ?? [:]
            portal.workshops[index].labels =
                defaults.merging(own) { _, later in later }.merging(entry.labels("labels")) { _, later in later }
        }
        return portal
    }

    private mutating func tellUnused(_ portal: TrainingPortalDefinition?) {
        guard let portal else { return }
        let used = Set(portal.workshops.map(\.name))
        for workshop in workshops where !used.contains(workshop.definition.name) {
            let place = workshop.node["metadata"]?["name"]?.place ?? workshop.node.place
            var check = FieldCheck(file: workshop.file)
            check.add(.note, place, "metadata.name", "the portal \"\(portal.name)\" does not list this workshop")
            findings += check.findings
        }
    }
}
