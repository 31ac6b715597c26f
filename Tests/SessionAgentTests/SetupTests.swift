import Foundation
import HTTP
import Platform
import Synchronization
import Testing

@testable import SessionAgent

@Suite("The workshop's setup")
struct SetupTests {
    /// Waits until the setup is over.
    private func setUp(_ fixture: AgentFixture) async {
        await withCheckedContinuation { continuation in fixture.agent.whenSetUp { continuation.resume() } }
    }

    private func home(_ fixture: AgentFixture, _ name: String) throws -> String {
        try String(contentsOf: fixture.folder.appending(path: "home/" + name), encoding: .utf8)
    }

    private func state(_ fixture: AgentFixture, _ cookie: String) async -> String {
        await fixture.send(.get, "/setup/state", cookie: cookie).text
    }

    @Test("Scripts run in order in the home: the workshop's, its profiles, then those in the home")
    func order() async throws {
        let fixture = try AgentFixture(pages: [
            "workshop/setup.d/20-b.sh": "#!/bin/sh\necho b >> order\n",
            "workshop/setup.d/10-a.sh": "#!/bin/sh\npwd > where\necho a >> order\n",
            // Not executable, and without a first line: bash runs it.
            "workshop/setup.d/30-c.sh": "echo \"c $BASH_VERSION\" | cut -c 1-2 >> order\n",
            "workshop/setup.d/readme.txt": "echo no >> order\n",
            "workshop/setup.d/.hidden.sh": "#!/bin/sh\necho no >> order\n",
            "workshop/profile.d/10-p.sh":
                "export FROM_PROFILE=\"yes, $GREETING\"\nnot_exported=1\necho p >> order\nfalse\n",
            "home/workshop/setup.d/10-d.sh": "#!/bin/sh\necho \"d $FROM_PROFILE\" >> order\n",
        ])
        await setUp(fixture)
        #expect(try home(fixture, "order") == "a\nb\nc \np\nd yes, hello there\n")
        #expect(try home(fixture, "where").hasSuffix("/home\n"))
        let cookie = try await fixture.enter()
        #expect(await state(fixture, cookie) == #"{"state":"fine"}"#)
        let log = try home(fixture, ".local/share/workshop/setup-scripts.log")
        #expect(log.contains("== setup.d/10-a.sh: fine\n== setup.d/20-b.sh: fine\n"))
    }

    @Test(
        "Lines in $WORKSHOP_ENV, also of a script that failed, become variables of later scripts, of checks and of pages"
    )
    func variables() async throws {
        let fixture = try AgentFixture(
            pages: [
                "workshop/content/one.md": "# One\n\nColour {{< param ENV_COLOUR >}}, dish {{< param dish >}}.\n",
                "workshop/config.yaml": "params:\n- {name: dish, value: soup, aliases: [DISH]}\n",
                "workshop/setup.d/1.sh": "#!/bin/sh\necho COLOUR=blue >> $WORKSHOP_ENV\nexit 1\n",
                "workshop/setup.d/2.sh":
                    "#!/bin/sh\necho \"SEEN=$COLOUR sky\" >> $WORKSHOP_ENV\necho DISH=cake >> $WORKSHOP_ENV\n",
                "workshop/examiner/tests/env": "#!/bin/sh\necho \"$SEEN, $SESSION_NAME\"\n",
            ], change: { $0.applications.hasExaminer = true })
        let answer = await withCheckedContinuation { continuation in
            fixture.agent.run(CheckRequest(name: "env")) { continuation.resume(returning: $0) }
        }
        #expect(answer == CheckAnswer(status: 200, isPassed: true, message: "blue sky, lab-w01-s001"))
        let cookie = try await fixture.enter()
        let page = await fixture.send(.get, "/workshop/content/one/?fragment", cookie: cookie).text
        #expect(page.contains("Colour blue, dish cake."))
    }

    @Test("A script that fails is told to the portal and in the room, and the others run all the same")
    func failing() async throws {
        let fixture = try AgentFixture(pages: [
            "workshop/content/one.md": "# One\n",
            "workshop/setup.d/1.sh": "#!/bin/sh\necho <b>trouble\nexit 3\n".replacing("<b>", with: "'<b>'"),
            "workshop/setup.d/2.sh": "#!/bin/sh\ntouch second\n",
            "workshop/profile.d/3.sh": "exit 4\n",
            "workshop/setup.d/4.sh": "#!/no/such/program\n",
        ])
        await setUp(fixture)
        #expect(FileManager.default.fileExists(atPath: fixture.folder.path + "/home/second"))
        let cookie = try await fixture.enter()
        #expect(await state(fixture, cookie) == #"{"state":"failed"}"#)
        let room = await fixture.send(.get, "/dashboard/", cookie: cookie)
        #expect(room.text.contains("data-setup=\"failed\"") && room.text.contains("id=\"setup-dialog\""))
        #expect(!room.text.contains("/setup/log"))
        // The learner is told politely; the log is for authors.
        #expect(await fixture.send(.get, "/setup/log", cookie: cookie).status == 403)
        let answer = await fixture.send(.get, "/oauth_callback?code=staff&state=handover")
        let staff = try #require(answer.cookie(named: "lectern-session"))
        let log = await fixture.send(.get, "/setup/log", cookie: staff)
        #expect(log.status == 200 && log.text.contains("&lt;b&gt;trouble"))
        #expect(log.text.contains("setup.d/1.sh, setup.d/4.sh, profile.d/3.sh"))
        #expect(await fixture.send(.get, "/dashboard/", cookie: staff).text.contains("/setup/log"))
        for _ in 0..<1000 {
            if fixture.portal.state.withLock({ $0.events.filter { $0.name == "Workshop/Error" }.count }) == 3 { break }
            try await Task.sleep(for: .milliseconds(5))
        }
        let told = fixture.portal.state.withLock { $0.events.filter { $0.name == "Workshop/Error" }.map(\.data) }
        #expect(
            told == [
                #"{"error":"the setup script setup.d/1.sh ended with status 3"}"#,
                #"{"error":"the setup script setup.d/4.sh could not be started: No such file or directory"}"#,
                #"{"error":"the setup script profile.d/3.sh ended with status 4"}"#,
            ])
    }

    @Test("When the time is up the script that runs is killed with what it started, and those after it are left out")
    func time() async throws {
        let fixture = try AgentFixture(
            pages: [
                "workshop/setup.d/1.sh": "#!/bin/bash\nsleep 60 &\necho $! > child\nwait\n",
                "workshop/setup.d/2.sh": "#!/bin/sh\ntouch second\n",
            ], change: { $0.scriptLimits = SessionManifest.ScriptLimits(setupTime: 1) })
        await setUp(fixture)
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.path + "/home/second"))
        let child = try #require(Int32(home(fixture, "child").filter(\.isNumber)))
        #expect(await isGone(child))
        let log = try home(fixture, ".local/share/workshop/setup-scripts.log")
        #expect(log.contains("setup.d/1.sh took too long") && log.contains("setup.d/2.sh was not run"))
    }

    @Test("Whoever comes while it runs sees that in the terminal; the shell begins afterwards, with its variables")
    func terminal() async throws {
        let fixture = try AgentFixture(pages: [
            "workshop/setup.d/1.sh":
                "#!/bin/sh\nwhile [ ! -e go ]; do sleep 0.02; done\necho MARK=from-setup >> $WORKSHOP_ENV\n"
        ])
        let cookie = try await fixture.enter()
        #expect(await state(fixture, cookie) == #"{"state":"running"}"#)
        let room = await fixture.send(.get, "/dashboard/", cookie: cookie)
        #expect(room.status == 200 && room.text.contains("data-setup=\"running\""))
        let viewer = try await TerminalTests().open(fixture, cookie)
        try await viewer.waitFor("Setting up")
        viewer.type("echo [$MARK]\r")
        #expect(FileManager.default.createFile(atPath: fixture.folder.path + "/home/go", contents: nil))
        try await viewer.waitFor("[from-setup]")
        #expect(await state(fixture, cookie) == #"{"state":"fine"}"#)
    }

    @Test("What a script leaves running is not ended, and may go on writing")
    func leftRunning() async throws {
        let fixture = try AgentFixture(pages: [
            "workshop/setup.d/1.sh":
                "#!/bin/bash\n"
                + "(for i in $(seq 400); do echo line $i; [ -e stop ] && break; sleep 0.01; done; touch survived) &\n"
        ])
        await setUp(fixture)
        #expect(FileManager.default.createFile(atPath: fixture.folder.path + "/home/stop", contents: nil))
        for _ in 0..<1000 where !FileManager.default.fileExists(atPath: fixture.folder.path + "/home/survived") {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(FileManager.default.fileExists(atPath: fixture.folder.path + "/home/survived"))
    }

    @Test("Endless output, a pipe in place of the log, and a link in place of the variables do no harm")
    func hostile() async throws {
        let fixture = try AgentFixture(pages: [
            "workshop/setup.d/1.sh": """
            #!/bin/bash
            rm -f .local/share/workshop/setup-scripts.log; mkfifo .local/share/workshop/setup-scripts.log
            rm -f "$WORKSHOP_ENV"; ln -s /etc/passwd "$WORKSHOP_ENV"
            head -c 5000000 /dev/zero | tr '\\0' x
            """,
            "workshop/setup.d/2.sh": "#!/bin/sh\nrm \"$WORKSHOP_ENV\"\nhead -c 400000 /dev/zero >> $WORKSHOP_ENV\n",
            "workshop/setup.d/3.sh": "#!/bin/sh\necho AFTER=1 > $WORKSHOP_ENV\n",
        ])
        await setUp(fixture)
        let cookie = try await fixture.enter()
        #expect(await state(fixture, cookie) == #"{"state":"failed"}"#)
    }

    @Test("Without scripts it is over at once")
    func nothing() async throws {
        let fixture = try AgentFixture(pages: ["workshop/setup.d/readme.md": "none"])
        let cookie = try await fixture.enter()
        #expect(await state(fixture, cookie) == #"{"state":"fine"}"#)
        #expect(await fixture.send(.post, "/setup/state", cookie: cookie).status == 405)
        #expect(await fixture.send(.get, "/setup/other", cookie: cookie).status == 404)
        #expect(await fixture.send(.get, "/setup/state").status != 200)
    }
}

/// Waits for a process to end.
func isGone(_ process: Int32) async -> Bool {
    for _ in 0..<1000 {
        // One that nobody has asked about yet counts as gone.
        let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        if status == nil || status?.contains(") Z ") == true { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return false
}
