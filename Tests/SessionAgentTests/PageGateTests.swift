import Foundation
import HTTP
import Platform
import Testing

@testable import SessionAgent

@Suite("Pages that wait for a check")
struct PageGateTests {
    private static func pages(_ requires: String) -> [String: String] {
        [
            "workshop/content/01-one.md": """
            ---
            title: One
            requires: \(requires)
            ---
            ```examiner:execute-test
            name: cake
            args: [big, 2]
            ```

            ```examiner:execute-test
            name: tea
            ```
            """,
            "workshop/content/02-two.md": "---\ntitle: Two\n---\nSecond words\n",
            "workshop/content/03-three.md": "---\ntitle: Three\n---\nThird words\n",
            "workshop/examiner/tests/cake": "#!/bin/sh\nexit 0\n",
            "workshop/examiner/tests/tea": "#!/bin/sh\n[ -e kettle ]\n",
        ]
    }

    private func fixture(_ requires: String) throws -> AgentFixture {
        try AgentFixture(pages: PageGateTests.pages(requires)) { $0.applications.hasExaminer = true }
    }

    private func pass(_ fixture: AgentFixture, _ cookie: String, _ name: String, _ arguments: String = "[]")
        async throws
    {
        let token = try await fixture.formToken(cookie)
        _ = await fixture.send(
            .post, "/examiner/test/" + name, headers: ["Lectern-Form-Token": token], cookie: cookie,
            body: "{\"args\":\(arguments)}")
    }

    private func staff(_ fixture: AgentFixture) async throws -> String {
        let answer = await fixture.send(.get, "/oauth_callback?code=staff&state=handover")
        return try #require(answer.cookie(named: "lectern-session"))
    }

    @Test("Until every check of the page has passed, next says why it waits, and later pages cannot be reached")
    func all() async throws {
        let fixture = try fixture("check")
        let cookie = try await fixture.enter()
        let first = await fixture.send(.get, "/dashboard/", cookie: cookie).text
        #expect(first.contains("aria-disabled=\"true\"") && !first.contains("rel=\"next\""))
        #expect(first.contains(AgentText.nextWaitsForSeveral) && first.contains("Three (\(AgentText.pageLocked))"))
        for target in ["/dashboard/?page=02-two", "/workshop/content/03-three/?fragment"] {
            let answer = await fixture.send(.get, target, cookie: cookie)
            #expect(answer.status == 403)
            #expect(answer.text.contains(AgentText.lockedBy("One")) && !answer.text.contains(" words"))
        }
        try await pass(fixture, cookie, "cake", "[\"big\",2]")
        #expect(await fixture.send(.get, "/dashboard/?page=02-two", cookie: cookie).status == 403)
        try await pass(fixture, cookie, "tea")
        #expect(await fixture.send(.get, "/dashboard/?page=02-two", cookie: cookie).status == 403)
        #expect(FileManager.default.createFile(atPath: fixture.folder.path + "/home/kettle", contents: nil))
        try await pass(fixture, cookie, "tea")
        #expect(await fixture.send(.get, "/dashboard/?page=02-two", cookie: cookie).status == 200)
        #expect(await fixture.send(.get, "/workshop/content/03-three/?fragment", cookie: cookie).status == 200)
        let way = await fixture.send(.get, "/examiner/way-on?page=01-one", cookie: cookie)
        #expect(way.status == 200 && way.text.contains("rel=\"next\"") && !way.text.contains("aria-disabled"))
        // Once passed, passed: a kettle that is gone closes nothing.
        try FileManager.default.removeItem(atPath: fixture.folder.path + "/home/kettle")
        try await pass(fixture, cookie, "tea")
        #expect(await fixture.send(.get, "/dashboard/?page=02-two", cookie: cookie).status == 200)
    }

    @Test("A check with other arguments than the page's opens nothing")
    func arguments() async throws {
        let fixture = try fixture("[cake]")
        let cookie = try await fixture.enter()
        try await pass(fixture, cookie, "cake", "[\"small\"]")
        #expect(await fixture.send(.get, "/dashboard/?page=02-two", cookie: cookie).status == 403)
        try await pass(fixture, cookie, "cake", "[\"big\",\"2\"]")
        #expect(await fixture.send(.get, "/dashboard/?page=02-two", cookie: cookie).status == 200)
    }

    @Test("A page that may be skipped leaves the others open, and only its own next waits")
    func skippable() async throws {
        let fixture = try fixture("{checks: all, skip: true}")
        let cookie = try await fixture.enter()
        let first = await fixture.send(.get, "/dashboard/", cookie: cookie).text
        #expect(first.contains("aria-disabled=\"true\"") && !first.contains(AgentText.pageLocked))
        #expect(await fixture.send(.get, "/dashboard/?page=03-three", cookie: cookie).status == 200)
    }

    @Test("Staff see every page, and what they pass does not count for the learner")
    func staff() async throws {
        let fixture = try fixture("[cake]")
        let cookie = try await fixture.enter()
        let staff = try await staff(fixture)
        let page = await fixture.send(.get, "/dashboard/?page=02-two", cookie: staff)
        #expect(page.status == 200 && !page.text.contains(AgentText.pageLocked))
        try await pass(fixture, staff, "cake", "[\"big\",2]")
        #expect(await fixture.send(.get, "/dashboard/?page=02-two", cookie: cookie).status == 403)
    }

    @Test("A new agent of the same session still knows what was passed; nobody else's file is believed")
    func remembered() async throws {
        let fixture = try fixture("[cake]")
        let cookie = try await fixture.enter()
        try await pass(fixture, cookie, "cake", "[\"big\",2]")
        let call = CheckCall(name: "cake", arguments: ["big", "2"])
        #expect(PassedChecks(manifest: fixture.manifest, log: .silent).contains(call))
        var other = fixture.manifest
        other.session = "lab-w01-s002"
        #expect(PassedChecks(manifest: other, log: .silent).isEmpty)
        let path = fixture.folder.path + "/passed-checks"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try Data((text + "\n" + Hex.encoded("tea")).utf8).write(to: URL(fileURLWithPath: path))
        #expect(PassedChecks(manifest: fixture.manifest, log: .silent).isEmpty)
        for garbage in ["", "\n", "x\ny", String(repeating: "\n", count: 100)] {
            try Data(garbage.utf8).write(to: URL(fileURLWithPath: path))
            #expect(PassedChecks(manifest: fixture.manifest, log: .silent).isEmpty)
        }
    }

    @Test("What is remembered is bounded")
    func bounded() throws {
        let fixture = try fixture("check")
        let passed = PassedChecks(manifest: fixture.manifest, log: .silent)
        for number in 0..<40 {
            passed.add(CheckCall(name: "cake", arguments: [String(repeating: "x", count: 30_000), String(number)]))
        }
        let path = fixture.folder.path + "/passed-checks"
        let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        #expect(size < PassedChecks.byteLimit + 1024)
        #expect(passed.contains(anyNamed: "cake"))
        #expect(!PassedChecks(manifest: fixture.manifest, log: .silent).isEmpty)
    }

    @Test(
        "The forms of `requires`",
        arguments: [
            ("check", PageRequirement(.all)), ("checks", PageRequirement(.all)),
            ("[a, b/c]", PageRequirement(.named(["a", "b/c"]))),
            ("{checks: all}", PageRequirement(.all)),
            ("{checks: [a], skip: true}", PageRequirement(.named(["a"]), isSkippable: true)),
            ("nothing", nil), ("[]", nil), ("{skip: true}", nil), ("false", nil), ("", nil),
        ] as [(String, PageRequirement?)])
    func forms(text: String, expected: PageRequirement?) {
        let matter = FrontMatter.split("---\ntitle: T\nrequires: \(text)\n---\n").matter
        #expect(matter.requirement == expected && matter.title == "T")
    }

    @Test("A page that asks for a check that it does not have waits for that check wherever it is")
    func elsewhere() throws {
        let fixture = try fixture("check")
        let passed = PassedChecks(manifest: fixture.manifest, log: .silent)
        let requirement = PageRequirement(.named(["other"]))
        #expect(!requirement.isMet(by: passed, onPage: []))
        passed.add(CheckCall(name: "other", arguments: ["any"]))
        #expect(requirement.isMet(by: passed, onPage: []))
        // Nothing to pass: an author's slip must not lock anybody in.
        #expect(PageRequirement(.all).isMet(by: passed, onPage: []))
    }
}
