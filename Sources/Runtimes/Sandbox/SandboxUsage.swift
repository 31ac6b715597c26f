internal import Glibc
internal import Platform
public import Portal

extension SandboxRuntime {
    /// Memory and processor time of a sandbox: from its control groups where they count it, else summed over its processes.
    public func usage(of session: SessionName) async -> SessionUsage? {
        // Nothing to tell is an answer too: the sandbox may end while it is looked at.
        try? await measuring.run { [folders, groups] in
            SandboxUsage.measure(
                groups: groups, session: session, outer: SandboxRecord.read(folders.record(session))?.outer)
        }
    }
}

/// How the usage of a sandbox is found. Reads a handful of small files; blocks.
enum SandboxUsage {
    static func measure(groups: ControlGroups, session: SessionName, outer: RecordedProcess?) -> SessionUsage? {
        let folders = groups.bases.mapValues { "\($0)/\(session)" }
        let memory = folders["memory"].flatMap { Self.memory(in: $0, groups.version) }
        let time = folders["cpu"].flatMap { Self.processorTime(in: $0, groups.version) }
        if let memory, let time { return SessionUsage(memory: memory, processorTime: time) }
        // Where a group counts only one of them, it still tells which processes to ask for the other.
        let members = folders.values.lazy.compactMap { Self.processes(in: $0) }.first ?? outer.map(descendants) ?? []
        let sum = Self.sum(members)
        guard sum.processes > 0 || memory != nil else { return nil }
        return SessionUsage(memory: memory ?? sum.memory, processorTime: time ?? sum.processorTime)
    }

    // MARK: Control groups

    private static func memory(in folder: String, _ version: ControlGroups.Version) -> Int? {
        let isTwo = version == .two
        guard let all = number(folder + (isTwo ? "/memory.current" : "/memory.usage_in_bytes")) else { return nil }
        // Files that were read once and not again: the system takes their memory back before anything suffers.
        let idle = value(of: isTwo ? "inactive_file" : "total_inactive_file", in: folder + "/memory.stat") ?? 0
        return max(0, all - idle)
    }

    private static func processorTime(in folder: String, _ version: ControlGroups.Version) -> Int? {
        switch version {
        case .two: value(of: "usage_usec", in: folder + "/cpu.stat")
        // There where both controllers share a hierarchy, as most systems mount them.
        case .one: number(folder + "/cpuacct.usage").map { $0 / 1000 }
        }
    }

    private static func processes(in folder: String) -> [Int32]? {
        (try? textOfFile(folder + "/cgroup.procs"))?.split(separator: "\n").compactMap { Int32($0) }
    }

    private static func number(_ path: String) -> Int? {
        (try? textOfFile(path)).flatMap { Int($0.prefix { $0 != "\n" }) }
    }

    /// The number behind a name in a file of lines `name number`.
    static func value(of name: String, in path: String) -> Int? {
        guard let text = try? textOfFile(path) else { return nil }
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.count == 2, parts[0] == name { return Int(parts[1]) }
        }
        return nil
    }

    // MARK: Processes

    struct Sum: Equatable {
        var processes = 0
        var memory = 0
        var processorTime = 0
    }

    /// A sandbox may fork as it likes; nobody reads more of its processes than this.
    private static let mostProcesses = 1000

    /// The process, if it is still the recorded one, and everything below it.
    private static func descendants(of outer: RecordedProcess) -> [Int32] {
        guard outer.pid > 1, RecordedProcess.current(outer.pid)?.process == outer else { return [] }
        var found = [outer.pid]
        var next = 0
        while next < found.count && found.count < mostProcesses {
            let pid = found[next]
            next += 1
            let tasks = FileTree.names(in: "/proc/\(pid)/task")
            for task in tasks {
                guard let text = try? textOfFile("/proc/\(pid)/task/\(task)/children") else { continue }
                found += text.split(separator: " ").compactMap { Int32($0) }
            }
        }
        return found
    }

    private static func sum(_ processes: [Int32]) -> Sum {
        var sum = Sum()
        for process in processes.prefix(mostProcesses) {
            guard let text = try? textOfFile("/proc/\(process)/stat") else { continue }
            add(stat: text, to: &sum)
        }
        return sum
    }

    private static let pageSize = Int(getpagesize())
    private static let ticksPerSecond = max(1, sysconf(Int32(_SC_CLK_TCK)))

    /// Adds one process (proc(5), `/proc/PID/stat`): fields 14 to 17, its time and that of children it has waited for, in
    /// clock ticks, and field 24, its resident pages; shared ones count in each process that has them.
    static func add(stat text: String, to sum: inout Sum) {
        guard let end = text.lastIndex(of: ")") else { return }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 21 else { return }
        let ticks = fields[11...14].reduce(0) { $0 + (Int($1) ?? 0) }
        sum.processes += 1
        sum.processorTime += ticks * (1_000_000 / ticksPerSecond)
        sum.memory += (Int(fields[21]) ?? 0) * pageSize
    }
}
