internal import CLinux
internal import CMicroHTTPD
internal import Glibc
internal import Platform
internal import Synchronization

/// Takes connections out of a listening socket and gives them to the library's threads, on a thread of its own, until it is
/// told to stop. What comes after that waits in the socket, or is refused when the socket is closed.
final class ConnectionAcceptor: Sendable {
    private let socket: Int32
    private let limit: Int
    private let count: OpenConnections
    private let isStopping = Atomic<Bool>(false)
    /// The library's daemon; it knows itself which thread has room.
    private nonisolated(unsafe) let daemon: OpaquePointer
    private let thread = Mutex<BackgroundThread?>(nil)

    /// Milliseconds between two tries when the system has no descriptor or memory left for a connection.
    private static let pause: Int32 = 50
    /// Milliseconds after which a connection that no thread has begun with was refused.
    private static let patience: Int32 = 1000
    /// Connections that each thread may have beyond its share: the library counts one that has closed a moment longer.
    static let slack = 4

    /// Fails when the system has no thread left.
    /// - Parameter limit: connections at once; further ones wait in the socket.
    init?(_ socket: Int32, into daemon: OpaquePointer, limit: Int, count: OpenConnections) {
        self.socket = socket
        self.daemon = daemon
        self.limit = limit
        self.count = count
        guard let started = BackgroundThread(name: "connections", { self.run() }) else { return nil }
        thread.withLock { $0 = started }
    }

    /// Ends the thread. No connection is taken once this has returned.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        count.wake()
        let running = thread.withLock { thread -> BackgroundThread? in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    private func run() {
        // Handed over and refused at once or, as it turned out, later.
        var added = 0
        var refused = 0
        func room() -> Int {
            // In this order: one that a thread begins with in between counts twice rather than not at all.
            let begun = count.begun
            return limit - count.open - max(0, added - refused - begun)
        }
        defer { count.expect(added - refused) }
        while !isStopping.load(ordering: .acquiring) {
            count.await(true)
            let hasRoom = room() > 0
            if hasRoom { count.await(false) }
            var waits = [
                pollfd(fd: count.wakeUp, events: Int16(POLLIN), revents: 0),
                pollfd(fd: hasRoom ? socket : -1, events: Int16(POLLIN), revents: 0),
            ]
            let begun = count.begun
            let ready = poll(&waits, 2, hasRoom ? -1 : ConnectionAcceptor.patience)
            if ready == 0, begun == count.begun {
                // No thread has begun with what it got: the library did not want it, and tells nobody.
                refused = added - begun
            }
            guard ready > 0 else { continue }
            if waits[0].revents != 0 { count.clearWake() }
            guard waits[1].revents != 0 else { continue }
            while room() > 0, !isStopping.load(ordering: .acquiring) {
                guard let connection = next() else { break }
                added += 1
                if !handOver(connection) { refused += 1 }
            }
        }
    }

    private typealias Connection = (descriptor: Int32, peer: sockaddr_storage, size: socklen_t)

    /// A connection that waits in the socket; `nil` when none does, or none can be taken now.
    private func next() -> Connection? {
        while true {
            var peer = sockaddr_storage()
            var size = UInt32(MemoryLayout<sockaddr_storage>.size)
            let descriptor = lectern_accept(socket, &peer, &size)
            if descriptor >= 0 { return (descriptor, peer, size) }
            switch errno {
            case ECONNABORTED, EINTR, EPROTO: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                var wait = pollfd(fd: count.wakeUp, events: Int16(POLLIN), revents: 0)
                poll(&wait, 1, ConnectionAcceptor.pause)
                return nil
            default: return nil
            }
        }
    }

    /// - Returns: false when the library had no room after all, and has closed it.
    private func handOver(_ connection: Connection) -> Bool {
        var peer = connection.peer
        return withUnsafePointer(to: &peer) { peer in
            peer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                lectern_mhd_add(daemon, connection.descriptor, $0, connection.size) == 0
            }
        }
    }
}

/// How many connections are open, and the way to wake whoever waits for there to be fewer.
final class OpenConnections: Sendable {
    /// An eventfd.
    let wakeUp: Int32
    private let number = Atomic<Int>(0)
    private let everBegun = Atomic<Int>(0)
    private let expected = Atomic<Int>(0)
    /// Whether somebody waits for there to be fewer.
    private let isAwaited = Atomic<Bool>(false)

    /// Fails when the system has no descriptor left.
    init?() {
        wakeUp = lectern_eventfd()
        if wakeUp < 0 { return nil }
    }

    deinit { if wakeUp >= 0 { Glibc.close(wakeUp) } }

    var open: Int { number.load(ordering: .sequentiallyConsistent) }
    /// All that were ever opened.
    var begun: Int { everBegun.load(ordering: .sequentiallyConsistent) }

    /// Whether a thread has yet to begin with a connection that was handed over before the acceptor stopped.
    var isBehind: Bool { begun < expected.load(ordering: .sequentiallyConsistent) }

    /// - Parameter all: the connections that were ever handed over; no more will come.
    func expect(_ all: Int) { expected.store(all, ordering: .sequentiallyConsistent) }

    func opened() {
        number.add(1, ordering: .sequentiallyConsistent)
        everBegun.add(1, ordering: .sequentiallyConsistent)
    }
    func closed() {
        number.subtract(1, ordering: .sequentiallyConsistent)
        if isAwaited.load(ordering: .sequentiallyConsistent) { wake() }
    }

    /// From now on every connection that closes wakes, or none does.
    func await(_ isAwaited: Bool) { self.isAwaited.store(isAwaited, ordering: .sequentiallyConsistent) }

    func wake() {
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
    }

    func clearWake() {
        var value: UInt64 = 0
        _ = read(wakeUp, &value, 8)
    }
}
