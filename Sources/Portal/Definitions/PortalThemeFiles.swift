internal import Platform

/// Reads a portal's theme from the folder `<theme.name>` or `themes/<theme.name>` beside the definition.
enum PortalThemeFiles {
    /// Bytes of one file.
    private static let limit = 256 << 10

    static func folder(_ name: String, besideDefinition file: String) -> String? {
        let own = DefinitionFiles.folder(of: file)
        let candidates = [DefinitionFiles.join(own, name), DefinitionFiles.join(own, "themes/\(name)")]
        return candidates.first { DefinitionFiles.status(of: $0, followingLinks: true)?.isFolder ?? false }
    }

    /// - Returns: the theme, and what is wrong with it. Files that are not there are left out.
    static func read(
        _ name: String, besideDefinition file: String, at place: YAMLPlace?
    ) -> (PortalTheme, [DefinitionFinding]) {
        var theme = PortalTheme()
        theme.name = name
        var findings: [DefinitionFinding] = []
        guard let folder = folder(name, besideDefinition: file) else {
            let message =
                "found no folder \"\(name)\" or \"themes/\(name)\" beside the definition; the built-in theme is used"
            let finding = DefinitionFinding(
                .warning, file: file, line: place?.line ?? 0, column: place?.column ?? 0,
                field: "spec.portal.theme.name",
                message: message)
            return (theme, [finding])
        }
        func text(_ name: String) -> String {
            let path = DefinitionFiles.join(folder, name)
            guard DefinitionFiles.status(of: path, followingLinks: true) != nil else { return "" }
            do {
                let bytes = try DefinitionFiles.read(path, limit: limit)
                if let text = String(validating: bytes, as: UTF8.self) { return text }
                findings.append(DefinitionFinding(.error, file: path, message: "is not UTF-8, expected text in UTF-8"))
            } catch {
                findings.append(DefinitionFinding(.error, file: path, message: error.message))
            }
            return ""
        }
        theme.css = text("training-portal.css")
        theme.javascript = text("training-portal.js")
        theme.html = text("training-portal.html")
        return (theme, findings)
    }
}
