import Platform
import Testing

@Suite("YAML that means harm")
struct YAMLHostileTextTests {
    @Test("Aliases of aliases cannot unfold without end")
    func aliasBomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            let uses = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(uses)]\n"
        }
        let stream = YAMLStream(parsing: text)
        #expect(stream.documents.isEmpty)
        #expect(stream.problems.count == 1)
        #expect(stream.problems.first?.message.hasPrefix("the documents unfold to too much") == true)
    }

    @Test("A long text used many times counts as often as it is used")
    func longAlias() {
        let uses = Array(repeating: "*a", count: 1000).joined(separator: ", ")
        let stream = YAMLStream(parsing: "a: &a \(String(repeating: "x", count: 1 << 20))\nb: [\(uses)]\n")
        #expect(stream.problems.first?.message.hasPrefix("the documents unfold to too much") == true)
    }

    @Test("Aliases cannot build a tree deeper than the limit")
    func aliasDepth() {
        var text = "a0: &a0 [x]\n"
        for level in 1...100 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        let message = YAMLStream(parsing: text).problems.first?.message
        #expect(message == "found more than 64 lists and mappings inside each other")
    }

    @Test(
        "Nesting without end is refused early",
        arguments: ["[", "{a: ", "- ", "? ", "{? ", "[{", "&a [", "!t [", "- ? "])
    func nesting(unit: String) {
        let stream = YAMLStream(parsing: String(repeating: unit, count: (4 << 20) / unit.utf8.count))
        #expect(stream.documents.isEmpty)
        #expect(stream.problems.count == 1)
    }

    @Test(
        "Much of anything ends soon",
        arguments: [
            "a: 1\n", "- a\n", "a\n", "\n", "#\n", "#", "---\n", "...\n", "%TAG !a! x\n", "%YAML 1.2\n", "!a ", "&a ",
            "*a ", "\"", "'", "\\", "a: |\n", ": ", "a", "a ", ",", "]", "%", "\t", "\r", "\r\n", "\u{FEFF}", "é",
            "é: é\n",
            "? a\n: b\n", "<<: {}\n", "--- !t\n", "--- |\n a\n", ">\n", "[a]: b\n", "a: &a\n",
        ])
    func volume(unit: String) {
        let text = String(repeating: unit, count: (1 << 20) / unit.utf8.count)
        let clock = ContinuousClock()
        let time = clock.measure { _ = YAMLStream(parsing: text) }
        #expect(time < .seconds(10), "\(unit.debugDescription) took \(time)")
    }

    @Test(
        "Many names of one kind end soon",
        arguments: ["%TAG !a#! x\n", "a#: 1\n", "- &a# x\n", "? a#\n", "{a#: 1}: b\n", "%TAG !a#! x\u{2028}"])
    func names(pattern: String) {
        var text = ""
        var number = 0
        while text.utf8.count < (1 << 20) - 40 {
            text += pattern.split(separator: "#", omittingEmptySubsequences: false).joined(separator: String(number))
            number += 1
        }
        let time = ContinuousClock().measure { _ = YAMLStream(parsing: text) }
        #expect(time < .seconds(10), "\(pattern.debugDescription) took \(time)")
    }

    @Test("A file above the limit is refused without being read")
    func size() {
        let stream = YAMLStream(parsing: [UInt8](repeating: 65, count: 10 << 20))
        #expect(stream.documents.isEmpty)
        #expect(
            stream.problems.map(\.description) == ["1:1: the file has 10485760 bytes, expected at most 4194304"])
    }

    @Test("Bytes that are not UTF-8 are told of with their place")
    func encoding() {
        let stream = YAMLStream(parsing: Array("a: 1\nb: ".utf8) + [0xFF, 0x0A])
        #expect(
            stream.problems.map(\.description) == [
                "2:4: found bytes that are not UTF-8 (invalid leading UTF-8 octet), expected text in UTF-8"
            ])
        #expect(
            YAMLStream(parsing: [0xFF, 0xFE, 0x61, 0x00]).problems.map(\.message) == [
                "found UTF-16, expected text in UTF-8"
            ])
        for bytes in [[0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]] {
            #expect(YAMLStream(parsing: Array("a: ".utf8) + bytes).problems.count == 1)
        }
    }

    @Test("A byte order mark and Windows line ends change neither values nor places")
    func windowsFiles() {
        let stream = YAMLStream(parsing: "\u{FEFF}a: 1\r\nb:\r\n  c: x\r\n")
        #expect(stream.problems == [])
        #expect(stream.documents.first?["a"]?.place == YAMLPlace(line: 1, column: 4))
        #expect(stream.documents.first?["b"]?["c"]?.text == "x")
        #expect(stream.documents.first?["b"]?["c"]?.place == YAMLPlace(line: 3, column: 6))
    }

    @Test("Random text of YAML's own signs never crashes", arguments: 0..<8)
    func garbage(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let parts = [
            "a", "b: ", "- ", "\n", "  ", "[", "]", "{", "}", ",", ":", "? ", "&x ", "*x", "!!str ", "|", ">", "\"",
            "'",
            "#", "---\n", "...\n", "%", "\t", "\r\n", "<<: ", "~", "0x", "1", "\u{0}", "é", "\u{2028}", "\\u0041",
        ]
        for _ in 0..<2000 {
            var text = ""
            for _ in 0..<Int.random(in: 0..<60, using: &random) { text += parts.randomElement(using: &random) ?? "" }
            let stream = YAMLStream(parsing: text)
            for problem in stream.problems { #expect(problem.place.line >= 1 && problem.place.column >= 1) }
        }
        for _ in 0..<2000 {
            let count = Int.random(in: 0..<80, using: &random)
            _ = YAMLStream(parsing: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }
}

/// The same numbers for the same seed (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
