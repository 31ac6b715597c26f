import Foundation
import Platform
import Synchronization
import Testing

@testable import SessionAgent

@Suite("The relay to the learner's servers", .serialized)
struct IngressRelayTests {
    /// A relay in a folder of its own that leads to a port.
    private final class Fixture: Sendable {
        let folder: String
        let relay: IngressRelay
        var path: String { folder + "/i0.sock" }

        init(
            port: UInt16, headers: [SessionManifest.Variable] = [], limit: Int = 64, patience: Int = 10_000
        ) throws {
            folder = "/tmp/lectern-relay-\(UInt32.random(in: .min ... .max))"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            relay = IngressRelay(
                [RelayRoute(socket: folder + "/i0.sock", port: port, headers: headers)], limit: limit,
                patience: patience, log: .silent)
            relay.start()
        }

        deinit {
            relay.stop()
            try? FileManager.default.removeItem(atPath: folder)
        }

        func connect() throws -> Int32 { try connected(path) }

        func awaitConnections(_ count: Int) {
            let end = Date().addingTimeInterval(10)
            while relay.connections != count, Date() < end { usleep(2000) }
            #expect(relay.connections == count)
        }
    }

    @Test("Bytes go both ways unchanged, much more than any buffer holds, and the end comes after the last of them")
    func bothWays() throws {
        let server = try EchoServer()
        let fixture = try Fixture(port: server.port)
        let socket = try fixture.connect()
        defer { close(socket) }
        let sent = (0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 8)) }
        let writer = Thread { _ = sendAll(socket, sent) }
        writer.start()
        let received = receive(socket, sent.count)
        #expect(received == sent)
    }

    @Test("What the server said last arrives, also when it hangs up while the reader is slow")
    func lastWords() throws {
        let answer = [UInt8](repeating: 7, count: 3 << 20)
        let server = try EchoServer { client in
            _ = sendAll(client, answer)
        }
        let fixture = try Fixture(port: server.port)
        let socket = try fixture.connect()
        defer { close(socket) }
        usleep(100_000)
        #expect(receive(socket, answer.count + 1).count == answer.count)
        fixture.awaitConnections(0)
    }

    @Test("A server that answers before it has read everything is heard")
    func earlyAnswer() throws {
        let server = try EchoServer { client in
            _ = receive(client, 10)
            _ = sendAll(client, Array("too much".utf8))
            shutdown(client, Int32(SHUT_WR))
            usleep(200_000)
        }
        let fixture = try Fixture(port: server.port)
        let socket = try fixture.connect()
        defer { close(socket) }
        let writer = Thread { _ = sendAll(socket, [UInt8](repeating: 1, count: 2 << 20)) }
        writer.start()
        #expect(String(decoding: receive(socket, 8), as: UTF8.self) == "too much")
    }

    @Test("Where nobody listens, the connection is closed without a byte")
    func nobody() throws {
        let fixture = try Fixture(port: try unusedPort())
        let socket = try fixture.connect()
        defer { close(socket) }
        #expect(receive(socket, 1).isEmpty)
        fixture.awaitConnections(0)
    }

    @Test("A server that listens at the loopback address of IPv6 alone is found")
    func sixOnly() throws {
        let server = try EchoServer(isIPv6: true)
        let fixture = try Fixture(port: server.port)
        let socket = try fixture.connect()
        defer { close(socket) }
        #expect(sendAll(socket, [1, 2, 3]))
        #expect(receive(socket, 3) == [1, 2, 3])
    }

    @Test("Fields are set in the head even when it comes byte by byte, and the body follows untouched")
    func fields() throws {
        let server = try EchoServer()
        let fixture = try Fixture(port: server.port, headers: [.init(name: "X-Lab", value: "one")])
        let socket = try fixture.connect()
        defer { close(socket) }
        for byte in Array("POST / HTTP/1.1\r\nX-Lab: mine\r\nA: b\r\n\r\nX-Lab: body".utf8) {
            #expect(sendAll(socket, [byte]))
        }
        let expected = Array("POST / HTTP/1.1\r\nX-Lab: one\r\nA: b\r\n\r\nX-Lab: body".utf8)
        let received = receive(socket, expected.count)
        #expect(String(decoding: received, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
    }

    @Test("Who never sends a head is let go")
    func silent() throws {
        let server = try EchoServer()
        let fixture = try Fixture(port: server.port, headers: [.init(name: "X", value: "y")], patience: 300)
        let socket = try fixture.connect()
        defer { close(socket) }
        #expect(sendAll(socket, Array("GET / HT".utf8)))
        #expect(receive(socket, 1).isEmpty)
    }

    @Test("A thousand connections at once are all served, no more than the limit at a time")
    func crowd() throws {
        let server = try EchoServer()
        let fixture = try Fixture(port: server.port, limit: 40)
        let served = Atomic(0)
        let most = Atomic(0)
        let group = DispatchGroup()
        for _ in 0..<20 {
            group.enter()
            Thread.detachNewThread {
                for number in 0..<50 {
                    guard let socket = try? connected(fixture.path) else { continue }
                    let text = Array("hello \(number)".utf8)
                    if sendAll(socket, text), receive(socket, text.count) == text {
                        served.add(1, ordering: .relaxed)
                    }
                    most.max(fixture.relay.connections, ordering: .relaxed)
                    close(socket)
                }
                group.leave()
            }
        }
        group.wait()
        #expect(served.load(ordering: .relaxed) == 1000)
        #expect(most.load(ordering: .relaxed) <= 40)
        fixture.awaitConnections(0)
    }

    @Test("Beyond the limit they wait, and come as soon as others go")
    func waiting() throws {
        let server = try EchoServer()
        let fixture = try Fixture(port: server.port, limit: 2)
        var sockets = try (0..<4).map { _ in try fixture.connect() }
        for socket in sockets { #expect(sendAll(socket, [9])) }
        #expect(receive(sockets[0], 1) == [9] && receive(sockets[1], 1) == [9])
        #expect(fixture.relay.connections == 2 && fixture.relay.isFull)
        close(sockets.removeFirst())
        close(sockets.removeFirst())
        for socket in sockets { #expect(receive(socket, 1) == [9]) }
        sockets.forEach { close($0) }
        fixture.awaitConnections(0)
    }

    @Test("When it stops, its connections end with it")
    func stopping() throws {
        let server = try EchoServer()
        let fixture = try Fixture(port: server.port)
        let socket = try fixture.connect()
        defer { close(socket) }
        #expect(sendAll(socket, [5]) && receive(socket, 1) == [5])
        fixture.relay.stop()
        #expect(receive(socket, 1).isEmpty)
    }
}

/// A server on a free port that does the same with each connection: sends back what it gets.
private final class EchoServer: Sendable {
    let port: UInt16
    private let listening: Int32

    init(
        isIPv6: Bool = false,
        _ serve: @escaping @Sendable (Int32) -> Void = { client in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(client, &buffer, buffer.count)
                guard count > 0, sendAll(client, Array(buffer[..<count])) else { return }
            }
        }
    ) throws {
        let listening = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var port: UInt16 = 0
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_addr = in6addr_loopback
            port = try bindAnywhere(listening, &address) { UInt16(bigEndian: $0.sin6_port) }
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            port = try bindAnywhere(listening, &address) { UInt16(bigEndian: $0.sin_port) }
        }
        try #require(listen(listening, 1024) == 0)
        self.listening = listening
        self.port = port
        Thread.detachNewThread {
            while true {
                let client = accept(listening, nil, nil)
                guard client >= 0 else { return }
                Thread.detachNewThread {
                    serve(client)
                    close(client)
                }
            }
        }
    }

    deinit {
        shutdown(listening, Int32(SHUT_RDWR))
        close(listening)
    }
}

private func bindAnywhere<Address>(
    _ socket: Int32, _ address: inout Address, _ port: (Address) -> UInt16
) throws -> UInt16 {
    var length = socklen_t(MemoryLayout<Address>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
        }
    }
    try #require(isBound)
    return port(address)
}

private func unusedPort() throws -> UInt16 {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return try bindAnywhere(socket, &address) { UInt16(bigEndian: $0.sin_port) }
}

private func connected(_ path: String) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    try #require(result == 0)
    return descriptor
}

private func sendAll(_ socket: Int32, _ bytes: [UInt8]) -> Bool {
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeBytes {
            send(socket, $0.baseAddress?.advanced(by: done), bytes.count - done, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return false }
        done += count
    }
    return true
}

/// Up to so many bytes, fewer at the end.
private func receive(_ socket: Int32, _ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count < count {
        let got = read(socket, &buffer, min(buffer.count, count - bytes.count))
        guard got > 0 else { break }
        bytes += buffer[..<got]
    }
    return bytes
}
