import Foundation
import Platform
import Testing

@testable import Portal

/// A folder of its own for one test, removed with it.
private final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("definitions-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.resolvingSymlinksInPath().path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }
}

private func portal(_ name: String = "labs", workshop: String = "shell", more: String = "") -> String {
    """
    apiVersion: training.educates.dev/v1beta1
    kind: TrainingPortal
    metadata: {name: \(name)}
    spec:
      portal:
        sessions: {maximum: 5}
        registration: {type: anonymous}
        launches: {allowedOrigins: ["https://a.example"]}
        workshop: {defaults: {expires: 1h}}
        \(more)
      workshops: [{name: \(workshop)}]

    """
}

private func workshop(_ name: String = "shell", title: String = "Shell") -> String {
    """
    apiVersion: training.educates.dev/v1beta1
    kind: Workshop
    metadata: {name: \(name)}
    spec: {title: \(title), description: Find your way.}

    """
}

@Suite("Definition files")
struct DefinitionFilesTests {
    @Test("A folder is searched for resources, and a workshop's content is where its definition says")
    func folder() throws {
        let folder = try TemporaryFolder()
        try folder.write("portal.yaml", portal() + "---\napiVersion: v1\nkind: Namespace\n")
        try folder.write("shell/resources/workshop.yaml", workshop())
        try folder.write("shell/workshop/content/01.md", "# One")
        try folder.write("shell/workshop/sample.yaml", "a: [")
        try folder.write(".git/config.yaml", "a: [")
        try folder.write("chart/templates/x.yml", "{{ if .Values }}: [\n")
        let load = DefinitionLoader.load(paths: [folder.path])
        #expect(load.problems.map(\.text) == [])
        #expect(load.portal?.name == "labs")
        #expect(load.workshops["shell"]?.contentFolder == folder.path + "/shell")
        #expect(load.watchedPaths == [folder.path, folder.path + "/shell"])
        #expect(load.findings.map(\.file) == [folder.path + "/chart/templates/x.yml"])
    }

    @Test("A definition beside its pages finds them, one without stands alone")
    func contentFolders() throws {
        let folder = try TemporaryFolder()
        try folder.write("a/shell.yaml", workshop("a"))
        try folder.write("a/workshop/content/01.md", "")
        try folder.write("b/shell.yaml", workshop("b"))
        try folder.write("c/resources/other.yaml", workshop("c"))
        try folder.write("c/workshop/config.yaml", "")
        let load = DefinitionLoader.load(paths: [folder.path], requiresPortal: false)
        #expect(
            load.workshops.mapValues(\.contentFolder) == ["a": folder.path + "/a", "b": "", "c": folder.path + "/c"])
        #expect(load.findings.map(\.file) == [folder.path + "/b/shell.yaml"])
    }

    @Test("The revision follows the definition's meaning and the content's bytes, and nothing else")
    func revision() throws {
        let folder = try TemporaryFolder()
        func revision() -> String? {
            DefinitionLoader.load(paths: [folder.path], requiresPortal: false).workshops["shell"]?.revision
        }
        try folder.write("resources/workshop.yaml", workshop())
        try folder.write("workshop/content/01.md", "# One")
        let first = revision()
        try folder.write("resources/workshop.yaml", "# a comment\n" + workshop() + "---\n" + workshop("other"))
        #expect(first != nil && revision() == first)
        try folder.write("workshop/content/01.md", "# Two")
        let second = revision()
        #expect(second != first)
        try folder.write("exercise.txt", "new")
        let third = revision()
        #expect(third != second)
        try folder.write("resources/workshop.yaml", workshop(title: "Other"))
        #expect(revision() != third)
    }

    @Test("Which portal is meant must be clear")
    func whichPortal() throws {
        let folder = try TemporaryFolder()
        try folder.write("shell.yaml", workshop())
        try folder.write("workshop/content/01.md", "")
        #expect(
            DefinitionLoader.load(paths: [folder.path]).problems.map(\.text) == [
                "error: found no TrainingPortal, expected one in the given paths"
            ])
        #expect(!DefinitionLoader.load(paths: [folder.path], requiresPortal: false).hasErrors)
        try folder.write("a.yaml", portal("one"))
        try folder.write("b.yaml", portal("two"))
        let several = DefinitionLoader.load(paths: [folder.path])
        #expect(several.portal == nil)
        #expect(
            several.problems.map(\.text) == [
                "\(folder.path)/b.yaml:3:18: error: metadata.name: found another TrainingPortal, \"two\", expected one; "
                    + "the first is \"one\" in \(folder.path)/a.yaml:3"
            ])
        #expect(DefinitionLoader.load(paths: [folder.path], portal: "two").portal?.name == "two")
        #expect(
            DefinitionLoader.load(paths: [folder.path], portal: "three").problems.map(\.text) == [
                #"error: found no TrainingPortal "three", only "one", "two""#
            ])
    }

    @Test("A workshop that is given twice, or not at all, is told of")
    func workshops() throws {
        let folder = try TemporaryFolder()
        try folder.write("workshop/content/01.md", "")
        try folder.write("a.yaml", workshop())
        try folder.write("b.yaml", workshop())
        try folder.write("c.yaml", portal(workshop: "shall") + "---\n" + workshop("unused"))
        #expect(
            DefinitionLoader.load(paths: [folder.path]).findings.map(\.text) == [
                "\(folder.path)/a.yaml:3:18: note: metadata.name: the portal \"labs\" does not list this workshop",
                "\(folder.path)/b.yaml:3:18: error: metadata.name: found the workshop \"shell\" twice, "
                    + "first in \(folder.path)/a.yaml:3",
                "\(folder.path)/c.yaml:11:22: error: spec.workshops[0].name: found \"shall\", but no Workshop of that name "
                    + "was given; did you mean \"shell\"?",
                "\(folder.path)/c.yaml:15:18: note: metadata.name: the portal \"labs\" does not list this workshop",
            ])
    }

    @Test("A path that cannot be read says why")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        try folder.write("large.yaml", String(repeating: "a", count: (4 << 20) + 1))
        try folder.write("empty.yaml", "# nothing")
        mkfifo(folder.path + "/pipe.yaml", 0o600)
        symlink(folder.path, folder.path + "/loop")
        symlink("loop.yaml", folder.path + "/loop.yaml")
        func texts(_ name: String) -> [String] {
            DefinitionLoader.load(paths: ["\(folder.path)/\(name)"], requiresPortal: false).findings.map {
                $0.text.replacing(folder.path, with: "")
            }
        }
        let nothing = "error: found no TrainingPortal and no Workshop in the given paths"
        #expect(texts("missing") == ["/missing: error: no such file or folder"])
        #expect(
            texts("pipe.yaml") == [
                "/pipe.yaml: error: is no regular file, expected a YAML file or a folder with YAML files"
            ])
        #expect(texts("large.yaml") == ["/large.yaml: error: has 4194305 bytes, expected at most 4194304"])
        #expect(texts("empty.yaml") == [nothing, "/empty.yaml: warning: holds no YAML document"])
        // In a folder, none of these stops anybody, and links in a circle do not keep the search from ending.
        #expect(
            DefinitionLoader.load(paths: [folder.path], requiresPortal: false).findings.map {
                $0.text.replacing(folder.path, with: "")
            } == [
                nothing, "/large.yaml: warning: has 4194305 bytes, expected at most 4194304",
                "/pipe.yaml: warning: is no regular file, expected a YAML file or a folder with YAML files",
            ])
    }

    @Test("One file given twice is read once")
    func twice() throws {
        let folder = try TemporaryFolder()
        try folder.write("workshop/content/01.md", "")
        try folder.write("a.yaml", portal() + "---\n" + workshop())
        let load = DefinitionLoader.load(paths: [folder.path, folder.path + "/a.yaml", folder.path + "/./a.yaml"])
        #expect(load.findings == [] && load.files.count == 1)
    }

    @Test("A theme is read from its folder beside the definition", arguments: ["harbour", "themes/harbour"])
    func theme(place: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("workshop/content/01.md", "")
        try folder.write("a.yaml", portal(more: "theme: {name: harbour}") + "---\n" + workshop())
        #expect(
            DefinitionLoader.load(paths: [folder.path]).findings.map(\.message) == [
                "found no folder \"harbour\" or \"themes/harbour\" beside the definition; the built-in theme is used"
            ])
        try folder.write("\(place)/training-portal.css", "body {}")
        try folder.write("\(place)/training-portal.html", "<meta name=a>")
        let load = DefinitionLoader.load(paths: [folder.path])
        #expect(load.findings == [])
        #expect(load.portal?.theme.css == "body {}")
        #expect(load.portal?.theme.javascript == "")
        #expect(load.portal?.theme.html == "<meta name=a>")
        #expect(load.watchedPaths.contains("\(folder.path)/\(place)"))
    }

    @Test("The fingerprint changes with every write, addition, removal and replacement")
    func fingerprint() throws {
        let folder = try TemporaryFolder()
        func fingerprint() -> DefinitionFingerprint { DefinitionFingerprint(watching: [folder.path]) }
        try folder.write("a.yaml", "one")
        var seen = [fingerprint()]
        #expect(fingerprint() == seen[0])
        try folder.write("a.yaml", "other")
        seen.append(fingerprint())
        try folder.write("workshop/content/b.md", "")
        seen.append(fingerprint())
        try FileManager.default.removeItem(atPath: folder.path + "/a.yaml")
        seen.append(fingerprint())
        symlink("workshop/content/b.md", folder.path + "/a.yaml")
        seen.append(fingerprint())
        for index in seen.indices.dropFirst() { #expect(seen[index] != seen[index - 1], "step \(index)") }
        #expect(DefinitionFingerprint(watching: [folder.path + "/missing"]) != fingerprint())
    }

    @Test("The examples are sound")
    func examples() {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
        let load = DefinitionLoader.load(paths: [
            root.standardizedFileURL.appendingPathComponent("Examples/portal").path
        ])
        #expect(load.problems.map(\.text) == [])
        #expect(load.workshops.count >= 3)
        #expect(load.workshops.values.allSatisfy { !$0.contentFolder.isEmpty })
    }
}
