internal import Glibc
internal import Platform

/// `lectern import`: workshops from what was written for others.
enum ImportCommand: Command {
    static let name = "import"
    static let summary = "Makes workshops from Killercoda scenarios."
    static let operands = "killercoda PATH"
    static let options = [
        CommandOption("into", "FOLDER", "Where the workshops' folders are made.", default: ".")
    ]

    static func run(_ arguments: ParsedOptions) throws -> Int32 {
        guard arguments.operands.count == 2, let kind = arguments.operands.first, let path = arguments.operands.last
        else { throw UsageError("from where? For example: lectern import killercoda ./my-scenario") }
        guard kind == "killercoda" || kind == "katacoda" else {
            throw UsageError("\(kind): only killercoda can be imported")
        }
        let into = arguments["into"] ?? "."
        let source = withoutSlash(absolutePath(path))
        var names: [WorkshopName] = []
        for folder in try KillercodaCourse.scenarios(in: source) {
            let name = try freeName(of: folder, taken: names)
            names.append(name)
            let target = into == "." ? name.text : "\(withoutSlash(into))/\(name)"
            let workshop = try KillercodaImport(folder: folder, name: name)
            try workshop.files.write(to: target)
            print("\(target)/: \(counted(workshop.files.files.count, "file"))")
            let shown = folder.hasPrefix(source + "/") ? String(folder.dropFirst(source.count + 1)) + "/" : ""
            for note in workshop.notes { print("  \(shown)\(note.text)") }
        }
        if names.count > 1 { try writePortal(names, source: source, into: into) }
        let first = names.first.map { into == "." ? $0.text : "\(withoutSlash(into))/\($0)" } ?? into
        print("\nLook it over with: lectern check \(first)\nSee it with:       lectern preview \(first)")
        return 0
    }

    private static func withoutSlash(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? withoutSlash(String(path.dropLast())) : path
    }

    private static func freeName(of folder: String, taken: [WorkshopName]) throws -> WorkshopName {
        let last = folder.split(separator: "/").last.map(String.init) ?? ""
        guard let name = WorkshopName.nearest(to: last == "." ? "" : last) else {
            throw StartFailure("\(folder): no workshop's name can be made of the folder's; rename it")
        }
        for number in 1...1000 {
            let next = number == 1 ? name.text : "\(name.text.prefix(WorkshopName.longest - 5))-\(number)"
            if !taken.contains(where: { $0.text == next }) { return try WorkshopName(next) }
        }
        throw StartFailure("\(folder): too many scenarios of this name")
    }

    /// A portal that offers the whole course, unless there is one already.
    private static func writePortal(_ names: [WorkshopName], source: String, into: String) throws {
        let path = into + "/portal.yaml"
        guard access(path, F_OK) != 0 else { return }
        let last = source.split(separator: "/").last.map(String.init) ?? ""
        let name = WorkshopName.nearest(to: last) ?? names[0]
        var text = """
            apiVersion: training.educates.dev/v1beta1
            kind: TrainingPortal
            metadata:
              name: \(name)
            spec:
              portal:
                title: \(StarterWorkshop.quoted(name.title))
                sessions:
                  maximum: 10
              workshops:

            """
        for workshop in names { text += "    - name: \(workshop)\n" }
        try replaceFile(path, with: Array(text.utf8), mode: 0o644)
        print("\(path): a portal with \(counted(names.count, "workshop"))")
    }
}
