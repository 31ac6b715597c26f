import Glibc
import HTTP
import HTTPEngine
import Synchronization
import Testing

/// A peer that notes what happens and can be told what to do with messages.
final class RecordingPeer: WebSocketPeer {
    struct State {
        var connection: (any WebSocketConnection)?
        var opened = 0
        var drained = 0
        var closed = 0
        var messages: [WebSocketMessage] = []
    }
    let state = Mutex(State())
    private let answer: @Sendable (WebSocketMessage, any WebSocketConnection) -> Void

    init(_ answer: @escaping @Sendable (WebSocketMessage, any WebSocketConnection) -> Void = { $1.send($0) }) {
        self.answer = answer
    }
    func opened(_ connection: any WebSocketConnection) {
        state.withLock {
            $0.opened += 1
            $0.connection = connection
        }
    }
    func received(_ message: WebSocketMessage) {
        let connection = state.withLock { state in
            state.messages.append(message)
            return state.connection
        }
        if let connection { answer(message, connection) }
    }
    func drained() { state.withLock { $0.drained += 1 } }
    func closed() { state.withLock { $0.closed += 1 } }

    var connection: (any WebSocketConnection)? { state.withLock { $0.connection } }
    var isClosed: Bool { state.withLock { $0.closed == 1 } }
}

/// The client's side of RFC 6455, written out so that it can also do it wrong.
extension TestSocket {
    func upgrade(_ path: String = "/") throws {
        try send(
            "GET \(path) HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        let answer = try answer()
        // The example of RFC 6455, section 1.3.
        guard answer.status == 101, answer.fields["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            answer.fields["upgrade"] == "websocket", answer.fields["connection"]?.lowercased() == "upgrade"
        else { throw Failure(what: "no upgrade: \(answer)") }
    }

    func frame(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true) throws {
        try send(TestSocket.bytes(opcode, payload, isFinal: isFinal, isMasked: isMasked))
    }

    static func bytes(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true) -> [UInt8] {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ..<126: bytes.append(mask | UInt8(payload.count))
        case ..<65536: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: bytes += [mask | 127] + (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 255) }
        }
        let key: [UInt8] = [1, 2, 3, 4]
        if isMasked { bytes += key }
        return bytes + (isMasked ? payload.enumerated().map { $1 ^ key[$0 & 3] } : payload)
    }

    /// The next frame: its first byte and its payload.
    func nextFrame() throws -> (first: UInt8, payload: [UInt8]) {
        let head = try take(2)
        var count = Int(head[1] & 127)
        if count == 126 {
            count = try take(2).reduce(0) { $0 << 8 | Int($1) }
        } else if count == 127 {
            count = try take(8).reduce(0) { $0 << 8 | Int($1) }
        }
        return (head[0], try take(count))
    }

    func expectClose(_ code: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let frame = try nextFrame()
        #expect(frame.first == 0x88, sourceLocation: sourceLocation)
        let found = frame.payload.count >= 2 ? Int(frame.payload[0]) << 8 | Int(frame.payload[1]) : 0
        #expect(found == code, sourceLocation: sourceLocation)
    }
}

@Suite("WebSocket")
struct WebSocketTests {
    private func withPeer(
        _ peer: RecordingPeer = RecordingPeer(), limits: WebSocketLimits = WebSocketLimits(),
        body: (TestSocket, RecordingPeer, HTTPServer) throws -> Void
    ) throws {
        var configuration = HTTPServerConfiguration(.tcp(host: "127.0.0.1", port: 0))
        configuration.webSocket = limits
        try withServer(as: configuration, answering: { _ in .now(HTTPResponse(body: .webSocket(peer))) }) { server in
            let socket = try TestSocket(port: server.port)
            try socket.upgrade()
            try body(socket, peer, server)
        }
        #expect(peer.state.withLock { $0.opened } == 1)
        #expect(peer.state.withLock { $0.closed } == 1)
    }

    @Test("Messages of every length arrive and return, text as text and bytes as bytes")
    func echoes() throws {
        var limits = WebSocketLimits()
        limits.maximumMessageBytes = 300_000
        try withPeer(limits: limits) { socket, _, _ in
            for count in [0, 1, 125, 126, 127, 4095, 4096, 65535, 65536, 300_000] {
                let payload = (0..<count).map { UInt8(97 + $0 % 26) }
                try socket.frame(1, payload)
                guard let text = try? socket.nextFrame() else {
                    Issue.record("\(count) bytes did not return")
                    return
                }
                #expect(text.first == 0x81 && text.payload == payload)
                try socket.frame(2, payload)
                let binary = try socket.nextFrame()
                #expect(binary.first == 0x82 && binary.payload == payload)
            }
        }
    }

    @Test("A message may come right behind the handshake")
    func early() throws {
        let peer = RecordingPeer()
        try withServer(answering: { _ in .later { done in Thread.run { done(HTTPResponse(body: .webSocket(peer))) } } })
        { server in
            let socket = try TestSocket(port: server.port)
            let handshake =
                "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            try socket.send(Array(handshake.utf8) + TestSocket.bytes(1, Array("first".utf8)))
            #expect(try socket.answer().status == 101)
            #expect(try socket.nextFrame().payload == Array("first".utf8))
        }
    }

    @Test("Fragments are joined, and a ping between them is answered at once")
    func fragments() throws {
        try withPeer { socket, peer, _ in
            try socket.frame(1, Array("he".utf8), isFinal: false)
            try socket.frame(9, Array("p".utf8))
            let pong = try socket.nextFrame()
            #expect(pong.first == 0x8a && pong.payload == Array("p".utf8))
            // A character may be cut in two.
            try socket.frame(0, Array("llö".utf8.dropLast()), isFinal: false)
            try socket.frame(0, [Array("ö".utf8)[1]])
            #expect(try socket.nextFrame().payload == Array("hellö".utf8))
            #expect(peer.state.withLock { $0.messages } == [.text("hellö")])
        }
    }

    @Test("Bytes that come one at a time make the same message")
    func dribble() throws {
        try withPeer { socket, _, _ in
            for byte in TestSocket.bytes(1, Array("slow".utf8)) { try socket.send([byte]) }
            #expect(try socket.nextFrame().payload == Array("slow".utf8))
        }
    }

    @Test("What breaks the rules ends the connection with the code for it")
    func violations() throws {
        let cases: [(Int, [UInt8])] = [
            (1007, TestSocket.bytes(1, [0xff, 0xfe])),
            (1007, TestSocket.bytes(1, [0xed, 0xa0, 0x80])),
            (1002, TestSocket.bytes(1, [97], isMasked: false)),
            (1002, TestSocket.bytes(3, [97])),
            (1002, TestSocket.bytes(0, [97])),
            (1002, TestSocket.bytes(9, [UInt8](repeating: 0, count: 126))),
            (1002, TestSocket.bytes(9, [], isFinal: false)),
            (1002, [0xc1, 0x80, 0, 0, 0, 0]),
            (1009, TestSocket.bytes(2, [UInt8](repeating: 0, count: 1001))),
            (
                1009,
                TestSocket.bytes(2, [UInt8](repeating: 0, count: 600), isFinal: false)
                    + TestSocket.bytes(0, [UInt8](repeating: 0, count: 600))
            ),
            (1009, [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 97]),
            // wslay answers a close that it cannot read with one that has no code.
            (0, TestSocket.bytes(8, [3])),
            (1002, TestSocket.bytes(8, [0, 1])),
        ]
        var limits = WebSocketLimits()
        limits.maximumMessageBytes = 1000
        for (index, (code, bytes)) in cases.enumerated() {
            try withPeer(limits: limits) { socket, peer, _ in
                try socket.send(bytes)
                guard let frame = try? socket.nextFrame() else {
                    Issue.record("case \(index) was not answered")
                    return
                }
                let found = frame.payload.count >= 2 ? Int(frame.payload[0]) << 8 | Int(frame.payload[1]) : 0
                #expect(frame.first == 0x88 && found == code, "case \(index)")
                #expect(try socket.rest().isEmpty)
                #expect(peer.state.withLock { $0.messages }.isEmpty)
                socket.close()
                #expect(eventually { peer.isClosed })
            }
        }
    }

    @Test("A close is answered in kind")
    func closing() throws {
        try withPeer { socket, peer, _ in
            try socket.frame(8, [0x03, 0xe8] + Array("bye".utf8))
            try socket.expectClose(1000)
            #expect(try socket.rest().isEmpty)
            #expect(eventually { peer.isClosed })
            peer.connection?.send(.text("into the void"))
            peer.connection?.close(code: 1000, reason: "")
        }
    }

    @Test("Our close goes out after what was queued, and nothing after it")
    func closingOurselves() throws {
        try withPeer(
            RecordingPeer { _, connection in
                for number in 0..<100 { connection.send(.text("\(number)")) }
                connection.close(code: 4001, reason: String(repeating: "é", count: 100))
                connection.send(.text("late"))
            }
        ) { socket, peer, _ in
            try socket.frame(1, [97])
            for number in 0..<100 { #expect(try socket.nextFrame().payload == Array("\(number)".utf8)) }
            try socket.expectClose(4001)
            try socket.frame(8, [0x0f, 0xa1])
            #expect(try socket.rest().isEmpty)
            #expect(eventually { peer.isClosed })
        }
    }

    @Test("A client that vanishes is noticed, whether it says so or not", arguments: [true, false])
    func abrupt(isReset: Bool) throws {
        try withPeer { socket, peer, _ in
            try socket.frame(1, [97])
            _ = try socket.nextFrame()
            if isReset { socket.reset() } else { socket.close() }
            #expect(eventually { peer.isClosed })
        }
    }

    @Test("A silent client is pinged and given up in the end")
    func silence() throws {
        var limits = WebSocketLimits()
        limits.pingInterval = 1
        limits.silenceLimit = 3
        try withPeer(limits: limits) { socket, peer, _ in
            #expect(try socket.nextFrame().first == 0x89)
            try socket.frame(10, [])
            #expect(try socket.nextFrame().first == 0x89)
            #expect(try socket.nextFrame().first == 0x89)
            #expect(!peer.isClosed)
            _ = try socket.rest()
            #expect(eventually { peer.isClosed })
        }
    }

    @Test("A slow reader is waited for: bytes pend, then all arrive in order, and the sender is told")
    func backpressure() throws {
        try withPeer { socket, peer, _ in
            #expect(eventually { peer.connection != nil })
            let chunk = [UInt8](repeating: 7, count: 100_000)
            var sent = 0
            while let connection = peer.connection, connection.pendingBytes < 5_000_000 {
                connection.send(.binary([UInt8(truncatingIfNeeded: sent)] + chunk))
                sent += 1
            }
            peer.connection?.send(.text("end"))
            #expect(peer.state.withLock { $0.drained } == 0)
            for number in 0..<sent {
                let payload = try socket.nextFrame().payload
                #expect(payload.count == 100_001 && payload[0] == UInt8(truncatingIfNeeded: number))
            }
            #expect(try socket.nextFrame().payload == Array("end".utf8))
            #expect(eventually { peer.state.withLock { $0.drained } >= 1 })
            #expect(peer.connection?.pendingBytes == 0)
        }
    }

    @Test("A reader that never reads is dropped before it takes our memory")
    func flood() throws {
        var limits = WebSocketLimits()
        limits.maximumPendingBytes = 1_000_000
        try withPeer(limits: limits) { socket, peer, _ in
            #expect(eventually { peer.connection != nil })
            let chunk = [UInt8](repeating: 7, count: 100_000)
            #expect(
                eventually {
                    peer.connection?.send(.binary(chunk))
                    return peer.isClosed
                })
        }
    }

    @Test("Many threads may send at once without mixing their frames")
    func threads() throws {
        try withPeer { socket, peer, _ in
            #expect(eventually { peer.connection != nil })
            let senders = (0..<8).map { sender in
                Thread.run {
                    for number in 0..<200 {
                        let bytes = [UInt8](repeating: UInt8(sender), count: 1 + number * 17 % 3000)
                        peer.connection?.send(.binary(bytes))
                    }
                }
            }
            for _ in 0..<1600 {
                let payload = try socket.nextFrame().payload
                #expect(Set(payload).count == 1)
            }
            for sender in senders { sender.join() }
        }
    }

    @Test("Stopping the server says goodbye with code 1001")
    func stopping() throws {
        try withPeer { socket, peer, server in
            #expect(eventually { peer.connection != nil })
            let stop = Thread.run { server.stop(grace: 1) }
            try socket.expectClose(1001)
            #expect(try socket.rest().isEmpty)
            stop.join()
        }
    }

    @Test(
        "A handshake that is none is refused with the status for it",
        arguments: [
            (
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                426
            ),
            ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 426),
            (
                "Upgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                426
            ),
            ("Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 426),
            ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n", 400),
            (
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n",
                400
            ),
            ("", 426),
        ])
    func handshakes(fields: String, status: Int) throws {
        let peer = RecordingPeer()
        try withServer(answering: { _ in .now(HTTPResponse(body: .webSocket(peer))) }) { server in
            let socket = try TestSocket(port: server.port)
            let answer = try socket.get("/", fields)
            #expect(answer.status == status)
            if status == 426 { #expect(answer.fields["sec-websocket-version"] == "13") }
            #expect(try socket.get("/", fields).status == status)
        }
        #expect(peer.state.withLock { $0.opened } == 0)
    }

    @Test("Many connections come and go under load, and each peer is closed exactly once")
    func churn() throws {
        let peers = Mutex<[RecordingPeer]>([])
        try withServer(answering: { _ in
            let peer = RecordingPeer()
            peers.withLock { $0.append(peer) }
            return .now(HTTPResponse(body: .webSocket(peer)))
        }) { server in
            let port = server.port
            let threads = (0..<4).map { index in
                Thread.run {
                    for round in 0..<50 {
                        guard let socket = try? TestSocket(port: port) else { return }
                        try? socket.upgrade()
                        try? socket.frame(2, [UInt8](repeating: UInt8(index), count: 1000))
                        _ = try? socket.nextFrame()
                        if round % 2 == 0 { socket.reset() }
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(peers.withLock { $0.count } == 200)
        }
        for peer in peers.withLock({ $0 }) { #expect(peer.state.withLock { $0.opened == 1 && $0.closed == 1 }) }
    }
}
