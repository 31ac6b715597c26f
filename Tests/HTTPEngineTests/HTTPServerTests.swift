import Glibc
import HTTP
import HTTPEngine
import Synchronization
import Testing

@Suite("HTTP server")
struct HTTPServerTests {
    private func configuration(_ change: (inout HTTPServerConfiguration) -> Void) -> HTTPServerConfiguration {
        var configuration = HTTPServerConfiguration(.tcp(host: "127.0.0.1", port: 0))
        change(&configuration)
        return configuration
    }

    @Test("Path and query reach the handler as they were sent, and one connection serves many requests")
    func requests() throws {
        try withServer(answering: echo) { server in
            let socket = try TestSocket(port: server.port)
            #expect(try socket.get("/a%2Fb/?x=%20+&y").text == "GET /a%2Fb/|x=%20+&y|")
            #expect(try socket.get("/?").text == "GET /||")
            #expect(try socket.get("http://elsewhere/p?q").text == "GET /p|q|")
            let answer = try socket.get("/")
            #expect(answer.fields["date"]?.hasSuffix("GMT") == true)
            #expect(answer.fields["content-length"] == "7")
            #expect(answer.fields["x-client"] == "127.0.0.1")
            #expect(answer.fields["x-id"]?.count == 13)
        }
    }

    @Test("Requests sent ahead are answered in order")
    func pipelining() throws {
        try withServer(answering: { request in
            request.path == "/2" ? .later { done in Thread.run { done(HTTPResponse(text: "late")) } } : echo(request)
        }) { server in
            let socket = try TestSocket(port: server.port)
            try socket.send((1...4).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            #expect(try (1...4).map { _ in try socket.answer().text } == ["GET /1||", "late", "GET /3||", "GET /4||"])
        }
    }

    @Test("HEAD is answered with the length and without the body")
    func head() throws {
        try withServer(answering: echo) { server in
            let socket = try TestSocket(port: server.port)
            try socket.send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nGET /y HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try socket.answer(hasBody: false).fields["content-length"] == "9")
            #expect(try socket.answer().text == "GET /y||")
        }
    }

    @Test("A body arrives whole, with its length announced or in chunks")
    func bodies() throws {
        try withServer(answering: echo) { server in
            let socket = try TestSocket(port: server.port)
            try socket.send("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe")
            try socket.send("llo")
            #expect(try socket.answer().text == "POST /p||hello")
            try socket.send("PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            try socket.send("2\r\nde\r\n0\r\n\r\n")
            #expect(try socket.answer().text == "PUT /c||abcde")
            try socket.send("POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try socket.answer().status == 100)
            try socket.send("ok")
            #expect(try socket.answer().text == "POST /e||ok")
        }
    }

    @Test("A body that is too large is answered 413, whether it is announced or only turns out so")
    func largeBodies() throws {
        try withServer(as: configuration { $0.maximumBodyBytes = 1000 }, answering: echo) { server in
            let announced = try TestSocket(port: server.port)
            try announced.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
            #expect(try announced.answer().status == 413)
            let fits = try TestSocket(port: server.port)
            try fits.send(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + String(repeating: "a", count: 1000))
            #expect(try fits.answer().status == 200)
            let chunked = try TestSocket(port: server.port)
            try chunked.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<11 { try chunked.send("64\r\n" + String(repeating: "a", count: 100) + "\r\n") }
            try chunked.send("0\r\n\r\n")
            #expect(try chunked.answer().status == 413)
            let endless = try TestSocket(port: server.port)
            try endless.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "1000\r\n" + String(repeating: "a", count: 4096) + "\r\n"
            #expect(throws: TestSocket.Failure.self) { for _ in 0..<100_000 { try endless.send(chunk) } }
        }
    }

    @Test("Header fields that are too large are refused, and a large answer header still fits beside allowed ones")
    func largeHeaders() throws {
        try withServer(answering: { _ in
            .now(HTTPResponse(headers: ["X-Long": String(repeating: "h", count: 6000)], text: "ok"))
        }
        ) { server in
            let large = try TestSocket(port: server.port)
            try large.send("GET / HTTP/1.1\r\nHost: x\r\nX-Big: " + String(repeating: "a", count: 100_000) + "\r\n\r\n")
            #expect([431, 413].contains(try large.answer().status))
            let allowed = try TestSocket(port: server.port)
            #expect(try allowed.get("/", "X-Big: " + String(repeating: "a", count: 12_000) + "\r\n").text == "ok")
            let target = try TestSocket(port: server.port)
            try target.send("GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect([414, 413, 431].contains(try target.answer().status))
        }
    }

    @Test(
        "What is not a clear request is refused and the connection closed",
        arguments: [
            "GET / HTTP/1.1\r\n\r\n", "GET nonsense HTTP/1.1\r\nHost: x\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", "\u{1}\u{2}\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", "GET /\u{35a} HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /?ü HTTP/1.1\r\nHost: x\r\n\r\n",
        ])
    func malformed(request: String) throws {
        try withServer(answering: echo) { server in
            let socket = try TestSocket(port: server.port)
            try socket.send(request)
            let answer = String(decoding: try socket.rest(), as: UTF8.self)
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400 "))
            #expect(try TestSocket(port: server.port).get("/").status == 200)
        }
    }

    @Test("A client that stops in the middle of a request is let go after the timeout")
    func slowClient() throws {
        try withServer(as: configuration { $0.timeout = 1 }, answering: echo) { server in
            let socket = try TestSocket(port: server.port)
            try socket.send("GET / HTTP/1.1\r\nHos")
            let answer = String(decoding: try socket.rest(), as: UTF8.self)
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 408"))
        }
    }

    @Test("Answers without content have none, whatever the handler gave")
    func noContent() throws {
        try withServer(answering: { request in
            .now(HTTPResponse(status: request.path == "/204" ? 204 : 304, headers: ["ETag": "\"x\""], text: "body"))
        }) { server in
            let socket = try TestSocket(port: server.port)
            #expect(try socket.get("/204").status == 204)
            #expect(try socket.get("/304").fields["etag"] == "\"x\"")
            #expect(try socket.get("/204").status == 204)
        }
    }

    @Test("Permanent bytes are served, and a handler's own framing fields are ignored")
    func permanent() throws {
        let text: StaticString = "as long as the program lives"
        let bytes = UnsafePermanentBytes(start: text.utf8Start, count: text.utf8CodeUnitCount)
        try withServer(answering: { _ in
            .now(
                HTTPResponse(headers: ["Content-Length": "3", "Transfer-Encoding": "chunked"], body: .permanent(bytes)))
        }) { server in
            let socket = try TestSocket(port: server.port)
            #expect(try socket.get("/").text == text.description)
            #expect(try socket.get("/").text == text.description)
        }
    }

    @Test("Only a trusted front door's word counts for the client's address and the request's id")
    func forwarded() throws {
        let fields = "X-Forwarded-For: 1.2.3.4, 2001:db8::1\r\nX-Request-ID: abc-1\r\n"
        try withServer(answering: echo) { server in
            let answer = try TestSocket(port: server.port).get("/", fields)
            #expect(answer.fields["x-client"] == "127.0.0.1")
            #expect(answer.fields["x-id"] != "abc-1")
        }
        try withServer(as: configuration { $0.trustsForwardedHeaders = true }, answering: echo) { server in
            let socket = try TestSocket(port: server.port)
            let answer = try socket.get("/", fields)
            #expect(answer.fields["x-client"] == "2001:db8::1")
            #expect(answer.fields["x-id"] == "abc-1")
            let odd = try socket.get("/", "X-Forwarded-For: <script>\r\nX-Request-ID: a b\r\n")
            #expect(odd.fields["x-client"] == "127.0.0.1")
            #expect(odd.fields["x-id"]?.count == 13)
        }
    }

    @Test("Answers given later come whenever they come: at once, from another thread, twice, or never")
    func later() throws {
        try withServer(answering: { request in
            .later { done in
                switch request.path {
                case "/at-once": done(HTTPResponse(text: "1"))
                case "/thread": Thread.run { done(HTTPResponse(text: "2")) }
                case "/twice":
                    done(HTTPResponse(text: "3"))
                    Thread.run { done(HTTPResponse(text: "wrong")) }
                default: break
                }
            }
        }) { server in
            let socket = try TestSocket(port: server.port)
            for _ in 0..<50 {
                #expect(try socket.get("/at-once").text == "1")
                #expect(try socket.get("/thread").text == "2")
                #expect(try socket.get("/twice").text == "3")
                #expect(try socket.get("/never").status == 500)
            }
        }
    }

    @Test("A client that leaves while its answer is awaited harms nobody")
    func vanishing() throws {
        let waiting = Mutex<[@Sendable (HTTPResponse) -> Void]>([])
        try withServer(answering: { request in
            guard request.path == "/wait" else { return echo(request) }
            return .later { done in waiting.withLock { $0.append(done) } }
        }) { server in
            for index in 0..<100 {
                let socket = try TestSocket(port: server.port)
                try socket.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(eventually { waiting.withLock { $0.count } == index + 1 })
                if index % 2 == 0 { socket.reset() } else { socket.close() }
            }
            let completions = waiting.withLock { $0 }
            for done in completions { done(HTTPResponse(text: String(repeating: "x", count: 100_000))) }
            #expect(try TestSocket(port: server.port).get("/").status == 200)
        }
    }

    @Test("Thousands of answers given later at once each reach their own client")
    func manyLater() throws {
        let waiting = Mutex<[(String, @Sendable (HTTPResponse) -> Void)]>([])
        try withServer(answering: { request in .later { done in waiting.withLock { $0.append((request.path, done)) } } }
        ) {
            server in
            let sockets = try (0..<400).map { _ in try TestSocket(port: server.port) }
            for round in 0..<8 {
                for (index, socket) in sockets.enumerated() {
                    try socket.send("GET /\(round)-\(index) HTTP/1.1\r\nHost: x\r\n\r\n")
                }
                #expect(eventually { waiting.withLock { $0.count } == sockets.count })
                let completions = waiting.withLock { waiting in
                    defer { waiting = [] }
                    return waiting.shuffled()
                }
                let half = completions.count / 2
                Thread.run { for (path, done) in completions[..<half] { done(HTTPResponse(text: path)) } }
                for (path, done) in completions[half...] { done(HTTPResponse(text: path)) }
                for (index, socket) in sockets.enumerated() {
                    #expect(try socket.answer().text == "/\(round)-\(index)")
                }
            }
        }
    }

    @Test("Clients beyond the limit of connections wait for their turn and get it")
    func crowd() throws {
        try withServer(as: configuration { $0.threads = 1 }, answering: echo) { server in
            let limit = HTTPServerConfiguration.connectionsPerThread
            let sockets = try (0..<2 * limit).map { _ in try TestSocket(port: server.port) }
            for (index, socket) in sockets.enumerated() { try socket.send("GET /\(index) HTTP/1.1\r\nHost: x\r\n\r\n") }
            for (index, socket) in sockets.enumerated() {
                #expect(try socket.answer().text == "GET /\(index)||")
                socket.close()
            }
        }
    }

    @Test("Stopping lets requests under way finish, and gives 503 to those that take too long")
    func stopping() throws {
        let waiting = Mutex<[String: @Sendable (HTTPResponse) -> Void]>([:])
        let server = HTTPServer(
            configuration { _ in },
            handler: ClosureHandler { request in .later { done in waiting.withLock { $0[request.path] = done } } })
        try server.start()
        let (quick, slow, idle) = try (
            TestSocket(port: server.port), TestSocket(port: server.port), TestSocket(port: server.port)
        )
        let port = server.port
        try quick.send("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n")
        try slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(eventually { waiting.withLock { $0.count } == 2 })
        let stopped = Atomic<Bool>(false)
        let stop = Thread.run {
            server.stop(grace: 0.5)
            stopped.store(true, ordering: .sequentiallyConsistent)
        }
        #expect(eventually { (try? TestSocket(port: port)) == nil })
        waiting.withLock { $0["/quick"] }?(HTTPResponse(text: "done"))
        let answer = try quick.answer()
        #expect(answer.text == "done")
        #expect(answer.fields["connection"] == "close")
        let hasStoppedEarly = stopped.load(ordering: .sequentiallyConsistent)
        #expect(!hasStoppedEarly)
        #expect(try slow.answer().status == 503)
        stop.join()
        #expect(try idle.rest().isEmpty)
        waiting.withLock { $0["/slow"] }?(HTTPResponse(text: "too late"))
        server.stop(grace: 1)
        #expect(server.port == 0)
    }

    @Test("Under load a listening socket passes from server to server, and every request is answered, once")
    func handover() throws {
        let answered = Mutex<[String]>([])
        let handler = ClosureHandler { request in
            answered.withLock { $0.append(request.path) }
            return .later { done in Thread.run { done(HTTPResponse(text: request.path)) } }
        }
        var server = HTTPServer(configuration { _ in }, handler: handler)
        try server.start()
        let port = server.port
        let isOver = Atomic<Bool>(false)
        let failed = Mutex<[String]>([])
        let clients = (0..<4).map { number in
            Thread.run {
                var count = 0
                // A connection for each request, as a front door makes them for what must not be sent twice.
                while !isOver.load(ordering: .sequentiallyConsistent) {
                    count += 1
                    let path = "/\(number)-\(count)"
                    let text = try? TestSocket(port: port).get(path).text
                    if text != path { failed.withLock { $0.append("\(path): \(text ?? "nothing")") } }
                }
            }
        }
        for _ in 0..<8 {
            usleep(20_000)
            let descriptor = try #require(server.stopKeepingSocket(grace: 2))
            server = HTTPServer(HTTPServerConfiguration(.inherited(descriptor: descriptor)), handler: handler)
            try server.start()
            #expect(server.port == port)
        }
        isOver.store(true, ordering: .sequentiallyConsistent)
        for client in clients { client.join() }
        server.stop(grace: 1)
        #expect(failed.withLock { $0 } == [])
        let paths = answered.withLock { $0 }
        #expect(paths.count > 50)
        #expect(Set(paths).count == paths.count)
    }

    @Test("What does not listen is not taken for a listening socket")
    func notListening() throws {
        for descriptor in [Int32(-1), 0, socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)] {
            let server = HTTPServer(
                HTTPServerConfiguration(.inherited(descriptor: descriptor)), handler: ClosureHandler(closure: echo))
            #expect(throws: HTTPServerError.notListening(descriptor: descriptor)) { try server.start() }
            if descriptor > 2 { close(descriptor) }
        }
    }

    @Test("Servers start and stop under load without losing their footing")
    func restarts() throws {
        for _ in 0..<20 {
            let server = HTTPServer(
                configuration { _ in },
                handler: ClosureHandler { _ in .later { done in Thread.run { done(HTTPResponse(text: "x")) } } })
            try server.start()
            let port = server.port
            let clients = (0..<4).map { _ in
                Thread.run {
                    guard let socket = try? TestSocket(port: port) else { return }
                    while (try? socket.get("/").status) == 200 {}
                }
            }
            usleep(10_000)
            server.stop(grace: 0)
            for client in clients { client.join() }
        }
    }

    @Test("An address in use and one that is none are told apart")
    func addresses() throws {
        try withServer(answering: echo) { server in
            let second = HTTPServer(
                HTTPServerConfiguration(.tcp(host: "127.0.0.1", port: server.port)),
                handler: ClosureHandler(closure: echo))
            #expect(throws: HTTPServerError.addressInUse("127.0.0.1:\(server.port)")) { try second.start() }
        }
        let nowhere = HTTPServer(
            HTTPServerConfiguration(.tcp(host: "no.such.host", port: 0)), handler: ClosureHandler(closure: echo))
        #expect(throws: HTTPServerError.notAnAddress("no.such.host")) { try nowhere.start() }
    }
}
