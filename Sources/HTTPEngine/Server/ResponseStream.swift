internal import CMicroHTTPD
internal import Glibc
internal import HTTP
internal import Synchronization

/// The body of one answer that is written while it is read.
///
/// The connection is suspended while there is nothing to send and resumed by whoever brings something. Both happen under
/// one lock, as in `PendingReply`. While bytes are on their way to a slow reader the library waits for that socket alone,
/// asks for nothing more, and what is brought meanwhile stays here.
final class ResponseStream: HTTPStream {
    private struct State: @unchecked Sendable {
        var bytes: [UInt8] = []
        /// Bytes at the beginning of `bytes` that have been taken.
        var taken = 0
        var isFinished = false
        /// More was waiting than may: nothing of it is worth sending any more.
        var isDropped = false
        var isOver = false
        /// The connection, while it is suspended.
        var suspended: OpaquePointer?

        mutating func resume() {
            guard let connection = suspended else { return }
            suspended = nil
            MHD_resume_connection(connection)
        }
    }
    private let state = Mutex(State())
    /// Touched only by the library's thread for this connection, and unchanged: what `read` suspends.
    private let connection: Connection
    private let source: any HTTPStreamSource
    private let maximumBytes: Int
    private let whenOver: @Sendable (ResponseStream) -> Void

    private struct Connection: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    init(
        _ source: any HTTPStreamSource, connection: OpaquePointer, maximumBytes: Int,
        whenOver: @escaping @Sendable (ResponseStream) -> Void
    ) {
        self.source = source
        self.connection = Connection(pointer: connection)
        self.maximumBytes = maximumBytes
        self.whenOver = whenOver
    }

    // MARK: The source's side

    func begin() { source.opened(self) }

    func send(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        state.withLock { state in
            guard !state.isFinished, !state.isOver else { return }
            if state.bytes.count - state.taken + bytes.count > maximumBytes {
                state.isDropped = true
                state.isFinished = true
                state.bytes = []
                state.taken = 0
            } else {
                if state.taken == state.bytes.count {
                    state.bytes = bytes
                    state.taken = 0
                } else {
                    state.bytes.append(contentsOf: bytes)
                }
            }
            state.resume()
        }
    }

    var pendingBytes: Int { state.withLock { $0.bytes.count - $0.taken } }

    func finish() {
        state.withLock { state in
            state.isFinished = true
            state.resume()
        }
    }

    // MARK: The library's side

    private static let endOfStream = -1
    private static let brokenOff = -2

    /// Copies what waits, or suspends the connection. On the connection's thread.
    /// - Returns: how many bytes were copied, or what the library takes for an end.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        state.withLock { state in
            if state.isDropped { return ResponseStream.brokenOff }
            let count = min(buffer.count, state.bytes.count - state.taken)
            if count > 0 {
                state.bytes.withUnsafeBytes { bytes in
                    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[state.taken..<state.taken + count]))
                }
                state.taken += count
                if state.taken == state.bytes.count {
                    state.bytes = []
                    state.taken = 0
                }
                return count
            }
            if state.isFinished { return ResponseStream.endOfStream }
            state.suspended = connection.pointer
            MHD_suspend_connection(connection.pointer)
            return 0
        }
    }

    /// The library has let go of the answer.
    func over() {
        state.withLock { state in
            state.isOver = true
            state.bytes = []
            state.taken = 0
            state.suspended = nil
        }
        whenOver(self)
        source.closed()
    }
}

/// The streams of one server.
final class OpenStreams: Sendable {
    private struct State {
        var isClosed = false
        var streams: [ObjectIdentifier: ResponseStream] = [:]
    }
    private let state = Mutex(State())
    private let limit: Int
    private let bytes: Int

    init(limit: Int, bytes: Int) {
        self.limit = limit
        self.bytes = bytes
    }

    var count: Int { state.withLock { $0.streams.count } }

    /// Begins a stream. `nil` when too many are open, or the server stops.
    func open(_ source: any HTTPStreamSource, _ connection: OpaquePointer) -> ResponseStream? {
        let stream = ResponseStream(source, connection: connection, maximumBytes: bytes) { [weak self] in
            self?.remove($0)
        }
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.streams.count < limit else { return false }
            state.streams[ObjectIdentifier(stream)] = stream
            return true
        }
        guard isTaken else { return nil }
        stream.begin()
        return stream
    }

    func remove(_ stream: ResponseStream) {
        state.withLock { _ = $0.streams.removeValue(forKey: ObjectIdentifier(stream)) }
    }

    func close() {
        let streams = state.withLock { state in
            state.isClosed = true
            return Array(state.streams.values)
        }
        for stream in streams { stream.finish() }
    }
}
