import HTTP
import Platform
import Portal
import PortalTesting
import PortalWeb
import Testing

/// A program that holds an access token, or none.
struct TestProgram: Sendable {
    let portal: TestPortal
    var token: String?

    /// Somebody of that kind with a token of their own.
    static func of(
        _ kind: PortalUser.Kind = .robot, named name: String = "robot@educates", reaching session: String? = nil,
        lifetime: Int = 3600, in portal: TestPortal
    ) async throws -> TestProgram {
        let token = SecretToken.random()
        let user = Fixture.user(name)
        let now = portal.clock.now
        let session = session.map(Fixture.sessionName)
        try await portal.service.store.write { store in
            if try store.user(user) == nil {
                try store.insert(PortalUser(id: user, kind: kind, joined: now))
            }
            try store.insert(
                AccessToken(
                    digest: token.digest, client: "test", user: user, session: session, issued: now,
                    expires: now.advanced(bySeconds: lifetime)))
        }
        return TestProgram(portal: portal, token: token.text)
    }

    func get(_ target: String, _ headers: HTTPHeaders = [:]) async -> HTTPResponse {
        await send(.get, target, headers)
    }

    func post(_ target: String, _ body: String = "", _ headers: HTTPHeaders = [:]) async -> HTTPResponse {
        await send(.post, target, headers, Array(body.utf8))
    }

    func send(
        _ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders = [:], _ body: [UInt8] = []
    ) async -> HTTPResponse {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var headers = headers
        if headers["Host"] == nil { headers["Host"] = portal.address.host + portal.address.portSuffix }
        if let token, headers["Authorization"] == nil { headers["Authorization"] = "Bearer \(token)" }
        let response = await portal.web.browsers.send(
            HTTPRequest(
                method: method, path: parts[0], query: parts.count > 1 ? parts[1] : "", headers: headers, body: body,
                id: "test-request"))
        // So that every answer in every test is held against the document.
        for problem in DocumentedAnswer.problems(with: response, to: method, parts[0]) {
            Issue.record("\(method.text) \(target) is not answered as documented: \(problem)")
        }
        return response
    }

    /// Requests a session and returns the answer.
    func request(
        _ environment: String = "lab-w01", _ parameters: QueryParameters = [:], body: String = ""
    ) async -> HTTPResponse {
        var parameters = parameters
        if parameters["index_url"] == nil { parameters.add("index_url", "https://www.example.com/labs") }
        return await post("/workshops/environment/\(environment)/request/?\(parameters.encoded)", body)
    }

    /// Requests a session, opens its link in a browser and waits until it runs.
    func launch(_ user: String, _ environment: String = "lab-w01") async throws -> String {
        let offer = await request(environment, ["user": user])
        try #require(offer.status == 200, "\(offer.text)")
        #expect(await portal.browser().get(offer.json["url"]?.string ?? "").status == 302)
        let session = offer.json["name"]?.string ?? ""
        try await until("\(session) runs") { portal.session(session)?.state == .running }
        return session
    }
}

extension HTTPResponse {
    /// `error` of a refusal, and `field` behind a slash.
    var refusal: String {
        let error = json["error"]?.string ?? "no JSON error: \(text)"
        return json["field"]?.string.map { "\(error)/\($0)" } ?? error
    }
}

extension JSONValue {
    /// Names of an object's members, in order.
    var keys: [String] { if case .object(let members) = self { members.map(\.name) } else { [] } }
}

extension TestPortal {
    /// A portal whose workshop `lab-shell` is published as `shell`, lasts an hour and takes a parameter.
    static func definitions(
        capacity: Int = 5, reserved: Int = 0, maximum: Int = 0,
        _ change: (inout PortalDefinitions) -> Void = { _ in }
    ) -> PortalDefinitions {
        var limits = Fixture.limits(capacity: capacity, reserved: reserved)
        limits.expires = 3600
        limits.deadline = 7200
        var definitions = Fixture.definitions([("lab-shell", limits)], maximum: maximum)
        definitions.portal.workshops[0].alias = "shell"
        definitions.portal.workshops[0].labels = ["level": "beginner", "example.com/group-a.b": "1"]
        definitions.portal.labels = ["room": "5"]
        if var workshop = definitions.workshops["lab-shell"] {
            workshop.parameters = [.init(name: "COLOUR", value: "green")]
            workshop.duration = 5400
            workshop.tags = ["shell"]
            workshop.authors = ["Ada"]
            definitions.workshops["lab-shell"] = workshop
        }
        change(&definitions)
        return definitions
    }
}
