internal import CMicroHTTPD
internal import Glibc
internal import HTTP
internal import Platform

/// One request's connection. All waiting ends at one moment.
final class ClientConnection {
    private let descriptor: Int32
    private let end: Int
    private let sizeLimit: Int
    private var received: [UInt8] = []
    private var position = 0

    /// - Parameters:
    ///   - end: the moment on `MonotonicTime` at which waiting ends.
    ///   - sizeLimit: bytes that an answer may have.
    init(_ address: sockaddr_un, path: String, end: Int, sizeLimit: Int) throws(HTTPClientError) {
        self.end = end
        self.sizeLimit = sizeLimit
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw HTTPClientError(.cannotConnect, "socket: errno \(errno)") }
        var address = address
        while withSocketAddress(&address, { connect(descriptor, $0, $1) }) != 0 {
            let code = errno
            if code == EINTR { continue }
            // EAGAIN: the listener's queue is full, and no event tells of room in it.
            guard code == EAGAIN else { throw HTTPClientError(.cannotConnect, "\(path): errno \(code)") }
            guard MonotonicTime.milliseconds() < end else {
                throw HTTPClientError(.timedOut, "\(path) takes no connection")
            }
            usleep(1000)
        }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) throws(HTTPClientError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: Int16(POLLOUT))
            } else if errno != EINTR {
                // It may have answered before it stopped reading, for example 413.
                return
            }
        }
    }

    func response(isHead: Bool) throws(HTTPClientError) -> HTTPClientResponse {
        while true {
            let head = try takeHead()
            guard let status = ResponseHead.status(of: head.prefix { $0 != 13 && $0 != 10 }) else {
                throw HTTPClientError(.notHTTP, "the answer does not begin as HTTP does")
            }
            if (100..<200).contains(status) && status != 101 { continue }
            let headers = ResponseHead.fields(of: head)
            let hasNoBody = isHead || status == 101 || status == 204 || status == 304
            return HTTPClientResponse(status: status, headers: headers, body: hasNoBody ? [] : try takeBody(headers))
        }
    }

    private func takeHead() throws(HTTPClientError) -> [UInt8] {
        let start = position
        while true {
            let line = try takeLine()
            if line.isEmpty && position > start + 2 { return Array(received[start..<position]) }
        }
    }

    private func takeBody(_ headers: HTTPHeaders) throws(HTTPClientError) -> [UInt8] {
        if headers.hasToken("chunked", in: "Transfer-Encoding") { return try takeChunks() }
        if let text = headers["Content-Length"] {
            guard let length = Int(text), length >= 0 else {
                throw HTTPClientError(.notHTTP, "the answer's length is no number")
            }
            return try take(length)
        }
        while try more() {}
        return Array(received[position...])
    }

    private func takeChunks() throws(HTTPClientError) -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let size = try takeLine().prefix { $0 != UInt8(ascii: ";") && $0 != 32 && $0 != 9 }
            guard let count = Int(String(decoding: size, as: UTF8.self), radix: 16), count >= 0 else {
                throw HTTPClientError(.notHTTP, "a chunk's size is no number")
            }
            if count == 0 { return body }
            body += try take(count)
            guard try takeLine().isEmpty else { throw HTTPClientError(.notHTTP, "a chunk is longer than it says") }
        }
    }

    /// The next line without its end.
    private func takeLine() throws(HTTPClientError) -> [UInt8] {
        var scanned = position
        while true {
            if let end = received[scanned...].firstIndex(of: 10) {
                defer { position = end + 1 }
                return Array(received[position..<(end > position && received[end - 1] == 13 ? end - 1 : end)])
            }
            scanned = received.count
            guard try more() else { throw HTTPClientError(.notHTTP, "the connection ended before the answer") }
        }
    }

    private func take(_ count: Int) throws(HTTPClientError) -> [UInt8] {
        guard count <= sizeLimit else { throw HTTPClientError(.tooLarge, "the answer is too large") }
        while received.count - position < count {
            guard try more() else { throw HTTPClientError(.notHTTP, "the connection ended within the answer") }
        }
        defer { position += count }
        return Array(received[position..<position + count])
    }

    /// Reads what has arrived. False at the end.
    private func more() throws(HTTPClientError) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                guard received.count + count <= sizeLimit else {
                    throw HTTPClientError(.tooLarge, "the answer is too large")
                }
                received.append(contentsOf: buffer[..<count])
                return true
            }
            if count == 0 { return false }
            switch errno {
            case EINTR: continue
            case EAGAIN: try wait(for: Int16(POLLIN))
            default: return false
            }
        }
    }

    private func wait(for events: Int16) throws(HTTPClientError) {
        let left = end - MonotonicTime.milliseconds()
        guard left > 0 else { throw HTTPClientError(.timedOut, "no answer in time") }
        var waiting = pollfd(fd: descriptor, events: events, revents: 0)
        _ = poll(&waiting, 1, Int32(clamping: left))
    }
}
