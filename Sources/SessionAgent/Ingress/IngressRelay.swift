internal import CLinux
internal import Glibc
internal import Platform
internal import Synchronization

/// Where the connections of one socket lead.
struct RelayRoute: Sendable, Equatable {
    /// The socket's file, which the front door knows by its name.
    let socket: String
    /// A port of the sandbox's loopback address.
    let port: UInt16
    /// Set in the head of each request.
    let headers: [SessionManifest.Variable]
}

/// Carries bytes between the front door and the learner's servers: the sandbox has a network of its own, and the front
/// door reaches into it only by sockets in the file system.
///
/// nginx is the HTTP proxy. It has asked whether the request may pass and uses each connection for one request, so that
/// nothing is left to decide here, and no library would do more than `read` and `send`.
final class IngressRelay: Sendable {
    private let routes: [RelayRoute]
    private let limit: Int
    private let patience: Int
    private let log: Log
    private let wakeUp = lectern_eventfd()
    private let thread = Mutex<BackgroundThread?>(nil)
    private let count = RelayCount()

    /// - Parameters:
    ///   - limit: connections at once, over all routes. Further ones wait in the sockets.
    ///   - patience: milliseconds for a server to take a connection.
    init(_ routes: [RelayRoute], limit: Int, patience: Int = 10_000, log: Log) {
        self.routes = routes
        self.limit = limit
        self.patience = patience
        self.log = log
    }

    deinit { if wakeUp >= 0 { close(wakeUp) } }

    /// Connections that it carries now.
    var connections: Int { count.open.load(ordering: .relaxed) }
    var isFull: Bool { connections >= limit }

    /// Opens the sockets, before anybody can be told that they are there, and starts the thread. Does nothing without
    /// routes.
    func start() {
        guard !routes.isEmpty, wakeUp >= 0 else { return }
        thread.withLock { thread in
            guard thread == nil else { return }
            let epoll = lectern_epoll_open()
            guard epoll >= 0 else { return log.error("no relay for servers", ("error", errno)) }
            let listening = routes.map { route in
                let socket = lectern_relay_listen(route.socket, 512)
                if socket < 0 { log.error("no relay for a server", ("port", route.port), ("error", errno)) }
                return socket
            }
            thread = BackgroundThread(name: "relay") { [routes, epoll, wakeUp, limit, patience, count] in
                RelayLoop(
                    routes, listening, epoll: epoll, wakeUp: wakeUp, limit: limit, patience: patience, count: count
                ).run()
            }
            if thread == nil { log.error("no thread for the relay") }
        }
    }

    /// Closes every connection and returns when the thread has ended.
    func stop() {
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let running else { return }
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
        running.join()
    }
}

private final class RelayCount: Sendable {
    let open = Atomic(0)
}

/// The relay's thread: everything in it belongs to that thread.
private final class RelayLoop {
    private let routes: [RelayRoute]
    private let listening: [Int32]
    private let epoll: Int32
    private let wakeUp: Int32
    private let limit: Int
    private let patience: Int
    private let count: RelayCount
    private var connections: [UInt64: RelayedConnection] = [:]
    /// Of connections; those below are of listening sockets, and 0 wakes up.
    private var nextID: UInt64
    private var isAccepting = false
    private var lastLook = 0

    init(
        _ routes: [RelayRoute], _ listening: [Int32], epoll: Int32, wakeUp: Int32, limit: Int, patience: Int,
        count: RelayCount
    ) {
        self.routes = routes
        self.listening = listening
        self.epoll = epoll
        self.wakeUp = wakeUp
        self.limit = limit
        self.patience = patience
        self.count = count
        nextID = UInt64(listening.count) + 1
    }

    func run() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * 1024, alignment: 16)
        defer { buffer.deallocate() }
        guard lectern_relay_watch(epoll, 1, wakeUp, 0, Int32(LECTERN_RELAY_READ)) == 0 else { return end() }
        accept(true)
        var ids = [UInt64](repeating: 0, count: 64)
        var ready = [Int32](repeating: 0, count: 64)
        while true {
            // Whether somebody's patience ends is looked at once a second, and so is whether there is room again.
            let isWaiting = !isAccepting || connections.values.contains { $0.deadline != nil }
            let found = lectern_relay_wait(epoll, &ids, &ready, 64, isWaiting ? 1000 : -1)
            if found < 0 && errno != EINTR { return end() }
            for index in 0..<Int(max(0, found)) {
                let id = ids[index]
                if id == 0 { return end() }
                if id >> 1 <= listening.count {
                    welcome(route: Int(id >> 1) - 1)
                } else if let connection = connections[id >> 1] {
                    let side: RelayedConnection.Side = id & 1 == 0 ? .visitor : .server
                    settle(connection, connection.handle(side, ready: ready[index], buffer: buffer))
                }
            }
            look()
        }
    }

    private func welcome(route: Int) {
        while connections.count < limit {
            var size: UInt32 = 0
            let visitor = lectern_accept(listening[route], nil, &size)
            guard visitor >= 0 else {
                // Out of descriptors: those that are open have to go first.
                if errno != EAGAIN && errno != EINTR && errno != ECONNABORTED { accept(false) }
                return
            }
            let connection = RelayedConnection(
                id: nextID, visitor: visitor, route: routes[route], epoll: epoll, now: MonotonicTime.milliseconds(),
                patience: patience)
            nextID += 1
            connections[connection.id] = connection
            settle(connection, connection.begin())
        }
        accept(false)
    }

    private func settle(_ connection: RelayedConnection, _ outcome: RelayedConnection.Outcome) {
        if case .isOver = outcome {
            connection.close()
            connections[connection.id] = nil
        }
        count.open.store(connections.count, ordering: .relaxed)
    }

    private func look() {
        if !isAccepting && connections.count < limit { accept(true) }
        let now = MonotonicTime.milliseconds()
        guard now - lastLook >= 1000 else { return }
        lastLook = now
        for connection in connections.values {
            if let deadline = connection.deadline, deadline <= now { settle(connection, .isOver) }
        }
    }

    private func accept(_ isAccepting: Bool) {
        guard isAccepting != self.isAccepting else { return }
        self.isAccepting = isAccepting
        for (index, socket) in listening.enumerated() where socket >= 0 {
            if isAccepting {
                _ = lectern_relay_watch(epoll, 1, socket, UInt64(index + 1) << 1, Int32(LECTERN_RELAY_READ))
            } else {
                _ = lectern_epoll_forget(epoll, socket)
            }
        }
    }

    private func end() {
        for connection in connections.values { connection.close() }
        connections = [:]
        count.open.store(0, ordering: .relaxed)
        for socket in listening where socket >= 0 { close(socket) }
        close(epoll)
    }
}

extension RelayRoute {
    /// One for each entry that leads to a server.
    /// - Parameter folder: where the sockets are made.
    static func all(_ hosts: IngressHosts, in folder: String) -> [RelayRoute] {
        hosts.all.compactMap { entry in
            guard entry.ingress.folder == nil, let port = UInt16(exactly: entry.ingress.port), port > 0 else {
                return nil
            }
            // What is encrypted cannot be added to.
            let isPlain = entry.ingress.scheme == "http"
            let fields = entry.ingress.headers.filter { isPlain && RequestHead.maySet($0.name) }.map {
                SessionManifest.Variable(name: $0.name, value: RequestHead.cleaned($0.value))
            }
            return RelayRoute(
                socket: "\(folder)/\(IngressPassage.socketName(entry.index)).sock", port: port, headers: fields)
        }
    }
}
