/// A request to another server.
public struct HTTPClientRequest: Sendable {
    public var method: HTTPMethod
    /// Absolute URL; with `unixSocket` its host is only what the `Host` header says.
    public var url: String
    public var unixSocket: String?
    public var headers: HTTPHeaders
    public var body: [UInt8]
    /// Seconds for the whole exchange, more than 0.
    public var timeout: Double

    public init(
        method: HTTPMethod = .get, url: String, unixSocket: String? = nil, headers: HTTPHeaders = [:],
        body: [UInt8] = [], timeout: Double = 5
    ) {
        self.method = method
        self.url = url
        self.unixSocket = unixSocket
        self.headers = headers
        self.body = body
        self.timeout = timeout
    }
}

public struct HTTPClientResponse: Sendable {
    public var status: Int
    public var headers: HTTPHeaders
    public var body: [UInt8]
    public init(status: Int, headers: HTTPHeaders, body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

public struct HTTPClientError: Error, Sendable, CustomStringConvertible {
    public enum Reason: Sendable {
        case cannotConnect, timedOut, tooLarge, notHTTP, other
        /// The name led to addresses that the client must not reach.
        case addressRefused
    }
    public let reason: Reason
    public let description: String
    public init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}

/// Sends requests. Never follows redirects.
public protocol HTTPClient: Sendable {
    /// Blocks the calling thread until the answer is complete; call it on a queue of your own.
    /// - Throws: `HTTPClientError`.
    func send(_ request: HTTPClientRequest) throws(HTTPClientError) -> HTTPClientResponse
}
