internal import CLinux
internal import Glibc
internal import Platform
internal import Portal

/// What this machine offers for sandboxes, found out once by trying it.
struct SandboxMachine: Sendable {
    /// Path of `bwrap`.
    let bubblewrap: String
    /// An empty folder of this machine over which a portal that runs as root shows `bwrap`, which then runs as somebody
    /// else, the folders that it needs. `nil` where `bwrap` runs as the portal's own user.
    let stage: String?
    /// Whether a sandbox can be kept from making user namespaces of its own.
    let forbidsNestedNamespaces: Bool

    /// - Throws: `SessionRuntimeError` of kind `unsupported` with what to install or to allow.
    static func examine(_ configuration: SandboxConfiguration) throws(SessionRuntimeError) -> SandboxMachine {
        guard let bubblewrap = findProgram("bwrap") else {
            throw SessionRuntimeError(
                .unsupported, "bubblewrap is not installed. Install it with: apt install bubblewrap")
        }
        let user = geteuid() == 0 ? SystemUser(id: configuration.firstUser, group: configuration.firstUser) : nil
        func attempt(_ arguments: [String]) -> (works: Bool, output: String) {
            do {
                let output = try output(of: bubblewrap, arguments, as: user)
                return (output.hasPrefix("works"), output)
            } catch {
                return (false, "\(error)")
            }
        }
        let trial = ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--", "/bin/echo", "works"]
        var forbidsNested = true
        var (works, text) = attempt(SandboxCommand.namespaces(forbidsNested: true) + trial)
        if !works {
            forbidsNested = false
            (works, text) = attempt(SandboxCommand.namespaces(forbidsNested: false) + trial)
        }
        guard works else {
            let settings = Settings.current
            throw SessionRuntimeError(.unsupported, advice(settings, bubblewrapSays: text))
        }
        var stage: String?
        if let user {
            guard let folder = stageFolder(configuration) else {
                throw SessionRuntimeError(.unsupported, "none of the folders /mnt, /media, /srv and /opt exists")
            }
            stage = folder
            // Without the right to mount (a container's root), bwrap is left to find its own way to the folders.
            let shown = try? output(of: "/bin/echo", ["works"], as: user, stage: folder)
            if shown?.hasPrefix("works") != true { stage = nil }
        }
        return SandboxMachine(bubblewrap: bubblewrap, stage: stage, forbidsNestedNamespaces: forbidsNested)
    }

    /// The settings of the kernel that can forbid user namespaces; `nil` where it does not know the setting.
    struct Settings: Equatable {
        var unprivilegedClone: Int?
        var appArmorRestricts: Int?
        var mostNamespaces: Int?

        static var current: Settings {
            func value(_ name: String) -> Int? {
                guard let text = try? textOfFile("/proc/sys/" + name) else { return nil }
                return Int(text.filter { !$0.isWhitespace })
            }
            return Settings(
                unprivilegedClone: value("kernel/unprivileged_userns_clone"),
                appArmorRestricts: value("kernel/apparmor_restrict_unprivileged_userns"),
                mostNamespaces: value("user/max_user_namespaces"))
        }
    }

    /// What to do on a machine where no sandbox can be made.
    static func advice(_ settings: Settings, bubblewrapSays: String) -> String {
        let start = "sandboxes need user namespaces, which this machine does not allow. "
        if settings.unprivilegedClone == 0 {
            return start + "Allow them with: sysctl -w kernel.unprivileged_userns_clone=1"
        }
        if settings.mostNamespaces == 0 { return start + "Allow them with: sysctl -w user.max_user_namespaces=10000" }
        if settings.appArmorRestricts == 1 {
            return start
                + "AppArmor keeps them from bwrap. Add a profile for /usr/bin/bwrap with the rule \"userns,\", "
                + "or lift the restriction with: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
        }
        let line = bubblewrapSays.split(separator: "\n").first.map(String.init) ?? "nothing"
        return
            "bwrap cannot make a sandbox here. In a container, run it with --privileged, or with a seccomp and AppArmor "
            + "profile that allows user namespaces and mounts. bwrap says: \(line)"
    }

    /// A folder that is there on every system and holds nothing of what a sandbox is made from.
    private static func stageFolder(_ configuration: SandboxConfiguration) -> String? {
        let needed = [configuration.data, configuration.run, configuration.agent.path] + configuration.agent.folders
        return ["/mnt", "/media", "/srv", "/opt"].first { folder in
            access(folder, F_OK) == 0 && !needed.contains { ($0 + "/").hasPrefix(folder + "/") }
        }
    }

    static func findProgram(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/bin", "/usr/local/bin", "/bin"]
        return folders.map { "\($0)/\(name)" }.first { $0.hasPrefix("/") && access($0, X_OK) == 0 }
    }

    /// Runs a short program and returns what it prints, errors included, up to 64 KiB and 10 seconds.
    private static func output(of program: String, _ arguments: [String], as user: SystemUser?, stage: String? = nil)
        throws -> String
    {
        let (read, write) = try Descriptor.pipe()
        let null = try Descriptor.opened("/dev/null", O_RDONLY)
        var child = ChildProgram(
            program: program, arguments: arguments, environment: SandboxCommand.environment,
            descriptors: [null, write, write])
        child.stage = stage
        child.user = user
        let process = try Descriptor.process(try child.spawn())
        defer {
            _ = lectern_pidfd_send_signal(process.number, SIGKILL)
            var wait = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
            poll(&wait, 1, 10_000)
            _ = lectern_reap(process.number)
        }
        return drain(read, until: process)
    }

    private static func drain(_ pipe: Descriptor, until process: Descriptor) -> String {
        var bytes: [UInt8] = []
        let end = MonotonicTime.milliseconds() + 10_000
        while bytes.count < 65_536 {
            var waits = [
                pollfd(fd: pipe.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: process.number, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&waits, 2, Int32(clamping: max(0, end - MonotonicTime.milliseconds()))) > 0 else { break }
            guard waits[0].revents != 0 else { break }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = Glibc.read(pipe.number, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer.prefix(count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
