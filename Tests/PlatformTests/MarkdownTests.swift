import Platform
import PortalTesting
import Testing

@Suite("Markdown becomes HTML that is safe to show")
struct MarkdownTests {
    @Test(
        "What could run a script does not get through",
        arguments: [
            "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))",
            "[a](JAVASCRIPT:alert(1))", "[a](&#x6a;avascript:alert(1))", "[a](java\tscript:alert(1))",
            "[a](vbscript:x)", "[a](data:text/html,<script>x</script>)", "![a](javascript:alert(1))",
            "<javascript:alert(1)>", "[a](<java\u{1}script:x>)", "text <b onmouseover=x>b</b>",
            "[a]: javascript:alert(1)\n\n[a]", "| <script>x</script> |\n|-|\n| [a](javascript:x) |",
            "[a](x \"\\\" onmouseover=alert(1) \\\"\")", "\u{10FFF0}0\u{10FFF1}<script>",
        ])
    func harmless(markdown: String) throws {
        let html = try MarkdownRenderer().html(markdown).lowercased()
        #expect(!html.contains("<script") && !html.contains("<img src=\"x\"") && !html.contains("<b "))
        #expect(
            !html.contains("href=\"javascript") && !html.contains("href=\"vbscript") && !html.contains("href=\"data:"))
        #expect(!html.contains("src=\"javascript") && !html.contains("\" onmouseover"))
    }

    @Test("Tables, strikethrough, autolinks, task lists and footnotes work")
    func extensions() throws {
        let html = try MarkdownRenderer().html(
            "| a |\n|---|\n| ~~b~~ |\n\nhttps://example.com/x\n\n- [x] done\n\nfoot[^1]\n\n[^1]: note")
        #expect(html.contains("<td><del>b</del></td>"))
        #expect(html.contains("<a href=\"https://example.com/x\">https://example.com/x</a>"))
        #expect(html.contains("type=\"checkbox\" checked"))
        #expect(html.contains("class=\"footnotes\""))
    }

    @Test("Headings begin at the level asked for and get anchors of their own")
    func headings() throws {
        let html = try MarkdownRenderer(topHeadingLevel: 2).html("# One *two*\n\n## One two\n\n# One two\n\n# !!")
        #expect(html.contains("<h2 id=\"one-two\">"))
        #expect(html.contains("<h3 id=\"one-two-1\">"))
        #expect(html.contains("<h2 id=\"one-two-2\">"))
        #expect(html.contains("<h2 id=\"section\">"))
    }

    @Test("Hooks replace links, images, code and text, in table cells too")
    func hooks() throws {
        var hooks = MarkdownHooks()
        hooks.link = { $0.hasPrefix("http") ? .elsewhere($0) : .here("/x/" + $0) }
        hooks.image = { $0.hasPrefix("http") ? nil : "/img/" + $0 }
        hooks.codeBlock = { $0.info == "run" ? "<button>\($0.text.count)</button>" : nil }
        hooks.text = { $0.contains("MARK") ? [.text("a<"), .html("<b>m</b>")] : nil }
        let html = try MarkdownRenderer().html(
            "| [l](http://h/) | MARK |\n|-|-|\n| [k](p) | ![i](i.png) ![far](http://h/i.png) |\n\n``` run\nabc\n```\n\n```\nplain\n```",
            hooks: hooks)
        #expect(html.contains("<th><a href=\"http://h/\" target=\"_blank\" rel=\"noopener noreferrer\">l</a></th>"))
        #expect(html.contains("<th>a&lt;<b>m</b></th>"))
        #expect(html.contains("<td><a href=\"/x/p\">k</a></td>"))
        #expect(html.contains("<img src=\"/img/i.png\" alt=\"i\" /> far"))
        #expect(html.contains("<button>4</button>"))
        #expect(html.contains("<pre><code>plain\n</code></pre>"))
    }

    @Test("No tag lands in the description of an image")
    func imageDescription() throws {
        var hooks = MarkdownHooks()
        hooks.text = { $0.contains("MARK") ? [.html("<b class=\"x\">m</b>"), .text("t")] : nil }
        let html = try MarkdownRenderer().html("![a [b](c) MARK](i.png)", hooks: hooks)
        #expect(html.contains("<img src=\"i.png\" alt=\"a bt\" />"))
    }

    @Test("A text that is too long is refused, a deep one is rendered")
    func bounds() throws {
        #expect(throws: MarkdownRenderer.Problem.tooLarge(bytes: 11, limit: 10)) {
            try MarkdownRenderer(limit: 10).html("12345678901")
        }
        let deep = String(repeating: "> ", count: 5000) + "x" + String(repeating: "*a ", count: 20_000)
        #expect(try MarkdownRenderer().html(deep).contains("x"))
        let nested = String(repeating: "[", count: 20_000) + String(repeating: "](x)", count: 100)
        #expect(try MarkdownRenderer().html(nested).count > 20_000)
    }

    @Test("Random bytes never crash and never bring a tag along")
    func randomInput() throws {
        var generator = SeededGenerator(seed: 20_261_124)
        let pieces = [
            "<", ">", "&", "\"", "'", "[", "]", "(", ")", "!", "`", "```\n", "|", "-", "\n", "\n\n", "    ", "*", "_",
            "~~",
            "javascript:", "http://a.b", "<script>", "\u{10FFF0}", "\u{10FFF1}", "0", "\u{0}", "# ", "> ", "[^1]", "é",
            "\\",
        ]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            let html = try MarkdownRenderer().html(text).lowercased()
            #expect(!html.contains("<script") && !html.contains("href=\"javascript"), "seed 20261124, text \(text)")
        }
    }
}
