import HTTP
import Platform
import Portal
import PortalTesting
import PortalWeb
import Testing

/// A portal at work for one test: in memory unless another store is given, with a clock that the test moves and a runtime that is instant unless told
/// otherwise.
struct TestPortal: Sendable {
    /// The store, where no other one was given.
    let store: MemoryStore
    let clock: ManualClock
    let service: PortalService
    let web: PortalWeb
    let log: RecordedLog

    var address: PortalAddress { service.address }

    static func run(
        _ definitions: PortalDefinitions = Fixture.definitions(), runtime: any SessionRuntime = InstantRuntime(),
        publicURL: String = "http://lectern.localhost:8080", waitsForEnvironments: Bool = true,
        on engine: (any PortalStore)? = nil, isAtWork: Bool = true, settings: PortalSettings = .forTests,
        client: (any HTTPClient)? = nil,
        _ body: (TestPortal) async throws -> Void
    ) async throws {
        let memory = MemoryStore()
        let clock = ManualClock()
        let log = RecordedLog()
        let address = try #require(PortalAddress(publicURL: publicURL))
        let service = try await PortalService.open(
            definitions: definitions, address: address, store: engine ?? memory, runtime: runtime,
            clock: clock.wallClock,
            log: log.log, settings: settings, sleep: { await clock.sleep(until: $0) })
        let portal = TestPortal(
            store: memory, clock: clock, service: service,
            web: PortalWeb(service: service, log: log.log, client: client),
            log: log)
        let work = Task { if isAtWork { await service.run() } }
        defer { work.cancel() }
        if waitsForEnvironments && isAtWork {
            try await until("the environments run") {
                let entries = try service.catalog().entries
                return entries.count == definitions.portal.workshops.count
                    && entries.allSatisfy { $0.environment.state == .running }
            }
        }
        try await body(portal)
    }

    func browser(address: String = "192.0.2.1") -> TestBrowser { TestBrowser(self, address: address) }

    func session(_ name: String) -> WorkshopSession? {
        store.allSessions.first { $0.name.rawValue == name }
    }
}

extension PortalSettings {
    /// Passwords cost next to nothing.
    static var forTests: PortalSettings {
        var settings = PortalSettings()
        settings.passwordCost = .leastForTests
        return settings
    }
}

/// Waits for something that happens on other threads.
func until(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<5000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(1))
    }
    Issue.record("waited in vain until \(what)")
}

extension HTTPHandler {
    /// Sends a request and waits for the answer.
    func send(_ request: HTTPRequest) async -> HTTPResponse {
        switch reply(to: request) {
        case .now(let response): response
        case .later(let start):
            await withCheckedContinuation { continuation in start { continuation.resume(returning: $0) } }
        }
    }
}

extension HTTPResponse {
    var text: String {
        switch body {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .permanent(let bytes):
            String(decoding: UnsafeRawBufferPointer(start: bytes.start, count: bytes.count), as: UTF8.self)
        case .webSocket, .stream, .file: ""
        }
    }
    var location: String { headers["Location"] ?? "" }
    /// The query of the redirect's target.
    var locationParameters: QueryParameters {
        QueryParameters(query: location.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? "")
    }
}

/// A browser with its cookies, at one address. Follows no redirects by itself.
final class TestBrowser: @unchecked Sendable {
    let portal: TestPortal
    let address: String
    var cookies: [String: String] = [:]

    init(_ portal: TestPortal, address: String) {
        self.portal = portal
        self.address = address
    }

    func get(_ target: String, _ headers: HTTPHeaders = [:], method: HTTPMethod = .get) async -> HTTPResponse {
        await send(request(method, target, headers))
    }

    func post(_ target: String, _ form: FormParameters, _ headers: HTTPHeaders = [:]) async -> HTTPResponse {
        var request = request(.post, target, headers)
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        request.body = Array(form.encoded.utf8)
        return await send(request)
    }

    /// Presses the button of the form on a page.
    func submit(_ page: HTTPResponse, to target: String, _ fields: FormParameters = [:]) async -> HTTPResponse {
        var form = fields
        for (name, value) in hiddenFields(of: page.text) { form.add(name, value) }
        return await post(target, form)
    }

    private func request(_ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders) -> HTTPRequest {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var headers = headers
        if headers["Host"] == nil { headers["Host"] = portal.address.host + portal.address.portSuffix }
        if !cookies.isEmpty {
            headers["Cookie"] = cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
        }
        return HTTPRequest(
            method: method, path: parts[0], query: parts.count > 1 ? parts[1] : "", headers: headers,
            clientAddress: address, id: "test-request")
    }

    private func send(_ request: HTTPRequest) async -> HTTPResponse {
        let response = await portal.web.browsers.send(request)
        for cookie in response.headers.all("Set-Cookie") {
            let pair = cookie.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(String.init)
            if cookie.contains("Max-Age=0") || pair.count < 2 {
                cookies[pair[0]] = nil
            } else {
                cookies[pair[0]] = pair[1]
            }
        }
        return response
    }

    /// Launches and returns the session's name.
    func launch(_ name: String = "lab-w01", index: String? = nil) async throws -> String {
        let query = index.map { "?index_url=" + PercentEncoding.encode($0) } ?? ""
        let response = await get("/workshops/environment/\(name)/create/\(query)")
        #expect(response.status == 302)
        let host = response.location.split(separator: "/").dropFirst().first ?? ""
        let session = host.split(separator: ".").first.map(String.init) ?? ""
        try #require(session.contains("-s"), "launched into \(response.location)")
        return session
    }
}

/// Names and values of `<input type="hidden">`.
func hiddenFields(of html: String) -> [(String, String)] {
    html.split(separator: "<input type=\"hidden\" name=\"").dropFirst().map { part in
        let name = part.prefix { $0 != "\"" }
        let value = part.dropFirst(name.count).dropFirst("\" value=\"".count).prefix { $0 != "\"" }
        return (String(name), String(value.replacing("&amp;", with: "&")))
    }
}
