internal import CLinux
internal import Dispatch
internal import Glibc
internal import Platform
internal import Synchronization

/// nginx as a child: started, restarted when it dies, stopped at the end, never reloaded for a session.
///
/// A portal that was killed or restarts in place leaves its nginx running, so that learners keep their terminals and
/// visitors wait instead of being refused; the next start takes it over. One that runs with another configuration is told
/// to take the new one; one that does not is replaced.
final class FrontDoor: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private enum State {
        case idle
        case running(pid_t)
        /// Takes no more connections, and ends when the last is over.
        case finishing(pid_t)
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
        if before != configuration.text {
            try replaceFile(configurationFile, with: Array(configuration.text.utf8), mode: 0o644)
        }
        if let left {
            if before == configuration.text || takesConfiguration(left, insteadOf: before) {
                log.info("front door taken over", ("pid", left), ("reloaded", before != configuration.text))
                state.withLock { $0 = .running(left) }
                hasComeUp.store(true, ordering: .releasing)
                // A child that is running is 0, one of somebody else's an error.
                watch(left, isChild: waitpid(left, nil, WNOHANG) == 0)
                return
            }
            stopAndWait(left)
        }
        try spawnAndWatch()
        guard waitUntilListening(seconds: 5) else {
            stop()
            throw Failure(
                description: "the front door did not come up on \(configuration.listen); nginx's reason stands above. "
                    + "If the port is taken, choose another with --listen.")
        }
        hasComeUp.store(true, ordering: .releasing)
    }

    /// Seconds for which an idle portal waits for nginx: what it still has then are terminals, which never finish.
    private static let patience = 2.0

    /// Has nginx take no more connections and finish the requests under way, for `grace` seconds at most.
    /// - Parameter isBusy: whether some of them have reached the portal.
    func finish(grace: Double, while isBusy: () -> Bool) {
        guard let pid = beginFinishing() else { return }
        kill(pid, SIGQUIT)
        let watch = Stopwatch()
        var busyUntil = 0.0
        while case .finishing = state.withLock({ $0 }), kill(pid, 0) == 0, !isZombie(pid) {
            let now = Double(watch.nanoseconds) / 1e9
            if isBusy() { busyUntil = now }
            if now >= grace || now - busyUntil >= FrontDoor.patience { return }
            usleep(5_000)
        }
    }

    private func beginFinishing() -> pid_t? {
        state.withLock { state in
            guard case .running(let pid) = state else {
                state = .stopping
                return nil
            }
            state = .finishing(pid)
            return pid
        }
    }

    /// Has nginx read its certificate again: it may have been renewed. Nobody is refused meanwhile.
    func readCertificateAgain() {
        guard configuration.certificate != nil, case .running(let pid) = state.withLock({ $0 }) else { return }
        if takesConfiguration(pid, insteadOf: configuration.text) {
            log.info("the front door reads its certificate again")
        } else {
            log.error("the front door keeps its certificate: the new one cannot be used")
        }
    }

    /// Ends nginx, and with it the terminals that are open.
    func stop() {
        let pid: pid_t? = state.withLock { state in
            defer { state = .stopping }
            switch state {
            case .running(let pid), .finishing(let pid): return pid
            case .idle, .stopping: return nil
            }
        }
        if let pid { stopAndWait(pid) }
    }

    /// Has a running nginx change to the new configuration without refusing anybody.
    /// - Returns: whether it does; not when it listens elsewhere, for nobody would be refused there then.
    private func takesConfiguration(_ pid: pid_t, insteadOf before: String?) -> Bool {
        guard let before,
            FrontDoorConfiguration.listens(in: before) == FrontDoorConfiguration.listens(in: configuration.text)
        else { return false }
        do {
            var check = try ChildProgram.withStandardOutput(
                program, ["-t", "-q", "-p", configuration.folder, "-c", configurationFile, "-e", "stderr"])
            check.staysInSession = true
            let checking = try check.spawn()
            var status: Int32 = 0
            while waitpid(checking, &status, 0) < 0, errno == EINTR {}
            return status == 0 && kill(pid, SIGHUP) == 0
        } catch {
            log.error("the front door's configuration cannot be checked", ("reason", "\(error)"))
            return false
        }
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
            // A master that was killed leaves its workers behind, which would keep the port from the next one. They are the
            // rest of its process group.
            kill(-pid, SIGTERM)
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
