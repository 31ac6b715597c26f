internal import Glibc
internal import Synchronization

/// An answer. The engine adds `Date`, `Content-Length` and `Connection`.
public struct HTTPResponse: Sendable {
    public var status: Int
    public var headers: HTTPHeaders
    public var body: Body

    public enum Body: Sendable {
        case bytes([UInt8])
        /// Bytes that live as long as the program, sent without a copy.
        case permanent(UnsafePermanentBytes)
        /// Read from an open file while it is sent, so that a large one takes no memory.
        case file(HTTPFileBody)
        /// Answers 101 and hands the connection to a WebSocket peer. The engine has already checked RFC 6455's
        /// handshake; on a request that is not one it answers 426.
        case webSocket(any WebSocketPeer)
        /// A body without a known length, written by its source while it is read. At most `maximumStreams` of the server are
        /// open at once; a further one is answered 503.
        case stream(any HTTPStreamSource)

        public static let empty = Body.bytes([])
    }

    public init(status: Int = 200, headers: HTTPHeaders = [:], body: Body = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public init(status: Int = 200, headers: HTTPHeaders = [:], text: String, type: String = "text/plain; charset=utf-8")
    {
        self.init(status: status, headers: headers, body: .bytes(Array(text.utf8)))
        self.headers["Content-Type"] = type
    }
}

/// An open file whose first bytes are a body. It closes itself unless the engine has taken its descriptor.
public final class HTTPFileBody: Sendable {
    /// Bytes to send. A file that has become shorter meanwhile ends the connection.
    public let size: Int
    private let descriptor: Atomic<Int32>

    /// Takes ownership of a descriptor that is open for reading, at its beginning.
    public init(owning descriptor: Int32, size: Int) {
        self.size = size
        self.descriptor = Atomic(descriptor)
    }

    /// Hands the descriptor over, once; -1 afterwards.
    package func take() -> Int32 { descriptor.exchange(-1, ordering: .relaxed) }

    deinit {
        let left = take()
        if left >= 0 { close(left) }
    }
}

/// Bytes that are never freed, such as those of a file compiled into the program.
public struct UnsafePermanentBytes: @unchecked Sendable {
    public let start: UnsafeRawPointer
    public let count: Int
    /// - Parameter start: memory that stays unchanged until the program ends.
    public init(start: UnsafeRawPointer, count: Int) {
        self.start = start
        self.count = count
    }
}
