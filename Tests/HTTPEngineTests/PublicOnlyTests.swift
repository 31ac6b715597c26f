import HTTP
import HTTPEngine
import Synchronization
import Testing

/// Answers that never come: one that is let go of would be given.
private final class Held: Sendable {
    private let completions = Mutex<[@Sendable (HTTPResponse) -> Void]>([])
    func hold(_ completion: @escaping @Sendable (HTTPResponse) -> Void) {
        completions.withLock { $0.append(completion) }
    }
}

/// A number that threads count together.
private final class Tally: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
}

@Suite("A client for public addresses only")
struct PublicOnlyTests {
    private func reason(_ client: CurlClient, _ url: String) -> HTTPClientError.Reason? {
        do throws(HTTPClientError) {
            _ = try client.send(HTTPClientRequest(url: url, timeout: 3))
            return nil
        } catch { return error.reason }
    }

    @Test("Looks at the address that a name leads to, however it is written, before it connects")
    func refused() throws {
        let asked = Tally()
        try withServer(
            as: HTTPServerConfiguration(.tcp(host: "127.0.0.1", port: 0)),
            answering: { _ in
                asked.add()
                return .now(HTTPResponse(text: "secret"))
            }
        ) { server in
            let port = server.port
            let wary = CurlClient(reachesPublicOnly: true)
            let hosts = [
                "127.0.0.1", "localhost", "lab.localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0",
                "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "169.254.169.254", "10.255.255.1", "[fe80::1]",
                "[fd00:ec2::254]", "224.0.0.1", "255.255.255.255",
            ]
            for host in hosts {
                let found = reason(wary, "http://\(host):\(port)/")
                // A name may also lead nowhere, which is as good.
                #expect(found == .addressRefused || found == .cannotConnect, "\(host): \(String(describing: found))")
            }
            for host in ["127.0.0.1", "[::1]", "169.254.169.254"] {
                let found = reason(wary, "http://\(host):\(port)/")
                #expect(found == .addressRefused, "\(host): \(String(describing: found))")
            }
            let reached = asked.value
            #expect(reached == 0)
            let open = reason(CurlClient(), "http://127.0.0.1:\(port)/")
            #expect(open == nil)
        }
    }

    @Test("Threads that wait for one that hangs leave others free, and the end answers everybody")
    func threads() throws {
        let held = Held()
        try withServer(
            as: HTTPServerConfiguration(.tcp(host: "127.0.0.1", port: 0)),
            answering: { request in
                request.path == "/hang" ? .later { held.hold($0) } : .now(HTTPResponse(text: "ok"))
            }
        ) { server in
            let threads = ClientThreads(limit: 3)
            let client = CurlClient()
            let answers = Tally()
            let failures = Tally()
            func send(_ path: String) {
                let request = HTTPClientRequest(url: "http://127.0.0.1:\(server.port)\(path)", timeout: 1)
                threads.send(request, with: client) { result in
                    switch result {
                    case .success: answers.add()
                    case .failure: failures.add()
                    }
                }
            }
            for _ in 0..<2 { send("/hang") }
            for _ in 0..<20 { send("/") }
            let areAnswered = eventually { answers.value == 20 }
            #expect(areAnswered)
            let early = failures.value
            #expect(early == 0)
            for _ in 0..<4 { send("/hang") }
            threads.stop()
            send("/")
            let haveFailed = eventually { failures.value == 7 }
            #expect(haveFailed)
            let count = answers.value
            #expect(count == 20)
        }
    }
}
