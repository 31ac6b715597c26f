internal import Glibc
internal import HTTPEngine
internal import Platform
internal import SessionAgent

/// `lectern session`: the agent of one session, started by a runtime with a manifest on standard input.
enum SessionCommand: Command {
    static let name = "session"
    static let summary = "Serves one session from inside its sandbox; started by `lectern serve`."
    static let operands = ""
    static let options: [CommandOption] = [
        CommandOption("log-level", "debug|info|warning|error", "How much is logged.", default: "info"),
        CommandOption("server-connections", "N", "Connections to the learner's own servers at once.", default: "256"),
    ]

    static func run(_ arguments: ParsedOptions) throws -> Int32 {
        try AgentProcess.harden()
        let level = try arguments.choice("log-level", of: Log.Level.allCases.map(\.name), default: "info")
        let log = Log(subject: "session", minimum: Log.Level.allCases.first { $0.name == level } ?? .info)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        pthread_sigmask(SIG_BLOCK, &signals, nil)

        let manifest = try AgentProcess.readManifest()
        let agent = SessionAgent(
            manifest: manifest, client: UnixSocketClient(), clock: .system, log: log,
            serverConnections: try arguments.integer("server-connections", in: 1...4096, default: 256))
        agent.start()
        var configuration = HTTPServerConfiguration(.unix(path: manifest.listenSocket, permissions: 0o666))
        configuration.threads = 1
        // Pages are read, parsed and rendered on it, as deep as they nest. What is not used of it costs no memory.
        configuration.threadStackSize = 4 * 1024 * 1024
        configuration.maximumConnections = 256
        configuration.maximumBodyBytes = FileLimits.requestBytes(manifest)
        configuration.trustsForwardedHeaders = true
        configuration.webSocket.maximumMessageBytes = 256 * 1024
        let server = HTTPServer(configuration, handler: agent)
        try server.start()
        AgentProcess.announceReady()
        var received: Int32 = 0
        sigwait(&signals, &received)
        server.stop(grace: 1)
        agent.stop()
        return 0
    }
}
