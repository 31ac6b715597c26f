import Foundation
import Platform
import Testing

@testable import SessionAgent

/// A page as it becomes HTML, without the room around it.
func rendered(
    _ text: String, parameters: [String: String] = ["name": "a_b*c*", "html": "<b>&", "n": "5"], pathway: String = "",
    isClassic: Bool = false, snippets: [String: String] = [:]
) throws -> (html: String, source: PageSource) {
    let source = PageSource(
        text,
        context: PageSource.Context(
            isClassic: isClassic, parameters: parameters, pathway: pathway, pages: ["other", "a/deep"],
            snippets: snippets.mapValues { ShortcodeSnippet($0) }))
    var hooks = MarkdownHooks()
    hooks.text = source.pieces
    hooks.literal = source.literal
    hooks.paragraph = source.paragraph
    hooks.callout = PageBlocks.quoted
    hooks.keepsHTML = true
    return (try MarkdownRenderer(limit: 8 << 20).html(source.text, hooks: hooks), source)
}

@Suite("Shortcodes of Hugo's form")
struct HugoShortcodeTests {
    @Test(
        "Values stand where shortcodes stood, and are text wherever that is",
        arguments: [
            ("{{< param name >}}", "<p>a_b*c*</p>"),
            ("{{<param \"name\">}}!", "<p>a_b*c*!</p>"),
            ("{{% param name %}}{{%param `name`%}}", "<p>a_b*c*a_b*c*</p>"),
            ("`{{< param html >}}`", "<p><code>&lt;b&gt;&amp;</code></p>"),
            ("**{{< param html >}}**", "<p><strong>&lt;b&gt;&amp;</strong></p>"),
            ("```\n{{< param name >}}\n```", "<pre><code>a_b*c*\n</code></pre>"),
            ("[x]({{< baseurl >}}/a.png)", "<p><a href=\"/workshop/content/a.png\">x</a></p>"),
            ("[x](http://h/{{< param n >}}/)", "<p><a href=\"http://h/5/\">x</a></p>"),
            (
                "![{{< param n >}}](a.png \"{{< param html >}}\")",
                "<p><img src=\"a.png\" alt=\"5\" title=\"&lt;b&gt;&amp;\" /></p>"
            ),
            ("{{< param unknown >}}", "<p>{{&lt; param unknown &gt;}}</p>"),
            ("{{</* param name */>}}", "<p>{{&lt; param name &gt;}}</p>"),
            ("{{%/* param name */%}}", "<p>{{% param name %}}</p>"),
            ("{{< /*/ x >}}", "<p>{{&lt; /*/ x &gt;}}</p>"), ("{{< /**/ >}}", "<p>{{&lt;  &gt;}}</p>"),
            ("{{< nothing", "<p>{{&lt; nothing</p>"), ("{{< >}}", "<p>{{&lt; &gt;}}</p>"),
            ("{{< strange thing >}}", "<p>{{&lt; strange thing &gt;}}</p>"),
            ("lxq0x lxqq0x {{< param n >}}", "<p>lxq0x lxqq0x 5</p>"),
            ("{{< pathway a >}}no{{< /pathway >}}yes", "<p>yes</p>"),
            ("{{< pathway b >}}yes{{< /pathway >}}{{% pathway a %}}no{{< param n >}}{{% /pathway %}}", "<p>yes</p>"),
            ("{{< pathway a >}}{{< pathway b >}}no{{< /pathway >}}no{{< /pathway >}}!", "<p>!</p>"),
            ("{{< pathway b >}}y{{< pathway a >}}no{{< /pathway >}}es{{< /pathway >}}", "<p>yes</p>"),
            ("[x]({{< ref \"other.md\" >}})", "<p><a href=\"/dashboard/?page=other\">x</a></p>"),
            (
                "[x]({{< relref \"/a/deep#Top\" >}})",
                "<p><a href=\"{{&lt; relref &quot;/a/deep#Top&quot; &gt;}}\">x</a></p>"
            ),
            (
                "{{< highlight go >}}\na := `b`\n{{< /highlight >}}",
                "<pre><code class=\"language-go\">a := `b`\n</code></pre>"
            ),
        ])
    func values(text: String, html: String) throws {
        #expect(try rendered(text, pathway: "b").html == html + "\n")
    }

    @Test("A value cannot become a link that runs a script")
    func hostileValue() throws {
        let html = try rendered("[x]({{< param u >}}) ![y]({{< param u >}})", parameters: ["u": "javascript:alert(1)"])
            .html
        #expect(!html.contains("javascript"))
    }

    @Test(
        "Notes, warnings and dangers frame Markdown, in both forms and in both spellings of a title",
        arguments: [
            ("{{< note >}}\nSome *text*.\n{{< /note >}}", "note", "Note"),
            ("{{% note %}}Some *text*.{{% /note %}}", "note", "Note"),
            ("{{<warning \"Take care\">}}Some *text*.{{</warning>}}", "warning", "Take care"),
            ("{{< danger title=\"Take care\" >}}\nSome *text*.\n{{< /danger >}}", "danger", "Take care"),
            ("> [!NOTE]\n> Some *text*.", "note", "Note"), ("> [!caution]\n>\n> Some *text*.", "danger", "Warning"),
        ])
    func callouts(text: String, kind: String, title: String) throws {
        let html = try rendered(text).html
        let title = kind == "danger" && title == "Warning" ? AgentText.blockLabel("caution") : title
        let start = "<div class=\"callout \(kind)\" role=\"note\"><p class=\"callout-title\">\(title)</p>"
        #expect(html.hasPrefix(start) && html.contains("<p>Some <em>text</em>.</p>") && html.hasSuffix("</div>\n"))
    }

    @Test(
        "A frame never breaks what stands around it",
        arguments: [
            "1. one\n\n   {{< danger >}}\n   inside\n   {{< /danger >}}\n\n2. two",
            "{{< /note >}}{{< note >}}never closed",
            "- a {{< note >}}\n  b\n\nout {{< /note >}} more",
            "{{< note >}}{{< warning >}}x{{< /note >}}{{< /warning >}}",
            "> {{< note >}}\n\n{{< /note >}}\n\nx", "{{< note >}}\n<details>\n\n{{< /note >}}\n\n</details>",
            "{{< note >}}{{< note >}}{{< note >}}a{{< /note >}}b{{< /note >}}",
            "| a |\n|---|\n| {{< note >}}x{{< /note >}} |",
            "> [!NOTE]", "> [!NOTE] and text", "> [!unknown]\n> x",
        ])
    func frames(text: String) throws {
        let html = try rendered(text).html
        for name in ["div", "li", "ol", "ul", "details", "blockquote", "table"] {
            let opened = html.components(separatedBy: "<\(name)").count
            #expect(opened == html.components(separatedBy: "</\(name)>").count, "\(name): \(html)")
        }
        #expect(!html.contains("lxq"))
    }

    @Test(
        "Text to copy gets a button, around a text or behind code",
        arguments: [
            ("Use {{< copy >}}<{{< param n >}}> \"q\"{{< /copy >}} now", "&lt;5&gt; &quot;q&quot;", true),
            ("Use `ls -l`{{<copy>}} now", "ls -l", false), ("Use `` a`b ``{{< copy >}}", "a`b", false),
            ("`x-{{< param n >}}`{{% copy %}}", "x-5", false),
        ])
    func copy(text: String, value: String, hasCode: Bool) throws {
        let html = try rendered(text).html
        #expect(html.contains("data-copy=\"\(value)\""))
        #expect(html.contains("<span class=\"copy-inline\"><code>") == hasCode)
    }

    @Test("A figure is a picture with its caption, and lets no value out of its place")
    func figure() throws {
        let html = try rendered(
            "{{< figure src=\"a.png\" alt=\"A \\\"b\\\"\" caption=\"<c>\" width=\"300\" onload=\"x\" >}}"
        ).html
        #expect(
            html.contains(
                "<figure><img src=\"a.png\" alt=\"A &quot;b&quot;\" width=\"300\"><figcaption>&lt;c&gt;</figcaption></figure>"
            ))
        #expect(!html.contains("onload"))
    }

    @Test(
        "What is wrong with a shortcode is told with its line in the file",
        arguments: [
            ("a\n\n{{< param nmae >}}", [3]), ("{{< kaputt >}}\n\n{{< param storage_class >}}", [1, 3]),
            ("x\n{{< note >}}\ny", [3]), ("{{< /note >}}", [1]), ("a\n{{< copy >}}", [2]), ("{{< param >}}", [1]),
            ("{{< pathway a >}}\n{{< wrong >}}\n{{< /pathway >}}\n{{< wrong >}}", [4]), ("{{< figure >}}", [1]),
            ("{{< ref nowhere >}}", [1]), ("{{< highlight >}}", [1]), ("{{< pathway a >}}", [1]),
            ("{{< note\n>}}x{{< /note >}}\n{{< wrong >}}", [3]),
        ])
    func problems(text: String, lines: [Int]) throws {
        #expect(PageSource(text).problems.map(\.line) == lines)
    }

    @Test("Lines of the text are found again in the file, whatever was put in or left out")
    func lines() throws {
        let text = "{{< note >}}\nx\n{{< /note >}}\n{{< pathway a >}}\nno\nno\n{{< /pathway >}}\n```sh\nls\n```"
        let (_, source) = try rendered(text)
        var found: [Int] = []
        var hooks = MarkdownHooks()
        hooks.codeBlock = { block in
            found.append(source.fileLine(block.line))
            return nil
        }
        _ = try MarkdownRenderer().html(source.text, hooks: hooks)
        #expect(found == [8])
    }

    @Test("A value that exists nowhere is told with what may have been meant, or why it is missing")
    func missingValues() {
        #expect(DataVariables.reason(forMissing: "sesion_name", among: ["session_name": ""]).contains("session_name"))
        #expect(DataVariables.reason(forMissing: "kubernetes_token", among: [:]).contains("Kubernetes"))
        #expect(DataVariables.reason(forMissing: "colour", among: [:]).contains("config.yaml"))
    }

    @Test("Shortcodes that stand in one another without end are given up, not followed")
    func bounds() throws {
        let deep = String(repeating: "{{< x >}}", count: 3000) + String(repeating: "{{< /x >}}", count: 3000)
        let snippets = ["x": "{{ .Inner }}{{ .Inner }}{{ .Inner }}{{ .Inner }}"]
        let (_, source) = try rendered(deep, snippets: snippets)
        #expect(source.output.count <= PageSource.outputLimit)
        let notes = String(repeating: "{{< note >}}", count: 3000)
        let (html, _) = try rendered(notes)
        #expect(html.components(separatedBy: "callout-title").count - 1 == PageSource.blockLimit)
    }
}

@Suite("A workshop's own shortcodes")
struct ShortcodeSnippetTests {
    @Test(
        "Arguments, what stands inside, values and conditions",
        arguments: [
            ("<kbd>{{ .Get 0 }}</kbd>", "press {{< x \"a<b\" >}}!", "<p>press <kbd>a&lt;b</kbd>!</p>"),
            ("<mark>{{ .Get \"text\" }}</mark>", "{{< x text=\"a b\" >}}", "<p><mark>a b</mark></p>"),
            (
                "<abbr title=\"{{ .Get 0 }}\">{{ .Inner }}</abbr>", "{{< x `\"<` >}}*b*{{< /x >}}",
                "<p><abbr title=\"&quot;&lt;\"><em>b</em></abbr></p>"
            ),
            ("{{ .Site.Params.n }}{{ $.Page.Site.Params.n }}", "{{< x >}}", "<p>55</p>"),
            ("{{ if eq (.Get 0) \"a\" }}yes{{ else }}no{{ end }}", "{{< x a >}} {{< x b >}}", "<p>yes no</p>"),
            (
                "{{ if eq $.Page.Site.Params.n (.Get 0) }}\n{{- .Inner | markdownify }}\n{{ end }}",
                "{{< x 5 >}}**in**{{< /x >}}{{< x 6 >}}out{{< /x >}}", "<p><strong>in</strong></p>"
            ),
            ("{{ if ne .Inner \"\" }}a{{ else if .Get 0 }}b{{ else }}c{{ end }}", "{{< x z />}}{{< x >}}", "<p>bc</p>"),
            ("{{ with .Get 0 }}[{{ . }}]{{ end }}", "{{< x a >}}{{< x >}}", "<p>[a]</p>"),
            ("{{ .Get 0 | default \"d\" | upper }}{{/* not shown */}}", "{{< x >}}{{< x e >}}", "<p>DE</p>"),
            ("{{- if and (.Get 0) (not (.Get 1)) -}} one {{- end -}}", "{{< x a >}}{{< x a b >}}", "<p>one</p>"),
        ])
    func templates(template: String, page: String, html: String) throws {
        #expect(try rendered(page, snippets: ["x": template]).html == html + "\n")
    }

    @Test("A block is a block also when it is indented and has blank lines, and its inside is Markdown")
    func blocks() throws {
        let template = "<details>\n    <summary>{{ .Get 0 }}</summary>\n\n    {{ .Inner | markdownify }}\n</details>\n"
        let html = try rendered("a\n{{< x \"More\" >}}\n- *one*\n{{< /x >}}\nb", snippets: ["x": template]).html
        #expect(html.contains("<details>\n<summary>More</summary>") && html.contains("<li><em>one</em></li>"))
        #expect(html.contains("</details>") && html.contains("<p>b</p>") && !html.contains("<pre>"))
    }

    @Test("What it makes is cut down like all HTML of a page")
    func harmless() throws {
        let template =
            "<div onclick=\"x()\"><script>alert(1)</script><a href=\"{{ .Get 0 }}\">x</a><iframe src=\"y\"></iframe></div>"
        let html = try rendered("{{< x \"javascript:alert(1)\" >}}", snippets: ["x": template]).html
        #expect(!html.contains("script") && !html.contains("onclick") && !html.contains("iframe"))
    }

    @Test(
        "A template that needs more of Hugo is not run, and its author is told where",
        arguments: [
            ("{{ range .Params }}x{{ end }}", 1), ("\n{{ $x := 1 }}", 2), ("{{ partial \"a\" . }}", 1),
            ("{{ if .Get 0 }}", 1),
            ("{{ end }}", 1), ("a\n\n{{ .Get", 3), ("{{ .Get \"a }}", 1), ("{{ .Get -1 }}", 1),
            ("{{ printf \"%s\" . }}", 1),
            (String(repeating: "{{ if . }}", count: 30), 1),
        ])
    func unknown(template: String, line: Int) {
        #expect(ShortcodeSnippet(template).problem?.line == line)
        let source = PageSource("{{< x >}}", context: .init(snippets: ["x": ShortcodeSnippet(template)]))
        #expect(source.problems.count == 1 && source.output.isEmpty)
    }
}

@Suite("The classic form's braces")
struct ClassicMarkupTests {
    @Test(
        "Values, conditions and what is left alone",
        arguments: [
            ("{{ name }}{{name}}{{- n -}}", "<p>a_b*c*a_b*c*5</p>"),
            ("`{{ html }}`", "<p><code>&lt;b&gt;&amp;</code></p>"),
            ("%n% 100% %unknown% %n", "<p>5 100% %unknown% %n</p>"), ("{{ ENV_HOME }}", "<p>/h</p>"),
            ("{{ missing }}", "<p>{{ missing }}</p>"), ("{{ .Values.x }}", "<p>{{ .Values.x }}</p>"),
            ("{{ missing | default: \"d\" }}{{ n | upcase }}{{ 'q' | upcase }}", "<p>d5Q</p>"),
            ("{% if n == '5' %}yes{% else %}no{% endif %}", "<p>yes</p>"),
            ("{% if n != \"5\" %}no{% elsif n contains '5' %}yes{% else %}no{% endif %}", "<p>yes</p>"),
            ("{% if missing %}no{% endif %}{% unless missing %}yes{% endunless %}", "<p>yes</p>"),
            ("{% if n == '5' and missing %}no{% endif %}{% if n == '6' or n %}yes{% endif %}", "<p>yes</p>"),
            (
                "{% if n == '5' %}{% if n == '6' %}no{% else %}yes{% endif %}{% else %}{{ missing }}{% endif %}",
                "<p>yes</p>"
            ),
            ("{% if missing == blank %}yes{% endif %}", "<p>yes</p>"),
            ("{% raw %}{{ name }} {% if %}{% endraw %}", "<p>{{ name }} {% if %}</p>"),
            ("a{% comment %}{{ no }}{% endcomment %}b", "<p>ab</p>"), ("{% assign x = \"y\" %}{{ x }}", "<p>y</p>"),
            ("{% include 'x' %}", "<p>{% include 'x' %}</p>"), ("{{ open", "<p>{{ open</p>"),
            ("{% open", "<p>{% open</p>"),
            ("{{< param n >}}", "<p>{{&lt; param n &gt;}}</p>"),
            ("[x](http://h-{{ n }}/)", "<p><a href=\"http://h-5/\">x</a></p>"),
        ])
    func markup(text: String, html: String) throws {
        let parameters = ["name": "a_b*c*", "html": "<b>&", "n": "5", "ENV_HOME": "/h"]
        #expect(try rendered(text, parameters: parameters, isClassic: true).html == html + "\n")
    }

    @Test("Code that is followed by copy gets a button")
    func copy() throws {
        #expect(try rendered("Use ``a-{{ n }}``{{copy}}.", isClassic: true).html.contains("data-copy=\"a-5\""))
    }

    @Test(
        "What is not understood is told with its line",
        arguments: [
            ("a\n{{ missing }}", [2]), ("{% for i in (1..3) %}\nx\n{% endfor %}", [1, 3]), ("\n\n{% if n %}", [3]),
            ("{% if n > 5 %}x{% endif %}", [1]), ("{{ n | date }}", [1]), ("{% raw %}", [1]), ("{{copy}}", [1]),
            ("{% if n == '6' %}\n{{ missing }}\n{% endif %}\n{{ missing }}", [4]),
        ])
    func problems(text: String, lines: [Int]) {
        let context = PageSource.Context(isClassic: true, parameters: ["n": "5"])
        #expect(PageSource(text, context: context).problems.map(\.line) == lines)
    }
}
