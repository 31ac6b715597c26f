internal import Platform

/// Where a workshop's pages and exercise files lie, and whether they changed.
enum WorkshopContent {
    /// The absolute folder that holds `workshop/`; `nil` when the definition stands alone.
    ///
    /// A definition in `<folder>/resources/workshop.yaml` belongs to `<folder>`, as does one elsewhere in `resources`
    /// beside a `workshop` folder; any other belongs to its own folder if that has a `workshop` folder.
    static func folder(ofDefinition file: String) -> String? {
        guard let file = DefinitionFiles.absolute(file) else { return nil }
        let own = DefinitionFiles.folder(of: file)
        if DefinitionFiles.name(of: own) == "resources" {
            let parent = DefinitionFiles.folder(of: own)
            let isNamedByHabit = ["workshop.yaml", "workshop.yml"].contains(DefinitionFiles.name(of: file))
            if isNamedByHabit || holdsPages(parent) { return parent }
        }
        return holdsPages(own) ? own : nil
    }

    static func holdsPages(_ folder: String) -> Bool {
        DefinitionFiles.status(of: DefinitionFiles.join(folder, "workshop"), followingLinks: true)?.isFolder ?? false
    }

    /// A digest of the definition as it is meant, whatever else its file holds, and of its content.
    static func revision(of definition: YAMLNode, content: String) -> String {
        var digest = ContentDigest()
        add(definition, to: &digest)
        digest.update(field: content)
        return digest.finish()
    }

    /// A digest of the files in a content folder.
    ///
    /// - Parameter definition: the file with the definition itself, which counts by its meaning and not by its bytes.
    static func digest(of contentFolder: String, without definition: String?) -> String {
        var digest = ContentDigest()
        var budget = Budget(definition: definition)
        add(contentFolder, as: "", to: &digest, &budget, depth: 0)
        return digest.finish()
    }

    private static func add(_ node: YAMLNode, to digest: inout ContentDigest) {
        switch node.content {
        case .scalar(let scalar):
            digest.update(field: scalar.isPlain ? "plain" : "text")
            digest.update(field: scalar.text)
        case .sequence(let items):
            digest.update(field: "list \(items.count)")
            for item in items { add(item, to: &digest) }
        case .mapping(let entries):
            digest.update(field: "mapping \(entries.count)")
            for entry in entries {
                digest.update(field: entry.key)
                add(entry.value, to: &digest)
            }
        }
    }

    /// How much of the content is read; beyond it, sizes and times must do.
    private struct Budget {
        let definition: String?
        var files = DefinitionSearch.mostFiles
        var bytes = 64 << 20
        static let bytesPerFile = 4 << 20
    }

    private static func add(
        _ folder: String, as name: String, to digest: inout ContentDigest, _ budget: inout Budget, depth: Int
    ) {
        guard depth <= 32, let names = try? DefinitionFiles.names(in: folder) else {
            // What cannot be read now is a change when it can be read later.
            return digest.update(field: "unreadable \(name)")
        }
        for child in names where child != ".git" {
            guard budget.files > 0 else { return }
            budget.files -= 1
            let path = DefinitionFiles.join(folder, child)
            if path == budget.definition { continue }
            let shown = DefinitionFiles.join(name, child)
            guard let status = DefinitionFiles.status(of: path, followingLinks: false) else { continue }
            if status.isFolder {
                add(path, as: shown, to: &digest, &budget, depth: depth + 1)
                continue
            }
            digest.update(field: shown)
            if status.isLink {
                digest.update(field: "link \(DefinitionFiles.linkTarget(path))")
            } else if status.isRegular {
                digest.update(field: "size \(status.size)")
                if status.size <= min(Budget.bytesPerFile, budget.bytes),
                    let bytes = try? DefinitionFiles.read(path, limit: Budget.bytesPerFile)
                {
                    budget.bytes -= bytes.count
                    digest.update(bytes)
                } else {
                    digest.update(field: "modified \(status.modified)")
                }
            }
        }
    }
}
