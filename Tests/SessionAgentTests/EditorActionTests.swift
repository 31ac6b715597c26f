import Foundation
import HTTP
import Testing

@testable import SessionAgent

/// spec/dashboard.md section 6: every action on files, by its name and with its fields, on files of a home.
@Suite("Actions on files") struct EditorActionTests {
    private static let poem = "one\ntwo\nthree\n"
    private static let yaml = "a: 1\nlist:\n  - x\n  - y # two\n"

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let fields: JSONValue
        let file: String
        let after: String?
        var before: String?
        var testDescription: String { "\(name) \(fields.text)" }
        init(_ name: String, _ fields: JSONValue, before: String? = nil, _ file: String, _ after: String?) {
            self.name = name
            self.fields = fields
            self.file = file
            self.after = after
            self.before = before
        }
        init(_ name: String, _ fields: JSONValue, before: String? = nil, _ after: String?) {
            self.init(name, fields, before: before, "a.txt", after)
        }
    }

    static let cases: [Case] = [
        Case("editor:open-file", ["file": "~/a.txt", "line": 2], before: poem, poem),
        Case("editor:create-file", ["file": "~/a.txt", "text": "x"], "x\n"),
        Case("editor:create-file", ["file": "~/a.txt", "text": "x\n"], before: poem, "x\n"),
        Case("editor:create-file", ["file": "~/a.txt"], before: poem, ""),
        Case("editor:create-file", ["file": "deep/er/a.txt", "text": ""], "deep/er/a.txt", ""),
        Case("editor:append-lines-to-file", ["file": "a.txt", "text": "x"], before: poem, poem + "x\n"),
        Case("editor:append-lines-to-file", ["file": "$HOME/a.txt", "text": "x"], "x\n"),
        Case("editor:prepend-lines-to-file", ["file": "a.txt", "text": "x"], before: poem, "x\n" + poem),
        Case(
            "editor:insert-lines-before-line", ["file": "a.txt", "line": 2, "text": "x"], before: poem,
            "one\nx\ntwo\nthree\n"),
        Case(
            "editor:append-lines-after-line", ["file": "a.txt", "line": 2, "text": "x"], before: poem,
            "one\ntwo\nx\nthree\n"),
        Case(
            "editor:insert-lines-after-line", ["file": "a.txt", "line": "2", "text": "x"], before: poem,
            "one\ntwo\nx\nthree\n"),
        Case(
            "editor:insert-lines-before-match", ["file": "a.txt", "match": "two", "text": "x"], before: poem,
            "one\nx\ntwo\nthree\n"),
        Case(
            "editor:append-lines-after-match", ["file": "a.txt", "match": "two", "text": "x"], before: poem,
            "one\ntwo\nx\nthree\n"),
        Case(
            "editor:select-matching-text", ["file": "a.txt", "text": "tw", "before": 1, "after": -1], before: poem,
            poem),
        Case("editor:select-lines-in-range", ["file": "a.txt", "start": 1, "stop": 2], before: poem, poem),
        Case(
            "editor:replace-matching-text",
            [
                "file": "a.txt", "match": "t(.)", "replacement": "-", "isRegex": true, "group": 1, "count": -1,
                "start": 2,
            ],
            before: poem, "one\nt-o\nt-ree\n"),
        Case("editor:delete-lines-in-range", ["file": "a.txt", "start": 1, "stop": 2], before: poem, "three\n"),
        Case("editor:delete-lines-in-range", ["file": "a.txt", "start": 2], before: poem, "one\nthree\n"),
        Case(
            "editor:delete-matching-lines", ["file": "a.txt", "match": "^tw", "isRegex": "true", "after": 1],
            before: poem, "one\n"),
        Case(
            "editor:replace-lines-in-range", ["file": "a.txt", "start": 1, "stop": 2, "text": "x"], before: poem,
            "x\nthree\n"),
        Case("editor:copy-file", ["src": "a.txt", "dest": "b.txt"], before: poem, "b.txt", poem),
        Case(
            "editor:rename-file", ["src": "a.txt", "dest": "new/b.txt", "open": false], before: poem, "new/b.txt", poem),
        Case("editor:rename-file", ["src": "a.txt", "dest": "b.txt"], before: poem, "a.txt", nil),
        Case("editor:close-file", ["file": "a.txt"], before: poem, poem),
        Case("editor:delete-file", ["file": "a.txt"], before: poem, nil),
        Case(
            "editor:set-yaml-value", ["file": "a.txt", "path": "a", "value": 2], before: yaml,
            yaml.replacing("a: 1", with: "a: 2")),
        Case("editor:add-yaml-item", ["file": "a.txt", "path": "list", "value": "z"], before: yaml, yaml + "  - z\n"),
        Case(
            "editor:insert-yaml-item", ["file": "a.txt", "path": "list", "value": "z"], before: yaml,
            yaml.replacing("  - x", with: "  - z\n  - x")),
        Case(
            "editor:insert-yaml-item", ["file": "a.txt", "path": "list", "index": 1, "value": "z"], before: yaml,
            yaml.replacing("  - y", with: "  - z\n  - y")),
        Case(
            "editor:replace-yaml-item", ["file": "a.txt", "path": "list[1]", "value": "z"], before: yaml,
            yaml.replacing("- y #", with: "- z #")),
        Case(
            "editor:merge-yaml-values", ["file": "a.txt", "path": "", "value": ["a": 3, "b": true]], before: yaml,
            yaml.replacing("a: 1", with: "a: 3") + "b: true\n"),
        Case(
            "editor:delete-yaml-value", ["file": "a.txt", "path": "list[0]"], before: yaml,
            yaml.replacing("  - x\n", with: "")),
        Case("editor:select-yaml-path", ["file": "a.txt", "path": "list[1]"], before: yaml, yaml),
        Case(
            "editor:insert-value-into-yaml", ["file": "a.txt", "path": "list", "value": ["z"]], before: yaml,
            yaml + "  - z\n"),
    ]

    @Test("Every action on files does what the table says", arguments: cases)
    func table(_ one: Case) throws {
        let lab = try HomeFolderTests.Lab(one.before.map { ["a.txt": $0] } ?? [:])
        _ = try EditorActions(home: lab.folder).perform(one.name, fields: one.fields)
        #expect(lab.read(one.file) == one.after)
        #expect(lab.leftovers.isEmpty)
    }

    @Test("A folder is made with those above it, and may be there already")
    func createDirectory() throws {
        let lab = try HomeFolderTests.Lab()
        let actions = EditorActions(home: lab.folder)
        for _ in 0..<2 {
            let outcome = try actions.perform("editor:create-directory", fields: ["directory": "~/x/y"])
            #expect(outcome.changesFolders)
        }
        #expect(try lab.folder.status(lab.place("x/y"))?.kind == .folder)
    }

    @Test("What was selected is replaced by the action after it, or what the editor says is selected")
    func selection() throws {
        let lab = try HomeFolderTests.Lab(["a.txt": Self.poem])
        let actions = EditorActions(home: lab.folder)
        let selected = try actions.perform("editor:select-matching-text", fields: ["file": "a.txt", "text": "two"])
        #expect(selected.selection == TextPosition(line: 1, column: 0)..<TextPosition(line: 1, column: 3))
        let replaced = try actions.perform("editor:replace-text-selection", fields: ["file": "a.txt", "text": "2 é"])
        #expect(lab.read("a.txt") == "one\n2 é\nthree\n")
        #expect(replaced.selection == TextPosition(line: 1, column: 0)..<TextPosition(line: 1, column: 3))
        _ = try actions.perform("editor:append-lines-after-selection", fields: ["file": "~/a.txt", "text": "x"])
        #expect(lab.read("a.txt") == "one\n2 é\nx\nthree\n")
        _ = try actions.perform("editor:insert-lines-before-selection", fields: ["file": "~/a.txt", "text": "y"])
        #expect(lab.read("a.txt") == "one\ny\n2 é\nx\nthree\n")
        _ = try actions.perform("editor:delete-text-selection", fields: ["file": "~/a.txt"])
        #expect(lab.read("a.txt") == "one\ny\n\nx\nthree\n")
        let given = TextPosition(line: 0, column: 0)..<TextPosition(line: 2, column: 0)
        _ = try actions.perform(
            "editor:replace-text-selection", fields: ["file": "a.txt", "text": ""], selection: given)
        #expect(lab.read("a.txt") == "\nx\nthree\n")
    }

    @Test("A selection is forgotten when the file changes behind it")
    func staleSelection() throws {
        let lab = try HomeFolderTests.Lab(["a.txt": Self.poem])
        let actions = EditorActions(home: lab.folder)
        _ = try actions.perform("editor:select-lines-in-range", fields: ["file": "a.txt", "start": 1])
        try lab.write("a.txt", "changed\n" + Self.poem)
        let problem = #expect(throws: EditProblem.self) {
            try actions.perform("editor:delete-text-selection", fields: ["file": "a.txt"])
        }
        #expect(problem?.kind == .notFound)
        #expect(lab.read("a.txt") == "changed\n" + Self.poem)
    }

    @Test(
        "An action that cannot be done says why and changes nothing",
        arguments: [
            ("editor:open-file", ["file": "absent"], EditProblem.Kind.file), ("editor:open-file", [:], .fields),
            ("editor:append-lines-to-file", ["file": "a.txt"], .fields),
            ("editor:append-lines-to-file", ["file": "/etc/hostname", "text": "x"], .refused),
            ("editor:insert-lines-before-line", ["file": "a.txt", "line": "x", "text": "y"], .fields),
            ("editor:insert-lines-before-line", ["file": "a.txt", "line": 0, "text": "y"], .fields),
            ("editor:insert-lines-before-line", ["file": "a.txt", "line": 1_000_000, "text": "y"], .fields),
            ("editor:append-lines-after-match", ["file": "absent", "match": "x", "text": "y"], .file),
            ("editor:append-lines-after-match", ["file": "a.txt", "match": "absent", "text": "y"], .notFound),
            ("editor:set-yaml-value", ["file": "a.txt", "path": "one", "value": 1], .notFound),
            ("editor:set-yaml-value", ["file": "a.txt", "path": "a"], .fields),
            ("editor:delete-file", ["file": "~"], .fields), ("editor:delete-file", ["file": "exercises"], .file),
            ("editor:rename-file", ["src": "absent", "dest": "b"], .file),
            ("editor:copy-file", ["src": "a.txt", "dest": "exercises"], .file),
            ("editor:no-such-thing", ["file": "a.txt"], .notAvailable),
        ] as [(String, JSONValue, EditProblem.Kind)])
    func problems(_ name: String, _ fields: JSONValue, _ kind: EditProblem.Kind) throws {
        let lab = try HomeFolderTests.Lab(["a.txt": Self.poem])
        let problem = #expect(throws: EditProblem.self) {
            try EditorActions(home: lab.folder).perform(name, fields: fields)
        }
        #expect(problem?.kind == kind)
        #expect(lab.read("a.txt") == Self.poem)
        #expect(lab.leftovers.isEmpty)
    }
}
