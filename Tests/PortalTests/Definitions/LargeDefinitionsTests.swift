import Portal
import Testing

@Suite("Large definitions")
struct LargeDefinitionsTests {
    private static let portal = """
        apiVersion: training.educates.dev/v1beta1
        kind: TrainingPortal
        metadata: {name: labs}
        spec:

        """

    private static func lines(_ count: Int, _ line: (Int) -> String) -> String {
        (0..<count).map(line).joined(separator: "\n")
    }

    /// A quarter of a megabyte each, of what a definition may hold much of.
    private static let shapes: [(name: String, text: String)] = [
        ("entries", portal + "  workshops:\n" + lines(10_000) { "  - {name: w\($0)}" }),
        ("unknown fields", portal + lines(15_000) { "  titel\($0): x" }),
        ("labels", portal + "  portal:\n    labels:\n" + lines(10_000) { "    - {name: l\($0)}" }),
        ("equal labels", portal + "  portal:\n    labels:\n" + lines(10_000) { _ in "    - {name: l}" }),
        ("variables", portal + "  workshops:\n  - name: w\n    env:\n" + lines(10_000) { "    - {name: v\($0)}" }),
        ("empty items", portal + "  workshops:\n" + lines(25_000) { _ in "  -" }),
        (
            "workshops",
            lines(2000) {
                """
                ---
                apiVersion: training.educates.dev/v1beta1
                kind: Workshop
                metadata: {name: w\($0)}
                spec: {title: T, description: D}
                """
            }
        ),
        ("documents", lines(15_000) { "--- {a: \($0)}" }),
    ]

    @Test("They are read, or refused, in a time that grows with their size only", arguments: shapes.map(\.name))
    func time(name: String) throws {
        let shape = try #require(Self.shapes.first { $0.name == name })
        let time = ContinuousClock().measure {
            _ = DefinitionLoader.load(text: Array(shape.text.utf8), file: "f")
        }
        #expect(time < .seconds(10), "\(name) took \(time)")
    }
}
