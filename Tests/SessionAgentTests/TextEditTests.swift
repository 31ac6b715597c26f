import PortalTesting
import Testing

@testable import SessionAgent

/// spec/dashboard.md section 6, the actions that change lines and matches.
@Suite("Changes of texts") struct TextEditTests {
    typealias Edit = (TextLines) throws(EditProblem) -> TextEdit

    private static let poem = "one\ntwo\nthree\ntwo again\nfive\n"

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let before: String
        let after: String
        let edit: @Sendable (TextLines) throws(EditProblem) -> TextEdit
        var testDescription: String { name }
        init(
            _ name: String, _ before: String, _ after: String,
            _ edit: @escaping @Sendable (TextLines) throws(EditProblem) -> TextEdit
        ) {
            self.name = name
            self.before = before
            self.after = after
            self.edit = edit
        }
    }

    static let cases: [Case] = [
        Case("append", "a\n", "a\nb\n") { TextEdit.append("b", to: $0) },
        Case("append to a text whose last line has no end", "a", "a\nb\n") { TextEdit.append("b\n", to: $0) },
        Case("append to nothing", "", "b\n") { TextEdit.append("b\n", to: $0) },
        Case("append with the file's line breaks", "a\r\n", "a\r\nb\r\nc\r\n") { TextEdit.append("b\nc", to: $0) },
        Case("prepend", "a\n", "b\na\n") { TextEdit.prepend("b\n", to: $0) },
        Case("insert before a line", poem, "one\nnew\ntwo\nthree\ntwo again\nfive\n") { t throws(EditProblem) in
            try TextEdit.insert("new", beforeLine: 2, in: t)
        },
        Case("insert before the line after the last", "a\n", "a\nb\n") { t throws(EditProblem) in
            try TextEdit.insert("b\n", beforeLine: 2, in: t)
        },
        Case("insert before a line beyond the end", "a\n", "a\n\n\nb\n") { t throws(EditProblem) in
            try TextEdit.insert("b\n", beforeLine: 4, in: t)
        },
        Case("append after a line", poem, "one\ntwo\nnew\nthree\ntwo again\nfive\n") { t throws(EditProblem) in
            try TextEdit.append("new\n", afterLine: 2, in: t)
        },
        Case("append after line 0", "a\n", "b\na\n") { t throws(EditProblem) in
            try TextEdit.append("b", afterLine: 0, in: t)
        },
        Case("insert before a match", poem, "one\nnew\ntwo\nthree\ntwo again\nfive\n") { t throws(EditProblem) in
            try TextEdit.insert("new\n", beforeMatch: " two\n", in: t)
        },
        Case("append after a match", poem, "one\ntwo\nthree\nnew\ntwo again\nfive\n") { t throws(EditProblem) in
            try TextEdit.append("new\n", afterMatch: "hree", in: t)
        },
        Case("append after a match of two lines", poem, "one\ntwo\nthree\nnew\ntwo again\nfive\n") {
            t throws(EditProblem) in try TextEdit.append("new\n", afterMatch: "two\nthree\n", in: t)
        },
        Case("delete a line", poem, "one\nthree\ntwo again\nfive\n") { t throws(EditProblem) in
            try TextEdit.deleteLines(from: 2, to: nil, in: t)
        },
        Case("delete lines to the end and beyond", poem, "one\n") { t throws(EditProblem) in
            try TextEdit.deleteLines(from: 2, to: 99, in: t)
        },
        Case("delete lines named backwards", poem, "one\nfive\n") { t throws(EditProblem) in
            try TextEdit.deleteLines(from: 4, to: 2, in: t)
        },
        Case("delete the lines of a match", poem, "one\nthree\ntwo again\nfive\n") { t throws(EditProblem) in
            try TextEdit.deleteLines(holding: "two", isExpression: false, before: 0, after: 0, in: t)
        },
        Case("delete the lines around a match", poem, "five\n") { t throws(EditProblem) in
            try TextEdit.deleteLines(holding: "^two a", isExpression: true, before: -1, after: 0, in: t)
        },
        Case("delete all lines after a match", poem, "one\n") { t throws(EditProblem) in
            try TextEdit.deleteLines(holding: "two", isExpression: false, before: 0, after: -1, in: t)
        },
        Case("replace lines", poem, "one\nnew\nfive\n") { t throws(EditProblem) in
            try TextEdit.replaceLines(from: 2, to: 4, with: "new", in: t)
        },
        Case("replace the last line, which has no end", "a\nb", "a\nc") { t throws(EditProblem) in
            try TextEdit.replaceLines(from: 2, to: 2, with: "c\n", in: t)
        },
        Case("replace one match", poem, "one\n2\nthree\ntwo again\nfive\n") { t throws(EditProblem) in
            try TextEdit.replaceMatches(.init(pattern: "two"), with: "2", count: 1, in: t)
        },
        Case("replace all matches", "aa a\na\n", "bb b\nb\n") { t throws(EditProblem) in
            try TextEdit.replaceMatches(.init(pattern: "a"), with: "b", count: -1, in: t)
        },
        Case("replace two matches", "a a a\n", "b b a\n") { t throws(EditProblem) in
            try TextEdit.replaceMatches(.init(pattern: "a"), with: "b", count: 2, in: t)
        },
        Case("replace a group", "image: nginx:1.19\n", "image: redis:7\n") { t throws(EditProblem) in
            try TextEdit.replaceMatches(
                .init(pattern: "image: (.*)", isExpression: true, group: 1), with: "redis:7", count: 1, in: t)
        },
        Case("a replacement is what it is", "a\n", "$1\\1&\n") { t throws(EditProblem) in
            try TextEdit.replaceMatches(.init(pattern: "(a)", isExpression: true), with: "$1\\1&", count: 1, in: t)
        },
        Case("replace within lines 3 to before 5", poem, "one\ntwo\nthree\n2 again\nfive\n") { t throws(EditProblem) in
            try TextEdit.replaceMatches(.init(pattern: "two", start: 3, stop: 5), with: "2", count: -1, in: t)
        },
        Case("replace within the last two lines", poem, "one\ntwo\nthree\n2 again\nfive\n") { t throws(EditProblem) in
            try TextEdit.replaceMatches(.init(pattern: "two", start: -2), with: "2", count: -1, in: t)
        },
        Case("replace before the last two lines", poem, "one\n2\nthree\ntwo again\nfive\n") { t throws(EditProblem) in
            try TextEdit.replaceMatches(.init(pattern: "two", stop: -2), with: "2", count: -1, in: t)
        },
        Case("an expression stays within a line", "a b\nc\n", "-\n-\n") { t throws(EditProblem) in
            try TextEdit.replaceMatches(.init(pattern: "[^x]+", isExpression: true), with: "-", count: -1, in: t)
        },
        Case("an expression that asks for line breaks crosses them", "a\nb\nc\n", "-c\n") { t throws(EditProblem) in
            try TextEdit.replaceMatches(.init(pattern: "^a\\nb\\n", isExpression: true), with: "-", count: 1, in: t)
        },
        Case("nothing is matched once only", "ab\n", "-\n") { t throws(EditProblem) in
            try TextEdit.replaceMatches(.init(pattern: ".*", isExpression: true), with: "-", count: -1, in: t)
        },
        Case("the beginnings of lines", "a\né\n", "> a\n> é\n") { t throws(EditProblem) in
            try TextEdit.replaceMatches(.init(pattern: "^", isExpression: true), with: "> ", count: -1, in: t)
        },
        Case("letters beyond ASCII", "naïve café\n", "naïve bar\n") { t throws(EditProblem) in
            try TextEdit.replaceMatches(.init(pattern: "c.f.$", isExpression: true), with: "bar", count: 1, in: t)
        },
    ]

    @Test("Lines and matches are changed as the table says", arguments: cases)
    func table(_ one: Case) throws {
        let edit = try one.edit(TextLines(one.before))
        #expect(String(decoding: edit.bytes, as: UTF8.self) == one.after)
        #expect(edit.changed.upperBound <= edit.bytes.count)
    }

    @Test(
        "What cannot be done is said",
        arguments: [
            ("not there", EditProblem.Kind.notFound), ("(", .fields), ("(a+)+$", .fields), ("", .fields),
        ])
    func problems(_ pattern: String, _ kind: EditProblem.Kind) {
        let text = TextLines(String(repeating: "a", count: 60) + "b\n")
        let problem = #expect(throws: EditProblem.self) {
            try TextEdit.replaceMatches(
                .init(pattern: pattern, isExpression: pattern != "not there"), with: "", count: -1, in: text)
        }
        #expect(problem?.kind == kind)
    }

    @Test("A regular expression cannot hold up the agent, however many lines there are")
    func slowExpressions() {
        let text = TextLines(String(repeating: String(repeating: "a", count: 40) + "b\n", count: 5000))
        let clock = ContinuousClock()
        let time = clock.measure {
            _ = try? TextEdit.replaceMatches(
                .init(pattern: "(a|aa)+$", isExpression: true), with: "", count: -1, in: text)
        }
        #expect(time < .seconds(3))
    }

    @Test("Matching text is selected, with whole lines around it when asked")
    func selectMatches() throws {
        let text = TextLines(Self.poem)
        func selected(_ search: TextEdit.Search, _ before: Int?, _ after: Int?) throws -> String {
            let range = try TextEdit.selectMatch(search, before: before, after: after, in: text)
            return String(decoding: text.bytes[range], as: UTF8.self)
        }
        let plain = try selected(.init(pattern: "two a"), nil, nil)
        #expect(plain == "two a")
        let line = try selected(.init(pattern: "two a"), 0, 0)
        #expect(line == "two again\n")
        let around = try selected(.init(pattern: "hre"), 1, 1)
        #expect(around == "two\nthree\ntwo again\n")
        let all = try selected(.init(pattern: "hre"), -1, -1)
        #expect(all == Self.poem)
        let group = try selected(.init(pattern: "t(w)o (again)", isExpression: true, group: 2), nil, nil)
        #expect(group == "again")
        let range = try TextEdit.selectLines(from: 2, to: 3, in: text)
        #expect(String(decoding: text.bytes[range], as: UTF8.self) == "two\nthree\n")
    }

    @Test("A selection is replaced, deleted, and gets lines before and after it")
    func selections() throws {
        let text = TextLines("one\ntwo\nthree\n")
        func result(_ edit: TextEdit) -> String { String(decoding: edit.bytes, as: UTF8.self) }
        #expect(result(TextEdit.replaceSelection(4..<7, with: "2", in: text)) == "one\n2\nthree\n")
        #expect(result(TextEdit.insert("new", beforeSelection: 5..<6, in: text)) == "one\nnew\ntwo\nthree\n")
        #expect(result(TextEdit.append("new", afterSelection: 4..<8, in: text)) == "one\ntwo\nnew\nthree\n")
        #expect(result(TextEdit.append("new", afterSelection: 14..<14, in: text)) == "one\ntwo\nthree\nnew\n")
        #expect(result(try TextEdit.deleteSelection(4..<8, in: text)) == "one\nthree\n")
        #expect(throws: EditProblem.self) { try TextEdit.deleteSelection(4..<4, in: text) }
        #expect(TextEdit.insert("new", beforeSelection: 4..<7, in: text).selection == 8..<11)
    }

    @Test("Places count UTF-16 units from the beginning of a line, as editors do")
    func positions() {
        let text = TextLines("aé🎉b\r\n\nz")
        #expect(text.count == 3)
        for (byte, line, column) in [(0, 0, 0), (1, 0, 1), (3, 0, 2), (7, 0, 4), (8, 0, 5), (10, 1, 0), (11, 2, 0)] {
            #expect(text.position(of: byte) == TextPosition(line: line, column: column))
            #expect(text.byte(of: TextPosition(line: line, column: column)) == byte)
        }
        #expect(text.byte(of: TextPosition(line: 0, column: 99)) == 8)
        #expect(text.byte(of: TextPosition(line: 9, column: 0)) == text.bytes.count)
        #expect(TextLines("a\n").position(of: 2) == TextPosition(line: 1, column: 0))
    }

    @Test("Lines outside of a change stay byte for byte, whatever the text is")
    func untouchedLines() throws {
        var random = SeededGenerator(seed: 11)
        let pieces = ["a", "bb", " ", "é", "🎉", "\n", "\n", "\r\n", "\t", "x=1"]
        for _ in 0..<2000 {
            let before = (0..<Int.random(in: 0...30, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                .joined()
            let text = TextLines(before)
            let lines = (0..<text.count).map { Array(text.bytes[text.start(of: $0)..<text.end(of: $0)]) }
            #expect(lines.flatMap { $0 } == text.bytes)
            let start = Int.random(in: 1...max(1, text.count), using: &random)
            let stop = Int.random(in: start...max(start, text.count), using: &random)
            guard text.count > 0 else { continue }
            let deleted = try TextEdit.deleteLines(from: start, to: stop, in: text)
            #expect(deleted.bytes == (lines[..<(start - 1)] + lines[stop...]).flatMap { $0 })
            let replaced = try TextEdit.replaceLines(from: start, to: stop, with: "new\n", in: text)
            #expect(replaced.bytes.starts(with: lines[..<(start - 1)].flatMap { $0 }))
            #expect(replaced.bytes.reversed().starts(with: lines[stop...].flatMap { $0 }.reversed()))
            let inserted = try TextEdit.insert("new", beforeLine: start, in: text)
            let around = Array(
                inserted.bytes[..<inserted.changed.lowerBound] + inserted.bytes[inserted.changed.upperBound...])
            #expect(around == text.bytes)
        }
    }
}
