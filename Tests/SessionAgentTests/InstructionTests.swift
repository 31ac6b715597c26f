import HTTP
import Platform
import Foundation
import Testing

@testable import SessionAgent

@Suite("Instructions from Markdown files")
struct InstructionTests {
    @Test(
        "Front matter is taken off the page",
        arguments: [
            ("---\ntitle: A\nweight: 3\n---\nbody", "A", 3, "body"),
            ("---\r\ntitle: \"A: b\"\r\n---\r\nbody", "A: b", nil, "body"),
            ("\u{FEFF}---\ntitle: 'x'\n---\n", "x", nil, ""),
            ("no front matter\n---\n", nil, nil, "no front matter\n---\n"),
            ("---\nnever closed", nil, nil, "---\nnever closed"),
            ("---\n: : broken: [\n---\nbody", nil, nil, "body"),
            ("---\n- a list\n---\nbody", nil, nil, "body"),
            ("---\nweight: heavy\ntitle:\n---\nbody", nil, nil, "body"),
            ("---\n---\nbody", nil, nil, "body"),
            ("", nil, nil, ""),
        ] as [(String, String?, Int?, String)])
    func frontMatter(text: String, title: String?, weight: Int?, body: String) {
        let (matter, rest) = FrontMatter.split(text)
        #expect(matter.title == title && matter.weight == weight)
        #expect(rest == body)
    }

    @Test("Pages come by path, or by weight and title as soon as one has a weight")
    func order() {
        func page(_ file: String, _ text: String = "") -> InstructionPage? { InstructionPage(file: file, text: text) }
        let plain = [page("b.md"), page("a/index.md"), page("a/x.md"), page("10.md"), page("2.md")].compactMap { $0 }
        #expect(InstructionPage.ordered(plain).map(\.id) == ["10", "2", "a", "a/x", "b"])
        let weighted = [
            page("a.md", "---\ntitle: Last\n---"), page("b.md", "---\nweight: 2\ntitle: Z\n---"),
            page("c.md", "---\nweight: 2\ntitle: Y\n---"), page("d.md", "---\nweight: -1\n---"),
        ].compactMap { $0 }
        #expect(InstructionPage.ordered(weighted).map(\.id) == ["d", "c", "b", "a"])
        #expect(page("_index.md") == nil && page("a/_index.md") == nil && page("x.txt") == nil)
        #expect(page("d.md", "---\ndraft: true\n---") == nil)
    }

    @Test(
        "A page without a title is named by its heading or its file",
        arguments: [
            ("01-first_steps.md", "text", "First steps"), ("x/index.md", "# The `ls` *command*\n", "The ls command"),
            ("2024.md", "", "2024"), ("a/02-b.md", "", "B"),
        ])
    func titles(file: String, text: String, title: String) {
        #expect(InstructionPage(file: file, text: text)?.title == title)
    }

    func render(_ text: String, parameters: [String: String] = ["name": "a_b*c*", "html": "<b>&", "n": "5"]) throws
        -> String
    {
        let shortcodes = Shortcodes(text, parameters: parameters, baseURL: "/workshop")
        var hooks = MarkdownHooks()
        hooks.text = shortcodes.pieces
        hooks.literal = shortcodes.literal
        hooks.paragraph = shortcodes.paragraph
        return try MarkdownRenderer().html(shortcodes.text, hooks: hooks)
    }

    @Test(
        "Values stand where shortcodes stood, and are text wherever that is",
        arguments: [
            ("{{< param name >}}", "<p>a_b*c*</p>"),
            ("{{<param \"name\">}}!", "<p>a_b*c*!</p>"),
            ("`{{< param html >}}`", "<p><code>&lt;b&gt;&amp;</code></p>"),
            ("**{{< param html >}}**", "<p><strong>&lt;b&gt;&amp;</strong></p>"),
            ("```\n{{< param name >}}\n```", "<pre><code>a_b*c*\n</code></pre>"),
            ("[x]({{< baseurl >}}/a.png)", "<p><a href=\"/workshop/a.png\">x</a></p>"),
            ("{{< param unknown >}}", "<p>{{&lt; param unknown &gt;}}</p>"),
            ("{{</* param name */>}}", "<p>{{&lt; param name &gt;}}</p>"),
            ("{{< nothing", "<p>{{&lt; nothing</p>"),
            ("{{< strange thing >}}", "<p>{{&lt; strange thing &gt;}}</p>"),
            ("lxq0x lxqq0x {{< param n >}}", "<p>lxq0x lxqq0x 5</p>"),
            ("{{< pathway a >}}no{{< /pathway >}}yes", "<p>yes</p>"),
        ])
    func values(text: String, html: String) throws {
        #expect(try render(text) == html + "\n")
    }

    @Test("A value cannot become a link that runs a script")
    func hostileValue() throws {
        let html = try render("[x]({{< param u >}}) ![y]({{< param u >}})", parameters: ["u": "javascript:alert(1)"])
        #expect(!html.contains("javascript"))
    }

    @Test("Notes, warnings and dangers frame Markdown, also inside a list")
    func callouts() throws {
        let html = try render(
            "{{< note >}}\nSome *text*.\n{{< /note >}}\n\n{{< warning \"Take care\" >}}x{{< /warning >}}")
        #expect(html.contains("<div class=\"callout note\" role=\"note\"><p class=\"callout-title\">Note</p>"))
        #expect(html.contains("<em>text</em>") && html.contains("Take care"))
        #expect(html.components(separatedBy: "<div").count == html.components(separatedBy: "</div>").count)
        let list = try render("1. one\n\n   {{< danger >}}\n   inside\n   {{< /danger >}}\n\n2. two")
        #expect(list.components(separatedBy: "<ol").count == 2 && list.contains("callout danger"))
        let open = try render("{{< /note >}}{{< note >}}never closed")
        #expect(open.components(separatedBy: "<div").count == open.components(separatedBy: "</div>").count)
    }

    @Test("Text to copy gets a button and stays text")
    func copy() throws {
        let html = try render("Use {{< copy >}}<{{< param n >}}> \"q\"{{< /copy >}} now")
        #expect(
            html.contains("data-copy=\"&lt;5&gt; &quot;q&quot;\"")
                && html.contains("<code>&lt;5&gt; &quot;q&quot;</code>"))
    }

    @Test(
        "Addresses are resolved against the page's folder",
        arguments: [
            ("x.png", "a/", PageAddress.Target.file("a/x.png")), ("../x.png", "a/b/", .file("a/x.png")),
            ("../../../x", "a/", .file("x")), ("other.md", "", .page("other", fragment: "")),
            ("../other/", "a/", .page("other", fragment: "")), ("other#part", "", .page("other", fragment: "part")),
            ("/workshop/content/other/", "a/", .page("other", fragment: "")), ("#part", "", .anchor("part")),
            ("https://h/x", "", .elsewhere("https://h/x")), ("//h/x", "", .elsewhere("//h/x")),
            ("/workshop/static/y.png", "a/", .local("/workshop/static/y.png")),
            ("mailto:a@b", "", .elsewhere("mailto:a@b")),
        ])
    func addresses(written: String, folder: String, target: PageAddress.Target) {
        #expect(PageAddress.resolve(written, folder: folder, isPage: { $0 == "other" }) == target)
    }

    @Test(
        "Only paths of this host are followed after entering",
        arguments: [
            ("/dashboard/?page=a", "/dashboard/?page=a"), ("//evil", "/dashboard/"), ("/\\evil", "/dashboard/"),
            ("/a\\b", "/dashboard/"), ("https://evil", "/dashboard/"), ("/a b", "/dashboard/"), ("", "/dashboard/"),
            ("/oauth_callback?code=x", "/dashboard/"), ("/é", "/dashboard/"),
        ])
    func localPaths(given: String, followed: String) {
        #expect(LocalPath.checked(given) == followed)
    }

    @Test("config.yaml chooses and orders pages, and its values can be set from outside")
    func configuration() {
        let text = """
            params:
              - {name: colour, value: red}
              - {name: size, value: small, aliases: [SIZE, GROESSE]}
            pathways:
              default: short
              paths:
                short:
                  steps: [b, missing, a/x]
                  params: [{name: colour, value: blue}]
                long: {title: All of it}
            """
        let short = WorkshopConfiguration(text, environment: ["GROESSE": "large", "colour": "green", "size": "no"])
        #expect(short.pathway == "short" && short.parameters == ["colour": "green", "size": "large"])
        let pages = ["a/x.md", "b.md", "c.md"].compactMap { InstructionPage(file: $0, text: "") }
        #expect(short.chosen(from: pages).map(\.id) == ["b", "a/x"])
        let long = WorkshopConfiguration(text, environment: ["PATHWAY_NAME": "long"])
        #expect(long.pathway == "long" && long.parameters == ["colour": "red", "size": "small"])
        #expect(long.chosen(from: pages).map(\.id) == ["a/x", "b", "c"])
        for broken in [
            "", "[", "params: 3", "pathways: []", "params: [1, {value: x}]", "pathways: {default: {}, paths: 1}",
        ] {
            #expect(WorkshopConfiguration(broken, environment: [:]) == WorkshopConfiguration(), "\(broken)")
        }
    }
}
