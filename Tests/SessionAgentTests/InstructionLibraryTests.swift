import Foundation
import Platform
import Testing

@testable import SessionAgent

/// A workshop's folder with the files that it is given.
final class WorkshopFolder {
    let url: URL
    let manifest: SessionManifest

    init(_ files: [String: String], change: (inout SessionManifest) -> Void = { _ in }) throws {
        url = FileManager.default.temporaryDirectory.appending(path: "lectern-pages-\(UUID().uuidString)")
        var manifest = SessionManifest(
            session: "lab-w01-s001", environment: "lab-w01", workshop: "lab", title: "Lab", description: "",
            portalName: "portal", portalURL: "http://h", sessionURL: "http://lab-w01-s001.h:8080", portalSocket: "",
            listenSocket: "", clientSecret: "", cookieKey: "", contentFolder: url.path, home: "",
            terminalLayout: "default", workshopLayout: "default", variables: [], parameters: [:], frameAncestors: [],
            hasExpiry: false)
        change(&manifest)
        self.manifest = manifest
        for (path, text) in files { try write(path, text) }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ path: String, _ text: String, isOld: Bool = true) throws {
        let file = url.appending(path: "workshop/" + path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func library(cacheLimit: Int = 1 << 20) -> InstructionLibrary {
        InstructionLibrary(
            manifest: manifest, surroundings: ActionSurroundings(terminals: ["1"]), cacheLimit: cacheLimit, log: .silent
        )
    }
    var findings: InstructionFindings { InstructionFindings(folder: url.path, manifest: manifest) }
}

@Suite("The pages of a workshop's folder")
struct InstructionLibraryTests {
    @Test("Every change of the folder is seen by the next request, and nothing else changes the version")
    func changes() throws {
        let folder = try WorkshopFolder(["content/a.md": "# One", "content/sub/b.md": "Two"])
        let library = folder.library()
        #expect(library.pages().map(\.title) == ["One", "B"])
        try folder.write("content/a.md", "# Eins")
        #expect(library.pages().map(\.title) == ["Eins", "B"])
        try folder.write("content/sub/c.md", "# New")
        #expect(library.pages().map(\.id) == ["a", "sub/b", "sub/c"])
        try folder.write("content/more/d.md", "# Newer")
        #expect(library.pages().count == 4)
        try FileManager.default.removeItem(at: folder.url.appending(path: "workshop/content/sub"))
        #expect(library.pages().map(\.id) == ["a", "more/d"])
        try folder.write("config.yaml", "pathways: {default: p, paths: {p: {steps: [more/d]}}}")
        #expect(library.pages().map(\.id) == ["more/d"])
        try folder.write("layouts/shortcodes/x.html", "<b>own</b>")
        try folder.write("content/more/d.md", "{{< x >}}")
        #expect(library.rendered("")?.html == "<p><b>own</b></p>\n")
        try FileManager.default.removeItem(at: folder.url.appending(path: "workshop/config.yaml"))
        #expect(library.pages().count == 2)
        // Once the clock of the file system has moved on, the same answer has the same version.
        var last = try #require(library.rendered("a")).version
        var isStable = false
        for _ in 0..<1000 where !isStable {
            usleep(1000)
            let next = try #require(library.rendered("a")).version
            isStable = next == last
            last = next
        }
        #expect(isStable)
    }

    @Test("Rendered pages stay within their limit, and those that are asked for stay longest")
    func cache() {
        var cache = PageCache(limit: 100)
        cache.keep(.init(html: String(repeating: "a", count: 40)), of: "a")
        cache.keep(.init(html: String(repeating: "b", count: 40)), of: "b")
        #expect(cache["a"] != nil)
        cache.keep(.init(html: String(repeating: "c", count: 40)), of: "c")
        #expect(cache["b"] == nil && cache["a"] != nil && cache["c"] != nil)
        cache.keep(.init(html: String(repeating: "d", count: 101)), of: "d")
        cache.keep(.init(html: "e"), of: "a")
        #expect(cache["d"] == nil && cache["a"]?.html == "e" && cache.bytes == 41)
        cache.clear()
        #expect(cache.bytes == 0 && cache["a"] == nil)
        var none = PageCache(limit: -1)
        none.keep(.init(html: "x"), of: "x")
        #expect(none["x"] == nil)
    }

    @Test("Without a cache pages are the same")
    func withoutCache() throws {
        let folder = try WorkshopFolder(["content/a.md": "*x*"])
        let html = folder.library(cacheLimit: 0).rendered("a")?.html
        #expect(html == "<p><em>x</em></p>\n" && html == folder.library().rendered("a")?.html)
    }

    @Test(
        "Files are found beside the pages and in static, which does not show in addresses",
        arguments: [
            ("b/x.png", "beside"), ("y.png", "static"), ("static/y.png", "static"), ("both.png", "beside"),
            ("a.md", nil), ("../config.yaml", nil), ("static/../config.yaml", nil), ("nowhere.png", nil), ("", nil),
            ("b", nil),
        ] as [(String, String?)])
    func files(path: String, text: String?) throws {
        let folder = try WorkshopFolder([
            "content/a.md": "", "content/b/x.png": "beside", "static/y.png": "static", "content/both.png": "beside",
            "static/both.png": "static", "content/.hidden.png": "no", "config.yaml": "params: []",
        ])
        #expect(folder.library().file(path).map { String(decoding: $0.bytes, as: UTF8.self) } == text)
    }

    @Test("Links, pictures and anchors of a page fit the room")
    func addresses() throws {
        let folder = try WorkshopFolder([
            "content/a/index.md": """
            ## Work {#end}

            [b](../b.md#part) [c](#work) [d](x.txt) [e](https://h/) [f](/workshop/content/b/) [g](../../b)

            ![p](x.png){width=300 height=20%} ![q](https://h/x.png) ![r]({{< baseurl >}}/y.png){no}

            text[^1]

            [^1]: note

            <a id="top" href="b">x</a>
            """, "content/b.md": "## Part", "content/a/x.txt": "",
        ])
        let html = try #require(folder.library().rendered("a")).html
        for expected in [
            "<h2 id=\"at-end\">", "<a href=\"/dashboard/?page=b#at-part\">b</a>", "<a href=\"#at-work\">c</a>",
            "<a href=\"/workshop/content/a/x.txt\" target=\"_blank\" rel=\"noopener noreferrer\">d</a>",
            "<a href=\"/dashboard/?page=b\">f</a>", "<a href=\"/dashboard/?page=b\">g</a>",
            "<img src=\"/workshop/content/a/x.png\" alt=\"p\" width=\"300\" height=\"20%\" loading=\"lazy\" decoding=\"async\" />",
            "q <img src=\"/workshop/content/y.png\" alt=\"r\" loading=\"lazy\" decoding=\"async\" />{no}",
            "id=\"fn-1\"", "href=\"#fn-1\"",
            "<a id=\"at-top\" href=\"/workshop/content/a/b\"",
        ] {
            #expect(html.contains(expected), "\(expected) in \(html)")
        }
    }

    @Test("A classic workshop is shown in its order, with its words, and AsciiDoc is declined politely")
    func classic() throws {
        let folder = try WorkshopFolder([
            "workshop.yaml": "name: W\nmodules: {activate: [two, one, old]}",
            "modules.yaml": "modules: {one: {name: Eins}, two: {name: Zwei, exit_sign: Go on}, old: {}}",
            "content/one.md": "{{ session_name }} {{< param session_name >}}", "content/two.md": "x",
            "content/old.adoc": "= Old", "content/old2.md": "not active",
        ])
        let library = folder.library()
        #expect(library.pages().map(\.title) == ["Zwei", "Eins", "Old"])
        #expect(library.rendered("one")?.html == "<p>lab-w01-s001 {{&lt; param session_name &gt;}}</p>\n")
        #expect(library.rendered("old")?.html.contains("AsciiDoc") == true)
        #expect(library.rendered("")?.page.exitSign == "Go on")
        #expect(folder.findings.problems.map(\.place.file).contains("workshop/content/old.adoc"))
    }

    @Test("WORKSHOP_FILE chooses the classic form's list, and no other file")
    func workshopFile() throws {
        let files = [
            "workshop.yaml": "modules: {activate: [one]}", "other.yaml": "modules: {activate: [two]}",
            "content/one.md": "", "content/two.md": "",
        ]
        for (name, ids) in [("other.yaml", ["two"]), ("../other.yaml", ["one"]), ("", ["one"])] {
            let folder = try WorkshopFolder(files) { $0.variables = [.init(name: "WORKSHOP_FILE", value: name)] }
            #expect(folder.library().pages().map(\.id) == ids, "\(name)")
        }
    }

    @Test("A definition that lies beside the pages does not make them classic")
    func strayDefinition() throws {
        let folder = try WorkshopFolder([
            "workshop.yaml": "kind: Workshop\nspec: {}\nmodules: {}", "content/one.md": "{{< param session_id >}}",
        ])
        #expect(folder.library().rendered("")?.html == "<p>s001</p>\n")
    }

    @Test("The pathway's title takes the place of the workshop's in values, and not over what the portal gives")
    func title() throws {
        let folder = try WorkshopFolder([
            "config.yaml":
                "params: [{name: session_name, value: mine}]\npathways: {default: p, paths: {p: {title: Path}}}",
            "content/a.md": "{{< param workshop_title >}} {{< param session_name >}} {{< param pathway_name >}}",
        ])
        #expect(folder.library().rendered("")?.html == "<p>Path lab-w01-s001 p</p>\n")
    }
}

@Suite("What an author is told of pages")
struct InstructionFindingsTests {
    typealias Rule = InstructionFindings.Rule

    @Test(
        "Mistakes of a page have their rule and line",
        arguments: [
            ("[x](nowhere.md)", Rule.deadLink, 1), ("a\n\n[x](b.md#nothing)", .deadAnchor, 3),
            ("\n[x](#no)", .deadAnchor, 2),
            ("[x](secret.md)", .deadLink, 1), ("[x](javascript:x)", .deadLink, 1), ("![a](no.png)", .missingImage, 1),
            ("![a](https://h/x.png)", .foreignImage, 1), ("x\n\ny ![](x.png)", .imageWithoutText, 3),
            ("{{< param no >}}", .unknownValue, 1), ("\n{{< no >}}", .shortcode, 2),
            ("<b>x</b>\n\n<script>x</script>", .leftOutHTML, 3),
            ("text\n<b onclick=x>y</b>", .leftOutHTML, 2), ("---\nweight: x\n---\n", .frontMatter, 2),
            ("<div>\n<img src=\"no.png\" alt=\"x\">\n</div>", .missingImage, 2),
            ("<a href='no.md'>x</a>", .deadLink, 1),
            ("[x][r]\n\n[r]: no.md", .deadLink, 1),
            ("---\ntitle: t\n---\n\n{{< note >}}\n\n[x](no)\n{{< /note >}}", .deadLink, 7),
            ("- a\n\n  [x](no)", .deadLink, 3), ("![a](/files/x.png)", .missingImage, 1),
        ])
    func problems(text: String, rule: Rule, line: Int) throws {
        let folder = try WorkshopFolder([
            "config.yaml": "pathways: {default: p, paths: {p: {steps: [a, b]}, q: {steps: [secret]}}}",
            "content/a.md": text, "content/b.md": "## Part", "content/secret.md": "", "content/x.png": "",
        ])
        let problems = folder.findings.problems
        #expect(problems.map(\.rule) == [rule], "\(problems)")
        #expect(problems.first?.place.line == line && problems.first?.place.file == "workshop/content/a.md")
    }

    @Test(
        "Nothing is said of what is right",
        arguments: [
            "[x](b.md#part) [x](b/#part) [x](#here) [x](https://h/x) [x](mailto:a@b) [x](x.png)\n\n## Here",
            "![a](x.png) ![b]({{< baseurl >}}/y.png) [x](/terminal/session/1) [x](/workshop/static/y.png)",
            "text[^1]\n\n[^1]: note\n\n{{< param session_name >}}",
            "> [!TIP]\n> x\n\n<details><summary>a</summary>b</details>",
            "<a id=\"spot\"></a> [x](#spot)", "`[x](no.md)`\n\n```\n[x](no.md)\n```", "## A {#b}\n\n[x](#b)",
        ])
    func nothing(text: String) throws {
        let folder = try WorkshopFolder([
            "content/a.md": text, "content/b.md": "## Part", "content/x.png": "", "static/y.png": "",
        ])
        #expect(folder.findings.problems.isEmpty, "\(folder.findings.problems)")
    }

    @Test("Pages that no pathway has, steps without page, and what is wrong with files beside the pages")
    func folder() throws {
        let folder = try WorkshopFolder([
            "config.yaml":
                "pathways:\n  default: p\n  paths:\n    p:\n      steps:\n      - a\n      - bb\n      - a\n",
            "content/a.md": "{{< own >}}", "content/b.md": "", "content/c.adoc": "", "content/a/index.md": "",
            "layouts/shortcodes/own.html": "<b>\n{{ range . }}",
        ])
        let found = folder.findings.problems.map { "\($0.place.file):\($0.place.line) \($0.rule.rawValue)" }
        #expect(
            Set(found) == [
                "workshop/config.yaml:7 unknown-step", "workshop/config.yaml:8 unknown-step",
                "workshop/content/b.md:1 unreachable-page", "workshop/content/c.adoc:1 configuration",
                "workshop/content/a/index.md:1 configuration", "workshop/layouts/shortcodes/own.html:2 configuration",
                "workshop/content/a.md:1 shortcode",
            ], "\(found)")
    }

    @Test("Pages come with what they consist of")
    func pages() throws {
        let folder = try WorkshopFolder([
            "content/a.md":
                "---\ntitle: T\n---\n# One\n\n[l](b) ![i](x.png)\n\n```execute\nls {{< param session_id >}}\n```\n",
            "content/x.png": "",
        ])
        let page = try #require(folder.findings.pages.first)
        #expect(page.id == "a" && page.title == "T" && page.step == 1 && page.anchors == ["one"])
        #expect(page.links.map(\.target) == [.file(nil)] && page.links.first?.place.line == 6)
        #expect(page.images.map(\.target) == [.file("workshop/content/x.png")])
        #expect(page.images.first?.description == "i")
        let block = try #require(page.codeBlocks.first)
        #expect(block.info == "execute" && block.text == "ls s001\n" && block.place.line == 8)
        #expect(page.variables.map(\.name) == ["session_id"] && page.variables.first?.place.line == 9)
    }
}
