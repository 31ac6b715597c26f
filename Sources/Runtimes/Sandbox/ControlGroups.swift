internal import CLinux
internal import Glibc
internal import Platform
internal import Portal

/// The control groups of this machine, as far as this portal may use them: version 2 where it is delegated, else
/// version 1 hierarchy by hierarchy, else none.
struct ControlGroups: Sendable, Equatable {
    enum Version: Sendable { case one, two }
    let version: Version
    /// The folder in which sessions get their groups, by controller: `pids`, `memory`, `cpu`; of version 2 one for all.
    let bases: [String: String]

    static let none = ControlGroups(version: .one, bases: [:])
    var limitsProcesses: Bool { bases["pids"] != nil }
    var limitsMemory: Bool { bases["memory"] != nil }

    static let controllers = ["pids", "memory", "cpu"]

    /// Finds out what can be used, and makes the folder for the sessions there.
    /// - Parameters:
    ///   - mounts: text of `/proc/self/mountinfo`.
    ///   - own: text of `/proc/self/cgroup`.
    ///   - name: of the folder to make, the same for every start of this portal.
    static func detect(mounts: String, own: String, name: String) -> ControlGroups {
        var ownPaths: [String: String] = [:]
        for line in own.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for controller in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                ownPaths[String(controller)] = String(parts[2])
            }
        }
        var separate: [String: String] = [:]
        for mount in mounts.split(separator: "\n").compactMap({ Mount(line: $0) }) {
            if mount.type == "cgroup2", let path = ownPaths[""] {
                // A login's own group is full of others; the top of all, which root may use, takes no part in that rule.
                let own = folder(mount.point, path)
                for parent in own != mount.point && geteuid() == 0 ? [own, mount.point] : [own] {
                    if let groups = unified(in: parent, name: name) { return groups }
                }
            } else if mount.type == "cgroup" {
                for controller in controllers where mount.options.contains(Substring(controller)) {
                    guard let path = ownPaths[controller] else { continue }
                    let base = folder(mount.point, path) + "/" + name
                    if mkdir(base, 0o755) == 0 || errno == EEXIST, access(base, W_OK) == 0 {
                        separate[controller] = base
                    }
                }
            }
        }
        return ControlGroups(version: .one, bases: separate)
    }

    /// A container may see a path that its mount does not have; the mount's root is its own group then.
    private static func folder(_ mount: String, _ path: String) -> String {
        let own = path == "/" ? mount : mount + path
        return access(own, F_OK) == 0 ? own : mount
    }

    /// The portal's own leaf in version 2, where a group with members cannot have limited groups below it.
    private static let ownLeaf = "lectern-portal"

    private static func unified(in folder: String, name: String) -> ControlGroups? {
        var folder = folder
        if folder.hasSuffix("/" + ownLeaf) { folder.removeLast(ownLeaf.count + 1) }
        let available = (try? textOfFile(folder + "/cgroup.controllers"))?.split(whereSeparator: \.isWhitespace) ?? []
        let usable = controllers.filter { available.contains(Substring($0)) }
        guard usable.contains("pids"), usable.contains("memory") else { return nil }
        let base = folder + "/" + name
        guard mkdir(base, 0o755) == 0 || errno == EEXIST, access(base, W_OK) == 0 else { return nil }
        let all = usable.map { "+" + $0 }.joined(separator: " ")
        if !set(folder + "/cgroup.subtree_control", all) {
            // Only this process moves: what else is in the group belongs to somebody else.
            let leaf = folder + "/" + ownLeaf
            guard errno == EBUSY, mkdir(leaf, 0o755) == 0 || errno == EEXIST, set(leaf + "/cgroup.procs", "0"),
                set(folder + "/cgroup.subtree_control", all)
            else {
                _ = set(folder + "/cgroup.procs", "0")
                rmdir(leaf)
                rmdir(base)
                return nil
            }
        }
        guard set(base + "/cgroup.subtree_control", all) else { return nil }
        return ControlGroups(version: .two, bases: Dictionary(uniqueKeysWithValues: usable.map { ($0, base) }))
    }

    private struct Mount {
        let point: String
        let type: String
        let options: [Substring]
        /// A line of mountinfo (proc(5)): optional fields end with a single hyphen.
        init?(line: Substring) {
            let fields = line.split(separator: " ")
            guard let hyphen = fields.firstIndex(of: "-"), fields.count > hyphen + 3, fields.count > 5 else {
                return nil
            }
            point = String(fields[4])
            type = String(fields[hyphen + 1])
            options = fields[hyphen + 3].split(separator: ",")
        }
    }

    // MARK: One session

    /// The groups of a session, whether they exist or not.
    func paths(_ session: SessionName) -> [String] { Set(bases.values).sorted().map { "\($0)/\(session)" } }

    /// Every session that has a group.
    func found() -> Set<SessionName> {
        Set(Set(bases.values).flatMap { FileTree.folders(in: $0) }.compactMap { SessionName(rawValue: $0) })
    }

    /// Makes a session's groups and sets their limits; opens them for a process to enter.
    func make(_ session: SessionName, memory: Int, limits: SandboxLimits) throws -> [Descriptor] {
        for path in paths(session) {
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw SystemCallError("mkdir \(path)") }
        }
        // The agent's own threads and bwrap's two processes come on top of the learner's.
        let processes = String(limits.processes + 24)
        func write(_ controller: String, _ file: String, _ value: String) throws {
            guard let base = bases[controller] else { return }
            let path = "\(base)/\(session)/\(file)"
            guard Self.set(path, value) else { throw SystemCallError("write \(path)") }
        }
        func writeIfThere(_ controller: String, _ file: String, _ value: String) {
            if let base = bases[controller] { _ = Self.set("\(base)/\(session)/\(file)", value) }
        }
        try write("pids", "pids.max", processes)
        switch version {
        case .two:
            try write("memory", "memory.max", String(memory))
            writeIfThere("memory", "memory.swap.max", "0")
            writeIfThere("cpu", "cpu.weight", "50")
            if limits.processorPercent > 0 { try write("cpu", "cpu.max", "\(limits.processorPercent * 1000) 100000") }
        case .one:
            try write("memory", "memory.limit_in_bytes", String(memory))
            writeIfThere("memory", "memory.memsw.limit_in_bytes", String(memory))
            writeIfThere("cpu", "cpu.shares", "512")
            if limits.processorPercent > 0 {
                writeIfThere("cpu", "cpu.cfs_period_us", "100000")
                writeIfThere("cpu", "cpu.cfs_quota_us", String(limits.processorPercent * 1000))
            }
        }
        // A single thread that moves itself waits for nobody; a process waits 10 to 20 ms for the whole system. The child
        // between fork and exec is a single thread, but version 2 does not let it move as one.
        let door = version == .one ? "tasks" : "cgroup.procs"
        return try paths(session).map { try Descriptor.opened("\($0)/\(door)", O_WRONLY) }
    }

    /// Ends whatever is in the groups and removes them.
    ///
    /// A process that the kernel is about to give a network, or to take one from, does not die before that is done, which
    /// takes seconds on a machine with much to do.
    /// - Parameter patience: milliseconds for all of them together.
    static func end(_ paths: [String], within patience: Int = 30_000) throws {
        let deadline = MonotonicTime.milliseconds() + patience
        for path in paths where access(path, F_OK) == 0 {
            var pause: UInt32 = 1000
            while rmdir(path) != 0, errno != ENOENT {
                guard errno == EBUSY, MonotonicTime.milliseconds() < deadline else {
                    throw SystemCallError("remove \(path)")
                }
                if !set(path + "/cgroup.kill", "1") {
                    for pid in members(path) {
                        guard let process = try? Descriptor.process(pid), members(path).contains(pid) else { continue }
                        _ = lectern_pidfd_send_signal(process.number, SIGKILL)
                    }
                }
                // Its last members are on their way out; the kernel tells nobody when a version 1 group is empty.
                usleep(pause)
                pause = min(pause + 500, 20_000)
            }
        }
    }

    private static func members(_ path: String) -> [pid_t] {
        (try? textOfFile(path + "/cgroup.procs"))?.split(separator: "\n").compactMap { pid_t($0) } ?? []
    }

    private static func set(_ path: String, _ value: String) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return Array(value.utf8).withUnsafeBytes { write(file, $0.baseAddress, $0.count) } == value.utf8.count
    }
}
