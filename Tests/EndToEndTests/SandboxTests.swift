import Foundation
import HTTP
import Testing

@Suite(
    "Sessions in real sandboxes", .serialized, .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/bwrap")))
struct SandboxTests {
    private func launch(_ browser: TestBrowser, at portal: RunningPortal) throws -> TestBrowser.Page {
        try browser.open(portal.url(portal.createPath)) { $0.status == 200 && $0.url.contains("/dashboard") }
    }

    @Test("From the click to the dashboard a browser makes three requests")
    func threeRequests() throws {
        let portal = try RunningPortal(capacity: 3, reserved: 1, runtime: "local")
        defer { portal.remove() }
        _ = try launch(TestBrowser(portal), at: portal)
        let page = try portal.eventually {
            let page = try TestBrowser(portal).open(portal.url(portal.createPath))
            return page.url.contains("/dashboard") ? page : nil
        }
        #expect(page.requests == 3)
        #expect(page.url.hasSuffix(".lectern.localhost:\(portal.frontPort)/dashboard/"))
    }

    @Test("A session outlives a killed portal, keeps answering meanwhile, and is the learner's own afterwards")
    func survives() throws {
        let portal = try RunningPortal(capacity: 2, runtime: "local")
        defer { portal.remove() }
        let browser = TestBrowser(portal)
        let before = try launch(browser, at: portal)
        portal.kill()
        let during = try browser.open(before.url)
        #expect(during.status == 200)
        #expect(during.url == before.url)
        try portal.start()
        let after = try browser.open(portal.url(portal.createPath))
        #expect(after.url == before.url)
    }

    @Test("The workshop's setup and its checks run inside the sandbox, as its user, with what it may see")
    func setup() throws {
        let portal = try RunningPortal(
            capacity: 1, reserved: 1, runtime: "local",
            workshop: (
                session: ["applications:", "  examiner: {enabled: true}"],
                files: [
                    "workshop/content/one.md": "# One\n\nWhere: {{< param ENV_WHERE >}}.\n",
                    "workshop/profile": "FROM_PROFILE=profile\n",
                    "workshop/setup.d/1.sh":
                        "#!/bin/bash\necho \"WHERE=$(id -u) $(pwd) $(cat task/text)\" >> $WORKSHOP_ENV\n",
                    "workshop/examiner/tests/look":
                        "#!/bin/bash\necho \"$WHERE, $(bash -lc 'echo $FROM_PROFILE $0'), $SESSION_NAME\"\n"
                        + "touch /opt/workshop/new 2>/dev/null && echo writable\n"
                        + "ls /run/lectern/session/agent.sock > /dev/null\n",
                    "task/text": "exercise",
                ]
            ))
        defer { portal.remove() }
        let browser = TestBrowser(portal)
        let page = try launch(browser, at: portal)
        let host = try #require(URL(string: page.url)?.host())
        let origin = "http://\(host):\(portal.frontPort)"
        try portal.eventually { try browser.open(origin + "/setup/state").text.contains("fine") ? true : nil }
        let shown = try browser.open(origin + "/dashboard/")
        #expect(shown.text.contains("Where: 1000 /home/learner exercise."))
        let start = try #require(shown.text.range(of: "data-form-token=\"")).upperBound
        let token = String(shown.text[start...].prefix { $0 != "\"" })
        let answer = try browser.open(
            origin + "/examiner/test/look", method: .post, form: "{}", headers: ["Lectern-Form-Token": token])
        let session = String(host.prefix { $0 != "." })
        #expect(
            answer.text
                == #"{"success":true,"message":"1000 /home/learner exercise, profile bash, \#(session)"}"#)
    }

    @Test("A sandbox that dies ends its session: the learner is sent back, and the place is free again")
    func dies() throws {
        let portal = try RunningPortal(capacity: 1, runtime: "local")
        defer { portal.remove() }
        let browser = TestBrowser(portal)
        let page = try launch(browser, at: portal)
        portal.killSandboxes()
        let back = try browser.open(page.url) { $0.url.hasPrefix("http://localhost:9/") }
        #expect(back.url == "http://localhost:9/page?notification=session-invalid")
        let next = try launch(TestBrowser(portal), at: portal)
        #expect(next.url != page.url)
    }
}
