internal import Glibc
internal import Platform

/// The command line of `bwrap` for one sandbox, with the descriptors that it refers to by number.
struct SandboxCommand {
    private(set) var arguments: [String] = []
    /// Descriptor i of `bwrap`.
    let descriptors: [Descriptor]
    /// What is to be seen on the stage, in this order.
    private(set) var stageSources: [String] = []
    private let stage: String?

    /// Where things are in a sandbox.
    static let home = "/home/learner"
    static let content = "/opt/lectern/content"
    static let session = "/run/lectern/session"
    static let portal = "/run/lectern/portal"
    static let environment = [
        "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games", "HOME=\(home)", "USER=learner",
        "LOGNAME=learner", "SHELL=/bin/bash", "LANG=C.UTF-8",
    ]

    /// Everything that a sandbox is made from.
    struct Parts {
        var host: String
        var home: String
        var session: String
        var portal: String
        var environment: String
        var agent: AgentProgram
        var temporary: Int
        var sharedMemory: Int
    }

    /// - Parameters:
    ///   - standard: standard input, output and error of the agent.
    ///   - info: where `bwrap` writes the number of the sandbox's first process.
    ///   - lease: kept open for as long as the sandbox lives.
    ///   - filter: the system calls that it may use.
    init(
        _ parts: Parts, on machine: SandboxMachine, standard: [Descriptor], info: Descriptor, lease: Descriptor,
        filter: Descriptor
    ) {
        descriptors = standard + [info, lease, filter]
        stage = machine.stage
        arguments += Self.namespaces(forbidsNested: machine.forbidsNestedNamespaces)
        arguments += ["--hostname", parts.host, "--info-fd", String(standard.count)]
        arguments += ["--sync-fd", String(standard.count + 1), "--seccomp", String(standard.count + 2)]

        arguments += ["--ro-bind", "/usr", "/usr"]
        for folder in ["bin", "sbin", "lib", "lib64", "lib32"] { arguments += Self.systemFolder(folder) }
        bind(parts.environment + "/etc", "/etc", readOnly: true)
        arguments += ["--proc", "/proc", "--dev", "/dev"]
        arguments += ["--perms", "1777", "--size", String(parts.sharedMemory), "--tmpfs", "/dev/shm"]
        arguments += ["--remount-ro", "/dev"]
        arguments += ["--perms", "1777", "--size", String(parts.temporary), "--tmpfs", "/tmp"]
        arguments += ["--dir", "/var", "--symlink", "/tmp", "/var/tmp", "--dir", "/root"]
        bind(parts.environment + "/content", Self.content, readOnly: true)
        arguments += ["--symlink", "lectern/content/workshop", "/opt/workshop"]
        bind(parts.environment + "/packages", "/opt/packages", readOnly: true)
        bind(parts.portal, Self.portal, readOnly: true)
        bind(parts.session, Self.session, readOnly: false)
        bind(parts.home, Self.home, readOnly: false)
        let program: String
        if parts.agent.path.hasPrefix("/usr/") {
            program = parts.agent.path
        } else {
            let name = parts.agent.path.split(separator: "/").last.map(String.init) ?? "agent"
            program = "/opt/lectern/bin/" + name
            bind(parts.agent.path, program, readOnly: true)
        }
        for folder in parts.agent.folders { bind(folder, folder, readOnly: true) }
        // What is left of the file system is the memory that bwrap built the tree in; nobody fills that.
        arguments += ["--remount-ro", "/", "--chdir", Self.home, "--", program] + parts.agent.arguments
    }

    static func namespaces(forbidsNested: Bool) -> [String] {
        ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net", "--unshare-cgroup-try"]
            + (forbidsNested ? ["--disable-userns"] : [])
            + ["--uid", "1000", "--gid", "1000", "--cap-drop", "ALL", "--new-session"]
    }

    /// A folder beside `/usr` that is a link into it on most systems.
    static func systemFolder(_ name: String) -> [String] {
        var target = [CChar](repeating: 0, count: 256)
        let length = readlink("/" + name, &target, 255)
        if length > 0 {
            let text = String(decoding: target.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return ["--symlink", text, "/" + name]
        }
        return access("/" + name, F_OK) == 0 ? ["--ro-bind", "/" + name, "/" + name] : []
    }

    /// Shows a file or folder of this machine in the sandbox: from the stage where there is one, so that the sandbox's
    /// user needs no right to enter the folders above.
    private mutating func bind(_ source: String, _ target: String, readOnly: Bool) {
        var visible = source
        if let stage {
            visible = "\(stage)/\(stageSources.count)"
            stageSources.append(source)
        }
        arguments += [readOnly ? "--ro-bind" : "--bind", visible, target]
    }
}
