import Foundation
import HTTP
import Platform
import Testing

@testable import SessionAgent

@Suite("Actions in pages")
struct ActionPageTests {
    private func html(
        _ text: String, terminals: [String] = ["1", "2"], isPreview: Bool = false, parameters: [String: String] = [:],
        missing: [String: String] = [:]
    ) throws -> String {
        let shortcodes = PageSource(text, context: PageSource.Context(parameters: parameters))
        let blocks = CodeBlockHTML(
            surroundings: ActionSurroundings(terminals: terminals, missing: missing, isPreview: isPreview),
            restore: shortcodes.restored, sourceLine: shortcodes.fileLine)
        var hooks = MarkdownHooks()
        hooks.text = shortcodes.pieces
        hooks.literal = shortcodes.literal
        hooks.paragraph = shortcodes.paragraph
        hooks.codeBlock = { blocks.html($0).text }
        hooks.fold = blocks.fold
        hooks.folded = blocks.folded
        return try MarkdownRenderer().html(shortcodes.text, hooks: hooks)
    }

    private func isBalanced(_ html: String) -> Bool {
        ["div", "section", "p", "ul", "li", "pre"].allSatisfy { tag in
            html.components(separatedBy: "<\(tag)>").count + html.components(separatedBy: "<\(tag) ").count - 1
                == html.components(separatedBy: "</\(tag)>").count
        }
    }

    @Test("A block says what it does, with a button, and its text cannot leave its attribute")
    func acting() throws {
        let html = try html("```execute\necho \"<&'\n```\n")
        #expect(html.contains("<div class=\"code action\" data-action=\"terminal:execute\""))
        #expect(
            html.contains(
                "{&quot;command&quot;:&quot;echo \\&quot;&lt;&amp;&#39;&quot;,&quot;session&quot;:&quot;1&quot;"))
        #expect(html.contains("<button type=\"button\" class=\"action-title\">") && html.contains("Run in terminal 1"))
        #expect(html.contains("<code class=\"language-shell\">echo &quot;&lt;&amp;&#39;</code>"))
        #expect(html.contains("role=\"status\"") && isBalanced(html))
    }

    @Test("Titles, prefixes and descriptions are the author's where there are any")
    func titles() throws {
        let given = try html(
            "```terminal:execute\ncommand: x\nprefix: Task\ntitle: <Do>\ndescription: why & how\n```\n")
        #expect(given.contains("Task: &lt;Do&gt;") && given.contains("why &amp; how"))
        #expect(given.contains("<pre class=\"action-body\" hidden><code>x</code></pre>"))
        #expect(try html("```terminal:interrupt\nprefix: Then\n```\n").contains("Then: Interrupt terminal 1"))
        #expect(try html("```execute\nx\n```\n", terminals: ["1"]).contains(">Run</span>"))
        #expect(try html("```dashboard:open-dashboard\nname: \"{name} a\"\n```\n").contains("Show “{name} a”"))
        #expect(try html("```terminal:execute\ncommand: x\nsession: \"*\"\n```\n").contains("Run in all terminals"))
    }

    @Test("Options stand beside the fields, where they differ from what is usual")
    func options() throws {
        let usual = try html("```terminal:clear\n```\n")
        #expect(
            usual.contains("data-options=\"{&quot;cooldown&quot;:1}\"")
                && usual.contains("data-fields=\"{&quot;session&quot;:&quot;1&quot;}\""))
        let all = try html(
            "```terminal:clear\nautostart: true\ncascade: true\npause: 5\ncooldown: 1.5\nevent: [1]\n```\n")
        #expect(
            all.contains(
                "data-options=\"{&quot;cooldown&quot;:1.5,&quot;autostart&quot;:true,&quot;cascade&quot;:true,"
                    + "&quot;pause&quot;:5,&quot;event&quot;:[1]}\""))
    }

    @Test("What is hidden takes no room and still can act")
    func hidden() throws {
        let html = try html("```terminal:execute\ncommand: x\nhidden: true\nautostart: true\n```\n")
        #expect(html.contains("data-action=\"terminal:execute\"") && html.contains("}\" hidden>"))
        #expect(!html.contains("<pre"))
    }

    @Test("Text that is changed before it is copied stands in a field for text")
    func copyAndEdit() throws {
        let html = try html("```copy-and-edit\nname: </textarea>\n```\n")
        #expect(html.contains("<textarea class=\"action-body\"") && html.contains("name: &lt;/textarea&gt;"))
    }

    @Test(
        "What cannot work says so politely, and why to its author",
        arguments: [
            ("```terminal:execute\nsession: 1\n```", "Line 1, column 1: the field &quot;command&quot; is missing"),
            ("x\n\n```terminal:execute\n command: a: b\n```", "Line 4, column 12: "),
            ("- a\n\n  ```terminal:exe\n  x\n  ```", "Line 3, column 3: no action is called"),
            ("```execute-3\nx\n```", "needs terminal 3, and the workshop&#39;s layout shows 2"),
            ("```editor:open-file\nfile: x\n```", "editor:open-file needs the editor"),
            ("```section:begin\ntitle: x\n```\nmore", "found no section:end after it"),
            ("```section:end\nname: x\n```", "found no section:begin named &quot;x&quot; before it"),
        ])
    func broken(text: String, reason: String) throws {
        let missing = ["editor": "the editor"]
        let learners = try html(text, missing: missing)
        #expect(learners.contains("data-broken=") && !learners.contains("data-action"))
        #expect(learners.contains(AgentText.actionNotPossible) && !learners.contains("Line "))
        let authors = try html(text, isPreview: true, missing: missing)
        #expect(authors.contains(reason), "\(authors)")
        #expect(isBalanced(learners) && isBalanced(authors))
    }

    @Test("A field too many is for the author alone to see, and the action works")
    func smallMistake() throws {
        let text = "```terminal:execute\ncommand: x\nsesion: 2\n```"
        #expect(try !html(text).contains("sesion"))
        let authors = try html(text, isPreview: true)
        #expect(authors.contains("did you mean &quot;session&quot;?") && authors.contains("data-action="))
    }

    @Test("Sections hold what is between begin and end, nested by name or by order, also in a list")
    func sections() throws {
        let html = try html(
            """
            ```section:begin
            name: outer
            title: Questions
            ```

            one

            ```section:begin
            open: true
            ```

            ## two

            ```section:end
            ```

            ```section:end
            name: outer
            ```

            after
            """)
        #expect(isBalanced(html))
        let parts = [
            "aria-expanded=\"false\"", "Questions", "id=\"fold-1\"", "<p>one</p>", "aria-expanded=\"true\"",
            "class=\"fold-body open\" id=\"fold-8\"", "two", "data-action=\"section:end\"", "</section>",
            "data-action=\"section:end\"",
            "</section>", "<p>after</p>",
        ]
        var rest = html[...]
        for part in parts {
            let found = try #require(rest.range(of: part), "\(part) in \(html)")
            rest = rest[found.upperBound...]
        }
        let list = try self.html("1. a\n\n   ```section:begin\n   ```\n\n   b\n\n   ```section:end\n   ```\n\n2. c\n")
        #expect(isBalanced(list) && list.components(separatedBy: "<ol").count == 2 && list.contains("class=\"fold\""))
        let crossing = try self.html("```section:begin\n```\n\n- x\n\n  ```section:end\n  ```\n")
        #expect(isBalanced(crossing) && !crossing.contains("class=\"fold\"") && crossing.contains("data-broken"))
    }

    @Test("The end of a section by name closes those that were left open inside")
    func unclosedInside() throws {
        let html = try html(
            "```section:begin\nname: a\n```\n```section:begin\nname: b\n```\nx\n\n```section:end\nname: a\n```\n")
        #expect(isBalanced(html) && html.components(separatedBy: "class=\"fold\"").count == 2)
        #expect(html.contains("data-broken=\"section:begin\""))
    }

    @Test("The actions of a page come in order, with their lines in its file")
    func pageActions() {
        let text = """
            ---
            title: x
            ---
            {{< note >}}
            A note
            {{< /note >}}

            ```execute
            {{< param many >}}
            ```
            {{< pathway other >}}

            ```execute
            gone
            ```
            {{< /pathway >}}

            ```section:begin
            ```
            1. x

               ```terminal:execute
               command: a: b
               ```

            ```python
            x
            ```
            ```section:end
            ```
            """
        let blocks = PageActions.of(text, parameters: ["many": "a\nb\nc"])
        #expect(blocks.map(\.name) == ["terminal:execute", "section:begin", "terminal:execute", "section:end"])
        #expect(blocks.map(\.line) == [8, 18, 22, 29])
        #expect(blocks[0]["command"] == "a\nb\nc")
        #expect(blocks[2].problems.first?.line == 23 && blocks[2].problems.first?.column == 14)
        #expect(blocks[1].isPossible && blocks[3].isPossible)
    }

    @Test("Forms of an open page are the same for every line break")
    func lineBreaks() {
        let blocks = PageActions.of("a\r\n\r\n```execute\r\nls\r\n```\r\n", parameters: [:])
        #expect(blocks.map(\.line) == [3] && blocks.first?["command"] == "ls")
    }
}
