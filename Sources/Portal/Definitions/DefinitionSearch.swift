internal import Platform

/// Finds the YAML files behind the paths that somebody gave.
///
/// In folders, hidden folders and a workshop's pages (`workshop/`) are left out, and links to other folders are not
/// followed, so that the search always ends.
struct DefinitionSearch {
    struct File {
        let path: String
        /// Given by name, and not found in a folder.
        let isNamed: Bool
    }

    private(set) var files: [File] = []
    private(set) var findings: [DefinitionFinding] = []
    private var seen: Set<String> = []
    private var visited = 0

    static let mostFiles = 20_000
    private static let deepest = 32

    init(paths: [String]) {
        for path in paths {
            guard let status = DefinitionFiles.status(of: path, followingLinks: true) else {
                findings.append(DefinitionFinding(.error, file: path, message: "no such file or folder"))
                continue
            }
            if status.isFolder { look(in: path, depth: 0) } else { take(path, isNamed: true) }
        }
    }

    private mutating func look(in folder: String, depth: Int) {
        let names: [String]
        do {
            names = try DefinitionFiles.names(in: folder)
        } catch {
            findings.append(DefinitionFinding(.error, file: folder, message: error.message))
            return
        }
        for name in names where !name.hasPrefix(".") {
            visited += 1
            guard visited <= DefinitionSearch.mostFiles else {
                if visited == DefinitionSearch.mostFiles + 1 {
                    let message = "holds more than \(DefinitionSearch.mostFiles) files; the rest is not looked at"
                    findings.append(DefinitionFinding(.warning, file: folder, message: message))
                }
                return
            }
            let path = DefinitionFiles.join(folder, name)
            guard let status = DefinitionFiles.status(of: path, followingLinks: false) else { continue }
            if status.isFolder {
                guard depth < DefinitionSearch.deepest, name != "node_modules", !isPages(path, name) else { continue }
                look(in: path, depth: depth + 1)
            } else if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
                let isLinkToFolder =
                    status.isLink && DefinitionFiles.status(of: path, followingLinks: true)?.isRegular != true
                if !isLinkToFolder { take(path, isNamed: false) }
            }
        }
    }

    private func isPages(_ path: String, _ name: String) -> Bool {
        name == "workshop"
            && DefinitionFiles.status(of: DefinitionFiles.join(path, "resources"), followingLinks: true) == nil
    }

    private mutating func take(_ path: String, isNamed: Bool) {
        guard seen.insert(DefinitionFiles.absolute(path) ?? path).inserted else { return }
        files.append(File(path: path, isNamed: isNamed))
    }
}
