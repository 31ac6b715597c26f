import Foundation
import Platform
import PortalTesting
import Testing

@Suite("Raw HTML in Markdown keeps what is harmless")
struct HTMLSanitizerTests {
    func html(_ markdown: String, _ change: (inout MarkdownHooks) -> Void = { _ in }) throws -> String {
        var hooks = MarkdownHooks()
        hooks.keepsHTML = true
        hooks.anchorPrefix = "at-"
        change(&hooks)
        return try MarkdownRenderer().html(markdown, hooks: hooks)
    }

    @Test(
        "Elements and attributes of the list pass, written anew",
        arguments: [
            ("a <b>b</b> <KBD>c</KBD><br/>", "<p>a <b>b</b> <kbd>c</kbd><br></p>\n"),
            (
                "<img src=x.png alt='a \"b\"' width=30px height=5%>",
                "<img src=\"x.png\" alt=\"a &quot;b&quot;\" width=\"30\" height=\"5%\">"
            ),
            ("<a href=\"x&amp;y\" title=t>z</a>", "<p><a href=\"x&amp;y\" title=\"t\">z</a></p>\n"),
            (
                "<details open>\n<summary>s</summary>\n\n*x*\n\n</details>",
                "<details open=\"\">\n<summary>s</summary>\n<p><em>x</em></p>\n</details>\n"
            ),
            (
                "<table><tr><td colspan=2 align=center>x<td>y</table>",
                "<table><tr><td colspan=\"2\" align=\"center\">x</td><td>y</td></tr></table>"
            ),
            ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"), ("<p>a<p>b", "<p>a</p><p>b\n</p>"),
            ("<h1 id=top>x</h1>", "<h2 id=\"at-top\">x</h2>"),
            ("<video controls src=\"a.mp4\"></video>", "<p><video controls=\"\" src=\"a.mp4\"></video></p>"),
            (
                "x <sub>a</sub><sup>b</sup> <mark>c</mark> <!-- gone -->d",
                "<p>x <sub>a</sub><sup>b</sup> <mark>c</mark> d</p>\n"
            ),
            ("<div>a &lt;b&gt; &amp; &copy; < c</div>", "<div>a &lt;b&gt; &amp; &copy; &lt; c</div>"),
            ("<ol start=3 type=A><li value=4>x</li></ol>", "<ol start=\"3\" type=\"A\"><li value=\"4\">x</li></ol>"),
        ])
    func kept(markdown: String, expected: String) throws {
        let html = try html(markdown)
        #expect(html == expected || html == expected + "\n" || html.hasPrefix(expected), "\(html)")
    }

    @Test(
        "Nothing gets through that runs, loads, sends or looks like the page around",
        arguments: [
            "<script>alert(1)</script>", "<SCRIPT SRC=x></SCRIPT>", "<script>a\n\nb</script>",
            "<scr<script>ipt>alert(1)</script>",
            "<img src=x onerror=alert(1)>", "<img src=\"javascript:alert(1)\">", "<img/src=x/onerror=alert(1)>",
            "<img src=x\nonerror=alert(1)>", "<img src='x' ' onerror='alert(1)'>",
            "<img src=x alt=\"\" onerror=x alt=\">\">",
            "<a href=javascript:alert(1)>x</a>", "<a href=\"&#x6a;avascript:alert(1)\">x</a>",
            "<a href=\" javascript:x\">x</a>",
            "<a href=\"java&Tab;script:x\">x</a>", "<a href=\"javascript&colon;x\">x</a>",
            "<a href=\"java\nscript:x\">x</a>",
            "<a href=data:text/html,x>x</a>", "<a href=vbscript:x>x</a>", "<b onclick=x style=\"position:fixed\">x</b>",
            "<style>body{}</style>", "<link rel=stylesheet href=x>", "<iframe src=x></iframe>",
            "<object data=x></object>",
            "<embed src=x>", "<form action=x><input name=y><button>z</button></form>",
            "<svg onload=x><script>1</script></svg>",
            "<math><mi xlink:href=\"javascript:x\">x</mi></math>", "<base href=x>",
            "<meta http-equiv=refresh content=0>",
            "<div class=\"notice\" data-action=\"run\" id=\"x\">x</div>", "<button data-copy=x>x</button>",
            "<textarea>x</textarea>",
            "<template><b>x</b></template>",
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
            "<b <script>alert(1)</script>", "<!--><script>alert(1)</script>-->",
            "<![CDATA[<script>alert(1)</script>]]>",
            "<?php <script>alert(1)</script> ?>", "<a href=\"x\" href=\"javascript:x\">y</a>",
            "<video src=javascript:x autoplay>",
            "<a href='x\" onclick=alert(1) y'>x</a>", "<div title='\"><script>alert(1)</script>'>x</div>",
            "<xmp><script>alert(1)</script></xmp>", "<title><script>x</script></title>",
            "<details ontoggle=x open>x</details>",
        ])
    func harmless(markdown: String) throws {
        let html = try html(markdown).lowercased()
        for (name, attributes) in tags(of: html) {
            #expect(allowed.contains(name), "\(name) in \(html)")
            for attribute in attributes {
                #expect(
                    !attribute.hasPrefix("on")
                        && !["style", "class", "data-action", "data-copy", "autoplay"].contains(attribute))
            }
        }
        let decoded = html.replacing("&amp;", with: "&")
        for bad in ["href=\"javascript", "src=\"javascript", "href=\"vbscript", "href=\"data:", "href=\" java"] {
            #expect(!decoded.contains(bad), "\(html)")
        }
    }

    private let allowed: Set<String> = [
        "p", "b", "a", "img", "div", "details", "video", "em", "h2", "ul", "li", "ol", "code", "pre",
    ]

    /// Start tags with the names of their attributes, as a browser reads them.
    private func tags(of html: String) -> [(String, [String])] {
        html.matches(of: /<([a-z][^\s\/>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/).map { match in
            let attributes = match.2.matches(of: /([^\s"'>\/=]+)(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?/).map {
                String($0.1)
            }
            return (String(match.1), attributes)
        }
    }

    @Test(
        "Whatever is opened is closed in its container, and nothing else is",
        arguments: [
            "</div></article></main>", "<div><div>", "- a <div>\n- b\n\nc", "> <details>\n\nout </details>",
            "*a <b>b* c</b>", "a <div> b\n\nc </div>", "| <b> |\n|---|\n| x </b> <i> |",
            "<details>\n\n- <b>\n\n</details>\n\n</b>",
            "# <b>x\n\n<p><div></p></div>", "[a <b>](x) </b>", "<table>\n\n| a |\n|-|\n| b |\n\n</td></tr></table>",
            "1. <ul><li>\n2. x", "[^1]\n\n[^1]: <div>", "<a><a></a>", "<b></B></b></b>", "<div/>x",
        ])
    func balanced(markdown: String) throws {
        let html = try html(markdown)
        var open: [String] = []
        for match in html.matches(of: /<(\/?)([a-z][a-z0-9]*)[^>]*?>/) {
            let name = String(match.2)
            if ["br", "hr", "img", "col", "source", "wbr", "input"].contains(name) { continue }
            if match.1.isEmpty {
                open.append(name)
            } else {
                #expect(open.contains(name), "\(name) was never opened: \(html)")
                if let place = open.lastIndex(of: name) { open.remove(at: place) }
            }
        }
        #expect(open.isEmpty, "\(open) in \(html)")
    }

    @Test("What is left out is told with its line")
    func found() throws {
        var told: [String] = []
        _ = try html("a\n\n<div>\n<font color=x>b</font>\n<p style=y>c</p></div>\n\nd <u onclick=z>e</u>") {
            $0.found = { finding, line in
                if case .leftOut(let what) = finding { told.append("\(line) \(what)") }
            }
        }
        #expect(told == ["4 <font>", "5 style of <p>", "7 onclick of <u>"])
    }

    @Test("Raw HTML in what is taken apart is still there when it is looked at")
    func movedHTML() throws {
        let text = "## a <b>x</b> <i> [l <u>](y) {#z}\n\n> [!NOTE]\n> # <s>q</s>\n\n| <b>a</b> |\n|---|\n| <i>b |"
        let html = try html(text) { $0.callout = { _ in .init(before: "<div>", after: "</div>") } }
        #expect(html.contains("a <b>x</b> <i> <a href=\"y\">l <u></a>") && html.contains("<s>q</s>"))
        #expect(html.contains("<b>a</b>") && html.contains("<td><i>b</i></td>"))
    }

    @Test("A bracket stays a bracket whatever stands behind it")
    func combining() throws {
        let html = try html("<div>a <\u{31D}b >\u{301}c \"\u{301} <p title=\"\u{301}>\u{301}\">x</p></div>")
        #expect(html.hasPrefix("<div>a &lt;\u{31D}b &gt;\u{301}c") && !html.contains("<\u{31D}"))
    }

    @Test("Without leave all raw HTML is gone, as before")
    func without() throws {
        let html = try html("a <b>b</b>\n\n<div>x</div>") { $0.keepsHTML = false }
        #expect(!html.contains("<b>") && !html.contains("<div>"))
    }

    @Test("Random pieces never bring a script, a handler or an open end along")
    func random() throws {
        var generator = SeededGenerator(seed: 20_261_125)
        let pieces = [
            "<", ">", "</", "/>", "\"", "'", "=", " ", "\n", "\n\n", "<b>", "</b>", "<div>", "</div>", "<img src=",
            "<a href=",
            "onerror=", "javascript:", "<script>", "</script>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "&#106;",
            "&lt;",
            "<details>", "</details>", "- ", "> ", "| ", "|-|\n", "`", "```\n", "x", "é", "\u{0}", "<svg>", "<style>",
            "title='",
        ]
        for _ in 0..<4000 {
            let text = (0..<Int.random(in: 1...30, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            let html = try html(text).lowercased()
            #expect(!html.contains("<script") && !html.contains("<svg") && !html.contains("<style"), "\(text)")
            for (_, attributes) in tags(of: html) {
                #expect(!attributes.contains { $0.hasPrefix("on") }, "seed 20261125, text \(text), html \(html)")
            }
            for name in ["div", "details", "b"] {
                let opened =
                    html.components(separatedBy: "<\(name)>").count + html.components(separatedBy: "<\(name) ").count
                #expect(
                    opened - 1 == html.components(separatedBy: "</\(name)>").count, "seed 20261125, \(text), \(html)")
            }
        }
    }

    @Test("Boxes of a task list have words of their own")
    func tasks() throws {
        let html = try html("- [x] a\n- [ ] b <input type=\"checkbox\" disabled=\"\">") {
            $0.taskLabels = (done: "Fertig", open: "Offen")
        }
        #expect(html.contains("<input type=\"checkbox\" aria-label=\"Fertig\" checked=\"\" disabled=\"\" /> a"))
        #expect(html.contains("<input type=\"checkbox\" aria-label=\"Offen\" disabled=\"\" /> b"))
        #expect(html.components(separatedBy: "<input").count == 3)
    }

    @Test(
        "A short text is found wherever it is",
        arguments: [
            ("abcabd", "abd", 3), ("aaab", "ab", 2), ("abc", "abcd", nil), ("", "a", nil), ("a", "", nil),
            ("xéy", "éy", 1),
        ]
            as [(String, String, Int?)])
    func search(text: String, needle: String, place: Int?) {
        #expect(ByteSearch.first(Array(needle.utf8), in: Array(text.utf8)) == place)
        #expect(ByteSearch.contains(Array(needle.utf8), in: text) == (place != nil))
    }
}
