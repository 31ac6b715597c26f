import Platform
import Testing

@testable import Portal

@Suite("Where a workshop's files come from")
struct ContentSourceTests {
    private func findings(_ item: String) -> [DefinitionFinding] {
        let text = """
            apiVersion: training.educates.dev/v1beta1
            kind: Workshop
            metadata: {name: lab}
            spec:
              title: T
              description: D
              workshop:
                files:
                - \(item)
            """
        return DefinitionLoader.load(text: Array(text.utf8), file: "f").findings.filter {
            $0.severity != .note && $0.field.hasPrefix("spec.workshop")
        }
    }

    @Test(
        "What cannot be fetched is told with the field",
        arguments: [
            ("git: {url: \"git@github.com:a/b.git\"}", "files[0].git.url"), ("git: {ref: main}", "files[0].git.url"),
            ("git: {url: \"https://h/x.git\", ref: --upload-pack=x}", "files[0].git.ref"),
            ("http: {url: \"ftp://h/x\"}", "files[0].http.url"),
            ("http: {url: \"https://h/x\", sha256: abc}", "files[0].http.sha256"),
            ("inline: {paths: {\"../x\": y}}", "files[0].inline.paths"),
            ("inline: {paths: {\"/x\": y}}", "files[0].inline.paths"),
            ("directory: {path: ../..}", "files[0].directory.path"),
            ("{git: {url: \"https://h/x.git\"}, path: ../x}", "files[0].path"),
            ("{git: {url: \"https://h/x.git\"}, newRootPath: /x}", "files[0].newRootPath"),
            ("image: {url: registry.example.com/x}", "files[0].image"), ("path: x", "files[0]"),
            ("{git: {url: \"https://h/x.git\"}, http: {url: \"https://h/y\"}}", "files[0]"),
        ])
    func mistakes(item: String, field: String) {
        #expect(findings(item).map(\.field).contains("spec.workshop." + field), "\(findings(item))")
        #expect(findings(item).allSatisfy { $0.line >= 8 })
    }

    @Test(
        "What can be fetched is accepted",
        arguments: [
            "git: {url: \"https://h/x.git\", ref: origin/main}", "git: {url: \"git://h/x.git\"}",
            "{http: {url: \"http://h:8080/x.tgz\"}, includePaths: [\"/workshop/**\"], path: a/b}",
            "inline: {paths: {a/b.txt: hello}}", "{directory: {path: exercises}, path: \"./x\"}",
        ])
    func accepted(item: String) { #expect(findings(item).isEmpty) }
}
