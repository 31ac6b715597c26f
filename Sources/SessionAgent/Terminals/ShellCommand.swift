internal import CLinux
internal import Glibc
internal import Platform

/// How a learner's shell is started (spec/dashboard.md section 4).
struct ShellCommand: Sendable {
    let arguments: [String]
    let environment: [String]
    let folder: String

    /// - Parameter inherited: the agent's own environment; only `PATH`, `USER` and the time zone pass on.
    init(terminal: String, manifest: SessionManifest, inherited: [String: String] = ShellCommand.inheritedEnvironment())
    {
        folder = manifest.home
        let scripts = ["terminal/\(terminal).sh", "terminal.sh"].map { "\(manifest.contentFolder)/workshop/\($0)" }
        let script = scripts.first { access($0, R_OK) == 0 }
        arguments = ["/bin/bash", "-l"] + (script.map { [$0] } ?? [])

        var values: [(String, String)] = []
        func set(_ name: String, _ value: String) {
            if let index = values.firstIndex(where: { $0.0 == name }) {
                values[index].1 = value
            } else {
                values.append((name, value))
            }
        }
        set("PATH", inherited["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
        if let zone = inherited["TZ"] { set("TZ", zone) }
        let user = inherited["USER"] ?? "learner"
        set("USER", user)
        set("LOGNAME", user)
        set("HOME", manifest.home)
        set("SHELL", "/bin/bash")
        set("TERM", "xterm-256color")
        set("COLORTERM", "truecolor")
        set("LANG", "C.UTF-8")
        set("SESSION_NAME", manifest.session)
        set("SESSION_URL", manifest.sessionURL)
        set("ENVIRONMENT_NAME", manifest.environment)
        set("WORKSHOP_NAME", manifest.workshop)
        set("TRAINING_PORTAL", manifest.portalName)
        for variable in manifest.variables where ShellCommand.isName(variable.name) {
            set(variable.name, String(variable.value.prefix { $0 != "\0" }))
        }
        environment = values.map { "\($0.0)=\($0.1)" }
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 != UInt8(ascii: "=") && $0 > 32 && $0 < 127 }
    }

    static func inheritedEnvironment() -> [String: String] {
        var result: [String: String] = [:]
        for name in ["PATH", "USER", "TZ"] {
            if let value = getenv(name) { result[name] = String(cString: value) }
        }
        return result
    }

    /// A shell on its pseudo-terminal.
    struct Running {
        let pid: pid_t
        /// Does not block.
        let master: Int32
        /// Readable when the shell has ended.
        let ending: Int32
    }

    struct Failure: Error {
        let errno: Int32
    }

    /// - Throws: `Failure` when no terminal or process can be had, or bash cannot be run.
    func start(size: TerminalSize) throws(Failure) -> Running {
        var master: Int32 = -1
        var pid: pid_t = 0
        let result = withCStrings(arguments) { arguments in
            withCStrings(environment) { environment in
                lectern_spawn_on_terminal(
                    "/bin/bash", arguments, environment, folder, size.columns, size.rows, &master, &pid)
            }
        }
        guard result == 0 else { throw Failure(errno: errno) }
        let ending = lectern_pidfd_open(pid)
        guard ending >= 0 else {
            let reason = errno
            kill(pid, SIGKILL)
            close(master)
            waitpid(pid, nil, 0)
            throw Failure(errno: reason)
        }
        return Running(pid: pid, master: master, ending: ending)
    }

    private func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) } + [nil]
        defer { copies.forEach { free($0) } }
        return copies.withUnsafeBufferPointer { buffer in
            // Never empty: the list ends with nil.
            guard let base = buffer.baseAddress else { preconditionFailure("an array with an element has an address") }
            return body(base)
        }
    }
}
