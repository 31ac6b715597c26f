import Foundation
import HTTP
import HTTPEngine
import Synchronization
import Testing

@Suite("Stopping and restarting a real portal", .serialized)
struct RestartTests {
    /// Visitors who send one request after the other and note what went wrong.
    private final class Visitors: Sendable {
        let failed = Mutex<[String]>([])
        let answered = Atomic(0)
        private let isOver = Atomic(false)
        private let group = DispatchGroup()

        /// - Parameter ask: one request; the status of its answer.
        func send(_ what: String, _ ask: @escaping @Sendable () throws -> Int) {
            group.enter()
            Thread.detachNewThread { [self] in
                while !isOver.load(ordering: .relaxed) {
                    do {
                        let status = try ask()
                        if status >= 400 { failed.withLock { $0.append("\(what): \(status)") } }
                    } catch {
                        failed.withLock { $0.append("\(what): \(error)") }
                    }
                    answered.add(1, ordering: .relaxed)
                    usleep(5_000)
                }
                group.leave()
            }
        }

        func end() {
            isOver.store(true, ordering: .relaxed)
            group.wait()
        }
    }

    @Test("Restarted in place five times under load, it answers every launch and every page")
    func inPlace() throws {
        let portal = try RunningPortal(capacity: 50_000)
        defer { portal.remove() }
        let visitors = Visitors()
        for method in [HTTPMethod.get, .get, .post] {
            visitors.send("\(method.text) launch") {
                try portal.get(portal.createPath, method: method, port: portal.frontPort).status
            }
        }
        for path in ["/workshops/catalog/", "/healthz", "/accounts/login/"] {
            visitors.send(path) { try portal.get(path, port: portal.frontPort).status }
        }
        for _ in 0..<5 {
            usleep(200_000)
            try portal.restartInPlace()
        }
        usleep(200_000)
        visitors.end()
        #expect(visitors.failed.withLock { $0 } == [])
        #expect(visitors.answered.load(ordering: .relaxed) > 100)
        #expect(portal.terminate() == 0)
    }

    @Test("With a socket that somebody holds, a portal is stopped and started while its visitors wait")
    func heldSocket() throws {
        let notify = "/tmp/lectern-notify-\(UInt32.random(in: .min ... .max))"
        let manager = try DatagramListener(notify)
        defer { unlink(notify) }
        let portal = try RunningPortal(
            capacity: 50_000, options: ["--front-door", "none"],
            environment: ["NOTIFY_SOCKET": notify, "WATCHDOG_USEC": "2000000"], holdsSocket: true)
        defer { portal.remove() }
        #expect(manager.messages(until: { $0.hasPrefix("READY=1\nSTATUS=Serving test at http://") }))
        #expect(manager.messages(until: { $0 == "WATCHDOG=1" }))
        let visitors = Visitors()
        for _ in 0..<3 { visitors.send("launch") { try portal.get(portal.createPath).status } }
        for _ in 0..<3 {
            usleep(100_000)
            #expect(portal.terminate() == 0)
            #expect(manager.messages(until: { $0.hasPrefix("STOPPING=1") }))
            try portal.start()
            #expect(manager.messages(until: { $0.hasPrefix("READY=1") }))
        }
        visitors.end()
        #expect(visitors.failed.withLock { $0 } == [])
        #expect(visitors.answered.load(ordering: .relaxed) > 30)
    }

    @Test("A restart that would not come up again does not take place")
    func refused() throws {
        let portal = try RunningPortal(capacity: 1, options: ["--front-door", "none"])
        defer { portal.remove() }
        try portal.edit { $0.replacing("capacity: 1", with: "capacity: many") }
        portal.signal(SIGUSR2)
        try portal.eventually { portal.logText.contains("not restarted") ? () : nil }
        #expect(try portal.get("/workshops/catalog/").status == 200)
        #expect(!portal.logText.contains("restarting;"))
    }

    @Test("Requests under way are finished when the portal is told to stop, through the front door, too")
    func underWay() throws {
        let portal = try RunningPortal(capacity: 5)
        defer { portal.remove() }
        let answer = Mutex<Int?>(nil)
        let done = DispatchSemaphore(value: 0)
        let slow = try SlowRequest(port: portal.frontPort, host: "lectern.localhost:\(portal.frontPort)")
        Thread.detachNewThread {
            let status = slow.status()
            answer.withLock { $0 = status }
            done.signal()
        }
        portal.signal(SIGTERM)
        try portal.eventually { portal.logText.contains("stopping; sessions keep running") ? () : nil }
        slow.finish()
        done.wait()
        let status = answer.withLock { $0 } ?? 0
        #expect((200..<500).contains(status), "\(status)")
        #expect(portal.terminate() == 0)
    }

    @Test(
        "A session outlives a restart in place, and nothing is left of it when it has ended",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/bwrap")))
    func sandbox() throws {
        let portal = try RunningPortal(capacity: 2, runtime: "local")
        defer { portal.remove() }
        let browser = TestBrowser(portal)
        let page = try browser.open(portal.url(portal.createPath)) {
            $0.status == 200 && $0.url.contains("/dashboard")
        }
        try portal.restartInPlace()
        #expect(try browser.open(page.url).url == page.url)
        portal.killSandboxes()
        _ = try browser.open(page.url) { $0.url.hasPrefix("http://localhost:9/") }
        try portal.eventually { portal.zombies.isEmpty ? () : nil }
        // And a front door that dies after the restart is still noticed, and started again.
        portal.killFrontDoor()
        try portal.eventually {
            (try? browser.open(portal.url("/workshops/catalog/")))?.status == 200 && portal.zombies.isEmpty ? () : nil
        }
    }
}

/// A request whose body is not complete until somebody says so.
private final class SlowRequest: @unchecked Sendable {
    private let descriptor: Int32

    init(port: Int, host: String) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        send("POST /accounts/logout/ HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\nContent-Length: 4\r\n\r\na=")
    }

    deinit { close(descriptor) }

    private func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    func finish() { send("bc") }

    func status() -> Int? {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        return String(decoding: received, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }
}

/// A socket to which a program tells its service manager how far it is.
private final class DatagramListener: @unchecked Sendable {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Reads messages up to the one that is waited for.
    func messages(until isIt: (String) -> Bool) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return false }
            if isIt(String(decoding: buffer[..<count], as: UTF8.self)) { return true }
        }
    }
}
