import HTTP
import Platform
import Testing

@testable import SessionAgent

/// A manifest with servers, for pure tests.
func manifest(
    _ ingresses: [SessionManifest.Ingress], session: String = "lab-w01-s001",
    url: String = "http://lab-w01-s001.lectern.localhost:8080", frameAncestors: [String] = []
) -> SessionManifest {
    SessionManifest(
        session: session, environment: "lab-w01", workshop: "lab", title: "Lab", description: "", portalName: "lab",
        portalURL: "http://lectern.localhost:8080", sessionURL: url, portalSocket: "", listenSocket: "/tmp/agent.sock",
        clientSecret: "secret", cookieKey: "key", contentFolder: "/nowhere", home: "/home/learner",
        terminalLayout: "default", workshopLayout: "default", variables: [], parameters: [:],
        frameAncestors: frameAncestors, hasExpiry: false, ingresses: ingresses)
}

@Suite("Hosts of the learner's servers")
struct IngressHostTests {
    private let hosts = IngressHosts(
        manifest: manifest([
            .init(name: "app", port: 3000), .init(name: "my-api", port: 3001), .init(name: "lab-w01-s002", port: 3002),
        ]))

    @Test(
        "A host is the session's own, one of a server's in either form, or unknown",
        arguments: [
            ("lab-w01-s001.lectern.localhost:8080", IngressHosts.Meaning.session),
            ("app-lab-w01-s001.lectern.localhost:8080", .ingress(label: "app-lab-w01-s001", name: "app")),
            ("APP-Lab-W01-S001.Lectern.LocalHost", .ingress(label: "app-lab-w01-s001", name: "app")),
            ("lab-w01-s001-app.lectern.localhost", .ingress(label: "lab-w01-s001-app", name: "app")),
            ("my-api-lab-w01-s001.lectern.localhost", .ingress(label: "my-api-lab-w01-s001", name: "my-api")),
            (
                "lab-w01-s002-lab-w01-s001.lectern.localhost",
                .ingress(label: "lab-w01-s002-lab-w01-s001", name: "lab-w01-s002")
            ),
            ("other-lab-w01-s001.lectern.localhost", .unknown),
            ("app-lab-w01-s002.lectern.localhost", .session),
            ("app-lab-w01-s001.elsewhere.example", .session),
            ("app-lab-w01-s001.lectern.localhost.evil.example", .session),
            ("localhost", .session),
            ("", .session),
        ])
    func meaning(header: String, expected: IngressHosts.Meaning) {
        #expect(hosts.meaning(of: header) == expected)
    }

    @Test("The address of a host has the session's scheme and port")
    func address() {
        #expect(hosts.url(label: "app-lab-w01-s001") == "http://app-lab-w01-s001.lectern.localhost:8080")
        let secure = IngressHosts(
            manifest: manifest([], url: "https://lab-w01-s001.labs.example.com"))
        #expect(secure.url(label: "x-lab-w01-s001") == "https://x-lab-w01-s001.labs.example.com")
    }

    @Test(
        "Of several entries the first whose path is the beginning serves a request",
        arguments: [
            ("/", 2), ("/api", 1), ("/api/", 0), ("/api/v1?x=/", 0), ("/apix", 2), ("/API/", 2), ("/%61pi/x", 0),
            ("/x/../api/y", 0), ("//api//y", 0), ("/api/../y", 2),
        ])
    func paths(target: String, index: Int) {
        let hosts = IngressHosts(
            manifest: manifest([
                .init(name: "a", port: 1, path: "/api/"), .init(name: "a", port: 2, path: "/api"),
                .init(name: "a", port: 3), .init(name: "b", port: 4),
            ]))
        #expect(hosts.entry("a", for: target)?.index == index)
    }

    @Test(
        "A path that can be read in two ways is not open to all when one of them asks for a visitor",
        arguments: [
            ("/public/x", true), ("/public/../secret", false), ("/public/..%2fsecret", false),
            ("/secret/../public/x", false), ("/secret/%2e%2e/public/x", false), ("/public/%2e/x", true),
            ("/public\\..\\secret", false),
        ])
    func ambiguousPaths(target: String, isOpen: Bool) {
        let hosts = IngressHosts(
            manifest: manifest([
                .init(name: "a", port: 1, isOpenToAll: true, path: "/public/"), .init(name: "a", port: 1),
            ]))
        #expect(hosts.entry("a", for: target)?.ingress.isOpenToAll == isOpen)
    }

    @Test("What is no path leads nowhere", arguments: ["*", "", "http://x/", "x"])
    func noPath(target: String) {
        #expect(IngressHosts(manifest: manifest([.init(name: "a", port: 1)])).entry("a", for: target) == nil)
    }
}

@Suite("What a learner's server gets to see")
struct IngressPassageTests {
    private let url = "http://app-lab-w01-s001.lectern.localhost:8080"

    private func passage(
        _ ingress: SessionManifest.Ingress, _ target: String = "/", _ headers: HTTPHeaders = [:]
    ) -> IngressPassage? {
        IngressPassage(
            IngressHosts.Entry(index: 4, ingress: ingress), target: target,
            request: HTTPRequest(path: "/", headers: headers),
            url: url, policy: "p")
    }

    @Test("None of our cookies, whatever they are called in capitals and blanks")
    func cookies() {
        let given = [
            "lectern-app=1; theme=dark; lectern-session=2", " __Host-lectern=3;a=b=c",
            "__Host-lectern-app=4; LECTERN-Login=5",
            "lectern=kept; lectern-login-lab=6;  \tlectern-entry =7; last=\"x y\"", "__Secure-lectern-x=8",
        ]
        #expect(IngressPassage.withoutOurs(given) == "theme=dark; a=b=c; lectern=kept; last=\"x y\"")
        #expect(IngressPassage.withoutOurs([]).isEmpty)
    }

    @Test("With changeOrigin the server is asked by its own name, by its own pages too; without, by the visitor's")
    func origin() throws {
        let own: HTTPHeaders = ["Origin": url]
        let changed = try #require(passage(.init(name: "app", port: 3000), "/", own))
        #expect(changed.host == "localhost:3000" && changed.origin == "http://localhost:3000")
        let usual = try #require(passage(.init(name: "app", port: 443, scheme: "https"), "/", own))
        #expect(usual.host == "localhost" && usual.origin == "https://localhost" && usual.scheme == "https")
        let kept = try #require(passage(.init(name: "app", port: 3000, changesOrigin: false), "/", own))
        #expect(kept.host == "app-lab-w01-s001.lectern.localhost:8080" && kept.origin == url)
        let foreign = try #require(passage(.init(name: "app", port: 3000), "/", ["Origin": "https://evil.example"]))
        #expect(foreign.origin == "https://evil.example")
        #expect(changed.socket == "i4")
    }

    @Test("Only a server that is open to all lets other pages read its answers")
    func sharing() {
        #expect(passage(.init(name: "app", port: 1, isOpenToAll: true))?.allowedOrigin == "*")
        #expect(passage(.init(name: "app", port: 1))?.allowedOrigin == "")
    }

    @Test(
        "Paths are rewritten by the first pattern that is found, once",
        arguments: [
            ("/api/v1/x?y=/api/", "^/api/", "/", "/v1/x?y=/api/"), ("/a/a", "/a", "/b", "/b/a"),
            ("/old/7/x", "^/old/(\\d+)", "/new-$1", "/new-7/x"), ("/x", "^/x$", "$&$$1", "/x$1"),
            ("/x", "^/x", "", "/"), ("/x?a", "^/x", "", "/?a"), ("/x", "y", "z", "/x"), ("/x", "(", "z", "/x"),
            ("/x", "^/(y)?x", "/[$1]", "/[]"),
        ])
    func rewriting(target: String, pattern: String, replacement: String, expected: String) {
        let rules = [
            SessionManifest.PathRewrite(pattern: pattern, replacement: replacement),
            SessionManifest.PathRewrite(pattern: "NEVER", replacement: "/never"),
        ]
        #expect(PathRewriting.rewritten(target, by: rules) == expected)
    }

    @Test(
        "Nothing is passed on that would end the request line or lead elsewhere",
        arguments: [" HTTP/1.1\r\nX: y", "x y", "http://evil/", "\u{e9}"])
    func unusable(replacement: String) {
        #expect(
            PathRewriting.rewritten("/x", by: [.init(pattern: "^/x", replacement: replacement)]) == nil
                || replacement.isEmpty)
    }
}

@Suite("Fields that an author sets for a server")
struct RequestHeadTests {
    private let fields = [SessionManifest.Variable(name: "X-Lab", value: "one"), .init(name: "Host", value: "h")]

    private func set(_ text: String) -> String? {
        guard case .complete(let bytes) = RequestHead.setting(fields, in: Array(text.utf8)) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("They take the place of those of the same name and touch nothing else")
    func setting() {
        let body = "x-lab: body\r\n\r\nHost: body"
        #expect(
            set("POST /x HTTP/1.1\r\nHOST: a\r\nAccept: */*\r\nx-lab: 1\r\nX-Lab: 2\r\nX-Labs: 3\r\n\r\n" + body)
                == "POST /x HTTP/1.1\r\nX-Lab: one\r\nHost: h\r\nAccept: */*\r\nX-Labs: 3\r\n\r\n" + body)
        #expect(set("GET / HTTP/1.1\r\n\r\n") == "GET / HTTP/1.1\r\nX-Lab: one\r\nHost: h\r\n\r\n")
    }

    @Test("A head is waited for to its end, and not for ever")
    func waiting() {
        #expect(RequestHead.setting(fields, in: Array("GET / HTTP/1.1\r\nA: b\r\n".utf8)) == .incomplete)
        #expect(RequestHead.setting(fields, in: []) == .incomplete)
        let endless = [UInt8](repeating: 65, count: RequestHead.longest + 1)
        #expect(RequestHead.setting(fields, in: endless) == .refused)
    }

    @Test(
        "What says where a message ends cannot be set, nor what is no name",
        arguments: [
            ("X-Lab", true), ("Authorization", true), ("Host", true), ("Content-Length", false),
            ("transfer-encoding", false), ("Connection", false), ("Upgrade", false), ("", false), ("A B", false),
            ("A:B", false), ("A\r\nB", false),
        ])
    func names(name: String, isAllowed: Bool) { #expect(RequestHead.maySet(name) == isAllowed) }

    @Test("A value stays on its line")
    func values() { #expect(RequestHead.cleaned("a\r\nB: c\t\0d") == "a  B: c\t d") }
}

@Suite("Data variables in a workshop's definition")
struct ExpandedManifestTests {
    @Test(
        "Known names are replaced, once; others stay",
        arguments: [
            ("$(a)", "1"), ("x$(a)y$(b)z", "x1y$(a)z"), ("$(c)", "$(c)"), ("$(c$(a))", "$(c1)"), ("$(a", "$(a"),
            ("$a $", "$a $"), ("", ""),
        ])
    func expanding(text: String, expected: String) {
        #expect(DataVariables.expanded(text, with: ["a": "1", "b": "$(a)"]) == expected)
    }

    @Test("Tabs, servers and variables may use them, and none of them is a secret")
    func places() {
        var given = manifest([.init(name: "app", port: 1, headers: [.init(name: "X", value: "$(session_name)")])])
        given.dashboards = [
            .init(
                name: "App",
                url: "$(ingress_protocol)://app-$(session_name).$(ingress_domain)$(ingress_port_suffix)/")
        ]
        given.variables = [
            .init(name: "A", value: "$(session_url) $(session_hostname)"),
            .init(name: "B", value: "$(client_secret)$(cookie_key)$(config_password)"),
        ]
        given.instructionsURL = "https://docs.example/$(workshop_name)/"
        let manifest = given.expanded()
        #expect(manifest.ingresses[0].headers[0].value == "lab-w01-s001")
        #expect(manifest.dashboards[0].url == "http://app-lab-w01-s001.lectern.localhost:8080/")
        #expect(
            manifest.variables[0].value
                == "http://lab-w01-s001.lectern.localhost:8080 lab-w01-s001.lectern.localhost")
        #expect(manifest.variables[1].value == "$(client_secret)$(cookie_key)$(config_password)")
        #expect(manifest.instructionsURL == "https://docs.example/lab/")
    }
}
