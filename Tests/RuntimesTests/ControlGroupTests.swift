import Glibc
import Platform
import Portal
import Testing

@testable import Runtimes

@Suite("Control groups, on a folder that stands for them")
struct ControlGroupTests {
    /// Makes files as the kernel would; writing goes to them.
    private func inFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/lectern-groups-XXXXXX".utf8CString)
        _ = try #require(mkdtemp(&template))
        let root = template.withUnsafeBufferPointer { String(decoding: $0.dropLast().map(UInt8.init), as: UTF8.self) }
        defer { try? FileTree.remove(root) }
        try body(root)
    }

    private func fill(_ folder: String, _ files: [String: String]) throws {
        try makeFolders(folder)
        for (name, text) in files { try replaceFile("\(folder)/\(name)", with: Array(text.utf8)) }
    }

    private func text(_ path: String) throws -> String { try textOfFile(path) }

    @Test("Version 2 is used where it is delegated, with every limit, swap included")
    func unified() throws {
        try inFolder { root in
            let controllers = ["cgroup.controllers": "cpuset cpu io memory pids\n", "cgroup.subtree_control": ""]
            try fill(root + "/unit", controllers)
            try fill(root + "/unit/lectern-x", controllers)
            let groups = ControlGroups.detect(
                mounts: "30 24 0:26 / \(root) rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate", own: "0::/unit\n",
                name: "lectern-x")
            #expect(groups.version == .two && groups.limitsMemory && groups.limitsProcesses)
            #expect(try text(root + "/unit/cgroup.subtree_control") == "+pids +memory +cpu")
            #expect(try text(root + "/unit/lectern-x/cgroup.subtree_control") == "+pids +memory +cpu")

            let session = try #require(SessionName(rawValue: "lab-w01-s001"))
            let folder = root + "/unit/lectern-x/lab-w01-s001"
            let files = ["pids.max", "memory.max", "memory.swap.max", "cpu.max", "cpu.weight", "cgroup.procs"]
            try fill(folder, Dictionary(uniqueKeysWithValues: files.map { ($0, "") }))
            var limits = SandboxLimits()
            limits.processes = 100
            limits.processorPercent = 150
            #expect(try groups.make(session, memory: 1_000_000, limits: limits).count == 1)
            #expect(groups.paths(session) == [folder])
            #expect(groups.found() == [session])
            #expect(
                try files.map { try text("\(folder)/\($0)") } == ["124", "1000000", "0", "150000 100000", "50", ""])
        }
    }

    @Test("Where a login's own group is not to be had, root uses the top; a processor limit is no condition")
    func top() throws {
        try inFolder { root in
            let controllers = ["cgroup.controllers": "memory pids\n", "cgroup.subtree_control": "", "cgroup.procs": ""]
            try fill(root, controllers)
            try fill(root + "/lectern-x", controllers)
            try fill(root + "/login", ["cgroup.controllers": "\n"])
            let groups = ControlGroups.detect(
                mounts: "30 24 0:26 / \(root) rw shared:4 - cgroup2 cgroup2 rw", own: "0::/login\n", name: "lectern-x")
            let base = root + "/lectern-x"
            #expect(groups.bases == (geteuid() == 0 ? ["pids": base, "memory": base] : [:]))
        }
    }

    /// A folder of each version that this machine lets us make groups in.
    static let real: [String] = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup", "/sys/fs/cgroup/pids"].filter {
        access($0 + "/cgroup.procs", W_OK) == 0
    }

    @Test("Whatever is in a group ends with it, children included", arguments: real)
    func ending(_ mount: String) throws {
        let group = "\(mount)/lectern-test-\(getpid())"
        try #require(mkdir(group, 0o755) == 0)
        let null = try Descriptor.opened("/dev/null", O_RDWR)
        var child = ChildProgram(
            program: "/bin/sh", arguments: ["-c", "sleep 1000 & sleep 1000 & wait"], environment: [],
            descriptors: [null, null, null])
        child.controlGroups = [try Descriptor.opened(group + "/cgroup.procs", O_WRONLY)]
        let pid = try child.spawn()
        let process = try Descriptor.process(pid)
        try ControlGroups.end([group])
        #expect(access(group, F_OK) != 0)
        var end = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
        #expect(poll(&end, 1, 5000) == 1)
        #expect(waitpid(pid, nil, 0) == pid)
        try ControlGroups.end([group])
    }

    @Test("Version 2 without the controllers is not used, and version 1 beside it is")
    func separate() throws {
        try inFolder { root in
            try fill(root + "/unified", ["cgroup.controllers": "\n"])
            try makeFolders(root + "/pids/own")
            try makeFolders(root + "/memory")
            let mounts = """
                31 24 0:27 / \(root)/unified rw shared:5 - cgroup2 cgroup2 rw
                32 24 0:28 / \(root)/pids rw shared:6 - cgroup cgroup rw,pids
                33 24 0:29 / \(root)/memory rw shared:7 - cgroup cgroup rw,memory
                """
            // The path of the container's host is not there: the mount's root is our own group.
            let groups = ControlGroups.detect(
                mounts: mounts, own: "4:memory:/docker/abc\n3:pids:/own\n0::/\n", name: "lectern-x")
            #expect(groups.version == .one)
            #expect(groups.bases == ["pids": root + "/pids/own/lectern-x", "memory": root + "/memory/lectern-x"])
        }
    }
}
