import Testing

@testable import Portal

@Suite("What a workshop says about its learners' servers")
struct IngressRulesTests {
    private func findings(_ session: String) -> [String] {
        let text = """
            apiVersion: training.educates.dev/v1beta1
            kind: Workshop
            metadata: {name: lab}
            spec: {title: T, description: D, session: {\(session)}}
            """
        return DefinitionLoader.load(text: Array(text.utf8), file: "f", requiresPortal: false).findings
            .filter { $0.field.hasPrefix("spec.session") }.map { "\($0.severity) \($0.field): \($0.message)" }
    }

    @Test("What works is not spoken of: several paths of one name, the session's own host")
    func fine() {
        #expect(
            findings(
                "ingresses: [{name: app, port: 3000}, {name: app, port: 3001, path: /api/, host: localhost},"
                    + " {name: api, port: 1, headers: [{name: X-A, value: b}], pathRewrite: [{pattern: ^/a}]}]"
            ).isEmpty)
        #expect(findings("applications: {workshop: {path: workshop/public}}").isEmpty)
        #expect(findings("applications: {workshop: {proxy: {host: localhost, port: 8000}}}").isEmpty)
    }

    @Test(
        "What does not is told where it stands",
        arguments: [
            ("{name: app}, {name: app}", "warning", "[1].name", "twice with the same path"),
            ("{name: instructions}", "error", "[0].name", "expected another name"),
            ("{name: lab-w01-s001}", "error", "[0].name", "looks like a session's name"),
            ("{name: a-very-long-name-for-a-small-server}", "warning", "[0].name", "longer than a host's name"),
            ("{name: app, host: example.com}", "warning", "[0].host", "a session has no network"),
            (
                "{name: app, headers: [{name: Connection, value: x}]}", "error", "[0].headers[0].name",
                "about the connection"
            ),
            ("{name: app, headers: [{name: a b, value: x}]}", "error", "[0].headers[0].name", "expected a field"),
            ("{name: app, pathRewrite: [{pattern: (}]}", "error", "[0].pathRewrite[0].pattern", "a regular expression"),
            ("{name: app, protocol: https, headers: [{name: A, value: b}]}", "note", "[0].headers", "without effect"),
        ])
    func wrong(entries: String, severity: String, field: String, message: String) {
        let found = findings("ingresses: [\(entries)]")
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hasPrefix("\(severity) spec.session.ingresses\(field): ") == true)
        #expect(found.first?.contains(message) == true)
    }

    @Test("More servers than sockets are too many, and instructions stay in the workshop")
    func limits() {
        let many = (1...33).map { "{name: a\($0), port: \($0)}" }.joined(separator: ", ")
        #expect(
            findings("ingresses: [\(many)]") == ["error spec.session.ingresses: found 33 entries, expected 32 at most"])
        #expect(findings("applications: {workshop: {path: ../other}}").count == 1)
        #expect(findings("applications: {workshop: {proxy: {host: docs.example.com}}}").count == 1)
    }
}
