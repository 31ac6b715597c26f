internal import Platform

/// Turns an item of `workshop.files` into a `ContentSource`, and tells what cannot be fetched as it stands.
enum ContentSourceDecoding {
    static func decode(_ given: FieldView) -> ContentSource? {
        guard let kind = ContentSource.kinds.first(where: { given[$0].isGiven }) else { return nil }
        var source = ContentSource(origin(kind, given[kind]))
        source.path = given.text("path") ?? "."
        source.newRootPath = given.text("newRootPath") ?? ""
        source.includePaths = given.texts("includePaths")
        source.excludePaths = given.texts("excludePaths")
        return source
    }

    private static func origin(_ kind: String, _ given: FieldView) -> ContentSource.Origin {
        switch kind {
        case "git":
            return .git(
                url: given.text("url") ?? "", reference: given.text("ref") ?? "",
                includesSubmodules: !(given.boolean("skipInitSubmodules") ?? false))
        case "http":
            return .http(
                url: given.text("url") ?? "", sha256: (given.text("sha256") ?? "").lowercased(),
                unpacks: !(given.boolean("disableUnpack") ?? false))
        case "inline":
            var files: [String: String] = [:]
            for entry in given["paths"].node?.mapping ?? [] { files[entry.key] = entry.value.text ?? "" }
            return .inline(files)
        case "directory": return .directory(given.text("path") ?? "")
        default: return .elsewhere(kind: kind)
        }
    }

    /// - Parameters:
    ///   - field: the item's full name, for messages.
    ///   - hasFolder: whether there is content beside the definition.
    static func check(_ given: FieldView, _ field: String, hasFolder: Bool, _ check: inout FieldCheck) {
        guard let place = given.place else { return }
        let kinds = ContentSource.kinds.filter { given[$0].isGiven }
        guard kinds.count == 1, let source = decode(given) else {
            let found = kinds.isEmpty ? "none" : kinds.joined(separator: " and ")
            return check.add(
                .error, place, field,
                "found \(found), expected exactly one of \(ContentSource.kinds.joined(separator: ", "))")
        }
        func report(_ severity: DefinitionFinding.Severity, _ name: String, _ message: String) {
            let parts = name.split(separator: ".").map(String.init)
            let view = parts.reduce(given) { $0[$1] }
            check.add(severity, view.place ?? place, "\(field).\(name)", message)
        }
        func expectInside(_ path: String, _ name: String) {
            guard !ContentSource.isInside(path) else { return }
            report(.error, name, "found \"\(path.prefix(60))\", expected a relative path without \"..\"")
        }
        expectInside(source.path, "path")
        expectInside(source.newRootPath, "newRootPath")
        switch source.origin {
        case .git(let url, let reference, _):
            if !isWebAddress(url), !url.hasPrefix("git://") {
                report(
                    .error, "git.url",
                    "found \"\(url.prefix(60))\", expected an address such as \"https://git.example.com/lab.git\"; "
                        + "there are no keys for ssh")
            }
            if reference.hasPrefix("-") {
                report(.error, "git.ref", "found \"\(reference.prefix(60))\", expected a branch, a tag or a commit")
            }
        case .http(let url, let sha256, _):
            if !isWebAddress(url) {
                report(
                    .error, "http.url",
                    "found \"\(url.prefix(60))\", expected an address such as \"https://www.example.com/lab.tar.gz\"")
            }
            if !sha256.isEmpty, sha256.utf8.count != 64 || !sha256.allSatisfy(\.isHexDigit) {
                report(.error, "http.sha256", "expected the 64 hexadecimal digits of a SHA-256 digest")
            }
        case .inline(let files):
            for path in files.keys.sorted() where path.isEmpty || path == "." || !ContentSource.isInside(path) {
                report(
                    .error, "inline.paths",
                    "found \"\(path.prefix(60))\", expected the relative path of a file without \"..\"")
            }
        case .directory(let path): expectInside(path, "directory.path")
        case .elsewhere(let kind):
            if !hasFolder {
                report(
                    .warning, kind, "cannot be fetched on this machine; git, http, inline and directory can")
            }
        }
    }

    private static func isWebAddress(_ text: String) -> Bool { TextRule.webAddress.accepts(text) }
}
