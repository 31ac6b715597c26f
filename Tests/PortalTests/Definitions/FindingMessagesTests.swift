import Platform
import Portal
import Testing

/// What a definition of the given text leads to, one line a finding, without the file's name.
func messages(_ text: String) -> [String] {
    DefinitionLoader.load(text: Array(text.utf8), file: "f", requiresPortal: false).findings.map {
        String($0.text.dropFirst(2))
    }
}

private let workshop = """
    apiVersion: training.educates.dev/v1beta1
    kind: Workshop
    metadata:
      name: shell
    spec:
      title: Shell
      description: Find your way.
      session:
        applications:
          workshop: {enabled: false}
    ---

    """
private let workshopLines = 11

/// A portal with the given lines under `spec.portal`, after a workshop `shell`; line numbers count from `spec`.
private func portalMessages(_ portal: String, entry: String = "capacity: 5") -> [String] {
    let indented = portal.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
    let text =
        workshop + """
            apiVersion: training.educates.dev/v1beta1
            kind: TrainingPortal
            metadata:
              name: labs
            spec:
              workshops:
              - name: shell
            \(entry.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n"))
              portal:
            \(indented)

            """
    return messages(text)
}

@Suite("Messages about definitions")
struct FindingMessagesTests {
    @Test("A field of the portal that is wrong is named with what was found and what is expected")
    func portalFields() {
        let found = portalMessages(
            """
            title: 5
            sessions:
              maximun: 10
              registered: -1
            """)
        #expect(
            found == [
                #"21:12: error: spec.portal.title: found the number 5, expected text; write it in quotes: "5""#,
                #"23:7: warning: spec.portal.sessions.maximun: unknown field; did you mean "maximum"?"#,
                "24:19: error: spec.portal.sessions.registered: found the number -1, "
                    + "expected a whole number from 0 to 1000000",
            ])
    }
}
