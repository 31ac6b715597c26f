internal import CLinux
internal import CMicroHTTPD
internal import Glibc
internal import HTTP
internal import Platform
internal import Synchronization

/// One thread that serves all WebSockets of a server: reads what arrives, sends what had to wait, pings, and notices silence.
final class WebSocketLoop: Sendable {
    private enum Command: Sendable {
        case add(UpgradedConnection, received: [UInt8])
        case close(UInt64, code: UInt16, reason: String)
    }
    private struct Commands {
        var isClosed = false
        var waiting: [Command] = []
        var nextID: UInt64 = 1
    }

    private let limits: WebSocketLimits
    private let epoll: Int32
    private let wakeUp: Int32
    private let commands = Mutex(Commands())
    private let thread = Mutex<BackgroundThread?>(nil)

    /// Fails when the system has no descriptor or thread left.
    init?(limits: WebSocketLimits) {
        self.limits = limits
        epoll = lectern_epoll_open()
        wakeUp = lectern_eventfd()
        guard epoll >= 0, wakeUp >= 0, control(LECTERN_EPOLL_ADD, wakeUp, id: 0, forRoom: false) else { return nil }
        guard
            let started = BackgroundThread(name: "websockets", stack: 512 * 1024, { LoopThread(loop: self).run() })
        else { return nil }
        thread.withLock { $0 = started }
    }

    deinit {
        if epoll >= 0 { Glibc.close(epoll) }
        if wakeUp >= 0 { Glibc.close(wakeUp) }
    }

    // MARK: Any thread

    /// Takes over an upgraded connection. False when the loop has been stopped.
    func add(descriptor: Int32, handle: UpgradeHandle, peer: any WebSocketPeer, received: [UInt8]) -> Bool {
        // Harmless where it is no TCP socket.
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else { return false }
        let isTaken = commands.withLock { commands in
            guard !commands.isClosed else { return false }
            let connection = UpgradedConnection(
                id: commands.nextID, descriptor: descriptor, handle: handle, peer: peer, loop: self,
                maximumPendingBytes: limits.maximumPendingBytes)
            commands.nextID += 1
            commands.waiting.append(.add(connection, received: received))
            return true
        }
        if isTaken { wake() }
        return isTaken
    }

    func close(_ id: UInt64, code: UInt16, reason: String) {
        commands.withLock { $0.waiting.append(.close(id, code: code, reason: reason)) }
        wake()
    }

    /// Watches a connection for what arrives and, if asked, for room to send. The caller holds the connection's lock, so
    /// that its descriptor is its own.
    func watch(_ connection: UpgradedConnection, forRoom: Bool) {
        _ = control(LECTERN_EPOLL_CHANGE, connection.descriptor, id: connection.id, forRoom: forRoom)
    }

    /// Closes all connections with code 1001 and waits for the thread's end.
    func stop() {
        commands.withLock { $0.isClosed = true }
        wake()
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        thread?.join()
    }

    private func wake() {
        var one: UInt64 = 1
        // Fails only when it is awake anyway.
        _ = write(wakeUp, &one, 8)
    }

    private func control(_ operation: Int, _ descriptor: Int32, id: UInt64, forRoom: Bool) -> Bool {
        lectern_epoll_watch(epoll, Int32(operation), descriptor, id, forRoom ? 1 : 0) == 0
    }

    // MARK: The thread

    /// What only the thread itself touches.
    private final class Served {
        let connection: UpgradedConnection
        let frames: WebSocketFrames
        var lastHeard: Int
        var lastPing: Int
        /// When a connection that is being closed is given up.
        var end: Int?
        var hasFinishedSending = false

        init(_ connection: UpgradedConnection, limits: WebSocketLimits, now: Int) {
            self.connection = connection
            frames = WebSocketFrames(maximumMessageBytes: limits.maximumMessageBytes)
            lastHeard = now
            lastPing = now
        }
    }

    private final class LoopThread {
        private let loop: WebSocketLoop
        private var connections: [UInt64: Served] = [:]
        private var nextSweep = Int.max
        private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

        init(loop: WebSocketLoop) { self.loop = loop }
        deinit { buffer.deallocate() }

        func run() {
            var events = [lectern_epoll_event](repeating: lectern_epoll_event(), count: 64)
            while true {
                let wait = nextSweep == .max ? -1 : Int32(clamping: max(0, nextSweep - MonotonicTime.milliseconds()))
                let count = lectern_epoll_wait(loop.epoll, &events, Int32(events.count), wait)
                for index in 0..<max(0, Int(count)) {
                    let event = events[index]
                    if event.id == 0 {
                        var value: UInt64 = 0
                        _ = read(loop.wakeUp, &value, 8)
                    } else if let served = connections[event.id] {
                        handle(served, event)
                    }
                }
                if !obey() { break }
                if MonotonicTime.milliseconds() >= nextSweep { sweep() }
            }
            for served in Array(connections.values) {
                served.frames.close(code: 1001, reason: "")
                served.connection.send(frames: served.frames.takeOutput())
                drop(served)
            }
        }

        /// Carries out what other threads asked for. False when that is to stop.
        private func obey() -> Bool {
            let (waiting, isClosed) = loop.commands.withLock { commands in
                defer { commands.waiting = [] }
                return (commands.waiting, commands.isClosed)
            }
            for command in waiting {
                switch command {
                case .add(let connection, let received): open(connection, received)
                case .close(let id, let code, let reason):
                    guard let served = connections[id] else { continue }
                    served.frames.close(code: code, reason: reason)
                    sendControlFrames(served)
                }
            }
            return !isClosed
        }

        private func open(_ connection: UpgradedConnection, _ received: [UInt8]) {
            let served = Served(connection, limits: loop.limits, now: MonotonicTime.milliseconds())
            connections[connection.id] = served
            connection.peer.opened(connection)
            guard loop.control(LECTERN_EPOLL_ADD, connection.descriptor, id: connection.id, forRoom: false) else {
                return drop(served)
            }
            // A send in `opened` may have met a full buffer before the descriptor was watched.
            if connection.pendingBytes > 0 {
                _ = loop.control(LECTERN_EPOLL_CHANGE, connection.descriptor, id: connection.id, forRoom: true)
            }
            scheduleSweep(served)
            if !received.isEmpty { received.withUnsafeBytes { take($0, served) } }
        }

        private func handle(_ served: Served, _ event: lectern_epoll_event) {
            if event.has_room != 0 && served.connection.flush() {
                served.connection.peer.drained()
                finishIfClosed(served)
                guard connections[served.connection.id] != nil else { return }
            }
            guard event.is_readable != 0 else { return }
            let count = recv(
                served.connection.descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                served.lastHeard = MonotonicTime.milliseconds()
                take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), served)
            } else if count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
                drop(served)
            }
        }

        private func take(_ bytes: UnsafeRawBufferPointer, _ served: Served) {
            for message in served.frames.receive(bytes) { served.connection.peer.received(message) }
            sendControlFrames(served)
        }

        private func sendControlFrames(_ served: Served) {
            served.connection.send(frames: served.frames.takeOutput())
            finishIfClosed(served)
        }

        /// After our close has been queued: waits for it to be sent and for the peer's answer, but not for ever.
        private func finishIfClosed(_ served: Served) {
            guard served.frames.hasSentClose else { return }
            served.connection.stopAcceptingMessages()
            if served.end == nil {
                served.end = MonotonicTime.milliseconds() + 5000
                scheduleSweep(served)
            }
            guard served.connection.pendingBytes == 0 else { return }
            if served.frames.hasReceivedClose { return drop(served) }
            if !served.hasFinishedSending {
                served.hasFinishedSending = true
                served.connection.finishSending()
            }
        }

        private func drop(_ served: Served) {
            guard connections.removeValue(forKey: served.connection.id) != nil else { return }
            lectern_epoll_forget(loop.epoll, served.connection.descriptor)
            served.connection.release()
            served.connection.peer.closed()
        }

        // MARK: Time

        private var pingInterval: Int { Int(max(1, loop.limits.pingInterval)) * 1000 }
        private var silenceLimit: Int { Int(max(1, loop.limits.silenceLimit)) * 1000 }

        private func nextDue(_ served: Served) -> Int {
            min(served.lastPing + pingInterval, served.lastHeard + silenceLimit, served.end ?? .max)
        }

        private func scheduleSweep(_ served: Served) { nextSweep = min(nextSweep, nextDue(served)) }

        private func sweep() {
            let now = MonotonicTime.milliseconds()
            for served in Array(connections.values) {
                if now >= served.lastHeard + silenceLimit || served.end.map({ now >= $0 }) == true {
                    drop(served)
                } else if now >= served.lastPing + pingInterval {
                    served.lastPing = now
                    served.frames.ping()
                    sendControlFrames(served)
                }
            }
            nextSweep = connections.values.reduce(Int.max) { min($0, nextDue($1)) }
        }
    }
}
