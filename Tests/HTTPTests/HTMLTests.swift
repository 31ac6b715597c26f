import HTTP
import Testing

@Suite("HTML")
struct HTMLTests {
    private func text(_ html: HTML) -> String { String(decoding: html.bytes, as: UTF8.self) }

    @Test("Text and attribute values are escaped, wherever they stand")
    func escaping() {
        let evil = "<script>\"'&</script>"
        let html = HTML {
            p(.class(evil), .data("x", evil), .title(evil)) {
                evil
                b(evil)
                evil
            }
            "a"
            evil
        }
        func b(_ text: String) -> HTML { strong { text } }
        let safe = "&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;"
        #expect(
            self.text(html)
                == "<p class=\"\(safe)\" data-x=\"\(safe)\" title=\"\(safe)\">\(safe)<strong>\(safe)</strong>\(safe)</p>a\(safe)"
        )
    }

    @Test("Conditions, loops, optional and raw pieces stand where they are written")
    func structure() {
        func page(_ isShown: Bool) -> HTML {
            HTML {
                if isShown { p { "yes" } } else { p { "no" } }
                if isShown { "text" }
                ul { for number in 1...3 { li { number } } }
                HTML.raw("<b>")
                Optional<HTML>.none
                br()
                input(.name("x"), .required(if: isShown), .hidden(if: false))
            }
        }
        #expect(
            text(page(true))
                == "<p>yes</p>text<ul><li>1</li><li>2</li><li>3</li></ul><b><br><input name=\"x\" required>")
        #expect(text(page(false)) == "<p>no</p><ul><li>1</li><li>2</li><li>3</li></ul><b><br><input name=\"x\">")
        #expect(text(HTML {}) == "")
    }

    @Test("A document begins with its type and its encoding")
    func document() {
        let html = HTML.document(language: "en", .class("x"), head: { title { "T" } }, body: { body { "B" } })
        #expect(
            text(html)
                == "<!DOCTYPE html>\n<html lang=\"en\" class=\"x\">\n<head><meta charset=\"utf-8\"><title>T</title></head>\n<body>B</body>\n</html>\n"
        )
    }

    @Test(
        "A link runs no script",
        arguments: [
            ("/a?b=c:d", "/a?b=c:d"), ("https://x/y", "https://x/y"), ("HTTP://x", "HTTP://x"), ("a/b:c", "a/b:c"),
            ("javascript:alert(1)", "#"), (" JaVa\tScRiPt\n:x", "#"), ("\u{1}javascript:x", "#"),
            ("data:text/html,x", "#"),
            ("vbscript:x", "#"), ("mailto:a@b", "mailto:a@b"), ("#a", "#a"), ("", ""), ("blob:x", "#"), (":x", "#"),
            ("java\u{200b}script:x", "#"),
        ])
    func links(url: String, written: String) {
        #expect(text(a(.href(url))) == "<a href=\"\(written)\"></a>")
        #expect(text(form(.action(url))) == "<form action=\"\(written)\"></form>")
    }

    @Test("An image may be inline data, but only an image")
    func images() {
        #expect(text(img(.src("data:image/png;base64,AA"))) == "<img src=\"data:image/png;base64,AA\">")
        #expect(text(img(.src("data:text/html,x"))) == "<img src=\"#\">")
    }

    @Test("Data for scripts cannot end its element")
    func dataForScripts() {
        let html = jsonScript(id: "d", ["a": "</script><!--"])
        #expect(
            text(html)
                == "<script type=\"application/json\" id=\"d\">{\"a\":\"\\u003c/script\\u003e\\u003c!--\"}</script>")
    }
}
