import Glibc
import Portal
import Testing

@testable import Runtimes

@Suite("What the local runtime reads of its machine")
struct MachineTests {
    @Test("Advice names the setting that forbids sandboxes")
    func advice() {
        func advice(_ settings: SandboxMachine.Settings) -> String {
            SandboxMachine.advice(settings, bubblewrapSays: "bwrap: No permissions to create new namespace\n")
        }
        #expect(advice(.init(unprivilegedClone: 0)).contains("sysctl -w kernel.unprivileged_userns_clone=1"))
        #expect(advice(.init(unprivilegedClone: 1, mostNamespaces: 0)).contains("user.max_user_namespaces"))
        #expect(advice(.init(appArmorRestricts: 1, mostNamespaces: 9)).contains("userns,"))
        #expect(advice(.init()).contains("No permissions to create new namespace"))
    }

    @Test("A process is known by its start, whatever it calls itself")
    func processes() throws {
        let stat = "77 (a) b (c) R 1 2) S 41 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 9 9"
        let (parent, start) = try #require(RecordedProcess.parse(stat))
        #expect(parent == 41 && start == 123_456)
        #expect(RecordedProcess.parse("77 (short) S 1") == nil)
        #expect(RecordedProcess.parse("") == nil)
        let own = try #require(RecordedProcess.current(getpid())).process
        #expect(own.opened() != nil)
        // The same number, started at another time: somebody else.
        #expect(RecordedProcess(pid: own.pid, start: own.start + 1).opened() == nil)
        #expect(RecordedProcess(pid: 1, start: 0).opened() == nil)
    }

    @Test("Library folders outside of the system's are taken along once")
    func libraries() {
        let map = """
            7f01-7f02 r-xp 00000000 08:01 11 /usr/lib/x86_64-linux-gnu/libc.so.6
            7f03-7f04 r-xp 00000000 08:01 12 /opt/swift/usr/lib/swift/linux/libswiftCore.so
            7f05-7f06 r-xp 00000000 08:01 13 /opt/swift/usr/lib/swift/linux/libdispatch.so
            7f07-7f08 rw-p 00000000 00:00 0 [heap]
            7f09-7f0a r-xp 00000000 08:01 14 /home/me/lectern
            """
        #expect(AgentProgram.libraryFolders(map) == ["/opt/swift/usr/lib/swift/linux"])
    }

    @Test("An answer is complete when it says so, and ready when it is 200")
    func answers() {
        func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{\"idle-time\":1.5}"
        #expect(AgentProbe.isComplete(bytes(answer)))
        #expect(!AgentProbe.isComplete(bytes(String(answer.dropLast()))))
        #expect(AgentProbe.activity(inReply: bytes(answer))?.idle == 1.5)
        #expect(AgentProbe.activity(inReply: bytes("HTTP/1.0 200 OK\r\n\r\nnonsense"))?.idle == .infinity)
        #expect(AgentProbe.activity(inReply: bytes("HTTP/1.0 200 OK\r\n\r\n{\"idle-time\":-4}"))?.idle == .infinity)
        for bad in ["", "HTTP/1.0 503 No\r\n\r\n{\"idle-time\":1}", "HTTP/1.0 2000 OK\r\n", "200", "\r\n\r\n"] {
            #expect(AgentProbe.activity(inReply: bytes(bad)) == nil, "\(bad)")
        }
    }

    @Test("Control groups are none where the machine has none, or what it says makes no sense")
    func groups() {
        #expect(ControlGroups.detect(mounts: "", own: "", name: "x") == .none)
        #expect(
            ControlGroups.detect(mounts: "garbage - \n1 2 3\n - cgroup2", own: "::::\n0::/\n\n7", name: "x") == .none)
    }

    @Test("The system call filter ends in a decision on every path")
    func filter() {
        let program = SystemCallFilter.program
        for (index, instruction) in program.enumerated() where instruction.code & 7 == 5 {
            #expect(index + 1 + Int(max(instruction.ifTrue, instruction.ifFalse)) < program.count)
        }
        #expect(program.last == SystemCallFilter.Instruction(code: 6, value: 0x7fff_0000))
    }

    @Test("A paper session is ready at once and leaves no doubt about what it is")
    func paper() async throws {
        let runtime = PaperRuntime()
        #expect(!runtime.remembersSessions)
        #expect(try await runtime.existing() == [:])
        var names: [SessionName] = []
        for number in 0..<10_000 {
            let name = try #require(SessionName(rawValue: "paper-w01-s\(number)"))
            names.append(name)
        }
        let fixture = try PaperLaunch()
        for name in names { try await runtime.start(fixture.launch(name)) }
        try await runtime.start(fixture.launch(names[0]))
        let existing = try await runtime.existing()
        #expect(existing.count == 10_000 && existing.values.allSatisfy { $0 == .ready })
        try await runtime.stop(names[0])
        try await runtime.stop(names[0])
        #expect(try await runtime.existing()[names[0]] == nil)
        for await name in runtime.departures() { Issue.record("\(name) cannot leave") }
    }
}
