import Foundation
import HTTP
import Platform
import Testing

@Suite("The dashboard and its instructions")
struct DashboardTests {
    @Test("The first address leads to the dashboard, which holds the first page")
    func firstPage() async throws {
        let fixture = try AgentFixture(pages: [
            "workshop/content/01-start.md": "---\ntitle: Start & go\n---\nFirst `words`.",
            "workshop/content/02-next.md": "# Next",
        ])
        let cookie = try await fixture.enter()
        let root = await fixture.send(.get, "/", cookie: cookie)
        #expect(root.status == 302 && root.headers["Location"] == "/dashboard/")
        let page = await fixture.send(.get, "/dashboard/", cookie: cookie)
        #expect(page.status == 200 && page.headers["Cache-Control"] == "no-store")
        #expect(page.text.contains("<h1>Start &amp; go</h1>") && page.text.contains("First <code>words</code>."))
        #expect(page.text.contains("Step 1 of 2") && page.text.contains("href=\"/dashboard/?page=02-next\""))
        #expect(page.text.contains("The &lt;shell&gt; &amp; you") && !page.text.contains("<shell>"))
        #expect(page.text.contains("role=\"separator\"") && page.text.contains("<noscript>"))
    }

    @Test("No page allows scripts or styles from inside itself, nor frames of strangers")
    func contentSecurityPolicy() async throws {
        let fixture = try AgentFixture(pages: ["workshop/content/01.md": "x"]) {
            $0.frameAncestors = ["https://school.example", "evil; script-src *"]
        }
        let page = await fixture.send(.get, "/dashboard/", cookie: try await fixture.enter())
        let policy = try #require(page.headers["Content-Security-Policy"])
        #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"))
        #expect(!policy.contains("unsafe-inline") && !policy.contains("script-src *"))
        #expect(policy.contains("frame-ancestors 'self' https://school.example"))
        #expect(policy.contains("connect-src 'self' ws://lab-w01-s001.lectern.localhost:8080;"))
        #expect(!page.text.contains("<script>") && !page.text.contains("style=\"") && !page.text.contains(" onclick"))
    }

    @Test("The script fetches a page alone; a person who follows that address gets the dashboard")
    func fragments() async throws {
        let fixture = try AgentFixture(pages: ["workshop/content/a.md": "# A", "workshop/content/b/index.md": "# B"])
        let cookie = try await fixture.enter()
        let fragment = await fixture.send(.get, "/workshop/content/b/?fragment", cookie: cookie)
        #expect(
            fragment.status == 200 && fragment.text.hasPrefix("<article") && fragment.text.contains("data-page=\"b\""))
        let whole = await fixture.send(.get, "/workshop/content/b/", cookie: cookie)
        #expect(whole.status == 302 && whole.headers["Location"] == "/dashboard/?page=b")
        #expect(await fixture.send(.get, "/dashboard/?page=nowhere", cookie: cookie).status == 404)
        #expect(await fixture.send(.get, "/workshop/content/nowhere/?fragment", cookie: cookie).status == 404)
    }

    @Test("A changed page is shown as it is now")
    func changes() async throws {
        let fixture = try AgentFixture(pages: ["workshop/content/a.md": "old words"])
        let cookie = try await fixture.enter()
        #expect(await fixture.send(.get, "/dashboard/", cookie: cookie).text.contains("old words"))
        try Data("completely new words".utf8).write(to: fixture.folder.appending(path: "workshop/content/a.md"))
        #expect(await fixture.send(.get, "/dashboard/", cookie: cookie).text.contains("completely new words"))
    }

    @Test(
        "Layouts show what they name",
        arguments: [
            ("default", "default", ["1"]), ("split", "left", ["1", "2"]), ("split/2", "tab", ["1", "2", "3"]),
            ("lower", "default", ["1"]), ("none", "default", []), ("default", "none", ["1"]), ("none", "none", []),
        ])
    func layouts(terminal: String, workshop: String, ids: [String]) async throws {
        let fixture = try AgentFixture(pages: ["workshop/content/a.md": "words"]) {
            $0.terminalLayout = terminal
            $0.workshopLayout = workshop
        }
        let page = await fixture.send(.get, "/dashboard/", cookie: try await fixture.enter()).text
        #expect(page.components(separatedBy: "data-terminal=\"").count - 1 == ids.count)
        #expect(page.contains("id=\"instructions\"") == (workshop != "none"))
        #expect(page.contains("<main"))
    }

    @Test("Pictures and files come from the workshop, with a policy that runs nothing")
    func files() async throws {
        let fixture = try AgentFixture(pages: [
            "workshop/content/a/index.md": "![x](x.svg)", "workshop/content/a/x.svg": "<svg/>",
            "workshop/static/sub/y.png": "png",
        ])
        let cookie = try await fixture.enter()
        let page = await fixture.send(.get, "/dashboard/", cookie: cookie).text
        #expect(page.contains("src=\"/workshop/content/a/x.svg\""))
        let picture = await fixture.send(.get, "/workshop/content/a/x.svg", cookie: cookie)
        #expect(picture.status == 200 && picture.headers["Content-Type"] == "image/svg+xml")
        #expect(picture.headers["Content-Security-Policy"]?.contains("sandbox") == true)
        let tag = try #require(picture.headers["ETag"])
        let again = await fixture.send(
            .get, "/workshop/content/a/x.svg", headers: ["If-None-Match": tag], cookie: cookie)
        #expect(again.status == 304)
        #expect(await fixture.send(.get, "/workshop/static/sub/y.png", cookie: cookie).text == "png")
    }

    @Test(
        "No path leads out of the workshop's folder",
        arguments: [
            "/workshop/static/../../secret", "/workshop/static/%2e%2e/%2e%2e/secret",
            "/workshop/static/..%2f..%2fsecret",
            "/workshop/content/../../secret", "/workshop/static/link", "/workshop/static/folder/secret",
            "/workshop/static//etc/passwd", "/workshop/static/%00", "/workshop/static/", "/workshop/static/sub",
            "/workshop/content/a.md", "/workshop/static/....//secret", "/workshop/static/pipe",
            "/workshop/%2e%2e/secret",
        ])
    func traversal(path: String) async throws {
        let fixture = try AgentFixture(pages: [
            "workshop/content/a.md": "secret", "workshop/static/sub/y": "secret", "secret": "secret",
        ])
        let files = FileManager.default
        let statics = fixture.folder.appending(path: "workshop/static")
        try files.createSymbolicLink(
            atPath: statics.path + "/link", withDestinationPath: fixture.folder.path + "/secret")
        try files.createSymbolicLink(atPath: statics.path + "/folder", withDestinationPath: "../..")
        #expect(mkfifo(statics.path + "/pipe", 0o600) == 0)
        let response = await fixture.send(.get, path, cookie: try await fixture.enter())
        #expect(response.status == 404 || response.status == 302)
        #expect(!response.text.contains("secret"))
    }

    @Test("A workshop without instructions says so and still has a terminal")
    func empty() async throws {
        let fixture = try AgentFixture { $0.contentFolder = "/nonexistent/folder" }
        let page = await fixture.send(.get, "/dashboard/", cookie: try await fixture.enter())
        #expect(
            page.status == 200 && page.text.contains("no instructions") && page.text.contains("data-terminal=\"1\""))
    }

    @Test("Assets are public and carry versions", arguments: ["lectern.css", "room.css", "room.js"])
    func assets(name: String) async throws {
        let fixture = try AgentFixture()
        let response = await fixture.send(.get, "/static/\(name)")
        #expect(response.status == 200 && response.headers["ETag"] != nil)
        let page = await fixture.send(.get, "/dashboard/", cookie: try await fixture.enter()).text
        #expect(page.contains("/static/\(name)?v="))
    }

    @Test("Values of the workshop, of config.yaml and of the portal are shown; the portal's win")
    func parameters() async throws {
        let fixture = try AgentFixture(pages: [
            "workshop/config.yaml": "params: [{name: own, value: mine}, {name: flavour, value: none}]",
            "workshop/content/a.md": "{{< param own >}}, {{< param flavour >}}, {{< param session_name >}}\r\n\r\nnext",
        ])
        let cookie = try await fixture.enter()
        let page = await fixture.send(.get, "/dashboard/", cookie: cookie).text
        #expect(page.contains("<p>mine, &lt;plain&gt; &amp; &quot;simple&quot;, lab-w01-s001</p>"))
        try Data("params: [{name: own, value: changed}]".utf8).write(
            to: fixture.folder.appending(path: "workshop/config.yaml"))
        #expect(await fixture.send(.get, "/dashboard/", cookie: cookie).text.contains("<p>changed,"))
    }
}
