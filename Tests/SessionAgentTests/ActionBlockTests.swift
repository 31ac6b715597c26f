import HTTP
import Platform
import Testing

@testable import SessionAgent

@Suite("A block that names an action")
struct ActionBlockTests {
    @Test(
        "Plain forms stand for actions with fields",
        arguments: [
            ("execute", "  ls -l\n", "terminal:execute", #"{"command":"ls -l","session":"1","clear":false}"#),
            ("execute-1", "a\nb\n", "terminal:execute", #"{"command":"a\nb","session":"1","clear":false}"#),
            ("execute-2", "a: b\n", "terminal:execute", #"{"command":"a: b","session":"2","clear":false}"#),
            ("execute-3 {.wide}", "x\n", "terminal:execute", #"{"command":"x","session":"3","clear":false}"#),
            ("execute-all", "x\n", "terminal:execute-all", #"{"command":"x","clear":false}"#),
            ("execute", "<ctrl+c>\n", "terminal:interrupt", #"{"session":"1"}"#),
            ("execute-2", "<CTRL-C>", "terminal:interrupt", #"{"session":"2"}"#),
            ("execute-all", "<ctrl+c>", "terminal:interrupt-all", "{}"),
            ("copy", "some text\n", "workshop:copy", #"{"text":"some text"}"#),
            ("copy-and-edit", "[\n", "workshop:copy-and-edit", #"{"text":"["}"#),
        ])
    func plainForms(info: String, body: String, name: String, fields: String) throws {
        let block = try #require(ActionBlock(parsing: info, body: body))
        #expect(block.name == name && block.fields.text == fields && block.problems.isEmpty)
    }

    @Test("A plain form with nothing in it cannot work")
    func emptyPlainForm() throws {
        let block = try #require(ActionBlock(parsing: "execute", body: " \n\n", line: 4))
        #expect(!block.isPossible && block.problems.first?.line == 4)
    }

    @Test(
        "Code of a language is none",
        arguments: ["python", "", "c++:x", "a:b:c", "yaml", "Execute", "json {x=1}", ":x"])
    func languages(info: String) {
        #expect(ActionBlock(parsing: info, body: "x\n") == nil)
    }

    @Test(
        "Fields are read as they are meant",
        arguments: [
            (
                "terminal:execute", "command: |\n  one\n  two\nsession: 2\nclear: true\n",
                #"{"command":"one\ntwo\n","session":"2","clear":true}"#
            ),
            ("terminal:execute", "command: true\nsession: \"*\"\n", #"{"command":"true","session":"*","clear":false}"#),
            ("terminal:execute", "command: 007\nclear: \"true\"", #"{"command":"007","session":"1","clear":true}"#),
            ("terminal:input", "text: y\nendl: false\n", #"{"text":"y","session":"1","endl":false}"#),
            ("terminal:input", "text: \"\"\n", #"{"text":"","session":"1","endl":true}"#),
            ("editor:open-file", "file: ~/x y.txt\nline: \"8\"\n", #"{"file":"~/x y.txt","line":8}"#),
            ("editor:set-yaml-value", "file: a\npath: b\nvalue: 3\n", #"{"file":"a","path":"b","value":3}"#),
            ("editor:set-yaml-value", "file: a\npath: b\nvalue:\n", #"{"file":"a","path":"b","value":null}"#),
            (
                "editor:set-yaml-value", "file: a\npath: b\nvalue: {c: [1.5, yes, true, '2', ~]}\n",
                #"{"file":"a","path":"b","value":{"c":[1.5,"yes",true,"2",null]}}"#
            ),
            (
                "examiner:execute-test", "name: t\nargs: [1, two, true]\nretries: .INF\ntimeout: 0.5\n",
                #"{"name":"t","args":["1","two","true"],"timeout":0.5,"retries":-1,"delay":1}"#
            ),
            (
                "examiner:execute-test", "url: https://h/x\nretries: -1\n",
                #"{"url":"https://h/x","args":[],"timeout":15,"retries":-1,"delay":1}"#
            ),
            (
                "dashboard:create-dashboard", "name: a\nurl: terminal:mine-1\n",
                #"{"name":"a","url":"terminal:mine-1","focus":true}"#
            ),
            ("section:end", "", #"{"name":"*","toggle":true}"#),
            ("terminal:clear", "# nothing but a remark\n", #"{"session":"1"}"#),
            ("terminal:clear", "session:\n", #"{"session":"1"}"#),
        ] as [(String, String, String)])
    func fields(name: String, body: String, fields: String) throws {
        let block = try #require(ActionBlock(parsing: name, body: body))
        #expect(block.problems == [] && block.fields.text == fields)
    }

    @Test("Common fields are options, and no fields")
    func options() throws {
        let body = """
            prefix: Task
            title: Do it
            description: |
              First this,
              then that.
            autostart: true
            cascade: true
            pause: 0
            cooldown: .INF
            hidden: true
            event: {name: x, n: 1}
            """
        let block = try #require(ActionBlock(parsing: "terminal:clear", body: body))
        var expected = ActionBlock.Options(cooldown: -1)
        expected.prefix = "Task"
        expected.title = "Do it"
        expected.description = "First this,\nthen that.\n"
        expected.hasAutostart = true
        expected.cascades = true
        expected.pause = 0
        expected.isHidden = true
        expected.event = ["name": "x", "n": 1]
        #expect(block.options == expected && block.fields.text == #"{"session":"1"}"#)
        for (written, seconds) in [("-1", -1), ("0", 0), ("2.5", 2.5), ("'4'", 4)] as [(String, Double)] {
            let block = ActionBlock(parsing: "terminal:clear", body: "cooldown: \(written)")
            #expect(block?.options.cooldown == seconds)
        }
    }

    @Test(
        "What is wrong is told with its place",
        arguments: [
            ("terminal:execute", "command: echo a: b\n", 11, 18, "quotes around a text"),
            ("terminal:execute", "command: ls\n\tsession: 2\n", 12, 3, "found a tab"),
            ("terminal:execute", "ls -l\n", 11, 3, "found text, expected fields such as \"command: …\""),
            ("terminal:execute", "- ls\n", 11, 3, "found a list, expected fields such as \"command: …\""),
            ("terminal:execute", ": [broken\n", 11, 3, "not valid YAML"),
            ("terminal:execute", "command: `ls`\n", 11, 12, "expected quotes around the text"),
            ("terminal:execute", "command: a\ncommand: b\n", 12, 3, "\"command\" twice"),
            ("terminal:execute", "command: a\n---\ncommand: b\n", 13, 3, "second document"),
            ("terminal:execute", "session: 1\n", 10, 3, "the field \"command\" is missing"),
            ("terminal:execute", "", 10, 3, "the field \"command\" is missing"),
            ("terminal:execute", "command: {a: b}\n", 11, 12, "command: found fields, expected text"),
            ("terminal:execute", "command: x\nclear: yes\n", 12, 10, "clear: found \"yes\", expected true or false"),
            (
                "terminal:exceute", "command: x\n", 10, 3,
                "no action is called \"terminal:exceute\"; did you mean \"terminal:execute\"?"
            ),
            ("foo:bar", "x\n", 10, 3, "no action is called \"foo:bar\""),
            ("dashboard:open-url", "url: javascript:alert(1)\n", 11, 8, "expected an address"),
            ("dashboard:open-url", "url: terminal:x\n", 11, 8, "expected an address"),
            (
                "dashboard:create-dashboard", "name: a\nurl: terminal:../x\n", 12, 8,
                "expected an address or terminal:<name>"
            ),
            ("dashboard:open-url", "url: \"data:text/html,x\"\n", 11, 8, "expected an address"),
            ("editor:open-file", "file: x\nline: 0\n", 12, 9, "line: found \"0\", expected a whole number from 1"),
            ("examiner:execute-test", "name: t\nretries: -2\n", 12, 12, "retries: found \"-2\""),
            ("examiner:execute-test", "name: t\ntimeout: .INF\n", 12, 12, "timeout: found \".INF\""),
            ("examiner:execute-test", "args: [a]\n", 10, 3, "one of the fields \"name\" and \"url\" is missing"),
            ("examiner:execute-test", "name: t\nargs: [a, [b]]\n", 12, 13, "args: found a list"),
        ] as [(String, String, Int, Int, String)])
    func problems(name: String, body: String, line: Int, column: Int, message: String) throws {
        let block = try #require(ActionBlock(parsing: name, body: body, line: 10, indent: 2))
        let problem = try #require(block.problems.first)
        #expect(!block.isPossible && problem.isFatal)
        #expect(problem.message.contains(message), "\(problem.message)")
        #expect(problem.line == line && problem.column == column, "\(problem)")
    }

    @Test("Aliases inside aliases do not unfold without end")
    func laughter() throws {
        var body = "a: &a [x, x, x, x, x, x, x, x]\n"
        for (one, other) in zip("bcdefgh", "abcdefg") {
            body += "\(one): &\(one) [" + String(repeating: "*\(other),", count: 8) + "]\n"
        }
        let block = try #require(ActionBlock(parsing: "terminal:clear", body: body))
        #expect(!block.isPossible && block.problems.first?.message.contains("unfold") == true)
    }

    // MARK: Values of shortcodes

    private func block(_ fence: String, _ parameters: [String: String]) throws -> ActionBlock {
        let blocks = PageActions.of("---\ntitle: x\n---\n\(fence)", parameters: parameters)
        #expect(blocks.count == 1)
        return try #require(blocks.first)
    }

    @Test(
        "A value is a piece of text in its field, whatever is in it",
        arguments: [
            "plain", "a: b", "x\nsession: 3\nclear: true", "\"", "'", "[", "{a: b}", "# no", "- a", "*", "&a b",
            "!!int 3",
            "```\nexecute", "{{< param other >}}", "null", "", "lxq0x", "\\n", "|", "\u{1}", "é🙂", "---\n",
        ])
    func hostileValues(value: String) throws {
        for body in [
            "command: {{< param v >}}", "command: \"{{< param v >}}\"", "command: '{{< param v >}}'",
            "command: |-\n  {{< param v >}}",
        ] {
            let block = try block("```terminal:execute\n\(body)\n```\n", ["v": value, "other": "no"])
            let fields: JSONValue = ["command": .string(value), "session": "1", "clear": false]
            #expect(block.problems == [] && block.fields == fields, "\(body)")
        }
    }

    @Test("A value may be a number or a word of YAML where one is expected")
    func typedValues() throws {
        let parameters = ["n": "5", "flag": "true", "s": "2"]
        let open = try block("```editor:open-file\nfile: a\nline: {{< param n >}}\n```\n", parameters)
        #expect(open["line"] == 5 && open.problems.isEmpty)
        let clear = try block("```terminal:execute\ncommand: x\nclear: {{< param flag >}}\n```\n", parameters)
        #expect(clear["clear"] == true)
        let set = try block(
            "```editor:set-yaml-value\nfile: a\npath: b\nvalue: [{{< param n >}}, '{{< param n >}}']\n```\n", parameters
        )
        #expect(set["value"] == [5, "5"])
        let wrong = try block("```editor:open-file\nfile: a\nline: {{< param flag >}}\n```\n", parameters)
        #expect(wrong.problems.first?.message.contains("line: found \"true\"") == true)
    }

    @Test("A value cannot become an address that runs a script")
    func addresses() throws {
        let block = try block(
            "```dashboard:open-url\nurl: {{< param u >}}\n```\n", ["u": "javascript:alert(1)"])
        #expect(!block.isPossible)
    }
}
