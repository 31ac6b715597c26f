import Foundation
import HTTP
import Platform
import Testing

@testable import SessionAgent

/// What the editor's tab asks the agent, and what strangers get.
@Suite("What the editor asks the agent") struct EditorRouteTests {
    private func fixture(_ applications: SessionManifest.Applications = .init(hasEditor: true)) throws -> AgentFixture {
        try AgentFixture { $0.applications = applications }
    }

    private func post(
        _ fixture: AgentFixture, _ target: String, _ body: String, cookie: String, token: String? = nil
    ) async throws -> HTTPResponse {
        let value: String
        if let token { value = token } else { value = try await fixture.formToken(cookie) }
        return await fixture.send(
            .post, target, headers: ["Lectern-Form-Token": value, "Origin": AgentFixture.sessionURL], cookie: cookie,
            body: body)
    }

    @Test("A file is opened, saved, and a save over a change of somebody else's answers with that change")
    func saving() async throws {
        let fixture = try fixture()
        let cookie = try await fixture.enter()
        let file = URL(filePath: fixture.manifest.home).appending(path: "é a.txt")
        try Data("one\n".utf8).write(to: file)
        let opened = await fixture.send(.get, "/editor/file?path=%C3%A9%20a.txt", cookie: cookie)
        #expect(opened.status == 200)
        #expect(opened.text == "one\n")
        #expect(opened.headers["Lectern-Path"] == "%C3%A9%20a.txt")
        let version = try #require(opened.headers["Lectern-Version"])
        let saved = try await post(
            fixture, "/editor/save?path=%C3%A9%20a.txt&version=\(version)", "two\n", cookie: cookie)
        #expect(saved.status == 200)
        #expect(try String(contentsOf: file, encoding: .utf8) == "two\n")
        let refused = try await post(
            fixture, "/editor/save?path=%C3%A9%20a.txt&version=\(version)", "mine\n", cookie: cookie)
        #expect(refused.status == 409)
        let answer = try #require(JSONValue(parsing: Array(refused.text.utf8)))
        #expect(answer["text"]?.string == "two\n")
        #expect(answer["version"]?.string != version)
        #expect(try String(contentsOf: file, encoding: .utf8) == "two\n")
        let anyway = try await post(fixture, "/editor/save?path=%C3%A9%20a.txt&version=*", "mine\n", cookie: cookie)
        #expect(anyway.status == 200)
        try FileManager.default.removeItem(at: file)
        let gone = try await post(fixture, "/editor/save?path=%C3%A9%20a.txt&version=\(version)", "x\n", cookie: cookie)
        #expect(gone.status == 409)
        #expect(gone.text.contains("\"isGone\":true"))
        let new = try await post(fixture, "/editor/save?path=new.txt&version=", "x\n", cookie: cookie)
        #expect(new.status == 200)
    }

    @Test("Changes come only from our own page, by somebody with its cookie")
    func guards() async throws {
        let fixture = try fixture()
        let cookie = try await fixture.enter()
        for path in ["save?path=a&version=*", "action", "change", "changes", "upload"] {
            let bare = await fixture.send(.post, "/editor/\(path)", cookie: cookie, body: "{}")
            #expect(bare.status == 403)
            let foreign = await fixture.send(
                .post, "/editor/\(path)",
                headers: ["Lectern-Form-Token": try await fixture.formToken(cookie), "Origin": "https://evil.example"],
                cookie: cookie, body: "{}")
            #expect(foreign.status == 403)
            let stranger = await fixture.send(.post, "/editor/\(path)", body: "{}")
            #expect(stranger.status == 401)
        }
        let reading = await fixture.send(.get, "/editor/list?path=~")
        #expect(reading.status == 401 || reading.status == 302)
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.manifest.home).isEmpty)
    }

    @Test("Without the application there is no editor, no download and no upload")
    func withoutApplications() async throws {
        let fixture = try fixture(.init())
        let cookie = try await fixture.enter()
        for path in ["/editor/list", "/editor/file?path=a", "/files/a"] {
            let response = await fixture.send(.get, path, cookie: cookie)
            #expect(response.status == 404)
        }
        let upload = try await post(fixture, "/upload/file", "x", cookie: cookie)
        #expect(upload.status == 404)
    }

    @Test("A folder is listed; what changed since is told by stamps")
    func watching() async throws {
        let fixture = try fixture()
        let cookie = try await fixture.enter()
        let home = URL(filePath: fixture.manifest.home)
        try Data("one\n".utf8).write(to: home.appending(path: "a.txt"))
        let listed = await fixture.send(.get, "/editor/list?path=~", cookie: cookie)
        let listing = try #require(JSONValue(parsing: Array(listed.text.utf8)))
        #expect(listing["entries"]?.array?.first?["name"]?.string == "a.txt")
        let folder = try #require(listing["stamp"]?.string)
        let opened = await fixture.send(.get, "/editor/file?path=a.txt", cookie: cookie)
        let file = try #require(opened.headers["Lectern-Stamp"])
        let question = JSONValue.object([
            .init("paths", .object([.init("", .string(folder)), .init("a.txt", .string(file))]))
        ]).text
        let quiet = try await post(fixture, "/editor/changes", question, cookie: cookie)
        #expect(quiet.text == "{\"changed\":{}}")
        try Data("longer\n".utf8).write(to: home.appending(path: "a.txt"))
        try Data().write(to: home.appending(path: "b.txt"))
        let told = try await post(fixture, "/editor/changes", question, cookie: cookie)
        let changed = try #require(JSONValue(parsing: Array(told.text.utf8))?["changed"])
        #expect(changed[""]?.string != nil)
        #expect(changed["a.txt"]?.string != nil)
        try FileManager.default.removeItem(at: home.appending(path: "a.txt"))
        let gone = try await post(fixture, "/editor/changes", question, cookie: cookie)
        #expect(JSONValue(parsing: Array(gone.text.utf8))?["changed"]?["a.txt"] == .null)
    }

    @Test("An action is carried out and tells what to show; one that cannot be says why")
    func actions() async throws {
        let fixture = try fixture()
        let cookie = try await fixture.enter()
        let done = try await post(
            fixture, "/editor/action",
            "{\"action\":\"editor:append-lines-to-file\",\"fields\":{\"file\":\"~/a.txt\",\"text\":\"x\"}}",
            cookie: cookie)
        #expect(done.status == 200)
        let outcome = try #require(JSONValue(parsing: Array(done.text.utf8)))
        #expect(outcome["file"]?.string == "a.txt")
        #expect(outcome["changed"]?["to"]?["line"]?.int == 1)
        let failed = try await post(
            fixture, "/editor/action", "{\"action\":\"editor:open-file\",\"fields\":{\"file\":\"b.txt\"}}",
            cookie: cookie)
        #expect(failed.status == 404)
        #expect(failed.text.contains("~/b.txt"))
        for nonsense in ["", "[]", "{", "{\"action\":1}"] {
            let response = try await post(fixture, "/editor/action", nonsense, cookie: cookie)
            #expect(response.status == 400)
        }
    }

    @Test("Files are downloaded from their folder only, as they are, and never run as pages of ours")
    func downloads() async throws {
        let fixture = try fixture(.init(filesFolder: "share"))
        let cookie = try await fixture.enter()
        let home = URL(filePath: fixture.manifest.home)
        try FileManager.default.createDirectory(at: home.appending(path: "share/in"), withIntermediateDirectories: true)
        try Data("<script>".utf8).write(to: home.appending(path: "share/in/page.html"))
        try Data("no\n".utf8).write(to: home.appending(path: "other.txt"))
        let found = await fixture.send(.get, "/files/in/page.html", cookie: cookie)
        #expect(found.status == 200)
        #expect(found.headers["Content-Security-Policy"]?.contains("sandbox") == true)
        guard case .file(let body) = found.body else {
            Issue.record("a file's body is read while it is sent")
            return
        }
        #expect(body.size == 8)
        let tag = try #require(found.headers["ETag"])
        let again = await fixture.send(.get, "/files/in/page.html", headers: ["If-None-Match": tag], cookie: cookie)
        #expect(again.status == 304)
        for path in [
            "/files/", "/files/in", "/files/../other.txt", "/files/%2e%2e/other.txt", "/files/%2Fetc%2Fpasswd",
            "/files/absent",
        ] {
            let response = await fixture.send(.get, path, cookie: cookie)
            #expect(response.status == 404, "\(path)")
        }
    }
}
