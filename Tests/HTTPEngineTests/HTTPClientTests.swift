import Glibc
import HTTP
import HTTPEngine
import Testing

@Suite("HTTP clients")
struct HTTPClientTests {
    enum Kind: CaseIterable {
        case unixSocket, curl
        func client(sizeLimit: Int = 1024 * 1024) -> any HTTPClient {
            switch self {
            case .unixSocket: UnixSocketClient(sizeLimit: sizeLimit)
            case .curl: CurlClient(sizeLimit: sizeLimit)
            }
        }
    }

    /// A server on a Unix socket of its own.
    private func withSocket(
        _ handler: @escaping @Sendable (HTTPRequest) -> HTTPReply, body: (String) throws -> Void
    ) throws {
        var template = Array("/tmp/lectern-http-XXXXXX".utf8CString)
        #expect(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { rmdir(folder) }
        var configuration = HTTPServerConfiguration(.unix(path: folder + "/s"))
        configuration.maximumBodyBytes = 64 * 1024
        try withServer(as: configuration, answering: handler) { _ in try body(folder + "/s") }
    }

    private func reason(_ kind: Kind, _ request: HTTPClientRequest, sizeLimit: Int = 1 << 20) -> HTTPClientError.Reason?
    {
        do throws(HTTPClientError) {
            _ = try kind.client(sizeLimit: sizeLimit).send(request)
            return nil
        } catch { return error.reason }
    }

    @Test("Method, path, fields and body arrive, and status, fields and body come back", arguments: Kind.allCases)
    func exchange(kind: Kind) throws {
        try withSocket({ request in
            .now(
                HTTPResponse(
                    status: 418,
                    headers: ["X-Got": request.headers["X-Sent"] ?? "", "X-Host": request.headers["Host"] ?? ""],
                    text:
                        "\(request.method.text) \(request.path)?\(request.query) \(String(decoding: request.body, as: UTF8.self))"
                ))
        }) { path in
            let client = kind.client()
            for method in [HTTPMethod.get, .post, .put, .delete, .other("PURGE")] {
                let response = try client.send(
                    HTTPClientRequest(
                        method: method, url: "http://portal.example:81/a/b?c=d#f", unixSocket: path,
                        headers: ["X-Sent": "v"], body: method == .get ? [] : Array("text".utf8)))
                #expect(response.status == 418)
                #expect(response.headers["x-got"] == "v")
                #expect(response.headers["x-host"] == "portal.example:81")
                let text = String(decoding: response.body, as: UTF8.self)
                #expect(text == "\(method.text) /a/b?c=d \(method == .get ? "" : "text")")
            }
            let head = try client.send(HTTPClientRequest(method: .head, url: "http://x", unixSocket: path))
            #expect(head.status == 418 && head.body.isEmpty)
            let empty = try client.send(HTTPClientRequest(method: .post, url: "http://x?q", unixSocket: path))
            #expect(String(decoding: empty.body, as: UTF8.self) == "POST /?q ")
        }
    }

    @Test("A redirect is an answer and is not followed", arguments: Kind.allCases)
    func redirects(kind: Kind) throws {
        try withSocket({ _ in .now(HTTPResponse(status: 302, headers: ["Location": "/elsewhere"])) }) { path in
            let response = try kind.client().send(HTTPClientRequest(url: "http://x/", unixSocket: path))
            #expect(response.status == 302)
            #expect(response.headers["Location"] == "/elsewhere")
        }
    }

    @Test("Large bodies pass both ways up to the limit, and not beyond", arguments: Kind.allCases)
    func limits(kind: Kind) throws {
        try withSocket({ request in .now(HTTPResponse(body: .bytes(request.body))) }) { path in
            let body = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let request = HTTPClientRequest(method: .post, url: "http://x/", unixSocket: path, body: body)
            let response = try kind.client().send(request)
            #expect(response.body == body)
            #expect(reason(kind, request, sizeLimit: 50_000) == .tooLarge)
        }
    }

    @Test("Failures say which kind they are", arguments: Kind.allCases)
    func failures(kind: Kind) throws {
        #expect(reason(kind, HTTPClientRequest(url: "http://x/", unixSocket: "/nonexistent/s")) == .cannotConnect)
        #expect(reason(kind, HTTPClientRequest(url: "file:///etc/passwd")) != nil)
        #expect(reason(kind, HTTPClientRequest(url: "http://x/a b\r\nX: y", unixSocket: "/nonexistent/s")) == .other)
        try withSocket({ _ in
            .later { done in
                Thread.run {
                    sleep(1); done(HTTPResponse())
                }
            }
        }) { path in
            #expect(reason(kind, HTTPClientRequest(url: "http://x/", unixSocket: path, timeout: 0.1)) == .timedOut)
        }
    }

    /// Answers one connection with these bytes and closes it.
    private func withRawAnswer(_ answer: String, body: (String) throws -> Void) throws {
        var template = Array("/tmp/lectern-http-XXXXXX".utf8CString)
        #expect(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let path = folder + "/s"
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0 && listen(listener, 8) == 0)
        let thread = Thread.run {
            let connection = accept(listener, nil, nil)
            var buffer = [UInt8](repeating: 0, count: 4096)
            _ = recv(connection, &buffer, buffer.count, 0)
            let bytes = Array(answer.utf8)
            _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            close(connection)
        }
        defer {
            thread.join()
            close(listener)
            unlink(path)
            rmdir(folder)
        }
        try body(path)
    }

    @Test(
        "Every framing that HTTP/1.1 knows is understood",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\n\r\nhello",
            "HTTP/1.0 200\r\nA: b\n\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        ], Kind.allCases)
    func framing(answer: String, kind: Kind) throws {
        try withRawAnswer(answer) { path in
            let response = try kind.client().send(HTTPClientRequest(url: "http://x/", unixSocket: path))
            #expect(response.status == 200)
            #expect(String(decoding: response.body, as: UTF8.self) == "hello")
        }
    }

    @Test(
        "An answer that is broken is an error and not half an answer",
        arguments: [
            "", "HTTP/1.1", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        ])
    func broken(answer: String) throws {
        try withRawAnswer(answer) { path in
            #expect(reason(.unixSocket, HTTPClientRequest(url: "http://x/", unixSocket: path)) == .notHTTP)
        }
    }

    @Test("libcurl also goes over TCP, and uses its connection again")
    func tcp() throws {
        try withServer(answering: echo) { server in
            let client = CurlClient()
            for _ in 0..<3 {
                let response = try client.send(HTTPClientRequest(url: "http://127.0.0.1:\(server.port)/x"))
                #expect(String(decoding: response.body, as: UTF8.self) == "GET /x||")
            }
        }
    }
}
