internal import CLinux
internal import Glibc
internal import Platform
internal import Portal

/// Runs `git`, `curl` and `bsdtar` on what comes from elsewhere: in a sandbox that sees one folder and the network, so that
/// an archive with `../` in it, or a repository that misuses a flaw of git, reaches nothing of this machine's.
struct FetchSandbox {
    let bubblewrap: String
    /// Monotonic milliseconds at which whatever runs is ended.
    let end: Int
    /// Bytes and entries that the folder may come to hold.
    let limit: FileTree.Usage
    /// Logins for `curl` and `git` in the form of netrc(5); `nil` for none.
    let credentials: String?

    /// Where the folder is to be seen inside.
    static let folder = "/content"

    /// Runs a program to its end.
    /// - Parameters:
    ///   - folder: shown as `/content`, where the program starts; all that it can write to.
    ///   - usesNetwork: unpacking needs none.
    /// - Throws: `ContentFailure` with what the program said, when it fails, takes too long or writes too much.
    func run(_ program: String, _ arguments: [String], in folder: String, usesNetwork: Bool) throws {
        guard let path = SandboxMachine.findProgram(program) else {
            throw ContentFailure("\(program) is not installed. Install it with: apt install \(Self.package(program))")
        }
        let (output, writer) = try Descriptor.pipe()
        let null = try Descriptor.opened("/dev/null", O_RDONLY)
        var child = ChildProgram(
            program: bubblewrap, arguments: sandbox(folder, usesNetwork: usesNetwork) + ["--", path] + arguments,
            environment: [
                "PATH=/usr/bin:/bin", "HOME=/credentials", "LANG=C.UTF-8", "GIT_TERMINAL_PROMPT=0",
                "GIT_ALLOW_PROTOCOL=https:http:git", "GIT_CONFIG_NOSYSTEM=1",
            ],
            descriptors: [null, writer, writer])
        child.outOfMemoryScore = 700
        child.limits[Int32(RLIMIT_FSIZE.rawValue)] = UInt64(limit.bytes)
        child.limits[Int32(RLIMIT_CORE.rawValue)] = 0
        let pid = try child.spawn()
        let process = try Descriptor.process(pid)
        let said = try follow(process, output, folder, program)
        let status = lectern_exit_status(process.number)
        guard status == 0 else {
            throw ContentFailure("\(program) failed" + (said.isEmpty ? "" : ": \(said)"))
        }
    }

    /// Waits, watches time and size, and returns the last lines that were said.
    private func follow(_ process: Descriptor, _ output: Descriptor, _ folder: String, _ program: String) throws
        -> String
    {
        var bytes: [UInt8] = []
        var isOpen = true
        while true {
            let left = end - MonotonicTime.milliseconds()
            guard left > 0 else {
                stop(process)
                throw ContentFailure("\(program) took too long; --content-time sets how long it may take")
            }
            var waits = [
                pollfd(fd: process.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isOpen ? output.number : -1, events: Int16(POLLIN), revents: 0),
            ]
            poll(&waits, 2, Int32(clamping: min(left, 500)))
            if waits[1].revents != 0 {
                var buffer = [UInt8](repeating: 0, count: 4096)
                let count = read(output.number, &buffer, buffer.count)
                if count > 0 { bytes = Array((bytes + buffer.prefix(count)).suffix(4096)) } else { isOpen = false }
                continue
            }
            if waits[0].revents != 0 { break }
            let usage = FileTree.usage(of: folder, stoppingAt: limit)
            guard usage.bytes <= limit.bytes, usage.entries <= limit.entries else {
                stop(process)
                throw ContentFailure("it is larger than the \(limit.bytes) bytes that --content-size allows")
            }
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.suffix(3).joined(separator: " | ")
    }

    private func stop(_ process: Descriptor) {
        _ = lectern_pidfd_send_signal(process.number, SIGKILL)
        var wait = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
        poll(&wait, 1, 10_000)
        _ = lectern_reap(process.number)
    }

    private func sandbox(_ folder: String, usesNetwork: Bool) -> [String] {
        var arguments = [
            "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--uid",
            "1000",
            "--gid", "1000", "--cap-drop", "ALL", "--new-session", "--die-with-parent",
        ]
        if !usesNetwork { arguments.append("--unshare-net") }
        arguments += ["--ro-bind", "/usr", "/usr"]
        for name in ["bin", "sbin", "lib", "lib64", "lib32"] { arguments += SandboxCommand.systemFolder(name) }
        for name in ["resolv.conf", "hosts", "nsswitch.conf", "ssl", "ca-certificates", "pki", "gai.conf"] {
            arguments += ["--ro-bind-try", "/etc/" + name, "/etc/" + name]
        }
        arguments += [
            "--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp", "--dir", "/credentials",
        ]
        if usesNetwork, let credentials { arguments += ["--ro-bind", credentials, "/credentials/.netrc"] }
        return arguments + ["--bind", folder, Self.folder, "--remount-ro", "/", "--chdir", Self.folder]
    }

    private static func package(_ program: String) -> String { program == "bsdtar" ? "libarchive-tools" : program }
}

/// Why content could not be fetched. Holds no secret.
struct ContentFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
