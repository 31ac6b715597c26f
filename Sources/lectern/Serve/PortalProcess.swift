internal import Dispatch
internal import Glibc
internal import HTTP
internal import HTTPEngine
internal import Platform
internal import Portal
internal import PortalStorage
internal import PortalWeb
internal import Runtimes
internal import Synchronization

/// One running `lectern serve`: builds the engines, puts the portal on them, and waits for signals.
final class PortalProcess {
    private let configuration: ServeConfiguration
    private let definitions: PortalDefinitions
    private let watcher: DefinitionWatcher
    private let address: PortalAddress
    private let log: Log
    private let inherited = InheritedSockets.take()
    private let manager = ServiceManager.current

    /// - Throws: `UsageError` for what only shows together with the definitions.
    init(_ configuration: ServeConfiguration, definitions: PortalDefinitions, watching paths: [String]) throws {
        try configuration.checkSocketPaths(portalName: definitions.portal.name)
        guard let address = PortalAddress(publicURL: configuration.publicURL) else {
            throw UsageError(
                "--public-url \(configuration.publicURL): http:// or https:// and a host name are expected, nothing "
                    + "behind; sessions get names below that host, so an IP address does not do")
        }
        self.configuration = configuration
        self.definitions = definitions
        self.address = address
        log = Log(subject: "portal", minimum: configuration.logLevel, format: configuration.logFormat)
        watcher = DefinitionWatcher(configuration, watching: paths, log: log.about("definitions"))
    }

    /// Serves until SIGTERM or SIGINT, or until SIGUSR2 has a successor take over in this very process. Sessions keep
    /// running.
    /// - Returns: the exit status.
    func run() throws -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        // Blocked before any thread starts, so that only the wait below sees them.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGINT, SIGHUP, SIGUSR2] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        raiseDescriptorLimit()
        let successor = try Successor()

        let store = try openStore()
        defer { store.close() }
        let credentials = CredentialsFile(folder: configuration.dataFolder)
        let drawn = try credentials.secrets(for: definitions.portal)
        let runtime = try makeRuntime()
        let post = EventPost(timeout: configuration.tuning.eventTimeout)
        let secret = try WebhookKey.load(
            file: configuration.webhookSecretFile, dataFolder: configuration.dataFolder)
        let service = try waitFor { [definitions, address, log, settings] in
            try await PortalService.open(
                definitions: definitions, address: address, store: store, runtime: runtime, log: log,
                settings: settings, drawn: drawn, sender: post, secret: secret)
        }
        let take: @Sendable (PortalDefinitions?) -> Void = { [log] definitions in
            guard let definitions else { return service.refuseDefinitions() }
            service.reload(definitions)
            do {
                try credentials.note(definitions.portal, drawn)
            } catch {
                log.error("`lectern credentials` shows old names", ("error", "\(error)"))
            }
        }
        let web = PortalWeb(
            service: service, log: log.about("web"), version: Lectern.version, logsAccess: configuration.logsAccess,
            client: CurlClient())

        let agents = HTTPServer(agentsConfiguration, handler: web.agents)
        try agents.start()
        let control = HTTPServer(controlConfiguration, handler: web.control)
        try control.start()
        try ControlSocket.announce(controlSocket, data: configuration.dataFolder)
        let portal = try startPortal(web.browsers)
        let operators = try startOperators(web.operators)
        let work = Task { await service.run() }

        let frontDoor = try makeFrontDoor(portalPort: portal.port)
        try frontDoor?.start()
        announce(portalPort: portal.port)
        if configuration.watches { watcher.begin(take) }
        manager.ready(status)
        let heartbeat = WatchdogHeartbeat(manager, store: store)
        heartbeat?.begin()

        let isRestart = waitForTheEnd(&signals, successor: successor, frontDoor: frontDoor, take: take)
        log.info(isRestart ? "restarting; sessions and front door stay" : "stopping; sessions keep running")
        if isRestart { manager.reloading() } else { manager.stopping() }
        service.beginStopping()
        watcher.end()
        // First those that browsers reach, then what they stand on.
        let grace = Double(configuration.tuning.stopGrace)
        if !isRestart { frontDoor?.finish(grace: grace) { portal.requestsUnderWay > 0 } }
        control.stop(grace: grace)
        let servers: [(purpose: InheritedSockets.Purpose, server: HTTPServer?)] = [
            (.portal, portal), (.agents, agents), (.operators, operators),
        ]
        var sockets: [(purpose: InheritedSockets.Purpose, descriptor: Int32)] = []
        for (purpose, server) in servers {
            if isRestart {
                if let socket = server?.stopKeepingSocket(grace: grace) { sockets.append((purpose, socket)) }
            } else {
                server?.stop(grace: grace)
            }
        }
        work.cancel()
        waitFor { await work.value }
        post.stop()
        heartbeat?.end()
        if !isRestart { frontDoor?.stop() }
        store.close()
        guard isRestart else { return 0 }
        do {
            try successor.takeOver(sockets)
        } catch {
            frontDoor?.stop()
            throw error
        }
    }

    /// Handles signals until one ends the program.
    /// - Returns: whether a successor is to take over.
    private func waitForTheEnd(
        _ signals: inout sigset_t, successor: Successor, frontDoor: FrontDoor?,
        take: @escaping @Sendable (PortalDefinitions?) -> Void
    ) -> Bool {
        while true {
            var received: Int32 = 0
            sigwait(&signals, &received)
            switch received {
            case SIGHUP:
                manager.reloading()
                frontDoor?.readCertificateAgain()
                watcher.reload { [manager, status] definitions in
                    take(definitions)
                    manager.ready(status)
                }
            case SIGUSR2:
                guard let problem = successor.problem(with: configuration) else { return true }
                log.error("not restarted: the portal goes on as it is", ("reason", problem))
            default: return false
            }
        }
    }

    private var status: String { "Serving \(definitions.portal.name) at \(address.portalURL)/" }

    private func openStore() throws -> SQLitePortalStore {
        do {
            let store = try SQLitePortalStore(folder: configuration.dataFolder)
            for folder in ["", "/portal", "/sessions"] {
                try makeFolder(configuration.runFolder + folder)
            }
            return store
        } catch let error as PortalStoreError {
            throw StartFailure(error)
        }
    }

    private func makeRuntime() throws -> any SessionRuntime {
        switch configuration.runtime {
        case .none: return PaperRuntime()
        case .local:
            var limits = SandboxLimits()
            limits.processes = configuration.tuning.sessionProcesses
            limits.processorPercent = configuration.tuning.sessionCPU
            limits.fileSize = configuration.tuning.sessionFileSize
            limits.openFiles = configuration.tuning.sessionOpenFiles
            var sandbox = SandboxConfiguration(
                data: configuration.dataFolder, run: configuration.runFolder,
                agent: try .thisProgram(arguments: agentArguments), limits: limits)
            sandbox.contentTime = configuration.tuning.contentTime
            sandbox.contentSize = configuration.tuning.contentSize
            sandbox.contentCredentials = configuration.contentCredentials
            return try SandboxRuntime(sandbox, log: log.about("sandbox"))
        }
    }

    private var agentArguments: [String] {
        ["session", "--server-connections", String(configuration.tuning.serverConnections)]
    }

    private var settings: PortalSettings {
        var settings = PortalSettings()
        settings.concurrentStarts = configuration.tuning.parallelStarts
        settings.concurrentReservedStarts = max(1, configuration.tuning.parallelStarts / 2)
        settings.prepareTimeout = configuration.tuning.contentTime + 30
        settings.launchPatience = configuration.tuning.launchWait
        settings.retention = configuration.tuning.keepHours * 3600
        settings.passwordCost = PasswordCost(
            memory: configuration.tuning.passwordMemory << 20, passes: configuration.tuning.passwordPasses)
        settings.passwordThreads = configuration.tuning.passwordThreads
        settings.passwordQueue = configuration.tuning.passwordQueue
        settings.tokenLifetime = configuration.tuning.tokenLifetime
        settings.refreshTokenLifetime = configuration.tuning.refreshLifetime
        settings.eventGiveUp = configuration.tuning.eventGiveUp * 3600
        settings.outboxLimit = configuration.tuning.eventBacklog
        return settings
    }

    private var portalConfiguration: HTTPServerConfiguration {
        let listen = configuration.portalListen
        var server = HTTPServerConfiguration(.tcp(host: listen.host, port: listen.port))
        let perThread = HTTPServerConfiguration.connectionsPerThread
        server.threads = (configuration.tuning.connections + perThread - 1) / perThread
        server.maximumConnections = configuration.tuning.connections
        server.maximumBodyBytes = configuration.tuning.requestBody
        server.timeout = configuration.tuning.requestTimeout
        // On a loopback address only a proxy of the operator's own speaks to us; elsewhere anybody could claim an address.
        server.trustsForwardedHeaders = listen.host.hasPrefix("127.") || listen.host == "::1"
        return server
    }

    /// Starts the portal's own server. Where any port will do, it is the one of last time if that is still free: a front
    /// door that outlived a killed portal then finds its successor.
    private func startPortal(_ handler: any HTTPHandler) throws -> HTTPServer {
        if let socket = inherited[.portal] {
            var configuration = portalConfiguration
            configuration.address = .inherited(descriptor: socket)
            let server = HTTPServer(configuration, handler: handler)
            try server.start()
            return server
        }
        let memory = configuration.runFolder + "/portal-port"
        if configuration.portalListen.port == 0, let text = try? textOfFile(memory), let last = UInt16(text), last > 0 {
            var again = portalConfiguration
            again.address = .tcp(host: configuration.portalListen.host, port: last)
            let server = HTTPServer(again, handler: handler)
            do {
                try server.start()
                return server
            } catch {
                log.info("the portal's last port is not free", ("port", last), ("reason", "\(error)"))
            }
        }
        let server = HTTPServer(portalConfiguration, handler: handler)
        try server.start()
        try replaceFile(memory, with: Array(String(server.port).utf8))
        return server
    }

    private func startOperators(_ handler: any HTTPHandler) throws -> HTTPServer? {
        let address: HTTPServerAddress
        if let socket = inherited[.operators] {
            address = .inherited(descriptor: socket)
        } else if let listen = configuration.operatorListen {
            address = .tcp(host: listen.host, port: listen.port)
        } else {
            return nil
        }
        var configuration = HTTPServerConfiguration(address)
        configuration.threads = 1
        configuration.maximumBodyBytes = 1024
        configuration.timeout = 20
        let server = HTTPServer(configuration, handler: handler)
        try server.start()
        return server
    }

    private var controlSocket: String { configuration.runFolder + "/control.sock" }

    /// For whoever runs the portal, and root.
    private var controlConfiguration: HTTPServerConfiguration {
        var server = HTTPServerConfiguration(.unix(path: controlSocket, permissions: 0o600))
        server.maximumConnections = 16
        server.maximumBodyBytes = 64 * 1024
        server.threads = 1
        return server
    }

    private var agentsConfiguration: HTTPServerConfiguration {
        var server = HTTPServerConfiguration(
            inherited[.agents].map { .inherited(descriptor: $0) }
                ?? .unix(path: configuration.runFolder + "/portal/agents.sock", permissions: 0o666))
        server.maximumConnections = configuration.tuning.connections
        server.maximumBodyBytes = 64 * 1024
        server.threads = 1
        return server
    }

    private func makeFrontDoor(portalPort: UInt16) throws -> FrontDoor? {
        guard configuration.frontDoor == .nginx else { return nil }
        return try FrontDoor(
            configuration: FrontDoorConfiguration(
                listen: configuration.listen.description, portalHost: address.host, sessionDomain: address.host,
                portalName: definitions.portal.name,
                portal: SocketAddress(host: configuration.portalListen.host, port: portalPort).description,
                portalTimeout: configuration.tuning.requestTimeout,
                sessionsFolder: configuration.runFolder + "/sessions",
                folder: configuration.runFolder + "/nginx", workerUser: getuid() == 0 ? "nobody nogroup" : nil,
                site: try configuration.site.map { ($0.listen.description, try siteFolder($0.folder)) },
                serverTimeout: configuration.tuning.serverTimeout, certificate: try configuration.certificate()),
            log: log.about("front-door"))
    }

    /// The front door's workers are not root: they get a copy of a site that only root can reach.
    private func siteFolder(_ folder: String) throws -> String {
        guard access(folder + "/index.html", R_OK) == 0 else {
            throw StartFailure("--site \(folder): there is no index.html to read in it")
        }
        guard getuid() == 0 else { return folder }
        let copy = configuration.runFolder + "/site"
        let pid = try ChildProgram.withStandardOutput(
            "/bin/sh", ["-c", "rm -rf \"$2\" && cp -R \"$1\" \"$2\" && chmod -R a+rX \"$2\"", "sh", folder, copy]
        ).spawn()
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw StartFailure("--site \(folder): cannot be copied to \(copy)") }
        return copy
    }

    private func announce(portalPort: UInt16) {
        var lines: [String] = []
        if let site = configuration.site, configuration.frontDoor == .nginx {
            lines.append(
                "Start here:  http://localhost:\(site.listen.port)/   (a page of another site, with links to the labs)")
        }
        lines.append("Portal:      \(address.portalURL)/")
        lines.append("Behind it:   http://127.0.0.1:\(portalPort)/   (the portal itself, for a proxy of yours)")
        if let operators = configuration.operatorListen { lines.append("Metrics:     http://\(operators)/metrics") }
        lines.append("Data:        \(configuration.dataFolder)")
        lines.append("Credentials: lectern credentials --data \(configuration.dataFolder)")
        if configuration.runtime == .none { lines.append("Sessions exist on paper only (--runtime none).") }
        lines.append("Stop with Ctrl-C; sessions keep running and are found again at the next start.")
        print(lines.joined(separator: "\n"))
        fflush(nil)
    }
}

/// Why the portal could not start, in words for the person who started it.
struct StartFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    init(_ error: PortalStoreError) {
        description =
            switch error {
            case .full: "the disk is full: free some space; nothing was changed"
            case .readOnly(let path):
                "\(path) cannot be written: check its owner and mode, or choose another with --data"
            case .locked(let path):
                "\(path) is in use by another lectern: stop that one, or choose another folder with --data"
            case .newer(let found, let known):
                "the database has schema \(found), this program knows up to \(known): run the newer program, or restore a "
                    + "backup (Documentation/backup.md)"
            case .damaged(let path, let detail):
                "\(path) is damaged (\(detail)): restore a backup (Documentation/backup.md)"
            case .closed: "the database was closed"
            case .failed(let detail): "the database failed: \(detail)"
            }
    }
}

/// A folder that others may pass through but not list.
/// - Throws: `StartFailure` with the path and the system's reason.
private func makeFolder(_ path: String) throws {
    if mkdir(path, 0o711) == 0 { return }
    guard errno == EEXIST else { throw StartFailure("\(path): \(String(cString: strerror(errno)))") }
}

/// Many sessions mean many sockets: takes what the system allows.
private func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_max, 65_536)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

/// Runs async work to its end on the pool while this thread waits.
func waitFor<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let done = DispatchSemaphore(value: 0)
    let result = Mutex<Result<Value, any Error>?>(nil)
    Task.detached {
        do {
            let value = try await body()
            result.withLock { $0 = .success(value) }
        } catch {
            result.withLock { $0 = .failure(error) }
        }
        done.signal()
    }
    done.wait()
    guard let outcome = result.withLock({ $0 }) else { throw StartFailure("interrupted") }
    return try outcome.get()
}

private func waitFor(_ body: @escaping @Sendable () async -> Void) {
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        await body()
        done.signal()
    }
    done.wait()
}
