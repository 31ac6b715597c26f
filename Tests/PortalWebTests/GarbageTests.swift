import HTTP
import Platform
import Portal
import PortalTesting
import PortalWeb
import Testing

@Suite("Whatever is sent, nothing breaks")
struct GarbageTests {
    private static let pieces = [
        "/", "//", "/workshops", "/workshops/", "catalog/", "/workshops/catalog/", "/workshops/access/",
        "/accounts/create/",
        "/accounts/login/", "/accounts/logout/", "/oauth2/authorize/", "/oauth2/token/", "/oauth2/revoke/",
        "/oauth2/introspect/", "grant_type=password", "grant_type=refresh_token&refresh_token=x",
        "username=x&password=y",
        "Basic eDp5", "Basic ", "/workshops/environment/lab-w01/create/",
        "/workshops/environment/lab-w01/", "/workshops/session/lab-w01-s001/",
        "/workshops/session/lab-w01-s001/delete/",
        "/workshops/catalog/environments/", "/workshops/environment/lab-w01/request/", "/session/lab-w01-s001/extend/",
        "/workshops/environment/lab-w01/status/", "/workshops/user/a/sessions/", "/workshops/user/%/sessions/",
        "/docs/",
        "labels[a]=b", "labels=x", "sessions=1", "state=stopped", "timeout=5", "user=a", "{\"parameters\":[{}]}",
        "Bearer ok",
        "/workshops/session/lab-w01-s001/activate/", "/workshops/session/lab-w01-s001/progress/", "/static/lectern.css",
        "/static/workshops/theme/x", "%", "%00", "%ff%fe", "..", "\u{0}", "\u{ff}", "\u{1F980}", "?", "&", "=", "#",
        "index_url=", "index_url=https%3A%2F%2Fwww.example.com%2F", "index_url=//x", "redirect_url=%2F", "password=x",
        "token=x", "notification=session-invalid", "notification=%0d%0a", "next=/", "next=//x",
        "client_id=lab-w01-s001",
        "redirect_uri=http://lab-w01-s001.lectern.localhost:8080/oauth_callback", "response_type=code", "form-token=x",
        "code_challenge_method=S256", String(repeating: "a", count: 5000), "grant_type=authorization_code",
        "client_secret=x",
        "code=x", "\r\nX: y", "lectern-login=", "lectern-login=x; lectern-login=y", "lectern-form=", "Bearer x",
        "prefetch",
    ]
    private static let names = [
        "Cookie", "Host", "Origin", "Referer", "User-Agent", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest",
        "Sec-Purpose", "Authorization", "Content-Type", "If-None-Match", "X-Forwarded-For",
    ]
    private static let methods: [HTTPMethod] = [
        .get, .get, .get, .head, .post, .post, .put, .delete, .options, .other("BREW"),
    ]

    @Test(
        "Random requests never end in a failure of our own, and never split an answer",
        arguments: [1, 2, 3] as [UInt64])
    func random(_ seed: UInt64) async throws {
        var definitions = Fixture.definitions()
        definitions.portal.isCatalogPublic = seed == 2
        definitions.portal.accessCode = seed == 3 ? "x" : ""
        try await TestPortal.run(definitions) { portal in
            var random = SeededGenerator(seed: seed)
            let now = portal.clock.now
            try await portal.service.store.write { store in
                try store.insert(PortalUser(id: Fixture.user("robot"), kind: .robot, joined: now))
                try store.insert(
                    AccessToken(
                        digest: SecretToken(presented: "ok").digest, client: "robot", user: Fixture.user("robot"),
                        session: nil, issued: now, expires: now.advanced(bySeconds: 3600)))
            }
            func text(_ count: Int) -> String {
                (0..<count).map { _ in GarbageTests.pieces.randomElement(using: &random) ?? "" }.joined()
            }
            for number in 0..<2000 {
                var headers: HTTPHeaders = ["Content-Type": "application/x-www-form-urlencoded"]
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    headers.add(GarbageTests.names.randomElement(using: &random) ?? "", text(1))
                }
                let request = HTTPRequest(
                    method: GarbageTests.methods.randomElement(using: &random) ?? .get,
                    path: text(Int.random(in: 1...2, using: &random)),
                    query: text(Int.random(in: 0...4, using: &random)),
                    headers: headers, body: Array(text(Int.random(in: 0...4, using: &random)).utf8),
                    clientAddress: "192.0.2.\(number % 7)", id: "r")
                for handler in [portal.web.browsers, portal.web.agents] {
                    let response = await handler.send(request)
                    #expect(
                        response.status < 500 && response.status >= 200,
                        "seed \(seed), request \(number): \(request.method.text) \(request.path)?\(request.query)")
                    if let location = response.headers["Location"], let first = location.first, first == "/" {
                        #expect(!location.hasPrefix("//") && !location.hasPrefix("/\\"), "\(location)")
                    }
                }
            }
        }
    }
}
