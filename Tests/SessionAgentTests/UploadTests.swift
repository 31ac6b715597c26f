import Foundation
import HTTP
import Platform
import Testing

@testable import SessionAgent

/// spec/dashboard.md section 8, uploads.
@Suite("Uploads") struct UploadTests {
    struct Part {
        var name: String
        var fileName: String?
        var value: String
    }

    static func body(_ parts: [Part], boundary: String = "----b") -> [UInt8] {
        var text = "preamble that nobody reads\r\n"
        for part in parts {
            let file = part.fileName.map { "; filename=\"\($0)\"\r\nContent-Type: text/plain" } ?? ""
            text +=
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\"\(file)\r\n\r\n\(part.value)\r\n"
        }
        return Array((text + "--\(boundary)--\r\nepilogue").utf8)
    }

    private func upload(
        _ fixture: AgentFixture, _ cookie: String, _ path: String, _ body: [UInt8], pieces: Int = 7,
        type: String = "multipart/form-data; boundary=----b"
    ) async throws -> HTTPResponse? {
        let token = try await fixture.formToken(cookie)
        let request = HTTPRequest(
            method: .post, path: path,
            headers: [
                "Cookie": cookie, "Lectern-Form-Token": token, "Origin": AgentFixture.sessionURL, "Content-Type": type,
            ])
        guard let receiver = fixture.agent.receiver(for: request) else { return nil }
        for start in stride(from: 0, to: body.count, by: pieces) {
            Array(body[start..<min(body.count, start + pieces)]).withUnsafeBytes { receiver.receive($0) }
        }
        guard case .now(let response) = receiver.finish() else { return nil }
        return response
    }

    private func fixture(limit: Int? = nil, count: Int? = nil) throws -> AgentFixture {
        try AgentFixture {
            $0.applications = .init(hasEditor: true, uploadsFolder: "uploads", uploadLimit: limit, uploadCount: count)
        }
    }

    private func read(_ fixture: AgentFixture, _ path: String) -> String? {
        try? String(contentsOf: URL(filePath: fixture.manifest.home).appending(path: path), encoding: .utf8)
    }
    private func names(_ fixture: AgentFixture, _ path: String = "uploads") -> [String] {
        let folder = fixture.manifest.home + "/" + path
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    @Test("One file goes where its path says, however the body is cut", arguments: [1, 2, 3, 5, 64, 100_000])
    func oneFile(_ pieces: Int) async throws {
        let fixture = try fixture()
        let cookie = try await fixture.enter()
        let content = "line\r\n--\r\n----b is no end\r\n\r\n--- -b\r\n"
        let body = Self.body([Part(name: "path", value: "in/a.txt"), Part(name: "file", fileName: "x", value: content)])
        let response = try #require(try await upload(fixture, cookie, "/upload/file", body, pieces: pieces))
        #expect(response.status == 200)
        #expect(response.text == "OK\n")
        #expect(read(fixture, "uploads/in/a.txt") == content)
        #expect(names(fixture) == ["in"])
    }

    @Test("The fields may come in any order, and files may be empty")
    func order() async throws {
        let fixture = try fixture()
        let cookie = try await fixture.enter()
        let body = Self.body([
            Part(name: "files", fileName: "a.txt", value: ""),
            Part(name: "files", fileName: "C:\\x\\b \u{e9}.txt", value: "b"),
            Part(name: "directory", value: "in"),
        ])
        let response = try #require(try await upload(fixture, cookie, "/upload/files", body))
        #expect(response.status == 200)
        #expect(names(fixture, "uploads/in") == ["a.txt", "b \u{e9}.txt"])
    }

    @Test(
        "What would leave the folder for uploads, or is incomplete, is refused and leaves nothing",
        arguments: [
            ([Part(name: "path", value: "/etc/x"), Part(name: "file", fileName: "x", value: "1")], 500),
            ([Part(name: "path", value: "../x"), Part(name: "file", fileName: "x", value: "1")], 500),
            ([Part(name: "path", value: "a/../../x"), Part(name: "file", fileName: "x", value: "1")], 500),
            ([Part(name: "path", value: ""), Part(name: "file", fileName: "x", value: "1")], 400),
            ([Part(name: "file", fileName: "x", value: "1")], 400), ([Part(name: "path", value: "a")], 400),
            ([Part(name: "path", value: "a"), Part(name: "file", fileName: "", value: "")], 400),
            (
                [
                    Part(name: "path", value: "a"),
                    Part(name: "file", fileName: "x", value: String(repeating: "x", count: 1001)),
                ], 500
            ),
            (
                [
                    Part(name: "path", value: "a"), Part(name: "file", fileName: "x", value: "1"),
                    Part(name: "file", fileName: "y", value: "2"),
                ], 400
            ),
        ] as [([Part], Int)])
    func refusals(_ parts: [Part], _ status: Int) async throws {
        let fixture = try fixture(limit: 1000)
        let cookie = try await fixture.enter()
        let response = try #require(try await upload(fixture, cookie, "/upload/file", Self.body(parts)))
        #expect(response.status == status)
        #expect(response.text == "FAILED\n")
        #expect(names(fixture).isEmpty)
        #expect(names(fixture, "").allSatisfy { $0 == "uploads" })
    }

    @Test("Too many files are refused together, and a body that breaks off leaves nothing")
    func tooMany() async throws {
        let fixture = try fixture(count: 2)
        let cookie = try await fixture.enter()
        let parts =
            (0..<3).map { Part(name: "files", fileName: "\($0)", value: "x") } + [Part(name: "directory", value: "")]
        let response = try #require(try await upload(fixture, cookie, "/upload/files", Self.body(parts)))
        #expect(response.status == 400)
        let whole = Self.body([Part(name: "path", value: "a"), Part(name: "file", fileName: "x", value: "content")])
        for end in [whole.count - 20, whole.count / 2, 0] {
            let cut = try #require(try await upload(fixture, cookie, "/upload/file", Array(whole[..<end])))
            #expect(cut.status == 400)
        }
        #expect(names(fixture).isEmpty)
    }

    @Test("Garbage is refused, whatever it is")
    func garbage() async throws {
        let fixture = try fixture()
        let cookie = try await fixture.enter()
        for body in [
            "", "------b", "------b\r\n\r\n\r\n", "------b\r\nX: y\r\n\r\n", "------bxx",
            "------b\r\n" + String(repeating: "h", count: 20_000),
        ] {
            let response = try #require(
                try await upload(fixture, cookie, "/upload/file", Array(body.utf8), pieces: 1000))
            #expect(response.status == 400)
        }
        let other = try await upload(fixture, cookie, "/upload/file", [], type: "application/json")
        #expect(other == nil)
    }

    @Test("Nobody takes the body of a stranger, or of another site's form")
    func strangers() async throws {
        let fixture = try fixture()
        let cookie = try await fixture.enter()
        let type = "multipart/form-data; boundary=----b"
        for headers in [
            ["Content-Type": type], ["Content-Type": type, "Cookie": cookie],
            ["Content-Type": type, "Cookie": cookie, "Lectern-Form-Token": "guess"],
            [
                "Content-Type": type, "Cookie": cookie, "Lectern-Form-Token": try await fixture.formToken(cookie),
                "Origin": "https://evil.example",
            ],
        ] as [HTTPHeaders] {
            #expect(
                fixture.agent.receiver(for: HTTPRequest(method: .post, path: "/upload/file", headers: headers)) == nil)
        }
    }

    @Test("The tree of files takes uploads into any folder of the home")
    func intoTheHome() async throws {
        let fixture = try fixture()
        let cookie = try await fixture.enter()
        let body = Self.body([Part(name: "directory", value: ""), Part(name: "files", fileName: "a.txt", value: "a")])
        let response = try #require(try await upload(fixture, cookie, "/editor/upload", body))
        #expect(response.status == 200)
        #expect(read(fixture, "a.txt") == "a")
    }
}
