internal import Glibc
internal import Platform

/// What `lectern serve` was asked for: its options as checked values.
struct ServeConfiguration {
    enum FrontDoorKind: String, CaseIterable { case nginx, none }
    enum RuntimeKind: String, CaseIterable {
        case local
        /// Sessions on paper only.
        case none
    }

    var paths: [String]
    var portalName: String?
    var dataFolder: String
    var runFolder: String
    var listen: SocketAddress
    var portalListen: SocketAddress
    var publicURL: String
    /// A port for operators alone: metrics, health, readiness.
    var operatorListen: SocketAddress?
    var frontDoor: FrontDoorKind
    /// Files of the front door's certificate and its key; `nil` for plain HTTP.
    var certificateFiles: (certificate: String, key: String)?
    var runtime: RuntimeKind
    var site: (folder: String, listen: SocketAddress)?
    var webhookSecretFile: String?
    /// Logins for content that is fetched, in the form of netrc(5).
    var contentCredentials: String?
    var watches: Bool
    var logLevel: Log.Level
    var logFormat: Log.Format
    var logsAccess: Bool
    var tuning: Tuning

    /// Limits and timers that an operator may change.
    struct Tuning {
        /// Sessions that start at the same time.
        var parallelStarts = 4
        /// Milliseconds that a launch waits for its session before it shows the progress page.
        var launchWait = 500
        /// Hours after which ended sessions and anonymous users vanish.
        var keepHours = 36
        /// Seconds that access tokens and refresh tokens of REST clients are good for.
        var tokenLifetime = 36_000
        var refreshLifetime = 30 * 86_400
        /// MiB that hashing one password takes, and passes over them.
        var passwordMemory = 64
        var passwordPasses = 3
        /// Passwords hashed at once, and those that may wait.
        var passwordThreads = 2
        var passwordQueue = 64
        /// Seconds that requests under way get when the program is told to stop.
        var stopGrace = 10
        var connections = 480
        var requestBody = 1024 * 1024
        /// Seconds a client may take to send its request.
        var requestTimeout = 20
        /// Seconds for one attempt to deliver an event.
        var eventTimeout = 5
        /// Hours after which an event is given up.
        var eventGiveUp = 24
        var eventBacklog = 100_000
        var sessionProcesses = 200
        /// Percent of one processor.
        var sessionCPU = 100
        var sessionFileSize = 256 * 1024 * 1024
        var sessionOpenFiles = 1024
        /// Seconds for fetching a workshop's content, and bytes of each of its sources.
        var contentTime = 300
        var contentSize = 1024 * 1024 * 1024
        /// Connections to one session's own servers at once.
        var serverConnections = 256
        /// Seconds that such a connection may be silent.
        var serverTimeout = 3600
    }

    static let options: [CommandOption] = [
        CommandOption("data", "DIR", "Database, sessions, sockets and keys.", default: "./lectern-data"),
        CommandOption(
            "run", "DIR", "Sockets; a short path, for socket paths are limited.",
            default: "DATA/run; as root /run/lectern-…"),
        CommandOption("listen", "HOST:PORT", "Where browsers come in.", default: "127.0.0.1:8080"),
        CommandOption(
            "portal-listen", "HOST:PORT", "The portal itself, behind the front door.", default: "a free loopback port"),
        CommandOption(
            "operator-listen", "HOST:PORT",
            "A port for operators alone: /metrics, /healthz, /readyz. Whoever reaches it may read them."),
        CommandOption(
            "public-url", "URL", "The portal as browsers see it; sessions are at <session>.<host>.",
            default: "http://lectern.localhost:<port of --listen>, https:// with a certificate"),
        CommandOption("front-door", "nginx|none", "Who stands in front; none: a proxy of yours.", default: "nginx"),
        CommandOption(
            "tls-certificate", "FILE",
            "PEM; the front door then speaks https. For the portal's host and *.<host>; read again after SIGHUP."),
        CommandOption("tls-key", "FILE", "The certificate's private key, PEM."),
        CommandOption(
            "runtime", "local|none", "What makes sessions real: sandboxes here, or nothing at all.", default: "local"),
        CommandOption("portal", "NAME", "Which TrainingPortal to serve when the files hold several."),
        CommandOption("site", "DIR", "Also serves this folder of static files, as another web site would."),
        CommandOption("site-listen", "HOST:PORT", "Where that site is.", default: "127.0.0.1:8081"),
        CommandOption("watch", nil, "Reloads the definitions when their files change."),
        CommandOption("log-level", "debug|info|warning|error", "How much is logged.", default: "info"),
        CommandOption("log-format", "text|json", "For people or for machines.", default: "text"),
        CommandOption("access-log", nil, "Notes each request in the log."),
        CommandOption("parallel-starts", "N", "Sessions that start at the same time.", default: "4"),
        CommandOption(
            "launch-wait", "MS", "How long a launch waits for its session before a progress page.", default: "500"),
        CommandOption("keep-hours", "N", "Ended sessions and anonymous users vanish after this.", default: "36"),
        CommandOption("token-lifetime", "SECONDS", "Of an access token of a REST client.", default: "36000"),
        CommandOption(
            "refresh-lifetime", "SECONDS", "Of what such a token is refreshed with.", default: "2592000"),
        CommandOption("password-memory", "MIB", "What hashing one password takes (Argon2id).", default: "64"),
        CommandOption("password-passes", "N", "Passes over that memory.", default: "3"),
        CommandOption("password-threads", "N", "Passwords hashed at once.", default: "2"),
        CommandOption("password-queue", "N", "Passwords that may wait for that.", default: "64"),
        CommandOption("stop-grace", "SECONDS", "For requests under way when told to stop.", default: "10"),
        CommandOption("connections", "N", "Connections to the portal at most.", default: "480"),
        CommandOption("request-body", "BYTES", "Largest request body.", default: "1048576"),
        CommandOption("request-timeout", "SECONDS", "For a client to send its request.", default: "20"),
        CommandOption(
            "webhook-secret-file", "FILE", "The key that signs events; LECTERN_WEBHOOK_SECRET may hold it instead.",
            default: "DATA/webhook-secret, made if missing"),
        CommandOption("event-timeout", "SECONDS", "For a receiver to take an event.", default: "5"),
        CommandOption("event-give-up", "HOURS", "An event that nobody takes is dropped after this.", default: "24"),
        CommandOption("event-backlog", "N", "Events that wait at most; the oldest are dropped.", default: "100000"),
        CommandOption("session-processes", "N", "Processes of one session at most.", default: "200"),
        CommandOption("session-cpu", "PERCENT", "Of one processor, for one session.", default: "100"),
        CommandOption("session-file-size", "BYTES", "Largest file in a session.", default: "268435456"),
        CommandOption("session-open-files", "N", "Open files of one process of a session.", default: "1024"),
        CommandOption("content-time", "SECONDS", "For fetching a workshop's files.", default: "300"),
        CommandOption("content-size", "BYTES", "Of one source of a workshop's files.", default: "1073741824"),
        CommandOption(
            "content-credentials", "FILE", "Logins for the hosts that workshops' files come from, as in ~/.netrc."),
        CommandOption(
            "server-connections", "N", "Connections to one session's own servers at once.", default: "256"),
        CommandOption(
            "server-timeout", "SECONDS", "How long such a connection may be silent.", default: "3600"),
    ]

    /// - Throws: `UsageError` that names the option and what it takes.
    init(_ options: ParsedOptions) throws {
        guard !options.operands.isEmpty else {
            throw UsageError("which portal? Name the files or folders with its TrainingPortal and Workshop resources")
        }
        paths = options.operands
        portalName = options["portal"]
        dataFolder = absolutePath(options["data"] ?? "lectern-data")
        runFolder =
            options["run"].map(absolutePath)
            ?? Self.defaultRunFolder(
                data: dataFolder, isRoot: getuid() == 0,
                runtimeFolder: getenv("XDG_RUNTIME_DIR").map { String(cString: $0) })
        listen = try Self.address(options, "listen", default: "127.0.0.1:8080")
        portalListen = try Self.address(options, "portal-listen", default: "127.0.0.1:0")
        operatorListen =
            options["operator-listen"] == nil
            ? nil : try Self.address(options, "operator-listen", default: "127.0.0.1:9464")
        certificateFiles = try Self.certificateFiles(options)
        let scheme = certificateFiles == nil ? "http" : "https"
        let isUsualPort = listen.port == (certificateFiles == nil ? 80 : 443)
        publicURL = options["public-url"] ?? "\(scheme)://lectern.localhost\(isUsualPort ? "" : ":\(listen.port)")"
        if certificateFiles != nil, publicURL.hasPrefix("http:") {
            throw UsageError("--public-url \(publicURL): with --tls-certificate it begins with https://")
        }
        frontDoor =
            FrontDoorKind(
                rawValue: try options.choice("front-door", of: FrontDoorKind.allCases.map(\.rawValue), default: "nginx")
            )
            ?? .nginx
        if frontDoor == .none, certificateFiles != nil {
            throw UsageError("--tls-certificate is for the front door; with --front-door none, your own proxy has it")
        }
        runtime =
            RuntimeKind(
                rawValue: try options.choice("runtime", of: RuntimeKind.allCases.map(\.rawValue), default: "local"))
            ?? .local
        let siteListen = try Self.address(options, "site-listen", default: "127.0.0.1:8081")
        site = options["site"].map { (absolutePath($0), siteListen) }
        webhookSecretFile = options["webhook-secret-file"].map(absolutePath)
        contentCredentials = options["content-credentials"].map(absolutePath)
        if let file = contentCredentials, access(file, R_OK) != 0 {
            throw UsageError("--content-credentials \(file): the file cannot be read")
        }
        watches = options.has("watch")
        let level = try options.choice("log-level", of: Log.Level.allCases.map(\.name), default: "info")
        logLevel = Log.Level.allCases.first { $0.name == level } ?? .info
        logFormat =
            Log.Format(
                rawValue: try options.choice("log-format", of: Log.Format.allCases.map(\.rawValue), default: "text"))
            ?? .text
        logsAccess = options.has("access-log")
        var tuning = Tuning()
        tuning.parallelStarts = try options.integer("parallel-starts", in: 1...256, default: tuning.parallelStarts)
        tuning.launchWait = try options.integer("launch-wait", in: 0...30_000, default: tuning.launchWait)
        tuning.keepHours = try options.integer("keep-hours", in: 1...8760, default: tuning.keepHours)
        tuning.tokenLifetime = try options.integer("token-lifetime", in: 60...31_536_000, default: tuning.tokenLifetime)
        tuning.refreshLifetime = try options.integer(
            "refresh-lifetime", in: 60...31_536_000, default: tuning.refreshLifetime)
        tuning.passwordMemory = try options.integer("password-memory", in: 1...4096, default: tuning.passwordMemory)
        tuning.passwordPasses = try options.integer("password-passes", in: 1...100, default: tuning.passwordPasses)
        tuning.passwordThreads = try options.integer("password-threads", in: 1...64, default: tuning.passwordThreads)
        tuning.passwordQueue = try options.integer("password-queue", in: 0...10_000, default: tuning.passwordQueue)
        tuning.stopGrace = try options.integer("stop-grace", in: 0...600, default: tuning.stopGrace)
        tuning.connections = try options.integer("connections", in: 8...65_000, default: tuning.connections)
        tuning.requestBody = try options.integer("request-body", in: 1024...1_073_741_824, default: tuning.requestBody)
        tuning.requestTimeout = try options.integer("request-timeout", in: 1...600, default: tuning.requestTimeout)
        tuning.eventTimeout = try options.integer("event-timeout", in: 1...60, default: tuning.eventTimeout)
        tuning.eventGiveUp = try options.integer("event-give-up", in: 1...720, default: tuning.eventGiveUp)
        tuning.eventBacklog = try options.integer("event-backlog", in: 100...10_000_000, default: tuning.eventBacklog)
        tuning.sessionProcesses = try options.integer(
            "session-processes", in: 16...65_536, default: tuning.sessionProcesses)
        tuning.sessionCPU = try options.integer("session-cpu", in: 5...6400, default: tuning.sessionCPU)
        tuning.sessionFileSize = try options.integer(
            "session-file-size", in: 1_048_576...1_099_511_627_776, default: tuning.sessionFileSize)
        tuning.sessionOpenFiles = try options.integer(
            "session-open-files", in: 64...1_048_576, default: tuning.sessionOpenFiles)
        tuning.contentTime = try options.integer("content-time", in: 1...86_400, default: tuning.contentTime)
        tuning.contentSize = try options.integer(
            "content-size", in: 1_048_576...1_099_511_627_776, default: tuning.contentSize)
        tuning.serverConnections = try options.integer(
            "server-connections", in: 1...4096, default: tuning.serverConnections)
        tuning.serverTimeout = try options.integer("server-timeout", in: 1...86_400, default: tuning.serverTimeout)
        self.tuning = tuning
    }

    private static func certificateFiles(_ options: ParsedOptions) throws -> (certificate: String, key: String)? {
        switch (options["tls-certificate"], options["tls-key"]) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return (absolutePath(certificate), absolutePath(key))
        case (_?, nil): throw UsageError("--tls-certificate needs --tls-key, the file with its private key")
        case (nil, _?): throw UsageError("--tls-key needs --tls-certificate, the file that it belongs to")
        }
    }

    /// The certificate as it is now.
    /// - Throws: `StartFailure` when one of its files cannot be read.
    func certificate() throws -> FrontDoorConfiguration.Certificate? {
        guard let files = certificateFiles else { return nil }
        do {
            var digest = ContentDigest()
            digest.update(field: try textOfFile(files.certificate))
            // The key is only asked for whether it can be read.
            _ = try textOfFile(files.key)
            return .init(file: files.certificate, key: files.key, version: String(digest.finish().prefix(16)))
        } catch {
            throw StartFailure("the certificate for https: \(error)")
        }
    }

    /// Where sockets go when nobody says: always the same for the same data, so that a restart finds them.
    ///
    /// As root, outside of the data: the front door's workers and the sandboxes run as other users, who may not pass
    /// through `/root`. As an ordinary user beside the data, unless that path is too long for a socket.
    static func defaultRunFolder(data: String, isRoot: Bool, runtimeFolder: String?) -> String {
        var digest = ContentDigest()
        digest.update(field: data)
        let name = "/lectern-" + digest.finish().prefix(12)
        if isRoot { return "/run" + name }
        if data.utf8.count > 60, let runtimeFolder { return runtimeFolder + name }
        return data + "/run"
    }

    /// Socket paths are limited to 107 bytes, and a session's is `RUN/sessions/<session>/agent.sock`.
    /// - Throws: `UsageError` when a session of the portal (its name and up to 14 bytes of numbers) would not fit.
    func checkSocketPaths(portalName: String) throws {
        let room = 107 - "/sessions//agent.sock".utf8.count - portalName.utf8.count - "-w0000-s000000".utf8.count
        guard runFolder.utf8.count <= room else {
            throw UsageError(
                "--run \(runFolder): too long for Unix sockets; choose a folder of at most \(room) bytes, for example "
                    + "--run /run/lectern")
        }
    }

    private static func address(_ options: ParsedOptions, _ name: String, default fallback: String) throws
        -> SocketAddress
    {
        let text = options[name] ?? fallback
        guard let address = SocketAddress(text) else {
            throw UsageError("--\(name) \(text): an IP address and a port are expected, for example \(fallback)")
        }
        return address
    }
}

/// The path from the root, without touching the file system.
func absolutePath(_ path: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard getcwd(&buffer, buffer.count) != nil else { return path }
    let here = buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    let rest = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    return here == "/" ? "/" + rest : here + "/" + rest
}
