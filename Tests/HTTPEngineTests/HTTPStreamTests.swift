import Glibc
import HTTP
import HTTPEngine
import Synchronization
import Testing

@Suite("Bodies written piece by piece")
struct HTTPStreamTests {
    private static func configuration(
        _ change: (inout HTTPServerConfiguration) -> Void = { _ in }
    ) -> HTTPServerConfiguration {
        var configuration = HTTPServerConfiguration(.tcp(host: "127.0.0.1", port: 0))
        configuration.threads = 1
        change(&configuration)
        return configuration
    }

    private static func answer(_ source: Source) -> HTTPReply {
        .now(HTTPResponse(headers: ["Content-Type": "text/event-stream"], body: .stream(source)))
    }

    @Test("What a source sends arrives at once, in order, and the connection goes on after the end")
    func pieces() throws {
        let source = Source()
        try withServer(as: HTTPStreamTests.configuration()) { request in
            request.path == "/live" ? HTTPStreamTests.answer(source) : echo(request)
        } body: { server in
            let socket = try TestSocket(port: server.port)
            let head = try socket.get("/live")
            #expect(head.fields["transfer-encoding"] == "chunked")
            let isOpen = eventually { source.stream != nil }
            #expect(isOpen)
            for word in ["one", "two", "three"] {
                source.stream?.send(Array(word.utf8))
                #expect(try socket.chunk() == Array(word.utf8))
            }
            Thread.run { source.stream?.send(Array("other thread".utf8)) }
            #expect(try socket.chunk() == Array("other thread".utf8))
            source.stream?.finish()
            #expect(try socket.chunk().isEmpty)
            let isClosed = eventually { source.closings == 1 }
            #expect(isClosed)
            source.stream?.send([1, 2, 3])
            #expect(source.stream?.pendingBytes == 0)
            #expect(try socket.get("/after").text == "GET /after||")
        }
    }

    @Test("A large piece arrives whole")
    func large() throws {
        let source = Source()
        try withServer(as: HTTPStreamTests.configuration()) { _ in
            HTTPStreamTests.answer(source)
        } body: { server in
            let socket = try TestSocket(port: server.port)
            _ = try socket.get("/")
            let bytes = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            source.stream?.send(bytes)
            source.stream?.finish()
            #expect(try socket.chunks() == bytes)
        }
    }

    @Test("A silent stream on the only thread keeps nobody waiting")
    func others() throws {
        let sources = Mutex<[Source]>([])
        try withServer(as: HTTPStreamTests.configuration()) { request in
            guard request.path == "/live" else { return echo(request) }
            let source = Source()
            sources.withLock { $0.append(source) }
            return HTTPStreamTests.answer(source)
        } body: { server in
            let watchers = try (0..<20).map { _ in try TestSocket(port: server.port) }
            for watcher in watchers { _ = try watcher.get("/live") }
            let other = try TestSocket(port: server.port)
            for _ in 0..<50 { #expect(try other.get("/x").text == "GET /x||") }
            for source in sources.withLock({ $0 }) { source.stream?.send(Array("tick".utf8)) }
            for watcher in watchers { #expect(try watcher.chunk() == Array("tick".utf8)) }
        }
    }

    @Test("A reader who takes nothing is left behind, is dropped beyond the limit, and keeps nobody waiting")
    func slowReader() throws {
        let source = Source()
        try withServer(
            as: HTTPStreamTests.configuration {
                $0.maximumStreamBytes = 256 * 1024
                $0.timeout = 2
            }
        ) { request in
            request.path == "/live" ? HTTPStreamTests.answer(source) : echo(request)
        } body: { server in
            let slow = try TestSocket(port: server.port)
            _ = try slow.get("/live")
            let isOpen = eventually { source.stream != nil }
            #expect(isOpen)
            let piece = [UInt8](repeating: 7, count: 64 * 1024)
            // The kernel takes some megabytes; then they stay with us, and then they are too many.
            var most = 0
            for _ in 0..<2000 where source.closings == 0 {
                source.stream?.send(piece)
                most = max(most, source.stream?.pendingBytes ?? 0)
                usleep(500)
            }
            #expect(most > 0 && most <= 256 * 1024)
            let other = try TestSocket(port: server.port)
            #expect(try other.get("/x").text == "GET /x||")
            let isClosed = eventually { source.closings == 1 }
            #expect(isClosed)
        }
    }

    @Test("A reader who has gone is found out by the next bytes", arguments: [true, false])
    func gone(byReset: Bool) throws {
        let source = Source()
        try withServer(as: HTTPStreamTests.configuration()) { _ in
            HTTPStreamTests.answer(source)
        } body: { server in
            let socket = try TestSocket(port: server.port)
            _ = try socket.get("/")
            let isOpen = eventually { source.stream != nil }
            #expect(isOpen)
            if byReset { socket.reset() } else { socket.close() }
            let isClosed = eventually {
                source.stream?.send(Array(": still there\n\n".utf8))
                return source.closings == 1
            }
            #expect(isClosed)
        }
    }

    @Test("Streams beyond the limit are refused, and one that ends makes room")
    func limit() throws {
        let sources = Mutex<[Source]>([])
        try withServer(as: HTTPStreamTests.configuration { $0.maximumStreams = 2 }) { _ in
            let source = Source()
            sources.withLock { $0.append(source) }
            return HTTPStreamTests.answer(source)
        } body: { server in
            let first = try TestSocket(port: server.port)
            let second = try TestSocket(port: server.port)
            #expect(try first.get("/").status == 200)
            #expect(try second.get("/").status == 200)
            let third = try TestSocket(port: server.port)
            let refused = try third.get("/")
            #expect(refused.status == 503)
            #expect(refused.fields["retry-after"] == "15")
            sources.withLock { $0[0] }.stream?.finish()
            #expect(try first.chunk().isEmpty)
            let hasRoom = eventually { (try? third.get("/"))?.status == 200 }
            #expect(hasRoom)
            #expect(sources.withLock { $0[2] }.stream == nil, "a source that was refused was opened")
        }
    }

    @Test("HEAD gets the header and no stream")
    func head() throws {
        let source = Source()
        try withServer(as: HTTPStreamTests.configuration()) { _ in
            HTTPStreamTests.answer(source)
        } body: { server in
            let socket = try TestSocket(port: server.port)
            try socket.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try socket.answer(hasBody: false).status == 200)
            let isClosed = eventually { source.closings == 1 }
            #expect(isClosed)
        }
    }

    @Test("Stopping ends every stream in good order and does not wait for a reader who takes nothing")
    func stopping() throws {
        let sources = Mutex<[String: Source]>([:])
        let server = HTTPServer(
            HTTPStreamTests.configuration { $0.maximumStreamBytes = 16 << 20 },
            handler: ClosureHandler { request in
                let source = Source()
                sources.withLock { $0[request.path] = source }
                return HTTPStreamTests.answer(source)
            })
        try server.start()
        let silent = try TestSocket(port: server.port)
        let busy = try TestSocket(port: server.port)
        let stuck = try TestSocket(port: server.port)
        for (socket, path) in [(silent, "/silent"), (busy, "/busy"), (stuck, "/stuck")] { _ = try socket.get(path) }
        sources.withLock { $0["/busy"] }?.stream?.send(Array("last words".utf8))
        sources.withLock { $0["/stuck"] }?.stream?.send([UInt8](repeating: 1, count: 15 << 20))
        var began = timespec()
        clock_gettime(CLOCK_MONOTONIC, &began)
        server.stop(grace: 30)
        var ended = timespec()
        clock_gettime(CLOCK_MONOTONIC, &ended)
        #expect(ended.tv_sec - began.tv_sec < 10)
        #expect(try silent.chunks().isEmpty)
        #expect(try busy.chunks() == Array("last words".utf8))
        for source in sources.withLock({ Array($0.values) }) {
            let closings = source.closings
            #expect(closings == 1)
        }
    }

    @Test("Streams begin, are written to and end from many threads while the server stops")
    func race() throws {
        for _ in 0..<10 {
            let sources = Mutex<[Source]>([])
            let server = HTTPServer(
                HTTPStreamTests.configuration { $0.threads = 2 },
                handler: ClosureHandler { _ in
                    let source = Source()
                    sources.withLock { $0.append(source) }
                    return HTTPStreamTests.answer(source)
                })
            try server.start()
            let port = server.port
            let isOver = Atomic<Bool>(false)
            let writers = (0..<2).map { _ in
                Thread.run {
                    while !isOver.load(ordering: .relaxed) {
                        for source in sources.withLock({ $0 }) { source.stream?.send(Array("x".utf8)) }
                        usleep(50)
                    }
                }
            }
            let clients = (0..<4).map { number in
                Thread.run {
                    for _ in 0..<20 {
                        guard let socket = try? TestSocket(port: port), (try? socket.get("/"))?.status == 200 else {
                            return
                        }
                        if number % 2 == 0 { socket.reset() } else { _ = try? socket.chunk() }
                    }
                }
            }
            usleep(20_000)
            server.stop(grace: 0)
            for client in clients { client.join() }
            isOver.store(true, ordering: .relaxed)
            for writer in writers { writer.join() }
            for source in sources.withLock({ $0 }) where source.stream != nil {
                let closings = source.closings
                #expect(closings == 1)
            }
        }
    }
}

/// Keeps what the engine tells it.
private final class Source: HTTPStreamSource {
    private let state = Mutex<(stream: (any HTTPStream)?, closings: Int)>((nil, 0))

    var stream: (any HTTPStream)? { state.withLock { $0.stream } }
    var closings: Int { state.withLock { $0.closings } }

    func opened(_ stream: any HTTPStream) { state.withLock { $0.stream = stream } }
    func closed() { state.withLock { $0.closings += 1 } }
}

extension TestSocket {
    /// One chunk of a chunked body (RFC 9112, section 7.1); empty for the last one.
    fileprivate func chunk() throws -> [UInt8] {
        let size = try line()
        guard let count = Int(size, radix: 16) else { throw Failure(what: "no chunk: \(size)") }
        let bytes = try take(count)
        _ = try take(2)
        return bytes
    }

    /// The rest of a chunked body.
    fileprivate func chunks() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let next = try chunk()
            if next.isEmpty { return bytes }
            bytes += next
        }
    }

    private func line() throws -> String {
        var text = ""
        while true {
            let byte = try take(1)[0]
            if byte == 10 { return text }
            if byte != 13 { text.unicodeScalars.append(Unicode.Scalar(byte)) }
        }
    }
}
