import PortalTesting
import Testing

@testable import Portal

@Suite("Generated values")
struct GeneratedValueTests {
    @Test(
        "A text that was generated matches the expression",
        arguments: [
            "[a-z0-9]{8}", "[A-Z]{2}-\\d{4}", "(red|green|blue)-[0-9]+", "\\w{16}", "a?b*c+", "user[._-]x", "x{2,5}",
            "(?:ab|c){3}", "[^a-y]{4}", "", "^fixed$", "\\[\\]\\.", "(a(b(c|d)){2}){2}", "[a\\d-]{6}",
        ])
    func matches(pattern: String) throws {
        let value = try GeneratedValue(pattern: pattern)
        let expression = try Regex(pattern)
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            let text = value.text(using: &generator)
            let match = try expression.wholeMatch(in: text)
            #expect(match != nil, "\(text) from \(pattern)")
            #expect(text.utf8.count <= GeneratedValue.longest)
        }
    }

    @Test(
        "What cannot be generated from is refused with what is expected",
        arguments: [
            "[a-z", "(a", "a)", "*", "a{2000}", "a{3,1}", "a{x}", "[z-a]", "[]", "(?=a)", "ä", "\\b", "\\",
            "((a{100}){100}){100}", String(repeating: "(", count: 100),
        ])
    func mistakes(pattern: String) {
        #expect(throws: GeneratedValue.Mistake.self) { try GeneratedValue(pattern: pattern) }
    }

    @Test("No text makes the reader of patterns fail otherwise")
    func garbage() {
        let pieces = Array("ab09[](){}|*+?\\^$.-,é ")
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...16, using: &generator)
            let pattern = String((0..<length).compactMap { _ in pieces.randomElement(using: &generator) })
            guard let value = try? GeneratedValue(pattern: pattern) else { continue }
            let text = value.text(using: &generator)
            #expect(text.utf8.count <= GeneratedValue.longest)
        }
    }

    @Test("A parameter is as given, else as declared, else generated")
    func parameters() {
        var workshop = Fixture.workshop("lab-shell")
        workshop.parameters = [
            .init(name: "given", value: "declared", pattern: "[0-9]{4}"), .init(name: "declared", value: "declared"),
            .init(name: "generated", pattern: "[0-9]{4}"), .init(name: "empty"),
        ]
        let values = SessionParameters.values(for: workshop, given: ["given": "mine", "unknown": "x"])
        #expect(values["given"] == "mine" && values["declared"] == "declared" && values["empty"] == "")
        #expect(values["generated"]?.wholeMatch(of: /[0-9]{4}/) != nil)
        #expect(values.count == 4)
    }
}
