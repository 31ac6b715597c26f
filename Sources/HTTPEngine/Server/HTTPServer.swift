internal import CMicroHTTPD
internal import Glibc
public import HTTP
internal import Platform
internal import Synchronization

/// An HTTP/1.1 server for one address.
///
/// Its threads read requests, call the handler and write answers; see `README.md` beside this folder for who runs where.
public final class HTTPServer: Sendable {
    private enum State: @unchecked Sendable {
        case new
        case running(daemon: OpaquePointer, acceptor: ConnectionAcceptor, socket: ListeningSocket)
        case stopped
    }
    private let core: ServerCore
    private let state = Mutex(State.new)

    public init(_ configuration: HTTPServerConfiguration, handler: any HTTPHandler) {
        core = ServerCore(configuration: configuration, handler: handler)
    }

    deinit { stop(grace: 0) }

    /// Begins to listen. When it returns, connections are accepted.
    public func start() throws(HTTPServerError) {
        try state.withLock { (state) throws(HTTPServerError) in
            guard case .new = state else { throw .notStarted }
            let configuration = core.configuration
            let socket = try ListeningSocket(configuration.address)
            var settings = lectern_mhd_settings()
            let threads = min(max(1, configuration.threads), 1024)
            let connections = min(
                configuration.maximumConnections, threads * HTTPServerConfiguration.connectionsPerThread)
            settings.threads = UInt32(threads)
            settings.stack_size = max(64 * 1024, configuration.threadStackSize)
            // Half of a connection's memory holds the request, the other half the answer's header.
            settings.memory_per_connection = 2 * max(1024, configuration.maximumHeaderBytes)
            settings.connections = UInt32(max(threads, connections) + threads * ConnectionAcceptor.slack)
            settings.connections_per_address = UInt32(clamping: max(0, configuration.maximumConnectionsPerAddress))
            settings.timeout = UInt32(clamping: max(0, configuration.timeout))
            let context = Unmanaged.passUnretained(core).toOpaque()
            guard let count = core.connections,
                let daemon = lectern_mhd_start(
                    &settings, accessRequest, beginRequest, completeRequest, changeConnections, context)
            else {
                close(socket.descriptor)
                socket.removeFile()
                throw .notStarted
            }
            guard
                let acceptor = ConnectionAcceptor(
                    socket.descriptor, into: daemon, limit: max(threads, connections), count: count)
            else {
                MHD_stop_daemon(daemon)
                close(socket.descriptor)
                socket.removeFile()
                throw .notStarted
            }
            state = .running(daemon: daemon, acceptor: acceptor, socket: socket)
        }
    }

    /// The TCP port listened on; 0 for a Unix socket, or while not running.
    public var port: UInt16 {
        state.withLock { state in
            if case .running(_, _, let socket) = state { socket.port } else { 0 }
        }
    }

    /// Requests that have begun and are not answered in full; WebSockets do not count.
    public var requestsUnderWay: Int { core.underWay }

    /// Stops listening, ends streams, lets requests under way finish for up to `grace` seconds, answers 503 to those still
    /// waiting for their handler, closes WebSockets with code 1001. Blocks until all threads have ended; not to be called on one of
    /// them. Calls after the first do nothing.
    public func stop(grace: Double) { _ = end(grace: grace, keepsSocket: false) }

    /// The same, but goes on listening: whoever connects from now on waits in the socket for the server that is given it
    /// (`HTTPServerAddress.inherited`). A Unix socket's file stays.
    /// - Returns: the socket, which belongs to the caller now; `nil` when the server was not running.
    public func stopKeepingSocket(grace: Double) -> Int32? { end(grace: grace, keepsSocket: true) }

    private func end(grace: Double, keepsSocket: Bool) -> Int32? {
        let running = state.withLock { state -> (OpaquePointer, ConnectionAcceptor, ListeningSocket)? in
            guard case .running(let daemon, let acceptor, let socket) = state else {
                state = .stopped
                return nil
            }
            state = .stopped
            return (daemon, acceptor, socket)
        }
        guard let (daemon, acceptor, socket) = running else { return nil }
        if !keepsSocket { socket.removeFile() }
        acceptor.stop()
        if !keepsSocket { close(socket.descriptor) }
        core.beginStopping()
        core.endStreams()
        waitForSilence(seconds: grace)
        core.stopWebSockets()
        core.abandonPending()
        // The library drops answers that it has not sent when it is stopped.
        waitForRequests(seconds: 0.5)
        waitForStreams(seconds: 0.5)
        MHD_stop_daemon(daemon)
        return keepsSocket ? socket.descriptor : nil
    }

    /// Milliseconds without a request after which nobody is expected to send one.
    private static let silence = 100

    /// Waits until no request is under way, and none has come for a moment: a connection that was accepted just now has
    /// not sent its request yet, and a front door may be about to use one that it keeps. Each answer ends its connection.
    private func waitForSilence(seconds: Double) {
        let end = MonotonicTime.milliseconds() + Int(max(0, min(seconds, 86_400)) * 1000)
        var quietSince = MonotonicTime.milliseconds()
        var now = quietSince
        var begun = -1
        while now < end && now - quietSince < HTTPServer.silence {
            usleep(1000)
            now = MonotonicTime.milliseconds()
            let connections = core.connections?.begun ?? 0
            if core.underWay > 0 || connections != begun || core.connections?.isBehind == true { quietSince = now }
            begun = connections
        }
    }

    private func waitForRequests(seconds: Double) {
        let end = MonotonicTime.milliseconds() + Int(max(0, min(seconds, 86_400)) * 1000)
        while core.underWay > 0 && MonotonicTime.milliseconds() < end { usleep(1000) }
    }

    /// Gives the last bytes of streams the time to leave; a reader who does not take them is dropped.
    private func waitForStreams(seconds: Double) {
        let end = MonotonicTime.milliseconds() + Int(seconds * 1000)
        while core.openStreams > 0 && MonotonicTime.milliseconds() < end { usleep(1000) }
    }
}
