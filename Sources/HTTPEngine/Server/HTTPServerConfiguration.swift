/// Where a server listens.
public enum HTTPServerAddress: Sendable, Equatable {
    /// A numeric IPv4 or IPv6 address, or `localhost` (127.0.0.1); port 0 takes a free one.
    case tcp(host: String, port: UInt16)
    /// A Unix socket of at most 107 bytes. A socket file that nobody listens on any more is replaced.
    /// - Parameter permissions: of the socket file, for example `0o600`.
    case unix(path: String, permissions: UInt16 = 0o600)
    /// A socket that listens already: opened by a service manager, or kept by the program before this one
    /// (`HTTPServer.stopKeepingSocket`). It belongs to the server from its start on; a Unix socket's file does not.
    case inherited(descriptor: Int32)
}

/// Limits and manners of one server.
public struct HTTPServerConfiguration: Sendable {
    public var address: HTTPServerAddress
    /// Threads that read requests and call the handler, at least 1. Each serves at most `connectionsPerThread`.
    public var threads = 4
    /// Bytes of each thread's stack.
    public var threadStackSize = 512 * 1024
    /// Connections at once, over all threads, those of WebSockets included; never more than the threads can serve.
    /// Further ones wait in the kernel's queue.
    public var maximumConnections = 4096
    /// Connections at once from one address; 0 for no limit. Off behind a front door, where all come from one.
    public var maximumConnectionsPerAddress = 0
    /// Bytes of a request's first line and header fields, at least 1024; beyond that the answer is 431 or 414.
    public var maximumHeaderBytes = 16 * 1024
    /// Bytes of a request's body; beyond that the answer is 413.
    public var maximumBodyBytes = 1024 * 1024
    /// Seconds without a byte in either direction after which a connection is closed; waiting for a handler's `.later` does
    /// not count.
    public var timeout = 60
    /// Whether the peer is a front door: `X-Forwarded-For` then gives `clientAddress`, and `X-Request-ID` the request's id.
    public var trustsForwardedHeaders = false
    public var webSocket = WebSocketLimits()
    /// Bodies written piece by piece (`HTTPResponse.Body.stream`) that may be open at once; a further one is answered 503.
    public var maximumStreams = 64
    /// Bytes that may wait in one of them for a reader who is slow; beyond that its connection is dropped.
    public var maximumStreamBytes = 1024 * 1024

    public init(_ address: HTTPServerAddress) { self.address = address }

    /// libmicrohttpd 0.9.75 fetches 128 events at a time, and when it gets exactly so many it waits for a further one
    /// before it looks at them: all 128 connections hang until something else happens. A thread that never has 128
    /// descriptors (two of them are its own) never gets there.
    public static let connectionsPerThread = 120
}

public struct WebSocketLimits: Sendable {
    /// Bytes of a message, its fragments together; a longer one closes the connection with code 1009.
    public var maximumMessageBytes = 1024 * 1024
    /// Bytes that may wait for a peer that does not read; beyond that the connection is dropped.
    public var maximumPendingBytes = 16 * 1024 * 1024
    /// Seconds between two pings.
    public var pingInterval = 15
    /// Seconds without anything from the peer after which the connection is given up.
    public var silenceLimit = 45
    public init() {}
}

/// Why a server could not start.
public enum HTTPServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The host is no numeric address and not `localhost`.
    case notAnAddress(String)
    /// Somebody else listens there.
    case addressInUse(String)
    /// The Unix socket's path is longer than 107 bytes, or empty.
    case pathTooLong(String)
    /// There is something else than a socket at the path.
    case notASocket(String)
    /// The descriptor that was inherited is no socket that listens.
    case notListening(descriptor: Int32)
    /// The system refused; `call` is the system call, `code` its errno.
    case system(call: String, code: Int32, address: String)
    /// The HTTP library did not start, or the server had been started before.
    case notStarted

    public var description: String {
        switch self {
        case .notAnAddress(let host): "\(host) is not an IP address to listen on"
        case .addressInUse(let address): "\(address) is in use by another program"
        case .pathTooLong(let path): "the socket path \(path) is empty or longer than 107 bytes"
        case .notASocket(let path): "\(path) exists and is not a socket"
        case .notListening(let descriptor): "descriptor \(descriptor) is not a socket that listens"
        case .system(let call, let code, let address): "cannot listen on \(address): \(call) failed with errno \(code)"
        case .notStarted: "the HTTP server did not start"
        }
    }
}
