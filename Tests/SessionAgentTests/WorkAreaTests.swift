import Foundation
import HTTP
import Platform
import Testing

@testable import SessionAgent

@Suite("The work area")
struct WorkAreaTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let layout: String
        var hasEditor = false
        var dashboards: [SessionManifest.Dashboard] = []
        let tabs: [String]
        var lower: [String] = []
        var testDescription: String { "\(layout)\(hasEditor ? " with editor" : ""): \(tabs)" }
    }

    static let cases: [Case] = [
        Case(layout: "default", tabs: ["terminal=Terminal: 1"]),
        Case(layout: "split", tabs: ["terminal=Terminal: 1 2"]),
        Case(layout: "split/2", tabs: ["terminal=Terminal: 1 2 3"]),
        Case(layout: "none", tabs: []),
        Case(layout: "unheard of", tabs: ["terminal=Terminal: 1"]),
        Case(layout: "default", hasEditor: true, tabs: ["terminal=Terminal: 1", "editor=Editor"]),
        Case(
            layout: "default", hasEditor: true, dashboards: [.init(name: "Shop", url: "https://shop.example/a")],
            tabs: ["terminal=Terminal: 1", "editor=Editor", "shop=Shop https://shop.example/a"]),
        // Naming a built-in tab moves it; what is not named stays in front.
        Case(
            layout: "default", hasEditor: true,
            dashboards: [.init(name: "Shop", url: "/shop/"), .init(name: "terminal", url: "")],
            tabs: ["editor=Editor", "shop=Shop /shop/", "terminal=Terminal: 1"]),
        Case(
            layout: "default", hasEditor: true,
            dashboards: [.init(name: "Editor", url: ""), .init(name: "Terminal", url: "")],
            tabs: ["editor=Editor", "terminal=Terminal: 1"]),
        Case(
            layout: "none", dashboards: [.init(name: "Logs & more", url: "terminal:logs")],
            tabs: ["logs-more=Logs & more: logs"]),
        // Built-in tabs that this session does not have, and addresses that no frame may have.
        Case(
            layout: "none",
            dashboards: [
                .init(name: "Editor", url: ""), .init(name: "Console", url: ""),
                .init(name: "A", url: "javascript:alert(1)"),
                .init(name: "B", url: "//evil.example/"), .init(name: "C", url: "terminal:../x"),
                .init(name: "D", url: "data:x"),
                .init(name: "E", url: "terminal:"), .init(name: "F", url: "/\\evil.example/"),
            ], tabs: []),
        Case(
            layout: "none",
            dashboards: [.init(name: "Größe", url: "/a"), .init(name: "GR E", url: "/b"), .init(name: "家", url: "/c")],
            tabs: ["gr-e=Größe /a", "gr-e-2=GR E /b", "tab=家 /c"]),
        Case(
            layout: "default",
            dashboards: [
                .init(name: "Web", url: "$(ingress_protocol)://web-$(session_hostname)$(ingress_port_suffix)/$(what)")
            ],
            tabs: ["terminal=Terminal: 1", "web=Web http://web-lab-w01-s001.lectern.localhost:8080/$(what)"]),
        Case(layout: "lower", tabs: ["terminal=Terminal: 1"]),
        Case(layout: "lower", hasEditor: true, tabs: ["editor=Editor"], lower: ["1"]),
        Case(
            layout: "lower", dashboards: [.init(name: "Second", url: "terminal:2"), .init(name: "Terminal", url: "")],
            tabs: ["second=Second: 2"], lower: ["1"]),
    ]

    @Test("Tabs stand in the order of the definition", arguments: cases)
    func order(_ expected: Case) throws {
        var manifest = try AgentFixture().manifest
        manifest.terminalLayout = expected.layout
        manifest.applications.hasEditor = expected.hasEditor
        manifest.dashboards = expected.dashboards
        let work = WorkArea(manifest)
        let tabs = work.tabs.map { tab -> String in
            switch tab.content {
            case .terminals(let names): "\(tab.id)=\(tab.name): \(names.joined(separator: " "))"
            case .editor: "\(tab.id)=\(tab.name)"
            case .frame(let url): "\(tab.id)=\(tab.name) \(url)"
            }
        }
        #expect(tabs == expected.tabs)
        #expect(work.lower == expected.lower)
    }

    @Test(
        "A terminal has a plain name or none",
        arguments: [
            ("1", true), ("build", true), ("a.b_c-D9", true), (String(repeating: "x", count: 40), true), ("", false),
            (".", false), ("..", false), ("-x", false), ("_x", false), ("a/b", false), ("a b", false), ("a%2f", false),
            ("é", false), ("a\0", false), ("ann:1", false), (String(repeating: "x", count: 41), false),
        ])
    func names(text: String, isName: Bool) { #expect((TerminalName(text) != nil) == isName) }

    @Test("Frames may show this host, the learner's servers and the workshop's own tabs, and nobody else")
    func frameSources() async throws {
        let fixture = try AgentFixture {
            $0.ingresses = [.init(name: "web", port: 8000), .init(name: "api", port: 9000)]
            $0.dashboards = [
                .init(name: "Docs", url: "https://Docs.example:8443/a?b#c"),
                .init(name: "More", url: "https://docs.example:8443/d"),
                .init(name: "Here", url: "/workshop/static/x.html"),
                .init(name: "Bad", url: "https://a.example; script-src *"),
                .init(name: "Login", url: "https://user:word@b.example/"), .init(name: "Six", url: "http://[::1]:80/"),
            ]
        }
        let page = await fixture.send(.get, "/dashboard/", cookie: try await fixture.enter())
        let policy = try #require(page.headers["Content-Security-Policy"])
        let frames = policy.split(separator: "; ").first { $0.hasPrefix("frame-src ") }
        #expect(
            frames
                == "frame-src 'self' http://web-lab-w01-s001.lectern.localhost:8080 http://api-lab-w01-s001.lectern.localhost:8080 https://docs.example:8443 https://b.example http://[::1]:80"
        )
        #expect(!policy.contains("script-src *") && !policy.contains("word"))
    }

    @Test("A page with one tab has its strip out of sight, one with several shows the first")
    func strip() async throws {
        let one = try AgentFixture()
        let alone = await one.send(.get, "/dashboard/", cookie: try await one.enter()).text
        #expect(alone.contains("role=\"tablist\" aria-label=\"Tabs of the work area\" hidden>"))
        let several = try AgentFixture {
            $0.applications.hasEditor = true
            $0.dashboards = [.init(name: "A <b>", url: "/x?a=1&b=\"2\"")]
        }
        let page = await several.send(.get, "/dashboard/", cookie: try await several.enter()).text
        #expect(page.contains("role=\"tablist\" aria-label=\"Tabs of the work area\">"))
        #expect(page.contains("id=\"work-tab-terminal\" aria-controls=\"work-panel-terminal\" aria-selected=\"true\""))
        #expect(page.contains("id=\"work-tab-a-b\" aria-controls=\"work-panel-a-b\" aria-selected=\"false\""))
        #expect(page.contains("data-url=\"/x?a=1&amp;b=&quot;2&quot;\" hidden>") && page.contains("A &lt;b&gt;"))
        // A frame loads when it is shown for the first time.
        #expect(!page.contains("<iframe"))
    }

    @Test("The layout lower keeps its terminal in sight under the tabs")
    func lower() async throws {
        let fixture = try AgentFixture {
            $0.terminalLayout = "lower"
            $0.applications.hasEditor = true
        }
        let page = await fixture.send(.get, "/dashboard/", cookie: try await fixture.enter()).text
        let lower = try #require(page.range(of: "id=\"work-lower\""))
        #expect(
            page[lower.upperBound...].contains("data-terminal=\"1\"")
                && !page[..<lower.lowerBound].contains("data-terminal"))
        #expect(page.contains("id=\"lower-divider\"") && page.contains("aria-valuenow=\"30\""))
    }
}
