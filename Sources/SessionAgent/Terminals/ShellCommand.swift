internal import CLinux
internal import Glibc
internal import Platform

/// How a learner's shell is started (spec/dashboard.md section 4).
struct ShellCommand: Sendable {
    let arguments: [String]
    let environment: [String]
    let folder: String

    /// - Parameters:
    ///   - added: variables that setup scripts added.
    ///   - inherited: the agent's own environment; only `PATH`, `USER` and the time zone pass on.
    init(
        terminal: String, manifest: SessionManifest, added: [SessionManifest.Variable] = [],
        inherited: [String: String] = SessionVariables.inherited()
    ) {
        folder = manifest.home
        let scripts = ["terminal/\(terminal).sh", "terminal.sh"].map { "\(manifest.contentFolder)/workshop/\($0)" }
        let script = scripts.first { access($0, R_OK) == 0 }
        arguments = ["/bin/bash", "-l"] + (script.map { [$0] } ?? [])
        let own = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]
        environment = SessionVariables.environment(
            of: manifest, own: own.map { SessionManifest.Variable(name: $0.0, value: $0.1) }, added: added,
            inherited: inherited)
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
