internal import CMicroHTTPD
internal import Glibc
public import HTTP
internal import Platform

/// An HTTP/1.1 client for Unix sockets alone: one connection a request, no library behind it. It is what portal and agents
/// use among themselves, where libcurl would be the larger part of an agent's memory.
public struct UnixSocketClient: HTTPClient {
    private let sizeLimit: Int

    /// - Parameter sizeLimit: bytes of header fields and body that an answer may have together.
    public init(sizeLimit: Int = 1024 * 1024) { self.sizeLimit = sizeLimit }

    /// - Throws: `.other` for a request without `unixSocket` or with a URL that is not http.
    public func send(_ request: HTTPClientRequest) throws(HTTPClientError) -> HTTPClientResponse {
        let head = try requestHead(request)
        guard let path = request.unixSocket, let address = unixSocketAddress(path) else {
            throw HTTPClientError(.other, "the request has no Unix socket, or its path is too long")
        }
        let connection = try ClientConnection(
            address, path: path, end: MonotonicTime.milliseconds() + Int(request.timeoutInMilliseconds),
            sizeLimit: sizeLimit)
        try connection.send(head + request.body)
        return try connection.response(isHead: request.method == .head)
    }

    private func requestHead(_ request: HTTPClientRequest) throws(HTTPClientError) -> [UInt8] {
        let isClean = request.url.utf8.allSatisfy { $0 > 32 && $0 < 127 }
        let isToken = HTTPHeaders(dictionaryLiteral: (request.method.text, "")).count == 1
        guard isClean, isToken, request.url.hasPrefix("http://") else {
            throw HTTPClientError(.other, "the URL is not http, or holds characters that must be encoded")
        }
        let rest = request.url.dropFirst(7)
        let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        var target = rest[host.endIndex...].prefix { $0 != "#" }
        if target.first != "/" { target = "/" + target }
        var head = "\(request.method.text) \(target) HTTP/1.1\r\n"
        if !request.headers.contains("Host") { head += "Host: \(host)\r\n" }
        for (name, value) in request.headers where !isFraming(name) { head += "\(name): \(value)\r\n" }
        if !request.body.isEmpty || !request.method.isSafe { head += "Content-Length: \(request.body.count)\r\n" }
        return Array((head + "Connection: close\r\n\r\n").utf8)
    }

    private func isFraming(_ name: String) -> Bool {
        ["content-length", "transfer-encoding", "connection"].contains(name.lowercased())
    }
}
