import FoundationEssentials
import Glibc
import Platform
import Portal
import Synchronization
import Testing

@testable import Runtimes

@Suite("A sandbox's life", .needsSandboxes, .timeLimit(.minutes(3)))
struct SandboxLifeTests {
    @Test("A started session answers, exists and was seen; a stopped one leaves nothing")
    func startAndStop() async throws {
        try await SandboxFixture.run { fixture, runtime in
            let name = try fixture.name()
            try await runtime.start(try fixture.launch())
            #expect(try await runtime.existing() == [name: .ready])
            let seen = try #require(await runtime.lastSeen(name))
            #expect(abs(WallClock.system.now().seconds(since: seen) - 8) <= 2)
            _ = try await fixture.shell(
                "setsid perl -e '$0 = \"sandbox-marker-\(fixture.root)/\(name)\"; sleep 1000' >/dev/null 2>&1 &")
            #expect(try fixture.traces(runtime).contains { $0.hasPrefix("process") })

            try await runtime.stop(name)
            #expect(try fixture.traces(runtime) == [])
            #expect(try await runtime.existing() == [:])
            #expect(await runtime.lastSeen(name) == nil)
            try await runtime.stop(name)
        }
    }

    @Test("Starting a running session again leaves it as it is")
    func startTwice() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try await runtime.start(try fixture.launch())
            _ = try await fixture.shell("echo mine > ~/file")
            let launch = try fixture.launch()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await runtime.start(launch) } }
                try await group.waitForAll()
            }
            #expect(try await fixture.shell("cat ~/file") == "mine\n")
        }
    }

    @Test("Another portal process finds the sandboxes, hears of their end and can end them")
    func adoption() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            try await runtime.start(try fixture.launch(2))
            let next = try SandboxRuntime(fixture.configuration)
            #expect(try await next.existing() == [fixture.name(1): .ready, fixture.name(2): .ready])
            try await next.start(try fixture.launch(1))
            var departures = next.departures().makeAsyncIterator()
            _ = await ask(try fixture.socket(2), "POST", "/run", body: "kill -9 $(pgrep -o perl)")
            #expect(await departures.next() == (try fixture.name(2)))
            #expect(try await next.existing()[fixture.name(2)] == .remains)
            try await next.stop(try fixture.name(2))
            try await next.stop(try fixture.name(1))
            #expect(try fixture.traces(next, 1) == [])
            #expect(try fixture.traces(next, 2) == [])
        }
    }

    @Test("The end of a session that is wanted is told to nobody")
    func silentStop() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            try await runtime.start(try fixture.launch(2))
            var departures = runtime.departures().makeAsyncIterator()
            try await runtime.stop(try fixture.name(1))
            _ = await ask(try fixture.socket(2), "POST", "/run", body: "kill -9 $(pgrep -o perl)")
            // The first that is heard of is the second session.
            #expect(await departures.next() == (try fixture.name(2)))
        }
    }

    @Test(
        "A portal that dies after any step of a start can start or remove the session",
        arguments: SandboxStartStep.allCases)
    func crashes(_ step: SandboxStartStep) async throws {
        struct Crash: Error {}
        try await SandboxFixture.run { fixture, runtime in
            var dying = fixture.configuration
            dying.afterStep = { if $0 == step { throw Crash() } }
            for again in [true, false] {
                let portal = try SandboxRuntime(dying)
                await #expect(throws: Crash.self) { try await portal.start(try fixture.launch()) }

                let next = try SandboxRuntime(fixture.configuration)
                #expect(try await next.existing().keys.contains(try fixture.name()))
                if again {
                    try await next.start(try fixture.launch())
                    #expect(try await fixture.shell("echo hello") == "hello\n")
                    #expect(try await next.existing() == [fixture.name(): .ready])
                }
                try await next.stop(try fixture.name())
                #expect(try fixture.traces(next) == [])
                #expect(fixture.processes(with: fixture.root) == [])
            }
        }
    }

    @Test("Thirty sessions start at once, each with its own files")
    func many() async throws {
        try await SandboxFixture.run { fixture, runtime in
            let launches = try (1...30).map { try fixture.launch($0) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for launch in launches { group.addTask { try await runtime.start(launch) } }
                try await group.waitForAll()
            }
            let existing = try await runtime.existing()
            #expect(existing.count == 30 && existing.values.allSatisfy { $0 == .ready })
            for number in 1...30 { _ = try await fixture.shell("echo \(number) > ~/number", in: number) }
            for number in 1...30 { #expect(try await fixture.shell("cat ~/number", in: number) == "\(number)\n") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for launch in launches { group.addTask { try await runtime.stop(launch.session) } }
                try await group.waitForAll()
            }
            #expect(try await runtime.existing() == [:])
            #expect(fixture.processes(with: fixture.root) == [])
        }
    }

    @Test("An agent that ends, or never listens, is an error that says what its log says")
    func deadAgents() async throws {
        try await SandboxFixture.run(agent: FakeAgent.misbehaving("die 'no luck today'")) { fixture, runtime in
            let error = await #expect(throws: SessionRuntimeError.self) {
                try await runtime.start(try fixture.launch())
            }
            #expect(error?.description.contains("no luck today") == true)
            try await runtime.stop(try fixture.name())
            #expect(try fixture.traces(runtime) == [])
        }
        try await SandboxFixture.run(agent: FakeAgent.misbehaving("sleep 100"), { $0.startTime = 3_000 }) {
            fixture, runtime in
            let error = await #expect(throws: SessionRuntimeError.self) {
                try await runtime.start(try fixture.launch())
            }
            #expect(error?.kind == .timedOut)
            #expect(try await runtime.existing() == [fixture.name(): .unresponsive])
            try await runtime.stop(try fixture.name())
            #expect(try fixture.traces(runtime) == [])
        }
    }

    @Test("A stop ends a start that is under way")
    func stopDuringStart() async throws {
        let (steps, told) = AsyncStream.makeStream(of: SandboxStartStep.self)
        let change = { (configuration: inout SandboxConfiguration) in
            configuration.startTime = 120_000
            configuration.afterStep = { told.yield($0) }
        }
        try await SandboxFixture.run(agent: FakeAgent.misbehaving("sleep 100"), change) { fixture, runtime in
            let launch = try fixture.launch()
            let begun = Date()
            let start = Task { try await runtime.start(launch) }
            for await step in steps where step == .handedOver { break }
            try await runtime.stop(launch.session)
            await #expect(throws: SessionRuntimeError.self) { try await start.value }
            #expect(Date().timeIntervalSince(begun) < 110)
            #expect(try fixture.traces(runtime) == [])
        }
    }

    @Test("Starts and stops of one name may race; after the last stop, nothing is left")
    func races() async throws {
        try await SandboxFixture.run { fixture, runtime in
            let launch = try fixture.launch()
            for _ in 0..<5 {
                await withTaskGroup(of: Void.self) { group in
                    for turn in 0..<8 {
                        group.addTask {
                            // Whoever comes too late is told so, which is no matter here.
                            if turn % 2 == 0 {
                                try? await runtime.start(launch)
                            } else {
                                try? await runtime.stop(launch.session)
                            }
                        }
                    }
                }
                try await runtime.start(launch)
                #expect(try await fixture.shell("echo fine") == "fine\n")
                try await runtime.stop(launch.session)
                #expect(try fixture.traces(runtime) == [])
                #expect(fixture.processes(with: fixture.root) == [])
            }
        }
    }

    @Test("An agent that answers without saying that it is ready is ready")
    func silentAgent() async throws {
        try await SandboxFixture.run(agent: FakeAgent.silent) { fixture, runtime in
            try await runtime.start(try fixture.launch())
            #expect(try await runtime.existing() == [fixture.name(): .ready])
        }
    }

    @Test("A session of an environment that was not prepared fails and can be removed")
    func unprepared() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try await runtime.discard(fixture.environment)
            await #expect(throws: SessionRuntimeError.self) { try await runtime.start(try fixture.launch()) }
            try await runtime.stop(try fixture.name())
            #expect(try fixture.traces(runtime) == [])
            try await runtime.discard(fixture.environment)
        }
    }

    @Test("Content is found whoever prepared it, and in whatever state it was left")
    func preparedEnvironments() async throws {
        try await SandboxFixture.run { fixture, runtime in
            let names = try ["lab-w07", "lab-w08", "lab-w09"].map { try #require(EnvironmentName(rawValue: $0)) }
            let folder = fixture.configuration.data + "/environments"
            try makeFolders("\(folder)/.lab-w07.new/content")
            try makeFolders("\(folder)/lab-w08.removing/1")
            try makeFolders("\(folder)/lab-w09/content")
            #expect(try await runtime.preparedEnvironments() == [fixture.environment] + names)
            for name in names { try await runtime.discard(name) }
            #expect(try await runtime.preparedEnvironments() == [fixture.environment])
        }
    }

    @Test("Edits of a workshop's source change neither running sessions nor later ones of the environment")
    func snapshot() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            try replaceFile(fixture.root + "/source/workshop/content/one.md", with: Array("# Two\n".utf8))
            try await runtime.prepare(
                EnvironmentPreparation(environment: fixture.environment, workshop: fixture.workshop))
            try await runtime.start(try fixture.launch(2))
            for number in 1...2 {
                #expect(try await fixture.shell("cat /opt/workshop/content/one.md", in: number) == "# One\n")
                #expect(
                    try await fixture.shell("cat /opt/lectern/content/workshop/content/one.md", in: number) == "# One\n"
                )
                #expect(
                    try await fixture.shell("sh ~/exercise/deep/task.sh; ls -A ~", in: number) == "done\nexercise\n")
                #expect(try await fixture.shell("readlink ~/exercise/link", in: number) == "/etc/passwd\n")
            }
        }
    }

    @Test("A socket path that is too long is refused with the option that mends it")
    func longPath() async throws {
        try await SandboxFixture.run { fixture, runtime in
            let long = try #require(SessionName(rawValue: String(repeating: "a", count: 63)))
            var configuration = fixture.configuration
            configuration.run = fixture.root + "/" + String(repeating: "r", count: 20)
            let longer = try SandboxRuntime(configuration)
            let launch = SessionLaunch(
                session: long, environment: fixture.environment, workshop: fixture.workshop,
                manifest: try fixture.launch().manifest)
            let error = await #expect(throws: SessionRuntimeError.self) { try await longer.start(launch) }
            #expect(error?.description.contains("--run") == true)
            configuration.run += String(repeating: "r", count: 40)
            let refusal = #expect(throws: SessionRuntimeError.self) { _ = try SandboxRuntime(configuration) }
            #expect(refusal?.kind == .unsupported && refusal?.description.contains("--run") == true)
        }
    }
}
