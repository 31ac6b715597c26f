import Platform
import Testing

@Suite("YAML trees")
struct YAMLTreeTests {
    @Test("Every value and key has its line and column")
    func places() throws {
        let text = """
            # a comment
            portal:
              title: "Labs"
              list:
              - one
              - {a: 1, b: [x]}
            """
        let root = try #require(try YAMLNode.parse(text))
        let portal = try #require(root["portal"])
        #expect(portal.place == YAMLPlace(line: 3, column: 3))
        #expect(portal["title"]?.place == YAMLPlace(line: 3, column: 10))
        #expect(portal.mapping?[1].keyPlace == YAMLPlace(line: 4, column: 3))
        let second = try #require(portal["list"]?.sequence?[1])
        #expect(second.place == YAMLPlace(line: 6, column: 5))
        #expect(second["b"]?.sequence?[0].place == YAMLPlace(line: 6, column: 16))
    }

    @Test(
        "Plain scalars have the types of the core schema",
        arguments: [
            ("", .null), ("~", .null), ("null", .null), ("Null", .null), ("nULL", .text("nULL")),
            ("true", .boolean(true)), ("FALSE", .boolean(false)), ("tRue", .text("tRue")), ("yes", .text("yes")),
            ("on", .text("on")), ("0", .integer(0)), ("-12", .integer(-12)), ("+7", .integer(7)), ("007", .integer(7)),
            ("0x1F", .integer(31)), ("0o17", .integer(15)), ("0x", .text("0x")), ("0b1", .text("0b1")),
            ("1_000", .text("1_000")), ("12:30", .text("12:30")), ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .number(9.223372036854775808e18)), ("1.5", .number(1.5)), (".5", .number(0.5)),
            ("5.", .number(5)), ("1e3", .number(1000)), ("1.e-1", .number(0.1)), (".", .text(".")), ("-", .text("-")),
            ("+", .text("+")), ("1e", .text("1e")), (".inf", .number(.infinity)), ("-.INF", .number(-.infinity)),
            ("inf", .text("inf")), ("1.2.3", .text("1.2.3")), ("15m", .text("15m")), ("٣", .text("٣")),
        ] as [(String, YAMLScalar.Value)])
    func coreSchema(text: String, value: YAMLScalar.Value) {
        #expect(YAMLScalar(text, isPlain: true).value == value)
        #expect(YAMLScalar(text, isPlain: false).value == .text(text))
    }

    @Test("Not-a-number is a number")
    func notANumber() {
        guard case .number(let number) = YAMLScalar(".nan", isPlain: true).value else {
            Issue.record("expected a number")
            return
        }
        #expect(number.isNaN)
    }

    @Test("Quotes, blocks and tags make text of what looks like a number")
    func styles() throws {
        let text = """
            double: "1"
            single: 'true'
            literal: |
              5
            folded: >-
              a
              b
            tagged: !!str 5
            forced: !!int "5"
            plain: 5
            """
        let root = try #require(try YAMLNode.parse(text))
        #expect(root["double"]?.scalar?.value == .text("1"))
        #expect(root["single"]?.scalar?.value == .text("true"))
        #expect(root["literal"]?.scalar?.value == .text("5\n"))
        #expect(root["folded"]?.scalar?.value == .text("a b"))
        #expect(root["tagged"]?.scalar?.value == .text("5"))
        #expect(root["forced"]?.scalar?.value == .integer(5))
        #expect(root["plain"]?.scalar?.value == .integer(5))
        #expect(root["plain"]?.text == "5")
    }

    @Test("A stream may hold several documents, and empty ones do not count")
    func documents() {
        let stream = YAMLStream(parsing: "---\na: 1\n---\n# nothing\n---\n~\n---\nb: 2\n...\n")
        #expect(stream.problems == [])
        #expect(stream.documents.map(\.place.line) == [2, 8])
        #expect(stream.documents.last?["b"]?.text == "2")
        #expect(YAMLStream(parsing: "").documents.isEmpty)
        #expect(YAMLStream(parsing: "# only a comment").documents.isEmpty)
    }

    @Test("An alias is the anchored value, and merged mappings give way to what is written out")
    func aliases() throws {
        let text = """
            base: &base {cpu: 1, memory: 2}
            more: &more {memory: 3, disk: 4}
            copy: *base
            both:
              <<: [*base, *more]
              cpu: 9
            """
        let root = try #require(try YAMLNode.parse(text))
        #expect(root["copy"]?["memory"]?.text == "2")
        #expect(root["copy"]?.place.line == 1)
        #expect(root["both"]?.mapping?.map(\.key) == ["cpu", "memory", "disk"])
        #expect(root["both"]?.mapping?.map(\.value.text) == ["9", "2", "4"])
    }

    @Test("Anchors end with their document")
    func anchorScope() {
        let stream = YAMLStream(parsing: "a: &x 1\n---\nb: *x\n")
        #expect(stream.documents.count == 1)
        #expect(
            stream.problems.map(\.description) == ["3:4: found the alias *x, expected an anchor &x that ends before it"]
        )
    }

    @Test(
        "A mistake is told with its place, what was found and what is expected",
        arguments: [
            ("a: 1\nb: 2\na: 3\n", #"3:1: found the key "a" twice in one mapping, first in line 1"#),
            ("? [a]\n: 1\n", "1:3: found a list as a key, expected text"),
            ("a: &a [*a]\n", "1:8: found the alias *a, expected an anchor &a that ends before it"),
            ("a:\n\tb: 1\n", "2:1: found a tab, expected spaces for indentation"),
            ("a:\n  \tb: 1\n", "2:3: found a tab, expected spaces for indentation"),
            ("a: @b\n", #"1:4: found "@" at the start of a text, expected quotes around the text"#),
            ("a: `b`\n", #"1:4: found "`" at the start of a text, expected quotes around the text"#),
            (
                "a: b: c\n",
                #"1:5: found ":" where no key can stand, expected a line indented as the one before it,"#
                    + #" or quotes around a text that holds ": ""#
            ),
            ("a: \u{0}b\n", "1:4: found the control character U+0000, expected text"),
            ("a: 1\nb: \u{7}\n", "2:4: found the control character U+0007, expected text"),
            (
                "a: [1, 2\nb: 3\n",
                "2:2: not valid YAML: did not find expected ',' or ']'"
                    + " (while parsing a flow sequence that begins at line 1, column 4)"
            ),
        ])
    func mistakes(text: String, message: String) {
        #expect(YAMLStream(parsing: text).problems.map(\.description) == [message])
    }

    @Test("Duplicate keys are told of all at once and the first value counts")
    func duplicates() {
        let stream = YAMLStream(parsing: "a: 1\na: 2\nb: {c: 1, c: 2}\nb: 3\n")
        #expect(stream.problems.map(\.place.line) == [2, 3, 4])
        #expect(stream.documents.first?["a"]?.text == "1")
    }

    @Test("Reading one document refuses a second")
    func singleDocument() throws {
        #expect(try YAMLNode.parse("# nothing") == nil)
        #expect(throws: YAMLProblem.self) { try YAMLNode.parse("a: 1\n---\nb: 2\n") }
        #expect(throws: YAMLProblem.self) { try YAMLNode.parse("a: 'b") }
    }
}
