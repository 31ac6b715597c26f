internal import CLinux
internal import Glibc

/// One connection of the front door and the one to the learner's server that belongs to it. Used by the relay's thread
/// alone.
///
/// What one side does not take at once waits here, at most one read, and the other side is not read until it has gone:
/// so a slow reader slows the writer down, as it would without a relay in between.
final class RelayedConnection {
    enum Side { case visitor, server }

    /// What the relay has to do next.
    enum Outcome { case goesOn, isOver }

    private enum State {
        /// The head of the request is not complete yet.
        case reading
        case connecting(isIPv6: Bool)
        case relaying
    }

    let id: UInt64
    private let visitor: Int32
    private var server: Int32 = -1
    private let route: RelayRoute
    private let epoll: Int32
    private var state = State.reading
    /// Bytes that wait for the side.
    private var toVisitor: ArraySlice<UInt8> = []
    private var toServer: ArraySlice<UInt8> = []
    /// The server reads no more. What it has said may still be under way.
    private var isServerDeaf = false
    /// The server has failed or hung up: what it has said is fetched without being told of it.
    private var isServerGone = false
    /// The server has said all that it will.
    private var hasServerEnded = false
    private var wanted: (visitor: Int32, server: Int32) = (0, 0)
    /// Milliseconds at which patience with the present state ends; `nil` for ever.
    private(set) var deadline: Int?

    private static let readable = Int32(LECTERN_RELAY_READ)
    private static let hasRoom = Int32(LECTERN_RELAY_ROOM)

    /// - Parameter patience: milliseconds for the front door to send a head, and for the server to take the connection.
    init(id: UInt64, visitor: Int32, route: RelayRoute, epoll: Int32, now: Int, patience: Int) {
        self.id = id
        self.visitor = visitor
        self.route = route
        self.epoll = epoll
        deadline = now + patience
    }

    /// Comes once, after `init`.
    func begin() -> Outcome {
        wanted.visitor = route.headers.isEmpty ? 0 : Self.readable
        guard lectern_relay_watch(epoll, 1, visitor, id << 1, wanted.visitor) == 0 else { return .isOver }
        return route.headers.isEmpty ? connect(isIPv6: false) : .goesOn
    }

    /// Comes last.
    func close() {
        Glibc.close(visitor)
        closeServer()
    }

    /// A side is ready for something.
    func handle(_ side: Side, ready: Int32, buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        let isGone = ready & Int32(LECTERN_RELAY_GONE) != 0
        let isReadable = ready & Self.readable != 0
        switch (state, side) {
        case (_, .visitor) where isGone:
            // The front door never ends its half alone: it has gone, and nobody wants the answer.
            return .isOver
        case (.reading, _): return readHead(buffer)
        case (.connecting, .visitor): return .goesOn
        case (.connecting(let isIPv6), .server):
            return lectern_relay_error(server) == 0 && !isGone ? connected() : connectAgain(after: isIPv6)
        case (.relaying, .visitor):
            if isReadable && toServer.isEmpty && !isServerDeaf, !takeFromVisitor(buffer) { return .isOver }
        case (.relaying, .server):
            if isGone {
                _ = lectern_epoll_forget(epoll, server)
                isServerGone = true
                isServerDeaf = true
                toServer = []
            } else if isReadable && toVisitor.isEmpty, !takeFromServer(buffer) {
                return .isOver
            }
        }
        guard flush(&toVisitor, to: visitor) else { return .isOver }
        if !isServerDeaf, !flush(&toServer, to: server) {
            isServerDeaf = true
            toServer = []
        }
        while isServerGone && toVisitor.isEmpty && !hasServerEnded {
            guard takeFromServer(buffer) else { return .isOver }
        }
        return watch()
    }

    // MARK: Connecting

    private func readHead(_ buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        let count = read(visitor, buffer.baseAddress, buffer.count)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return .goesOn }
        guard count > 0 else { return .isOver }
        toServer += buffer.prefix(count)
        switch RequestHead.setting(route.headers, in: Array(toServer)) {
        case .incomplete: return .goesOn
        case .refused: return .isOver
        case .complete(let bytes):
            toServer = bytes[...]
            return connect(isIPv6: false)
        }
    }

    private func connect(isIPv6: Bool) -> Outcome {
        var isInProgress: Int32 = 0
        server = lectern_relay_connect(route.port, isIPv6 ? 1 : 0, &isInProgress)
        guard server >= 0 else { return connectAgain(after: isIPv6) }
        state = .connecting(isIPv6: isIPv6)
        // A body that comes meanwhile waits.
        if wanted.visitor != 0 {
            wanted.visitor = 0
            guard lectern_relay_watch(epoll, 0, visitor, id << 1, 0) == 0 else { return .isOver }
        }
        wanted.server = Self.hasRoom
        guard lectern_relay_watch(epoll, 1, server, id << 1 | 1, wanted.server) == 0 else { return .isOver }
        return isInProgress == 0 ? connected() : .goesOn
    }

    /// Some servers listen at `::1` only. Where nobody listens at all, the front door's connection is closed without a
    /// word, and it asks the agent for a page.
    private func connectAgain(after isIPv6: Bool) -> Outcome {
        closeServer()
        return isIPv6 ? .isOver : connect(isIPv6: true)
    }

    private func connected() -> Outcome {
        state = .relaying
        deadline = nil
        guard flush(&toServer, to: server) else { return .isOver }
        return watch()
    }

    private func closeServer() {
        if server >= 0 { Glibc.close(server) }
        server = -1
    }

    // MARK: Moving bytes

    /// - Returns: false when the visitor's side is over.
    private func takeFromVisitor(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        let count = read(visitor, buffer.baseAddress, buffer.count)
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        if count == 0 { return false }
        toServer = Array(buffer.prefix(count))[...]
        return true
    }

    /// - Returns: false when the visitor's side is over.
    private func takeFromServer(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        let count = read(server, buffer.baseAddress, buffer.count)
        if count < 0 && (errno == EINTR || (errno == EAGAIN && !isServerGone)) { return true }
        guard count > 0 else {
            hasServerEnded = true
            return true
        }
        // Straight on: hardly ever does something have to wait.
        let sent = lectern_relay_send(visitor, buffer.baseAddress, UInt(count))
        if sent < 0 && errno != EAGAIN && errno != EINTR { return false }
        let taken = max(0, sent)
        if taken < count { toVisitor = Array(UnsafeRawBufferPointer(rebasing: buffer[taken..<count]))[...] }
        return true
    }

    /// - Returns: false when the side takes nothing any more.
    private func flush(_ waiting: inout ArraySlice<UInt8>, to target: Int32) -> Bool {
        guard !waiting.isEmpty else { return true }
        let sent = waiting.withUnsafeBytes { lectern_relay_send(target, $0.baseAddress, UInt($0.count)) }
        if sent < 0 { return errno == EAGAIN || errno == EINTR }
        waiting = sent == waiting.count ? [] : waiting.dropFirst(sent)
        return true
    }

    /// Asks for what can go on now.
    private func watch() -> Outcome {
        if hasServerEnded && toVisitor.isEmpty { return .isOver }
        let forVisitor =
            (toServer.isEmpty && !isServerDeaf && !hasServerEnded ? Self.readable : 0)
            | (toVisitor.isEmpty ? 0 : Self.hasRoom)
        if forVisitor != wanted.visitor {
            wanted.visitor = forVisitor
            guard lectern_relay_watch(epoll, 0, visitor, id << 1, forVisitor) == 0 else { return .isOver }
        }
        guard !isServerGone else { return .goesOn }
        let forServer =
            (toVisitor.isEmpty && !hasServerEnded ? Self.readable : 0) | (toServer.isEmpty ? 0 : Self.hasRoom)
        if forServer != wanted.server {
            wanted.server = forServer
            guard lectern_relay_watch(epoll, 0, server, id << 1 | 1, forServer) == 0 else { return .isOver }
        }
        return .goesOn
    }
}
