import Glibc
import HTTP
import HTTPEngine
import Testing

/// A plain socket to a server: sends any bytes, reads with a limit of time.
final class TestSocket {
    struct Failure: Error { let what: String }
    struct Answer {
        var status: Int
        var fields: [String: String]
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    let descriptor: Int32
    private var received: [UInt8] = []

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(what: "connect: \(errno)") }
        limitWaiting(seconds: 10)
    }

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure(what: "connect: \(errno)") }
        limitWaiting(seconds: 10)
    }

    deinit { close() }

    private var isClosed = false
    func close() {
        if !isClosed { Glibc.close(descriptor) }
        isClosed = true
    }

    /// Closes with a reset instead of an orderly end.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func limitWaiting(seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }
    func send(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let sent = bytes[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw Failure(what: "send: \(errno)") }
            offset += sent
        }
    }

    func get(_ path: String, _ fields: String = "") throws -> Answer {
        try send("GET \(path) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n")
        return try answer()
    }

    /// Reads one answer framed by Content-Length.
    func answer(hasBody: Bool = true) throws -> Answer {
        var found = find([13, 10, 13, 10])
        while found == nil {
            try more()
            found = find([13, 10, 13, 10])
        }
        let end = found ?? 0
        let head = String(decoding: received[..<end], as: UTF8.self).split(separator: "\r\n")
        received.removeFirst(end + 4)
        var answer = Answer(status: 0, fields: [:], body: [])
        answer.status = head.first.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0
        for line in head.dropFirst() {
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            let value = line[colon...].dropFirst().drop { $0 == " " }
            answer.fields[line[..<colon].lowercased(), default: ""] += value
        }
        if hasBody, answer.status != 101, let length = answer.fields["content-length"].flatMap({ Int($0) }) {
            answer.body = try take(length)
        }
        return answer
    }

    func take(_ count: Int) throws -> [UInt8] {
        while received.count < count { try more() }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    /// Reads until the server closes.
    func rest() throws -> [UInt8] {
        while try moreOrEnd() {}
        defer { received = [] }
        return received
    }

    private func find(_ pattern: [UInt8]) -> Int? {
        guard received.count >= pattern.count else { return nil }
        return (0...received.count - pattern.count).first { received[$0..<$0 + pattern.count].elementsEqual(pattern) }
    }

    private func more() throws { guard try moreOrEnd() else { throw Failure(what: "closed") } }

    private func moreOrEnd() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count == 0 || (count < 0 && errno == ECONNRESET) { return false }
        guard count > 0 else { throw Failure(what: "recv: \(errno)") }
        received.append(contentsOf: buffer[..<count])
        return true
    }
}

struct ClosureHandler: HTTPHandler {
    let closure: @Sendable (HTTPRequest) -> HTTPReply
    func reply(to request: HTTPRequest) -> HTTPReply { closure(request) }
}

/// Starts a server on a free port, or where the configuration says, and stops it afterwards.
func withServer(
    as configuration: HTTPServerConfiguration = HTTPServerConfiguration(.tcp(host: "127.0.0.1", port: 0)),
    answering handler: @escaping @Sendable (HTTPRequest) -> HTTPReply, body: (HTTPServer) throws -> Void
) throws {
    let server = HTTPServer(configuration, handler: ClosureHandler(closure: handler))
    try server.start()
    defer { server.stop(grace: 2) }
    try body(server)
}

/// Waits until something holds; what it waits for has no event to wait on.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<2000 {
        if condition() { return true }
        usleep(5000)
    }
    return false
}

func echo(_ request: HTTPRequest) -> HTTPReply {
    .now(
        HTTPResponse(
            headers: ["X-ID": request.id, "X-Client": request.clientAddress],
            text:
                "\(request.method.text) \(request.path)|\(request.query)|\(String(decoding: request.body, as: UTF8.self))"
        ))
}
