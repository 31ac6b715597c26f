import Foundation
import HTTP
import HTTPEngine
import Platform
import Synchronization
import Testing

/// A web server that takes events, refuses them, hangs, or is away, as it is told.
final class EventReceiver: HTTPHandler {
    enum Mood: Sendable { case takes, refuses, hangs }

    struct Delivery: Sendable {
        let id: String
        let name: String
        let session: String?
        let user: String?
        let body: [UInt8]
    }

    private struct State {
        var mood = Mood.takes
        var taken: [Delivery] = []
        var forged = 0
        var attempts = 0
        var server: HTTPServer?
        var secret: String?
        /// Those who hang: one that is let go of is answered.
        var held: [@Sendable (HTTPResponse) -> Void] = []
    }
    private let state = Mutex(State())
    let port: Int

    init() throws {
        port = try freePort()
        try start()
    }

    var url: String { "http://127.0.0.1:\(port)/events?key=1" }

    func start() throws {
        var configuration = HTTPServerConfiguration(.tcp(host: "127.0.0.1", port: UInt16(port)))
        configuration.threads = 2
        let server = HTTPServer(configuration, handler: self)
        try server.start()
        state.withLock { $0.server = server }
    }

    func stop() {
        let server = state.withLock { state in
            defer { state.server = nil }
            return state.server
        }
        server?.stop(grace: 0)
    }

    func set(_ mood: Mood) { state.withLock { $0.mood = mood } }

    /// From now on signatures are checked.
    func expect(secret: String) { state.withLock { $0.secret = secret } }

    /// Every delivery that was answered with 200, in the order of arrival.
    var taken: [Delivery] { state.withLock { $0.taken } }
    var attempts: Int { state.withLock { $0.attempts } }
    var forged: Int { state.withLock { $0.forged } }

    func reply(to request: HTTPRequest) -> HTTPReply {
        let mood = state.withLock { state in
            state.attempts += 1
            return state.mood
        }
        switch mood {
        case .hangs: return .later { done in self.state.withLock { $0.held.append(done) } }
        case .refuses: return .now(HTTPResponse(status: 500))
        case .takes: break
        }
        guard request.method == .post, request.query == "key=1", let id = request.headers["webhook-id"],
            let moment = request.headers["webhook-timestamp"], let body = JSONValue(parsing: request.body),
            let event = body["event"], let name = event["name"]?.string
        else { return .now(HTTPResponse(status: 400)) }
        let delivery = Delivery(
            id: id, name: name, session: event["session"]?.string, user: event["user"]?.string, body: request.body)
        let signature = request.headers["webhook-signature"]
        state.withLock { state in
            if let secret = state.secret, let key = Base64.decodeStandard(String(secret.dropFirst("whsec_".count))) {
                let tag = HMACSHA256.tag(of: Array("\(id).\(moment).".utf8) + request.body, key: key)
                if signature != "v1," + Base64.standard(tag) { state.forged += 1 }
            }
            state.taken.append(delivery)
        }
        return .now(HTTPResponse(status: 204))
    }
}
