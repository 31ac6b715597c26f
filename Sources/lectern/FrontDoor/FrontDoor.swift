internal import CLinux
internal import Dispatch
internal import Glibc
internal import Platform
internal import Synchronization

/// nginx as a child: started, restarted when it dies, stopped at the end, never reloaded.
///
/// A portal that was killed leaves its nginx running, so that learners keep their terminals; the next start takes it
/// over when it runs with the very same configuration, and replaces it otherwise.
final class FrontDoor: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private enum State {
        case idle
        case running(pid_t)
        case stopping
    }

    private let configuration: FrontDoorConfiguration
    private let program: String
    private let log: Log
    private let state = Mutex<State>(.idle)
    /// Before it was up once, an end means that it cannot start.
    private let hasComeUp = Atomic(false)
    /// Milliseconds since 1970.
    private let lastStart = Atomic<Int64>(0)

    /// - Throws: `Failure` when nginx is not installed.
    init(configuration: FrontDoorConfiguration, log: Log) throws {
        self.configuration = configuration
        self.log = log
        let places = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"]
        guard let program = places.first(where: { access($0, X_OK) == 0 }) else {
            throw Failure(
                description: "nginx is not installed. Install it (Debian: apt install nginx-light), or run with "
                    + "--front-door none and put a proxy of your own in front (see Deploy/nginx).")
        }
        self.program = program
    }

    private var configurationFile: String { configuration.folder + "/nginx.conf" }

    /// Starts nginx or takes over the one that a killed portal left.
    /// - Throws: `Failure` when it does not come up within 5 seconds, with what it said.
    func start() throws {
        mkdir(configuration.folder, 0o711)
        let left = leftover()
        let before = try? textOfFile(configurationFile)
        if let left {
            if before == configuration.text {
                log.info("front door taken over", ("pid", left))
                state.withLock { $0 = .running(left) }
                hasComeUp.store(true, ordering: .releasing)
                watch(left, isChild: false)
                return
            }
            stopAndWait(left)
        }
        try replaceFile(configurationFile, with: Array(configuration.text.utf8), mode: 0o644)
        try spawnAndWatch()
        guard waitUntilListening(seconds: 5) else {
            stop()
            throw Failure(
                description: "the front door did not come up on \(configuration.listen); nginx's reason stands above. "
                    + "If the port is taken, choose another with --listen.")
        }
        hasComeUp.store(true, ordering: .releasing)
    }

    /// Ends nginx; open connections get a moment to finish.
    func stop() {
        let pid: pid_t? = state.withLock { state in
            defer { state = .stopping }
            if case .running(let pid) = state { return pid }
            return nil
        }
        if let pid { stopAndWait(pid) }
    }

    private func spawnAndWatch() throws {
        lastStart.store(WallClock.system.now().milliseconds, ordering: .relaxed)
        var nginx = try ChildProgram.withStandardOutput(
            program, ["-p", configuration.folder, "-c", configurationFile, "-e", "stderr"])
        nginx.staysInSession = true
        let pid = try nginx.spawn()
        state.withLock { $0 = .running(pid) }
        watch(pid, isChild: true)
    }

    /// Waits for the end on a thread of its own: Dispatch has no process source on Linux.
    private func watch(_ pid: pid_t, isChild: Bool) {
        let thread = DispatchQueue(label: "lectern.front-door")
        thread.async { [self] in
            if isChild {
                var status: Int32 = 0
                while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            } else {
                while kill(pid, 0) == 0 { usleep(100_000) }
            }
            let isOurs = state.withLock { state in
                if case .running(pid) = state {
                    state = .idle
                    return true
                }
                return false
            }
            guard isOurs else { return }
            guard hasComeUp.load(ordering: .acquiring) else { return }
            log.error("front door ended, starting it again", ("pid", pid))
            while true {
                // Not more than once a second, whatever makes it end.
                let wait = lastStart.load(ordering: .relaxed) + 1_000 - WallClock.system.now().milliseconds
                if wait > 0 { usleep(UInt32(min(wait, 1_000)) * 1_000) }
                if case .stopping = state.withLock({ $0 }) { return }
                do {
                    try spawnAndWatch()
                    return
                } catch {
                    log.error("front door does not start", ("reason", "\(error)"))
                }
            }
        }
    }

    private func leftover() -> pid_t? {
        guard let text = try? textOfFile(configuration.folder + "/nginx.pid"),
            let pid = pid_t(text.filter { !$0.isWhitespace }), pid > 1,
            let command = try? textOfFile("/proc/\(pid)/cmdline"), command.contains("nginx"),
            command.contains(configurationFile)
        else { return nil }
        return pid
    }

    private func stopAndWait(_ pid: pid_t) {
        kill(pid, SIGTERM)
        for _ in 0..<300 where kill(pid, 0) == 0 && !isZombie(pid) { usleep(10_000) }
    }

    private func isZombie(_ pid: pid_t) -> Bool {
        guard let stat = try? textOfFile("/proc/\(pid)/stat"), let close = stat.lastIndex(of: ")") else { return true }
        return stat[close...].dropFirst(2).first == "Z"
    }

    private func waitUntilListening(seconds: Int) -> Bool {
        guard let address = SocketAddress(configuration.listen) else { return false }
        for _ in 0..<(seconds * 200) {
            guard case .running = state.withLock({ $0 }) else { return false }
            if address.accepts() { return true }
            usleep(5_000)
        }
        return false
    }
}

extension ChildProgram {
    /// A program that reads nothing and writes where this one does.
    /// - Throws: `SystemCallError`.
    static func withStandardOutput(_ program: String, _ arguments: [String]) throws -> ChildProgram {
        ChildProgram(
            program: program, arguments: arguments,
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
            descriptors: [
                try .opened("/dev/null", O_RDONLY), try .duplicate(of: STDOUT_FILENO),
                try .duplicate(of: STDERR_FILENO),
            ])
    }
}
