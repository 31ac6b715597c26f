import HTTP
import Platform
import PortalTesting
import Testing

@testable import SessionAgent

/// spec/dashboard.md section 6, the actions on values of YAML files.
@Suite("Values of YAML files") struct YAMLEditTests {
    private static let deployment = """
        # A deployment
        apiVersion: apps/v1
        kind: Deployment   # the usual
        metadata:
          name: web
          labels: {app: web, "app.kubernetes.io/name": web}
        spec:
          replicas: 1

          # where it all happens
          containers:
          - name: web
            image: "nginx:1.19" # old
            args: []
          # the second one
          - name: log
            image: busybox
          hosts: [a, b]
        status:

        """

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

    private static func set(_ path: String, _ value: JSONValue) -> @Sendable (TextLines) throws(EditProblem) -> TextEdit
    {
        { t throws(EditProblem) in try YAMLEdit.set(YAMLPath(path), to: value, in: t) }
    }
    private static func delete(_ path: String) -> @Sendable (TextLines) throws(EditProblem) -> TextEdit {
        { t throws(EditProblem) in try YAMLEdit.delete(YAMLPath(path), in: t) }
    }
    private static func add(_ path: String, _ value: JSONValue) -> @Sendable (TextLines) throws(EditProblem) -> TextEdit
    {
        { t throws(EditProblem) in try YAMLEdit.addItem(value, to: YAMLPath(path), in: t) }
    }
    private static func insert(_ path: String, _ index: Int, _ value: JSONValue)
        -> @Sendable (TextLines) throws(EditProblem) -> TextEdit
    {
        { t throws(EditProblem) in try YAMLEdit.insertItem(value, at: index, of: YAMLPath(path), in: t) }
    }
    private static func merge(_ path: String, _ value: JSONValue)
        -> @Sendable (TextLines) throws(EditProblem) -> TextEdit
    {
        { t throws(EditProblem) in try YAMLEdit.merge(value, into: YAMLPath(path), in: t) }
    }
    /// The deployment with some of it written differently.
    private static func changed(_ old: String, _ new: String) -> String { deployment.replacing(old, with: new) }

    static let cases: [Case] = [
        Case("a number", deployment, changed("replicas: 1", "replicas: 3"), set("spec.replicas", 3)),
        Case(
            "quotes and comments stay", deployment, changed("nginx:1.19", "nginx:1.21"),
            set("spec.containers[name=web].image", "nginx:1.21")),
        Case(
            "a text that looks like a number is quoted", deployment, changed("replicas: 1", "replicas: \"3\""),
            set("spec.replicas", "3")),
        Case(
            "a comment behind a single value stays", deployment,
            changed("Deployment   # the usual", "Job   # the usual"), set("kind", "Job")),
        Case(
            "a value within brackets", deployment, changed("{app: web", "{app: \"a, b\""),
            set("metadata.labels.app", "a, b")),
        Case(
            "a key in quotes", deployment, changed("io/name\": web", "io/name\": shop"),
            set("metadata.labels[\"app.kubernetes.io/name\"]", "shop")),
        Case(
            "a new key within brackets", deployment, changed("io/name\": web}", "io/name\": web, tier: front}"),
            set("metadata.labels.tier", "front")),
        Case(
            "a new key at the end of a mapping", deployment,
            changed("    image: busybox\n", "    image: busybox\n    tty: true\n"),
            set("spec.containers[1].tty", true)),
        Case("a new key at the end of the file", "a: 1", "a: 1\nb: 2\n", set("b", 2)),
        Case(
            "keys that lead to a value are made", deployment,
            changed("  hosts: [a, b]\n", "  hosts: [a, b]\n  strategy:\n    rolling:\n      max: 2\n"),
            set("spec.strategy.rolling.max", 2)),
        Case("a value that was not written", deployment, changed("status:\n", "status: done\n"), set("status", "done")),
        Case(
            "a mapping for a value that was not written", deployment,
            changed("status:\n", "status:\n  ready: true\n"), set("status.ready", true)),
        Case(
            "a mapping for a single value", deployment,
            changed("kind: Deployment   # the usual\n", "kind: # the usual\n  a: 1\n  b:\n    - x\n    - z\n"),
            set("kind", ["a": 1, "b": ["x", "z"]])),
        Case(
            "a single value for a mapping", deployment,
            changed(
                "metadata:\n  name: web\n  labels: {app: web, \"app.kubernetes.io/name\": web}\n", "metadata: none\n"),
            set("metadata", "none")),
        Case("several lines", "a: 1\nb: 2\n", "a: |\n  one\n  two\nb: 2\n", set("a", "one\ntwo\n")),
        Case("several lines without an end", "- 1\n- 2", "- 1\n- |-\n  one\n  two\n", set("[1]", "one\ntwo")),
        Case("a block of lines is replaced", "a: |\n  one\n  two\n\nb: 2\n", "a: short\n\nb: 2\n", set("a", "short")),
        Case("in an empty file", "", "a:\n  b: 1\n", set("a.b", 1)),
        Case("in a file of comments", "# nothing yet\n", "# nothing yet\na: 1\n", set("a", 1)),
        Case("the next place of a list", "a:\n- 1\n", "a:\n- 1\n- 2\n", set("a[1]", 2)),
        Case(
            "in JSON", "{\"a\": {\"b\": \"c\"}, \"d\": [1, 2]}\n",
            "{\"a\": {\"b\": \"x\", \"e\": true}, \"d\": [1, 2, 3]}\n"
        ) {
            t throws(EditProblem) in
            let first = try YAMLEdit.set(YAMLPath("a.b"), to: "x", in: t)
            let second = try YAMLEdit.set(YAMLPath("a.e"), to: true, in: TextLines(first.bytes))
            return try YAMLEdit.addItem(3, to: YAMLPath("d"), in: TextLines(second.bytes))
        },
        Case("with the file's line breaks", "a: 1\r\nb: 2\r\n", "a:\r\n  c: 3\r\nb: 2\r\n", set("a", ["c": 3])),
        Case("behind letters beyond ASCII", "é: ü # ö\nß: 1\n", "é: ü # ö\nß: 2\n", set("ß", 2)),
        Case("only the first document", "a: 1\n---\na: 2\n", "a: 9\n---\na: 2\n", set("a", 9)),

        Case(
            "add an item", deployment,
            changed("    image: busybox\n", "    image: busybox\n  - name: new\n    ports:\n      - 80\n"),
            add("spec.containers", ["name": "new", "ports": [80]])),
        Case("add an item within brackets", deployment, changed("[a, b]", "[a, b, c]"), add("spec.hosts", "c")),
        Case(
            "add to an empty list", deployment, changed("    args: []\n", "    args:\n      - --quiet\n"),
            add("spec.containers[0].args", "--quiet")),
        Case(
            "add to a list that was not written", deployment, changed("status:\n", "status:\n  - ok\n"),
            add("status", "ok")),
        Case("add behind an item that was not written", "a:\n  -\n", "a:\n  -\n  - x\n", add("a", "x")),
        Case(
            "insert an item before the first", deployment,
            changed("  - name: web\n", "  - name: new\n  - name: web\n"), insert("spec.containers", 0, ["name": "new"])),
        Case(
            "insert an item above a comment", deployment,
            changed("  # the second one\n", "  - name: new\n  # the second one\n"),
            insert("spec.containers", 1, ["name": "new"])),
        Case("insert at the end", "- a\n", "- a\n- b\n", insert("", 1, "b")),
        Case("insert within brackets", deployment, changed("[a, b]", "[a, x, b]"), insert("spec.hosts", 1, "x")),
        Case("insert into a list within a list", "- - a\n  - b\n", "- - x\n  - a\n  - b\n", insert("[0]", 0, "x")),

        Case(
            "replace an item", deployment,
            changed("  - name: log\n    image: busybox\n", "  - name: tail\n"),
            { t throws(EditProblem) in
                try YAMLEdit.replace(YAMLPath("spec.containers[name=log]"), with: ["name": "tail"], in: t)
            }),
        Case(
            "merge", deployment,
            changed(
                "  name: web\n  labels: {app: web, \"app.kubernetes.io/name\": web}\n",
                "  name: shop\n  labels: {app: web, \"app.kubernetes.io/name\": web}\n  owner: me\n"),
            merge("metadata", ["name": "shop", "owner": "me"])),
        Case("merge into nothing", "a:\n", "a:\n  b: 1\n  c: 2\n", merge("a", ["b": 1, "c": 2])),

        Case("delete a key", deployment, changed("  replicas: 1\n", ""), delete("spec.replicas")),
        Case(
            "delete a mapping", deployment,
            changed("metadata:\n  name: web\n  labels: {app: web, \"app.kubernetes.io/name\": web}\n", ""),
            delete("metadata")),
        Case(
            "delete the key behind a dash", deployment, changed("- name: log\n    image", "- image"),
            delete("spec.containers[1].name")),
        Case(
            "delete a key behind a dash, above a comment", "- a: 1\n  # two\n  b: 2\n", "-\n  # two\n  b: 2\n",
            delete("[0].a")),
        Case(
            "delete an item", deployment, changed("  - name: log\n    image: busybox\n", ""),
            delete("spec.containers[name=log]")),
        Case("delete the only key", "a:\n  b: 1\nc: 2\n", "a: {}\nc: 2\n", delete("a.b")),
        Case("delete the only item", "a:\n  - b\nc: 2\n", "a: []\nc: 2\n", delete("a[0]")),
        Case("delete within brackets", deployment, changed("[a, b]", "[b]"), delete("spec.hosts[0]")),
        Case("delete the last within brackets", deployment, changed("[a, b]", "[a]"), delete("spec.hosts[1]")),
        Case("delete a key within brackets", deployment, changed("{app: web, ", "{"), delete("metadata.labels.app")),

        Case("the older way, into a list", "a:\n- 1\n", "a:\n- 1\n- 2\n- 3\n") { t throws(EditProblem) in
            try YAMLEdit.insert([2, 3], into: YAMLPath("a"), in: t)
        },
        Case("the older way, into a mapping", "a:\n  b: 1\n", "a:\n  b: 1\n  c: 2\n") { t throws(EditProblem) in
            try YAMLEdit.insert(["c": 2], into: YAMLPath("a"), in: t)
        },
    ]

    @Test("Values of YAML files are changed as the table says", arguments: cases)
    func table(_ one: Case) throws {
        let edit = try one.edit(TextLines(one.before))
        #expect(String(decoding: edit.bytes, as: UTF8.self) == one.after)
    }

    @Test(
        "A path selects a value with its key",
        arguments: [
            ("kind", "kind: Deployment"), ("spec.replicas", "replicas: 1"), ("spec.hosts[1]", "b"),
            ("spec.containers[1]", "name: log\n    image: busybox"), ("status", "status:"), ("", ""),
            ("metadata.labels.app", "app: web"),
        ])
    func select(_ path: String, _ selected: String) throws {
        let text = TextLines(Self.deployment)
        let range = try YAMLEdit.select(YAMLPath(path), in: text)
        let found = String(decoding: text.bytes[range], as: UTF8.self)
        if path.isEmpty {
            #expect(found.hasPrefix("apiVersion") && found.hasSuffix("status:"))
        } else {
            #expect(found == selected)
        }
    }

    @Test(
        "A path that leads nowhere is told",
        arguments: [
            ("nothing", EditProblem.Kind.notFound), ("spec.containers[9]", .notFound),
            ("spec.containers[name=x]", .notFound),
            ("kind.inner", .notFound), ("a..b", .fields), ("[", .fields), ("[x]", .fields), ("[\"a", .fields),
            ("[-1]", .fields), ("a.", .fields),
        ])
    func badPaths(_ path: String, _ kind: EditProblem.Kind) {
        let problem = #expect(throws: EditProblem.self) {
            try YAMLEdit.delete(YAMLPath(path), in: TextLines(Self.deployment))
        }
        #expect(problem?.kind == kind)
    }

    @Test("What is no YAML is told with its line, and references are not followed")
    func badDocuments() {
        let broken = #expect(throws: EditProblem.self) {
            try YAMLEdit.set(YAMLPath("a"), to: 1, in: TextLines("a: 1\n b: [\n"))
        }
        #expect(broken?.text.contains("line") == true)
        let reference = #expect(throws: EditProblem.self) {
            try YAMLEdit.set(YAMLPath("b.c"), to: 1, in: TextLines("a: &x {c: 1}\nb: *x\n"))
        }
        #expect(reference?.kind == .content)
        let needed = #expect(throws: EditProblem.self) {
            try YAMLEdit.set(YAMLPath("a"), to: 1, in: TextLines("a: &x {c: 1}\nb: *x\n"))
        }
        #expect(needed?.kind == .content)
    }

    @Test(
        "Texts are written so that they are read as the same texts",
        arguments: [
            "", "a", "yes", "No", "1", "1.5", "0x1f", "12:30", "2024-01-01", "null", "~", "true", "- a", "-a",
            "--quiet", "a: b",
            "a:b", "a #b", "a#b", "#a", " a", "a ", "'a'", "\"a\"", "a\"b", "{a", "[a", "*a", "&a", "!a", "|", ">",
            "%a", "@a",
            "`a", "a\nb", "a\nb\n", "a\nb\n\n", "\na", " a\nb", "a\n b\n", "a\n \nb", "tab\there", "\t", "\u{7}", "é",
            "🎉",
            "\u{2028}", "a,b", "nginx:1.19", "key:", "...", "---", "=", "<<", "back\\slash", "a\r\nb",
        ])
    func roundTrip(_ text: String) throws {
        for before in ["a: 1\nb: 2\n", "{a: 1, b: 2}\n", "a: \"x\"\nb: 2\n", "a: 'x'\nb: 2\n", "a:\nb: 2\n"] {
            let edit = try YAMLEdit.set(YAMLPath("a"), to: .string(text), in: TextLines(before))
            let root = try #require(try YAMLNode.parse(String(decoding: edit.bytes, as: UTF8.self)))
            #expect(
                root["a"]?.scalar?.value == .text(text), "\(before) → \(String(decoding: edit.bytes, as: UTF8.self))")
            #expect(root["b"]?.text == "2")
        }
    }

    // MARK: Random documents

    @Test("Random changes of random documents change the value that is meant and nothing else")
    func randomChanges() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<1500 {
            let value = JSONValue.object((0..<3).map { JSONValue.Member("k\($0)", Self.anyValue(&random, depth: 3)) })
            var written = "# first\n"
            if case .block(let lines) = YAMLWriter.form(value) {
                for line in lines {
                    written += line + (line.hasSuffix("|") || line.isEmpty ? "\n" : Self.noise(&random))
                }
            }
            // Noise within lines of text is text: such documents are no use here.
            guard let before = try? YAMLNode.parse(written), Self.json(before) == value else { continue }
            var parts: [YAMLPath.Part] = []
            var expected = value
            Self.anyChange(&expected, &parts, &random)
            let path = YAMLPath(parts: parts)
            let change = Int.random(in: 0...2, using: &random)
            let new = Self.anyValue(&random, depth: 2)
            let text = TextLines(written)
            let edit: TextEdit
            switch change {
            case 0: edit = try YAMLEdit.set(path, to: new, in: text)
            case 1: edit = try YAMLEdit.delete(path, in: text)
            default:
                guard case .array = Self.at(path.parts[...], value) else { continue }
                edit = try YAMLEdit.addItem(new, to: path, in: text)
            }
            let model = Self.changed(value, path.parts[...]) { old in
                switch change {
                case 0: new
                case 1: nil
                default: if case .array(let items) = old { .array(items + [new]) } else { old }
                }
            }
            let after = try YAMLNode.parse(String(decoding: edit.bytes, as: UTF8.self))
            #expect(
                after.map(Self.json) == model,
                "\(written)\n\(path.text) \(change) \(new.text)\n\(String(decoding: edit.bytes, as: UTF8.self))")
            #expect(edit.bytes.starts(with: "# first\n".utf8))
        }
    }

    private static func noise(_ random: inout SeededGenerator) -> String {
        ["\n", "\n", "\n", " # why\n", "\n\n", "\n# a - b: c\n"].randomElement(using: &random) ?? "\n"
    }

    private static func anyValue(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 9 : 5), using: &random) {
        case 0: .int(Int.random(in: 0...9, using: &random))
        case 1: .bool(true)
        case 2:
            .string(
                ["yes", "a: b", "x # y", "- z", "two\nlines\n", "a\n\nb", "'q'"].randomElement(using: &random) ?? "")
        case 3, 4: .string("word\(Int.random(in: 0...9, using: &random))")
        case 5: .double(1.5)
        case 6, 7: .array((0..<Int.random(in: 0...3, using: &random)).map { _ in anyValue(&random, depth: depth - 1) })
        default:
            .object(
                (0..<Int.random(in: 0...3, using: &random)).map {
                    JSONValue.Member("k\($0)", anyValue(&random, depth: depth - 1))
                })
        }
    }

    private static func anyChange(
        _ value: inout JSONValue, _ parts: inout [YAMLPath.Part], _ random: inout SeededGenerator
    ) {
        switch value {
        case .object(let members) where !members.isEmpty:
            guard let member = members.randomElement(using: &random) else { return }
            parts.append(.key(member.name))
            value = member.value
        case .array(let items) where !items.isEmpty:
            let index = Int.random(in: 0..<items.count, using: &random)
            parts.append(.index(index))
            value = items[index]
        default: return
        }
        if Bool.random(using: &random) { anyChange(&value, &parts, &random) }
    }

    private static func at(_ parts: ArraySlice<YAMLPath.Part>, _ value: JSONValue) -> JSONValue? {
        guard let first = parts.first else { return value }
        switch (first, value) {
        case (.key(let key), .object): return value[key].flatMap { at(parts.dropFirst(), $0) }
        case (.index(let index), .array(let items)): return at(parts.dropFirst(), items[index])
        default: return nil
        }
    }

    private static func changed(
        _ value: JSONValue, _ parts: ArraySlice<YAMLPath.Part>, _ change: (JSONValue) -> JSONValue?
    ) -> JSONValue? {
        guard let first = parts.first else { return change(value) }
        switch (first, value) {
        case (.key(let key), .object(let members)):
            return .object(
                members.compactMap { member in
                    guard member.name == key else { return member }
                    return changed(member.value, parts.dropFirst(), change).map { JSONValue.Member(key, $0) }
                })
        case (.index(let index), .array(let items)):
            return .array(
                items.enumerated().compactMap { item in
                    item.offset == index ? changed(item.element, parts.dropFirst(), change) : item.element
                })
        default: return value
        }
    }

    private static func json(_ node: YAMLNode) -> JSONValue {
        switch node.content {
        case .sequence(let items): return .array(items.map(json))
        case .mapping(let entries): return .object(entries.map { JSONValue.Member($0.key, json($0.value)) })
        case .scalar(let scalar):
            switch scalar.value {
            case .null: return .null
            case .boolean(let flag): return .bool(flag)
            case .integer(let number): return .int(number)
            case .number(let number): return .double(number)
            case .text(let text): return .string(text)
            }
        }
    }
}
