import Testing

@testable import lectern

@Suite("Pages of Killercoda scenarios")
struct KillercodaPageTests {
    private func page(_ text: String, files: Set<String> = []) -> KillercodaPage {
        KillercodaPage(text, file: "step.md") { files.contains($0) ? $0 : nil }
    }

    @Test("A block's directive becomes its button, the paragraph around stays as it is")
    func blocks() {
        let page = page(
            """
            Before.

            ```plain
            ls -l
            echo "a"
            ```{{exec}}

            ~~~
            keep me
            ~~~

            ```bash
            cp a b
            ```{{copy}}
            """)
        #expect(
            page.markdown == """
                Before.

                ```execute
                ls -l
                echo "a"
                ```

                ```
                keep me
                ```

                ```copy
                cp a b
                ```

                """)
        #expect(page.notes == [])
    }

    @Test(
        "Every form of running has its counterpart",
        arguments: [
            ("exec", "```execute\nls\n```\n"),
            ("execute", "```execute\nls\n```\n"),
            ("execute T2", "```execute-2\nls\n```\n"),
            ("execute HOST1", "```execute\nls\n```\n"),
            ("execute interrupt", "```terminal:interrupt\nsession: 1\ncascade: true\n```\n\n```execute\nls\n```\n"),
            ("exec interrupt T3", "```terminal:interrupt\nsession: 3\ncascade: true\n```\n\n```execute-3\nls\n```\n"),
            ("copy", "```copy\nls\n```\n"),
            ("open", "```editor:open-file\nfile: \"ls\"\n```\n"),
        ])
    func verbs(directive: String, markdown: String) {
        let inline = page("`ls`{{\(directive)}}")
        let block = page("```\nls\n```{{\(directive)}}")
        #expect(inline.markdown == markdown)
        #expect(block.markdown == markdown)
        #expect(inline.notes == [] && block.notes == [])
    }

    @Test("Buttons within a line come behind their paragraph, inside the list item that they belong to")
    func inline() {
        let page = page(
            """
            Run `ls`{{exec}} and then
            `pwd`{{exec}}, or not.
            Next.

            1. First `a`{{exec}}
            2. Second ``b`c``{{copy}} there
            """)
        #expect(
            page.markdown == """
                Run `ls` and then
                `pwd`, or not.
                Next.

                ```execute
                ls
                ```

                ```execute
                pwd
                ```

                1. First `a`

                   ```execute
                   a
                   ```

                2. Second ``b`c`` there

                   ```copy
                   b`c
                   ```

                """)
    }

    @Test("Addresses of the learner's servers become hosts in pages and the loopback in commands")
    func traffic() {
        let page = page(
            """
            See [it]({{TRAFFIC_HOST1_8080}}/x) or https://[[HOST_SUBDOMAIN]]-3000-[[KATACODA_HOST]].environments.katacoda.com/y

            ```
            curl {{TRAFFIC_HOST1_8080}}/x
            ```{{exec}}
            """)
        #expect(
            page.markdown.contains(
                "[it]({{< param ingress_protocol >}}://port-8080-{{< param session_name >}}.{{< param ingress_domain >}}"
                    + "{{< param ingress_port_suffix >}}/x)"))
        #expect(page.markdown.contains("port-3000-"))
        #expect(page.markdown.contains("curl http://127.0.0.1:8080/x\n"))
        #expect(page.ports == [8080, 3000])
        #expect(page.notes == [])
    }

    @Test("What cannot be carried over is told with its line")
    func notes() {
        let page = page(
            """
            [ports]({{TRAFFIC_SELECTOR}})
            [web]({{TRAFFIC_HOST2_80}})
            ![there](pic.png) ![gone](gone.png) [gone too](gone.md)
            ![far](https://example.com/a.png)

            `x`{{wiggle}} `y`{{exec HOST2 loud}}
            <pre class="file" data-filename="a">b</pre>
            """, files: ["pic.png"])
        #expect(page.notes.map(\.line) == [1, 1, 2, 2, 3, 3, 4, 6, 6, 6, 7])
        #expect(page.markdown.contains("![there](pic.png) gone gone too\n"))
        #expect(page.files == ["pic.png"])
        #expect(page.markdown.contains("`x` `y`"))
        #expect(page.terminals == [1, 2])
    }

    @Test("Code that holds fences keeps them, and an open fence ends with the page")
    func fences() {
        let nested = page("````\n```\nx\n```\n````{{copy}}")
        #expect(nested.markdown == "````copy\n```\nx\n```\n````\n")
        let open = page("```\nls\n\n")
        #expect(open.markdown.hasPrefix("```\nls\n"))
        #expect(open.markdown.hasSuffix("```\n"))
    }

    @Test("Any text is taken, whatever is in it")
    func garbage() {
        for text in [
            "", "`", "```", "``` `", "{{", "`a`{{", "[](", "![](", "\u{FEFF}# x", "]( )[", "{{TRAFFIC_", "\r\n",
        ] {
            _ = page(text)
        }
        #expect(page("\u{FEFF}# x\r\ny\r\n").markdown == "# x\ny\n")
    }
}
