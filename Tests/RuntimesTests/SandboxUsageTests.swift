import Glibc
import Platform
import Portal
import Testing

@testable import Runtimes

@Suite("What a sandbox takes of the machine", .timeLimit(.minutes(3)))
struct SandboxUsageTests {
    @Test(
        "Memory and processor time are those of what runs in it, with control groups and without",
        .needsSandboxes, arguments: [true, false])
    func measured(_ usesControlGroups: Bool) async throws {
        try await SandboxFixture.run({ $0.usesControlGroups = usesControlGroups }) { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            try await runtime.start(try fixture.launch(2))
            let idle = try #require(await runtime.usage(of: try fixture.name(1)))
            #expect(idle.memory > 100_000)
            // Holds 60 MB and works for a second, until it is told that it was seen.
            let work = "perl -e '$x = \"a\" x (60 << 20); $t = times; while (times - $t < 1) {} sleep 60' &"
            _ = try await fixture.shell("(\(work)) >/dev/null 2>&1 </dev/null; echo")
            var busy = idle
            for _ in 0..<300 {
                busy = await runtime.usage(of: try fixture.name(1)) ?? busy
                if busy.memory > 60 << 20, busy.processorTime - idle.processorTime > 900_000 { break }
                usleep(50_000)
            }
            #expect(busy.memory > 60 << 20)
            #expect(busy.processorTime - idle.processorTime > 900_000)
            let neighbour = try #require(await runtime.usage(of: try fixture.name(2)))
            #expect(neighbour.memory < 60 << 20)
            #expect(neighbour.processorTime < 900_000)
            try await runtime.stop(try fixture.name(1))
            #expect(await runtime.usage(of: try fixture.name(1)) == nil)
            #expect(await runtime.usage(of: try fixture.name(9)) == nil)
        }
    }

    @Test("Control groups of either version are read, and the other figure is summed over the processes")
    func groups() throws {
        var template = Array("/tmp/lectern-usage-XXXXXX".utf8CString)
        _ = try #require(mkdtemp(&template))
        let root = template.withUnsafeBufferPointer { String(decoding: $0.dropLast().map(UInt8.init), as: UTF8.self) }
        defer { try? FileTree.remove(root) }
        let session = try #require(SessionName(rawValue: "lab-w01-s001"))
        func write(_ path: String, _ text: String) throws {
            let file = "\(root)/\(path)"
            try makeFolders(String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]))
            try replaceFile(file, with: Array(text.utf8))
        }
        func measure(_ version: ControlGroups.Version, _ bases: [String: String]) -> SessionUsage? {
            SandboxUsage.measure(
                groups: ControlGroups(version: version, bases: bases.mapValues { "\(root)/\($0)" }), session: session,
                outer: nil)
        }
        try write("two/\(session)/memory.current", "5000000\n")
        try write("two/\(session)/memory.stat", "anon 1\nfile 2\ninactive_file 1000000\n")
        try write("two/\(session)/cpu.stat", "usage_usec 1234567\nuser_usec 1\n")
        #expect(
            measure(.two, ["memory": "two", "cpu": "two", "pids": "two"])
                == SessionUsage(memory: 4_000_000, processorTime: 1_234_567))

        try write("memory/\(session)/memory.usage_in_bytes", "7000000\n")
        try write("memory/\(session)/memory.stat", "inactive_file 1\ntotal_inactive_file 3000000\n")
        try write("memory/\(session)/cgroup.procs", "\(getpid())\n999999999\nx\n")
        try write("cpu/\(session)/cpuacct.usage", "2000000000\n")
        #expect(
            measure(.one, ["memory": "memory", "cpu": "cpu"])
                == SessionUsage(memory: 4_000_000, processorTime: 2_000_000))
        // This very process stands in the group, and has worked and holds memory.
        let summed = try #require(measure(.one, ["memory": "memory"]))
        #expect(summed.memory == 4_000_000)
        #expect(summed.processorTime > 0)
        try write("memory/\(session)/memory.usage_in_bytes", "much\n")
        #expect(try #require(measure(.one, ["memory": "memory"])).memory > 1_000_000)

        #expect(measure(.one, [:]) == nil)
        #expect(measure(.two, ["memory": "nowhere", "cpu": "nowhere"]) == nil)
    }

    @Test(
        "A process is read whatever its name, and nothing is made of half a line",
        arguments: [
            ("7 (sh) S 1 7 7 0 -1 4 0 0 0 0 3 4 5 6 20 0 1 0 9 1 2 3", 1, 180_000),
            ("7 (a) b) (c) S 1 7 7 0 -1 4 0 0 0 0 100 0 0 0 20 0 1 0 9 1 2 3", 1, 1_000_000),
            ("7 (sh) S 1 7", 0, 0), ("", 0, 0), ("7 sh S", 0, 0),
            ("7 (sh) S 1 7 7 0 -1 4 0 0 0 0 x y z w 20 0 1 0 9 1 q 3", 1, 0),
        ])
    func stat(_ row: (text: String, processes: Int, time: Int)) {
        var sum = SandboxUsage.Sum()
        SandboxUsage.add(stat: row.text, to: &sum)
        #expect(sum.processes == row.processes)
        // Given in ticks of a hundredth of a second, as on every machine that we run on.
        #expect(sum.processorTime == row.time)
    }
}
