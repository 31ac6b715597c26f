import Glibc
import Platform
import Portal
import Testing

@testable import Runtimes

/// Servers of content on ports of their own, and a folder that is removed with them when the test is over.
final class ContentFixture {
    let root: String
    /// What the servers show; also the workshop's own folder.
    var served: String { root + "/served" }
    private var servers: [(pid: Int32, process: Descriptor)] = []
    private var fetches = 0

    private init(root: String) { self.root = root }

    static func run(_ body: (ContentFixture) throws -> Void) throws {
        var template = Array("/tmp/lectern-content-XXXXXX".utf8CString)
        _ = try #require(mkdtemp(&template))
        let root = template.withUnsafeBufferPointer { String(decoding: $0.dropLast().map(UInt8.init), as: UTF8.self) }
        let fixture = ContentFixture(root: root)
        try makeFolders(fixture.served)
        let result = Result { try body(fixture) }
        for server in fixture.servers {
            // The whole group: git's daemon serves with children.
            kill(-server.pid, SIGKILL)
            kill(server.pid, SIGKILL)
            var status: Int32 = 0
            waitpid(server.pid, &status, 0)
        }
        try FileTree.remove(root)
        try result.get()
    }

    /// Fetches into a new folder and returns it.
    @discardableResult
    func fetch(
        _ sources: [ContentSource], bytes: Int64 = 1 << 30, within milliseconds: Int = 60_000, hasFolder: Bool = false
    ) throws -> String {
        fetches += 1
        let target = "\(root)/target-\(fetches)"
        try makeFolders(target)
        let sandbox = FetchSandbox(
            bubblewrap: try #require(SandboxMachine.findProgram("bwrap")),
            end: MonotonicTime.milliseconds() + milliseconds, limit: FileTree.Usage(bytes: bytes, entries: 10_000),
            credentials: nil)
        try ContentFetch(sandbox: sandbox, home: served).fetch(
            sources, into: target, scratch: root + "/scratch", hasFolder: hasFolder)
        #expect(access(root + "/scratch", F_OK) != 0)
        return target
    }

    /// A bare repository with two commits on `main`, the first with the tag `v1`, and a branch `side`.
    /// - Returns: the first commit.
    func repository(_ name: String) throws -> String {
        let script = """
            set -e
            export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b HOME=\(root)
            git init --quiet -b main work && cd work
            echo first > page.md && git add . && git commit --quiet -m first && git tag v1
            git rev-parse HEAD > ../first
            git checkout --quiet -b side && echo side > page.md && git commit --quiet -am side
            git checkout --quiet main && echo second > page.md && git commit --quiet -am second
            cd .. && git clone --quiet --bare work \(name) && cd \(name) && git update-server-info
            git config uploadpack.allowAnySHA1InWant true
            """
        try tool("sh", ["-c", script])
        return try textOfFile(served + "/first").filter { !$0.isNewline }
    }

    /// Runs a program in the served folder to its end.
    func tool(_ program: String, _ arguments: [String]) throws {
        let process = try spawn(program, arguments)
        var status: Int32 = 0
        waitpid(process.pid, &status, 0)
        try #require(status == 0, "\(program) failed")
    }

    func serveFiles() throws -> UInt16 {
        let port = try freePort()
        servers.append(
            try spawn(
                "python3", ["-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", served, String(port)]))
        try awaitServer(port)
        return port
    }

    func serve(_ program: String, _ arguments: [String], _ portOption: String) throws -> UInt16 {
        let port = try freePort()
        servers.append(
            try spawn(program, arguments + ["\(portOption)\(port)", "--base-path=\(served)", served]))
        try awaitServer(port)
        return port
    }

    /// Takes connections and never says a word.
    func silentServer() throws -> (socket: Descriptor, port: UInt16) { try listener() }

    private func freePort() throws -> UInt16 { try listener().port }

    private func listener() throws -> (socket: Descriptor, port: UInt16) {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let listener = Descriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(number, address, length) == 0 && listen(number, 8) == 0
                    && getsockname(number, address, &length) == 0
            }
        }
        try #require(result)
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    private func awaitServer(_ port: UInt16) throws {
        let end = MonotonicTime.milliseconds() + 20_000
        while MonotonicTime.milliseconds() < end {
            let client = Descriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            address.sin_port = port.bigEndian
            let result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(client.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if result == 0 { return }
            usleep(20_000)
        }
        Issue.record("no server on port \(port)")
    }

    private func spawn(_ program: String, _ arguments: [String]) throws -> (pid: Int32, process: Descriptor) {
        let null = try Descriptor.opened("/dev/null", O_RDWR)
        let shell = ["-c", "cd \"$0\" && exec \"$@\"", served, program] + arguments
        let child = ChildProgram(
            program: "/bin/sh", arguments: shell, environment: ["PATH=/usr/bin:/bin", "HOME=\(root)"],
            descriptors: [null, null, null])
        let pid = try child.spawn()
        return (pid, try Descriptor.process(pid))
    }
}
