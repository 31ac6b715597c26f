import Glibc
import Testing

@testable import lectern

@Suite("Being a service of systemd")
struct ServiceManagerTests {
    /// A socket that messages to a service manager come to.
    private final class Listener {
        let descriptor: Int32
        init(_ path: String) throws {
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            var bytes = Array(path.utf8)
            if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let size = socklen_t(2 + bytes.count)
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
            }
            try #require(result == 0)
            var limit = timeval(tv_sec: 5, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        deinit { close(descriptor) }
        func next() -> String {
            var buffer = [UInt8](repeating: 0, count: 512)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
        }
    }

    private func manager(_ variables: [String: String]) -> ServiceManager {
        ServiceManager(environment: { variables[$0] }, process: 4711)
    }

    @Test("Each state is told to the socket that the environment names, with a file or without", arguments: ["", "@"])
    func states(prefix: String) throws {
        let name = "/tmp/lectern-notify-\(UInt32.random(in: .min ... .max))"
        let path = prefix + name
        let listener = try Listener(path)
        defer { unlink(name) }
        let manager = manager(["NOTIFY_SOCKET": path])
        manager.ready("Serving")
        #expect(listener.next() == "READY=1\nSTATUS=Serving")
        manager.reloading()
        let reloading = listener.next().split(separator: "\n")
        #expect(reloading.first == "RELOADING=1")
        #expect(reloading.last.flatMap { Int($0.dropFirst("MONOTONIC_USEC=".count)) } ?? 0 > 0)
        manager.stopping()
        #expect(listener.next().hasPrefix("STOPPING=1\n"))
        manager.alive()
        #expect(listener.next() == "WATCHDOG=1")
    }

    @Test(
        "Nobody who listens is no trouble",
        arguments: [nil, "", "relative", "/no/such/socket", "/" + String(repeating: "x", count: 200)])
    func nobody(path: String?) {
        manager(path.map { ["NOTIFY_SOCKET": $0] } ?? [:]).ready("Serving")
    }

    @Test(
        "The watchdog counts when it is meant for this process",
        arguments: [
            (["WATCHDOG_USEC": "5000000"], 5_000_000),
            (["WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "4711"], 5_000_000),
            (["WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "1"], nil), (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "soon"], nil), (["WATCHDOG_USEC": "-1"], nil), ([:], nil),
        ] as [([String: String], Int?)])
    func watchdog(variables: [String: String], expected: Int?) {
        #expect(manager(variables).watchdog == expected)
    }

    @Test(
        "Sockets are known by their names, and by their kind where the name says nothing",
        arguments: [
            (2, "portal:agents", [3: "portal", 4: "agents"]), (2, "agents:portal", [4: "portal", 3: "agents"]),
            (2, "lectern.socket:lectern.socket", [3: "portal", 4: "agents"]), (1, "", [3: "portal"]),
            (3, "portal:agents:operators", [3: "portal", 4: "agents", 5: "operators"]), (0, "portal", [:]),
            (-4, "portal", [:]), (2, "portal:portal", [3: "portal"]),
        ] as [(Int, String, [Int32: String])])
    func sockets(count: Int, names: String, expected: [Int32: String]) {
        let found = InheritedSockets(count: count, names: names) { $0 == 4 }
        var taken: [Int32: String] = [:]
        for purpose in InheritedSockets.Purpose.allCases {
            if let descriptor = found[purpose] { taken[descriptor] = purpose.rawValue }
        }
        #expect(taken == expected)
    }
}
