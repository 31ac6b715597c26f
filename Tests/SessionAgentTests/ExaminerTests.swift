import Foundation
import HTTP
import Platform
import Testing

@testable import SessionAgent

@Suite("Checks")
struct ExaminerTests {
    private static let tests = "workshop/examiner/tests/"

    private func fixture(
        _ checks: [String: String], change: (inout SessionManifest) -> Void = { _ in }
    ) throws -> AgentFixture {
        var pages = ["workshop/content/one.md": "# One\n"]
        for (name, script) in checks { pages[ExaminerTests.tests + name] = script }
        return try AgentFixture(pages: pages) {
            $0.applications.hasExaminer = true
            change(&$0)
        }
    }

    private func post(
        _ fixture: AgentFixture, _ cookie: String, _ name: String, _ body: String = "{}", token: String? = nil
    ) async throws -> (status: Int, success: Bool?, message: String) {
        let formToken = if let token { token } else { try await fixture.formToken(cookie) }
        let response = await fixture.send(
            .post, "/examiner/test/" + name, headers: ["Lectern-Form-Token": formToken], cookie: cookie, body: body)
        let json = JSONValue(parsing: response.text)
        return (response.status, json?["success"]?.bool, json?["message"]?.string ?? "")
    }

    private func run(_ fixture: AgentFixture, _ check: CheckRequest) async -> CheckAnswer {
        await withCheckedContinuation { continuation in
            fixture.agent.run(check) { continuation.resume(returning: $0) }
        }
    }

    @Test("A check gets its arguments, the form on standard input, the home and the session's variables")
    func runs() async throws {
        let fixture = try fixture([
            "deep/all": "#!/bin/bash\necho \"$#:$1:$2\"\ncat\necho\necho \"$PWD\" \"$SESSION_NAME\" \"$GREETING\"\n"
        ])
        let cookie = try await fixture.enter()
        let told = try await post(
            fixture, cookie, "deep/all", #"{"args":["one two",3],"form":{"name":"Ann","ok":true},"timeout":5}"#)
        #expect(told.status == 200 && told.success == true)
        #expect(
            told.message == """
                2:one two:3
                {"name":"Ann","ok":true}
                \(fixture.manifest.home) lab-w01-s001 hello there
                """)
        let empty = try await post(fixture, cookie, "deep/all", "")
        #expect(empty.message.hasPrefix("0::\n{}\n"))
    }

    @Test("What it says on both outputs is the message, whether it passes or not, without the terminal's codes")
    func messages() async throws {
        let fixture = try fixture([
            "no": "#!/bin/sh\necho\nprintf '\\033[31mThere is no cake.\\033[0m  \\n' >&2\necho 'Bake <one>.'\nexit 1\n",
            "silent": "#!/bin/sh\nexit 7\n",
            "long": "#!/bin/bash\necho begin\nhead -c 100000 /dev/zero | tr '\\0' x\necho\necho end\n",
            "killed": "#!/bin/sh\nkill -9 $$\n",
            "bad": "#!/no/such/program\n",
            "bytes": "#!/bin/sh\nprintf '\\377\\000gr\\303\\274n'\n",
        ])
        let no = await run(fixture, CheckRequest(name: "no"))
        #expect(no == CheckAnswer(status: 200, isPassed: false, message: "There is no cake.\nBake <one>."))
        let silent = await run(fixture, CheckRequest(name: "silent"))
        #expect(silent == CheckAnswer(status: 200, isPassed: false, message: ""))
        let long = await run(fixture, CheckRequest(name: "long"))
        #expect(long.isPassed && long.message.utf8.count < 5000)
        #expect(long.message.hasPrefix("begin\nxxx") && long.message.hasSuffix("x\nend") && long.message.contains("…"))
        let killed = await run(fixture, CheckRequest(name: "killed"))
        #expect(killed == CheckAnswer(status: 200, isPassed: false, message: AgentText.checkBroke))
        #expect(await run(fixture, CheckRequest(name: "bad")).status == 503)
        #expect(await run(fixture, CheckRequest(name: "bytes")).message == "\u{FFFD}grün")
    }

    @Test(
        "Only names inside the tests folders are found",
        arguments: [
            "../content/one.md", "..", "/etc/passwd", "a/../../content/one.md", ".hidden", "a//b", "", "no such",
            "out", "folder", "a\0b", "$(id)", "missing",
        ])
    func names(name: String) async throws {
        let fixture = try fixture([".hidden": "#!/bin/sh\n", "folder/inner": "#!/bin/sh\n"])
        try FileManager.default.createSymbolicLink(
            atPath: fixture.folder.path + "/" + ExaminerTests.tests + "out", withDestinationPath: "/bin/true")
        let answer = await run(fixture, CheckRequest(name: name))
        #expect(answer == CheckAnswer(status: 404, isPassed: false, message: AgentText.noCheck(name)))
    }

    @Test("A check that is not executable is named as such; one in the home counts where the author has none")
    func folders() async throws {
        let fixture = try AgentFixture(pages: [
            "workshop/examiner/tests/plain": "echo no\n",
            "workshop/examiner/tests/both": "#!/bin/sh\necho author\n",
            "home/workshop/examiner/tests/both": "#!/bin/sh\necho learner\n",
            "home/workshop/examiner/tests/own": "#!/bin/sh\necho own\n",
        ]) { $0.applications.hasExaminer = true }
        #expect(
            await run(fixture, CheckRequest(name: "plain"))
                == CheckAnswer(status: 404, isPassed: false, message: AgentText.checkNotExecutable("plain")))
        #expect(await run(fixture, CheckRequest(name: "both")).message == "author")
        #expect(await run(fixture, CheckRequest(name: "own")).message == "own")
    }

    @Test("Where the workshop has not turned checks on there are none")
    func off() async throws {
        let fixture = try fixture(["yes": "#!/bin/sh\n"]) { $0.applications.hasExaminer = false }
        let cookie = try await fixture.enter()
        let told = try await post(fixture, cookie, "yes")
        #expect(told.status == 404 && told.message == AgentText.checksAreOff)
    }

    @Test(
        "Requests that make no sense are told so",
        arguments: [
            "{", "[]", #"{"args":"x"}"#, #"{"args":[["x"]]}"#, #"{"args":["a\u0000b"]}"#, #"{"form":[]}"#,
            #"{"timeout":"soon"}"#, #"{"run":5}"#,
            "{\"args\":[" + Array(repeating: "1", count: 65).joined(separator: ",") + "]}",
            "{\"args\":[\"" + String(repeating: "x", count: 40_000) + "\"]}",
            "{\"form\":{\"a\":\"" + String(repeating: "x", count: 70_000) + "\"}}",
        ])
    func garbage(body: String) async throws {
        let fixture = try fixture(["yes": "#!/bin/sh\n"])
        let told = try await post(fixture, try await fixture.enter(), "yes", body)
        #expect(told.status == 400 && told.success == false)
    }

    @Test("Without the cookie, the form's token or the right method nothing runs")
    func doors() async throws {
        let fixture = try fixture(["yes": "#!/bin/sh\ntouch ran\n"])
        let cookie = try await fixture.enter()
        #expect(await fixture.send(.post, "/examiner/test/yes").status == 401)
        let unproven = try await post(fixture, cookie, "yes", token: "wrong")
        #expect(unproven.status == 403)
        #expect(await fixture.send(.get, "/examiner/test/yes", cookie: cookie).status == 405)
        let token = try await fixture.formToken(cookie)
        let foreign = await fixture.send(
            .post, "/examiner/test/yes", headers: ["Lectern-Form-Token": token, "Origin": "http://evil.example"],
            cookie: cookie)
        #expect(foreign.status == 403)
        #expect(await fixture.send(.get, "/examiner/other", cookie: cookie).status == 404)
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.path + "/home/ran"))
    }

    @Test("A check that takes too long is killed with everything that it started")
    func timeout() async throws {
        let fixture = try fixture([
            "slow": "#!/bin/bash\nsleep 60 &\necho $! > child\necho started\nwait\n"
        ])
        let answer = await run(fixture, CheckRequest(name: "slow", timeout: 0.5))
        #expect(answer.status == 200 && !answer.isPassed)
        #expect(answer.message == "started\n" + AgentText.checkTookTooLong(seconds: 0.5))
        let child = try String(contentsOfFile: fixture.folder.path + "/home/child", encoding: .utf8)
        let process = try #require(Int32(child.filter(\.isNumber)))
        #expect(await isGone(process))
    }

    @Test("The workshop's limit holds whatever a page asks for")
    func longest() async throws {
        let fixture = try fixture(["slow": "#!/bin/sh\nexec sleep 60\n"]) {
            $0.scriptLimits = SessionManifest.ScriptLimits(checkTime: 1)
        }
        for asked in [Double.infinity, 30] {
            let answer = await run(fixture, CheckRequest(name: "slow", timeout: asked))
            #expect(answer.message == AgentText.checkTookTooLong(seconds: 1))
        }
    }

    @Test("Only so many run at once; the next is asked to wait")
    func concurrency() async throws {
        let fixture = try fixture(["wait": "#!/bin/sh\ntouch here-$1\nwhile [ ! -e go ]; do sleep 0.02; done\n"]) {
            $0.scriptLimits = SessionManifest.ScriptLimits(checksAtOnce: 2)
        }
        let home = fixture.folder.path + "/home/"
        async let first = run(fixture, CheckRequest(name: "wait", arguments: ["1"]))
        async let second = run(fixture, CheckRequest(name: "wait", arguments: ["2"]))
        for _ in 0..<2000 {
            if ["1", "2"].allSatisfy({ FileManager.default.fileExists(atPath: home + "here-" + $0) }) { break }
            try await Task.sleep(for: .milliseconds(5))
        }
        let third = await run(fixture, CheckRequest(name: "wait", arguments: ["3"]))
        #expect(third == CheckAnswer(status: 503, isPassed: false, message: AgentText.tooManyChecks))
        #expect(FileManager.default.createFile(atPath: home + "go", contents: nil))
        let both = await [first, second]
        #expect(both.map(\.isPassed) == [true, true])
        #expect(await run(fixture, CheckRequest(name: "wait", arguments: ["4"])).isPassed)
    }

    @Test("A page stops a run that it has named, also one that has not begun")
    func stopping() async throws {
        let fixture = try fixture(["slow": "#!/bin/sh\ntouch here\nexec sleep 60\n"])
        let cookie = try await fixture.enter()
        let token = try await fixture.formToken(cookie)
        async let told = post(fixture, cookie, "slow", #"{"run":"r-1","timeout":50}"#, token: token)
        for _ in 0..<2000 where !FileManager.default.fileExists(atPath: fixture.folder.path + "/home/here") {
            try await Task.sleep(for: .milliseconds(5))
        }
        let stop = await fixture.send(
            .post, "/examiner/stop", headers: ["Lectern-Form-Token": token], cookie: cookie, body: #"{"run":"r-1"}"#)
        #expect(stop.status == 204)
        let answer = try await told
        #expect(answer.status == 200 && answer.message == AgentText.checkStopped)
        #expect(await fixture.send(.post, "/examiner/stop", cookie: cookie, body: "{}").status == 403)
    }

    @Test("What runs when the agent stops is ended, and whoever waits is answered")
    func agentStops() async throws {
        let fixture = try fixture(["slow": "#!/bin/sh\necho $$ > me\nexec sleep 60\n"])
        async let answer = run(fixture, CheckRequest(name: "slow", timeout: 50))
        let file = fixture.folder.path + "/home/me"
        var process: Int32?
        for _ in 0..<2000 where process == nil {
            process = (try? String(contentsOfFile: file, encoding: .utf8)).flatMap { Int32($0.filter(\.isNumber)) }
            try await Task.sleep(for: .milliseconds(5))
        }
        fixture.agent.stop()
        #expect(await answer.message == AgentText.checkStopped)
        let slow = try #require(process)
        #expect(await isGone(slow))
    }

    @Test("The log says what ran and what came of it, and never grows beyond its limit")
    func log() async throws {
        let fixture = try fixture([
            "a": "#!/bin/sh\necho hello\nexit 2\n", "much": "#!/bin/sh\nseq 1 2000\n",
        ])
        _ = await run(
            fixture, CheckRequest(name: "a", arguments: ["x"], form: ["password": "secret"]))
        let path = fixture.folder.path + "/home/.local/share/workshop/examiner-scripts.log"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.hasSuffix("Z a x: status 2\nhello\n") && !text.contains("secret"))
        let log = ScriptLog(home: fixture.manifest.home, name: "examiner-scripts.log")
        for _ in 0..<30 { log.append(String(repeating: "line of a log\n", count: 8000)) }
        let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        #expect(size <= ScriptLog.limit + ScriptLog.limit / 4 && size > ScriptLog.limit / 4)
    }

    @Test("Fifty checks one after another leave no process and no descriptor behind")
    func leaks() async throws {
        let fixture = try fixture(["bg": "#!/bin/sh\nsleep 0.05 &\necho ok\n"])
        _ = await run(fixture, CheckRequest(name: "bg"))
        func memoryFiles() -> Int {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
            return names.filter { name in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name))?
                    .contains("lectern-script") ?? false
            }.count
        }
        for _ in 0..<50 { #expect(await run(fixture, CheckRequest(name: "bg")).isPassed) }
        // Other tests of this process may run checks of their own at this moment.
        var left = memoryFiles()
        for _ in 0..<1000 where left > 8 {
            try await Task.sleep(for: .milliseconds(5))
            left = memoryFiles()
        }
        #expect(left <= 8)
    }

    @Test(
        "Escape sequences are left out",
        arguments: [
            ("\u{1B}[1;31mred\u{1B}[0m", "red"), ("\u{1B}]0;title\u{07}text", "text"),
            ("\u{1B}]8;;http://x\u{1B}\\link", "link"), ("a\u{1B}", "a"), ("\u{1B}[", ""), ("\u{1B}(Bplain", "Bplain"),
            ("tab\tand\r\nline", "tab\tand\nline"), ("\u{85}x\u{7F}", "x"),
        ])
    func controls(text: String, expected: String) {
        #expect(CheckMessage.withoutControls(text) == expected)
    }
}
