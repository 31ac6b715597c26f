internal import CCurl
internal import Glibc
public import HTTP
internal import Platform
internal import Synchronization

/// An HTTP client on libcurl: http and https, TLS always verified, over TCP or a Unix socket.
///
/// libcurl is loaded by the first request. Handles are kept, so that connections are used again. A client that asks only
/// over Unix sockets is better off with `UnixSocketClient`, which loads nothing.
public final class CurlClient: HTTPClient {
    private let sizeLimit: Int
    private let reachesPublicOnly: Bool

    private struct Handle: @unchecked Sendable { let pointer: UnsafeMutableRawPointer }
    private let idle = Mutex<[Handle]>([])
    private static let idleLimit = 8

    /// - Parameters:
    ///   - sizeLimit: bytes of header fields and of body that an answer may have, each.
    ///   - reachesPublicOnly: connects to addresses of the public internet only (`NetworkAddress.isPublic`), and without a
    ///     proxy: for requests that somebody else has thought of. The address is looked at when connecting, so it does not
    ///     help to let a name lead elsewhere later.
    public init(sizeLimit: Int = 1024 * 1024, reachesPublicOnly: Bool = false) {
        self.sizeLimit = sizeLimit
        self.reachesPublicOnly = reachesPublicOnly
    }

    deinit { for handle in idle.withLock({ $0 }) { lectern_curl_close(handle.pointer) } }

    public func send(_ request: HTTPClientRequest) throws(HTTPClientError) -> HTTPClientResponse {
        if let failure = lectern_curl_load() { throw HTTPClientError(.other, String(cString: failure)) }
        guard let handle = idle.withLock({ $0.popLast() }) ?? lectern_curl_open().map(Handle.init) else {
            throw HTTPClientError(.other, "no memory for a request")
        }
        defer { keep(handle) }
        var response = lectern_curl_response()
        defer { lectern_curl_free(&response) }
        let result = perform(request, with: handle, response: &response)
        guard result == LECTERN_CURL_OK else { throw CurlClient.error(result, response) }
        let head = UnsafeRawBufferPointer(start: response.head, count: response.head_size)
        let body = UnsafeRawBufferPointer(start: response.body, count: response.body_size)
        return HTTPClientResponse(
            status: Int(response.status), headers: ResponseHead.fields(of: Array(head)), body: Array(body))
    }

    private func keep(_ handle: Handle) {
        let isKept = idle.withLock { idle in
            if idle.count < CurlClient.idleLimit { idle.append(handle) } else { return false }
            return true
        }
        if !isKept { lectern_curl_close(handle.pointer) }
    }

    private func perform(
        _ request: HTTPClientRequest, with handle: Handle, response: inout lectern_curl_response
    ) -> Int {
        let lines = request.headers.map { field in
            // libcurl takes "Name:" for "send no such field" and "Name;" for an empty one.
            field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
        }
        let copies = lines.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        var pointers = copies.map { UnsafePointer($0) } + [nil]
        return request.method.text.withCString { method in
            request.url.withCString { url in
                withOptionalCString(request.unixSocket) { socket in
                    request.body.withUnsafeBytes { body in
                        pointers.withUnsafeMutableBufferPointer { headers in
                            var message = lectern_curl_request()
                            message.method = method
                            message.url = url
                            message.unix_socket = socket
                            message.headers = UnsafePointer(headers.baseAddress)
                            message.body = body.baseAddress
                            message.body_size = body.count
                            message.timeout = request.timeoutInMilliseconds
                            message.limit = max(0, sizeLimit)
                            if reachesPublicOnly {
                                message.accepts = { bytes, count in
                                    let address = UnsafeBufferPointer(start: bytes, count: Int(count))
                                    return NetworkAddress(bytes: Array(address))?.isPublic == true ? 1 : 0
                                }
                            }
                            return Int(lectern_curl_perform(handle.pointer, &message, &response))
                        }
                    }
                }
            }
        }
    }

    private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        guard let text else { return body(nil) }
        return text.withCString(body)
    }

    private static func error(_ result: Int, _ response: lectern_curl_response) -> HTTPClientError {
        let detail = withUnsafeBytes(of: response.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        switch result {
        case LECTERN_CURL_CANNOT_CONNECT: return HTTPClientError(.cannotConnect, detail)
        case LECTERN_CURL_TIMED_OUT: return HTTPClientError(.timedOut, detail)
        case LECTERN_CURL_TOO_LARGE: return HTTPClientError(.tooLarge, "the answer is too large")
        case LECTERN_CURL_REFUSED: return HTTPClientError(.addressRefused, "the address is not a public one")
        case LECTERN_CURL_NOT_HTTP: return HTTPClientError(.notHTTP, detail)
        default: return HTTPClientError(.other, detail)
        }
    }
}
