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
            ("---\nweight: 0\n---\nbody", nil, nil, "body"), ("---\ntitle: a\n...\nbody", "a", nil, "body"),
            ("+++\ntitle = \"A \\\"b\\\"\" # x\nweight = 1_0\n[menu]\ntitle = 'c'\n+++\nbody", "A \"b\"", 10, "body"),
            ("+++\ntitle = 'A = b'\n---\n+++\nbody", "A = b", nil, "body"),
            ("+++\nnever closed", nil, nil, "+++\nnever closed"),
            ("{\n \"title\": \"A } b\", \"weight\": 4\n}\nbody", "A } b", 4, "body"),
            ("{{< note >}}", nil, nil, "{{< note >}}"), ("{\"title\": }\nbody", nil, nil, "{\"title\": }\nbody"),
            ("{}\nbody", nil, nil, "body"), ("---", nil, nil, "---"), ("---\n---", nil, nil, ""),
            ("---\n---\nbody", nil, nil, "body"),
            ("", nil, nil, ""),
        ] as [(String, String?, Int?, String)])
    func frontMatter(text: String, title: String?, weight: Int?, body: String) {
        let split = FrontMatter.split(text)
        #expect(split.matter.title == title && split.matter.weight == weight)
        #expect(split.text == body)
        // The body begins where it says.
        let lines = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.dropFirst(split.bodyLine - 1).joined(separator: "\n").hasSuffix(body))
    }

    @Test(
        "What is wrong with front matter is told with its line",
        arguments: [
            ("---\ntitle: x\nweight: heavy\n---\n", 3), ("---\ntitle: [\n---\n", 3), ("---\n- a\n---\n", 2),
            ("---\ndraft: perhaps\n---\n", 2), ("+++\ntitle = bare\n+++\n", 2), ("+++\nweight = x\n+++\n", 2),
            ("---\ntitle: x\n\nText", 1), ("+++\ntitle = 'x'\n\nText", 1),
        ])
    func frontMatterProblems(text: String, line: Int) {
        #expect(FrontMatter.split(text).matter.problems.map(\.line) == [line])
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
}
