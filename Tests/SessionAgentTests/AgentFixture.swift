import Foundation
import HTTP
import Platform
import SessionAgent
import Synchronization
import Testing

/// An agent with a folder of its own and a portal that answers as it is told.
final class AgentFixture: Sendable {
    static let sessionURL = "http://lab-w01-s001.lectern.localhost:8080"

    let folder: URL
    let agent: SessionAgent
    let portal: ScriptedPortal
    let clock: AdjustableClock
    let manifest: SessionManifest

    init(
        pages: [String: String] = [:], change: (inout SessionManifest) -> Void = { _ in }
    ) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "lectern-agent-\(UUID().uuidString)")
        let home = folder.appending(path: "home")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        for (path, text) in pages {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
            if text.hasPrefix("#!") {
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
            }
        }
        var manifest = SessionManifest(
            session: "lab-w01-s001", environment: "lab-w01", workshop: "lab-shell", title: "The <shell> & you",
            description: "A first look", portalName: "lab", portalURL: "http://lectern.localhost:8080",
            sessionURL: AgentFixture.sessionURL, portalSocket: "/run/lectern/portal/agents.sock",
            listenSocket: folder.path + "/agent.sock", clientSecret: "client-secret", cookieKey: "cookie-key",
            contentFolder: folder.path, home: home.path, terminalLayout: "default", workshopLayout: "default",
            variables: [.init(name: "GREETING", value: "hello there")], parameters: ["flavour": "<plain> & \"simple\""],
            frameAncestors: [], hasExpiry: true)
        change(&manifest)
        self.manifest = manifest
        portal = ScriptedPortal()
        let clock = AdjustableClock()
        self.clock = clock
        agent = SessionAgent(
            manifest: manifest, client: portal, clock: clock.wall, log: .silent)
        agent.start()
    }

    deinit {
        agent.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Sends a request and waits for the answer.
    func send(
        _ method: HTTPMethod = .get, _ target: String, headers: HTTPHeaders = [:], cookie: String? = nil,
        body: String = ""
    ) async -> HTTPResponse {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var headers = headers
        if let cookie { headers.add("Cookie", cookie) }
        if !body.isEmpty { headers.add("Content-Type", "application/x-www-form-urlencoded") }
        let request = HTTPRequest(
            method: method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "", headers: headers,
            body: Array(body.utf8), id: "r1")
        switch agent.reply(to: request) {
        case .now(let response): return response
        case .later(let start):
            return await withCheckedContinuation { continuation in start { continuation.resume(returning: $0) } }
        }
    }

    /// Enters as the owner by a handed-over code and returns the cookie.
    func enter() async throws -> String {
        let response = await send(.get, "/oauth_callback?code=good&state=handover")
        #expect(response.status == 302)
        return try #require(response.cookie(named: "lectern-session") ?? response.cookie(named: "__Host-lectern"))
    }

    /// The token that the dashboard's forms carry.
    func formToken(_ cookie: String) async throws -> String {
        let page = await send(.get, "/dashboard/", cookie: cookie).text
        let start = try #require(page.range(of: "data-form-token=\""))
        let end = try #require(page[start.upperBound...].firstIndex(of: "\""))
        return String(page[start.upperBound..<end])
    }
}

extension HTTPResponse {
    var text: String {
        if case .bytes(let bytes) = body { String(decoding: bytes, as: UTF8.self) } else { "" }
    }
    /// `name=value` of a cookie that is set to something.
    func cookie(named name: String) -> String? {
        headers.all("Set-Cookie").compactMap { line -> String? in
            let pair = line.split(separator: ";").first.map(String.init) ?? ""
            return pair.hasPrefix(name + "=") && pair != name + "=" ? pair : nil
        }.first
    }
}

final class AdjustableClock: Sendable {
    private let moment = Mutex(Timestamp(seconds: 1_800_000_000))
    func advance(seconds: Int) { moment.withLock { $0 = $0.advanced(bySeconds: seconds) } }
    var wall: WallClock { WallClock { [self] in moment.withLock { $0 } } }
}

/// A portal that accepts the code `good` once for each visitor and remembers what it was asked.
final class ScriptedPortal: HTTPClient {
    struct State {
        var requests: [HTTPClientRequest] = []
        var events: [(name: String, data: String, token: String)] = []
        /// What it answers to events; `nil` for a portal that cannot be reached.
        var eventStatus: Int? = 200
        var isReachable = true
        var codes: [String: String] = [
            "good":
                "{\"owner\":\"ann\",\"user\":\"ann\",\"staff\":false,\"return_url\":\"https://index.example/?notification=session-deleted\"}",
            "staff":
                "{\"owner\":\"ann\",\"user\":\"root\",\"staff\":true,\"return_url\":\"http://lectern.localhost:8080/\"}",
            "stranger":
                "{\"owner\":\"ann\",\"user\":\"bob\",\"staff\":false,\"return_url\":\"http://lectern.localhost:8080/\"}",
            "evil": "{\"owner\":\"ann\",\"user\":\"ann\",\"staff\":false,\"return_url\":\"javascript:alert(1)\"}",
        ]
        var statuses: [String: (Int, String)] = [:]
    }
    let state = Mutex(State())

    func send(_ request: HTTPClientRequest) throws(HTTPClientError) -> HTTPClientResponse {
        if request.url.hasSuffix("/event/") { return try take(event: request) }
        let answer = state.withLock { state -> (Int, String)? in
            state.requests.append(request)
            guard state.isReachable else { return nil }
            if request.url.hasSuffix("/oauth2/token/") {
                let form = FormParameters(encoded: request.body)
                guard let session = state.codes.removeValue(forKey: form["code"] ?? "") else {
                    return (400, "{\"error\":\"invalid_grant\"}")
                }
                return (
                    200,
                    "{\"access_token\":\"token-1\",\"token_type\":\"Bearer\",\"expires_in\":36000,\"session\":\(session)}"
                )
            }
            let verb = request.url.split(separator: "/").last.map(String.init) ?? ""
            return state.statuses[verb] ?? (200, "{\"status\":\"running\",\"countdown\":600,\"extendable\":true}")
        }
        guard let answer else { throw HTTPClientError(.cannotConnect, "nobody there") }
        return HTTPClientResponse(status: answer.0, headers: [:], body: Array(answer.1.utf8))
    }

    private func take(event request: HTTPClientRequest) throws(HTTPClientError) -> HTTPClientResponse {
        let status = state.withLock { state -> Int? in
            guard state.isReachable, let status = state.eventStatus else { return nil }
            if status == 200, let event = JSONValue(parsing: request.body)?["event"], let name = event["name"]?.string {
                state.events.append((name, event["data"]?.text ?? "", request.headers["Authorization"] ?? ""))
            }
            return status
        }
        guard let status else { throw HTTPClientError(.cannotConnect, "nobody there") }
        return HTTPClientResponse(status: status, headers: [:], body: [])
    }

    var requests: [HTTPClientRequest] { state.withLock { $0.requests } }
}
