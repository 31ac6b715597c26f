import Foundation
import HTTP
import HTTPEngine
import Testing

@Suite("Observing a real portal", .serialized)
struct ObservingTests {
    @Test("Metrics are for operators: directly or on a port of their own, and not through the front door")
    func access() throws {
        let port = try freePort()
        let portal = try RunningPortal(capacity: 1, options: ["--operator-listen", "127.0.0.1:\(port)"])
        defer { portal.remove() }
        #expect(try portal.get("/metrics", port: portal.frontPort).status == 404)
        #expect(try text("http://127.0.0.1:\(portal.portalPort)/metrics").contains("lectern_ready 1"))
        #expect(try text("http://127.0.0.1:\(port)/metrics").contains("lectern_ready 1"))
        #expect(try text("http://127.0.0.1:\(port)/readyz?verbose").hasPrefix("{\"ready\":true"))
        // Whoever asks the front door by an address of this machine is no operator either.
        #expect(try text("http://127.0.0.1:\(portal.frontPort)/metrics").contains("lectern_") == false)
    }

    private func text(_ url: String) throws -> String {
        String(decoding: try CurlClient().send(HTTPClientRequest(url: url, timeout: 20)).body, as: UTF8.self)
    }

    private static let checker = ProcessInfo.processInfo.environment["LECTERN_PROMTOOL"] ?? ""

    @Test("promtool has nothing to say about the metrics, and takes the alerts", .enabled(if: !checker.isEmpty))
    func promtool() throws {
        let portal = try RunningPortal(capacity: 5, runtime: "local", options: ["--front-door", "none"])
        defer { portal.remove() }
        _ = try portal.get(portal.createPath)
        _ = try portal.get("/workshops/catalog/")
        let file = portal.folder + "/metrics"
        try text("http://127.0.0.1:\(portal.portalPort)/metrics").write(toFile: file, atomically: true, encoding: .utf8)
        let metrics = try run(ObservingTests.checker, ["check", "metrics"], input: file)
        #expect(metrics.text == "")
        #expect(metrics.status == 0)
        for arguments in [["rules", "lectern.rules.yml"], ["config", "prometheus.yml"]] {
            let check = try run(
                ObservingTests.checker, ["check", arguments[0], ObservingTests.deploy + "/prometheus/" + arguments[1]])
            #expect(check.status == 0, "\(check.text)")
        }
    }

    private static let analyzer = "/usr/bin/systemd-analyze"

    @Test(
        "systemd understands the unit, and finds it no less hardened than it was",
        .enabled(if: FileManager.default.isExecutableFile(atPath: analyzer)))
    func unit() throws {
        let units = ["lectern.service", "lectern.socket"].map { ObservingTests.deploy + "/systemd/" + $0 }
        let verified = try run(ObservingTests.analyzer, ["verify", "--man=no"] + units)
        // The program is not installed here.
        let said = verified.text.split(separator: "\n").filter {
            !$0.contains("is not executable") && $0.contains("lectern")
        }
        #expect(said == [])
        let security = try run(ObservingTests.analyzer, ["security", "--offline=true", "--threshold=60", units[0]])
        #expect(security.status == 0, "\(security.text.suffix(200))")
    }

    private static let deploy = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Deploy").standardizedFileURL.path

    private func run(_ program: String, _ arguments: [String], input: String = "/dev/null") throws
        -> (status: Int32, text: String)
    {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle(forReadingAtPath: input)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @Test(
        "Everything that happens to a learner is logged, and no cookie, code, token or password with it",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/bwrap")), arguments: ["text", "json"])
    func secrets(format: String) throws {
        let password = "open-sesame-\(UInt32.random(in: .min ... .max))"
        let portal = try RunningPortal(
            capacity: 2, runtime: "local",
            options: ["--log-level", "debug", "--log-format", format, "--access-log"],
            portalOptions: ["password: \(password)"])
        defer { portal.remove() }
        let browser = TestBrowser(portal)
        _ = try browser.open(portal.url("/workshops/access/?redirect_url=%2F&password=\(password)"))
        let page = try browser.open(portal.url(portal.createPath)) {
            $0.status == 200 && $0.url.contains("/dashboard")
        }
        #expect(page.url.contains("/dashboard"))
        // A second browser with the first one's address has to be let in by a code of its own, and is not.
        let stranger = TestBrowser(portal)
        _ = try stranger.open(page.url)
        _ = try stranger.open(portal.url("/workshops/access/?redirect_url=%2F&password=wrong-\(password)"))
        _ = try stranger.open(portal.url("/workshops/session/test-w01-s001/activate/?token=guess-\(password)"))
        let ofPrograms = try programs(at: portal)
        portal.signal(SIGHUP)
        portal.killSandboxes()
        _ = try browser.open(page.url) { $0.url.hasPrefix("http://localhost:9/") }
        portal.terminate()

        let secrets = browser.secrets.union(stranger.secrets).union([password]).union(ofPrograms)
        // Login cookie, cookie of the session's host, code, and what else there was.
        #expect(secrets.count >= 4, "the test saw only \(secrets.count) secrets")
        var logs = portal.logText
        #expect(logs.contains(format == "text" ? " access: request method=GET" : "\"subject\":\"access\""))
        let folder = portal.folder + "/data/sessions"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            logs += (try? String(contentsOfFile: "\(folder)/\(name)/agent.log", encoding: .utf8)) ?? ""
        }
        for secret in secrets { #expect(!logs.contains(secret), "a secret of \(secret.utf8.count) bytes was logged") }
    }

    /// What a web site with the portal's credentials does, and mistakes that it may make.
    /// - Returns: the credentials and tokens.
    private func programs(at portal: RunningPortal) throws -> Set<String> {
        struct Shown: Decodable {
            struct User: Decodable { let username, password: String }
            struct Client: Decodable { let id, secret: String }
            let admin, robot: User
            let client: Client
        }
        struct Granted: Decodable {
            let accessToken: String
            let refreshToken: String?
        }
        let text = try run(RunningPortal.program, ["credentials", "--data", portal.folder + "/data", "--json"]).text
        let shown = try JSONDecoder().decode(Shown.self, from: Data(text.utf8))
        func send(_ path: String, _ method: HTTPMethod, form: FormParameters = [:], token: String? = nil) throws
            -> HTTPClientResponse
        {
            var headers: HTTPHeaders = ["Host": "lectern.localhost:\(portal.frontPort)"]
            if method == .post { headers["Content-Type"] = "application/x-www-form-urlencoded" }
            if let token { headers["Authorization"] = "Bearer \(token)" }
            return try CurlClient().send(
                HTTPClientRequest(
                    method: method, url: "http://127.0.0.1:\(portal.frontPort)\(path)", headers: headers,
                    body: Array(form.encoded.utf8), timeout: 20))
        }
        var form: FormParameters = [:]
        for (name, value) in [
            ("grant_type", "password"), ("client_id", shown.client.id), ("client_secret", shown.client.secret),
            ("username", shown.robot.username), ("password", shown.robot.password),
        ] { form.add(name, value) }
        let answer = try send("/oauth2/token/", .post, form: form)
        #expect(answer.status == 200)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let granted = try decoder.decode(Granted.self, from: Data(answer.body))
        let token = granted.accessToken
        #expect(try send("/workshops/catalog/environments/", .get, token: token).status == 200)
        #expect(
            try send("/workshops/environment/test-w01/request/?index_url=/", .post, token: token).status == 200)
        #expect(try send("/metrics", .get, token: token).status == 200)
        _ = try send("/workshops/catalog/environments/?access_token=\(token)", .get)
        _ = try send("/workshops/session/test-w01-s009/schedule/", .get, token: token)
        _ = try send("/oauth2/introspect/", .post, form: form, token: "wrong-" + token)
        var login: FormParameters = [:]
        login.add("username", shown.admin.username)
        login.add("password", shown.admin.password)
        _ = try send("/accounts/login/", .post, form: login)
        return Set(
            [token, shown.client.secret, shown.robot.password, shown.admin.password]
                + [granted.refreshToken].compactMap(\.self))
    }
}
