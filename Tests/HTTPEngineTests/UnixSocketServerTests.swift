import Glibc
import HTTP
import HTTPEngine
import Testing

@Suite("HTTP server on a Unix socket")
struct UnixSocketServerTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/lectern-http-XXXXXX".utf8CString)
        #expect(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { rmdir(folder) }
        try body(folder)
    }

    private func server(_ path: String, permissions: UInt16 = 0o600) -> HTTPServer {
        HTTPServer(
            HTTPServerConfiguration(.unix(path: path, permissions: permissions)), handler: ClosureHandler(closure: echo)
        )
    }

    @Test("The socket has the permissions asked for and goes with the server")
    func serving() throws {
        try withFolder { folder in
            let path = folder + "/s"
            let server = server(path, permissions: 0o660)
            try server.start()
            var status = stat()
            #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o660)
            let answer = try TestSocket(path: path).get("/")
            #expect(answer.text == "GET /||")
            #expect(answer.fields["x-client"] == "unix")
            server.stop(grace: 1)
            #expect(lstat(path, &status) == -1)
        }
    }

    @Test("A socket file left behind is replaced; one in use and other files are not")
    func stale() throws {
        try withFolder { folder in
            let path = folder + "/s"
            let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(left, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            #expect(result == 0)
            close(left)
            let first = server(path)
            try first.start()
            #expect(throws: HTTPServerError.addressInUse(path)) { try server(path).start() }
            #expect(try TestSocket(path: path).get("/").status == 200)
            first.stop(grace: 1)

            let file = open(path, O_CREAT | O_WRONLY, 0o600)
            close(file)
            #expect(throws: HTTPServerError.notASocket(path)) { try server(path).start() }
            unlink(path)
        }
    }

    @Test("A server that stops leaves alone the socket file of the one that took its place")
    func successor() throws {
        try withFolder { folder in
            let path = folder + "/s"
            let old = server(path)
            try old.start()
            unlink(path)
            let new = server(path)
            try new.start()
            old.stop(grace: 1)
            #expect(try TestSocket(path: path).get("/").status == 200)
            new.stop(grace: 1)
        }
    }

    @Test("Who connects while one server hands its socket to the next waits, and is answered by the next")
    func handover() throws {
        try withFolder { folder in
            let path = folder + "/s"
            let old = server(path)
            try old.start()
            let descriptor = try #require(old.stopKeepingSocket(grace: 1))
            let waiting = try TestSocket(path: path)
            try waiting.send("GET /waited HTTP/1.1\r\nHost: x\r\n\r\n")
            let new = HTTPServer(
                HTTPServerConfiguration(.inherited(descriptor: descriptor)), handler: ClosureHandler(closure: echo))
            try new.start()
            #expect(try waiting.answer().text == "GET /waited||")
            new.stop(grace: 1)
            #expect(throws: TestSocket.Failure.self) { try TestSocket(path: path) }
        }
    }

    @Test("A path that does not fit is refused", arguments: ["", String(repeating: "a", count: 108)])
    func length(path: String) {
        #expect(throws: HTTPServerError.pathTooLong(path)) { try server(path).start() }
    }
}
