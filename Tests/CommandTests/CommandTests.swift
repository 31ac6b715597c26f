import Testing

@testable import lectern

@Suite("Options of commands")
struct OptionTests {
    private let options = [
        CommandOption("data", "DIR", ""), CommandOption("watch", nil, ""),
        CommandOption("set", "NAME=VALUE", "", mayRepeat: true),
    ]

    @Test("Values come as `--name value` and `--name=value`, operands between them")
    func forms() throws {
        let parsed = try ParsedOptions(
            ["a", "--data", "x", "--set=k=v", "--set", "l=w", "--watch", "--", "--b"], options: options,
            environment: [:])
        #expect(parsed["data"] == "x")
        #expect(parsed.all("set") == ["k=v", "l=w"])
        #expect(parsed.has("watch"))
        #expect(parsed.operands == ["a", "--b"])
    }

    @Test("The environment gives what the command line does not")
    func environment() throws {
        let environment = ["LECTERN_DATA": "from-environment", "LECTERN_WATCH": "no"]
        #expect(try ParsedOptions([], options: options, environment: environment)["data"] == "from-environment")
        #expect(try !ParsedOptions([], options: options, environment: environment).has("watch"))
        #expect(try ParsedOptions(["--data", "x"], options: options, environment: environment)["data"] == "x")
    }

    @Test(
        "A mistake is told with its remedy",
        arguments: [
            (["--dta", "x"], "--dta: unknown option; did you mean --data?"),
            (["--data"], "--data needs a value: --data DIR"),
            (["--watch=1"], "--watch takes no value"),
            (["--data", "x", "--data", "y"], "--data is given twice"),
            (["-d"], "-d: options begin with two dashes; see --help"),
        ])
    func mistakes(arguments: [String], message: String) {
        let error = #expect(throws: UsageError.self) {
            try ParsedOptions(arguments, options: options, environment: [:])
        }
        #expect(error?.description == message)
    }

    @Test("Sockets go where front door and sandboxes may pass, and where their paths fit")
    func runFolder() {
        let long = "/home/" + String(repeating: "x", count: 80)
        func folder(_ data: String, isRoot: Bool) -> String {
            ServeConfiguration.defaultRunFolder(data: data, isRoot: isRoot, runtimeFolder: "/run/user/1000")
        }
        #expect(folder("/root/lectern-data", isRoot: true).hasPrefix("/run/lectern-"))
        #expect(folder("/a", isRoot: true) != folder("/b", isRoot: true))
        #expect(folder("/home/me/data", isRoot: false) == "/home/me/data/run")
        #expect(folder(long, isRoot: false).hasPrefix("/run/user/1000/lectern-"))
    }

    @Test("Every option of serve has a help text, and numbers keep their range")
    func serve() throws {
        for option in ServeCommand.options {
            #expect(ServeCommand.helpText.contains("--\(option.name)"))
            #expect(!option.help.isEmpty)
        }
        let error = #expect(throws: UsageError.self) {
            _ = try ServeConfiguration(
                ParsedOptions(["p", "--launch-wait", "-1"], options: ServeConfiguration.options, environment: [:]))
        }
        #expect(error?.description == "--launch-wait -1: a whole number from 0 to 30000 is expected")
    }
}

@Suite("The front door's configuration")
struct FrontDoorConfigurationTests {
    private let configuration = FrontDoorConfiguration(
        listen: "127.0.0.1:8080", portalHost: "labs.example.com", sessionDomain: "labs.example.com",
        portalName: "labs", portal: "127.0.0.1:4000", sessionsFolder: "/run/l/sessions", folder: "/run/l/nginx")

    @Test("It picks the session by host, names none, and escapes dots")
    func sessionHosts() {
        #expect(configuration.text.contains(#"\\.labs\\.example\\.com$"#))
        #expect(configuration.text.contains("/run/l/sessions/$session/agent.sock"))
        #expect(configuration.text.contains("error_page 502 = @portal;"))
    }

    @Test("The client's own X-Forwarded-For is overwritten, not passed on")
    func forwarded() {
        #expect(configuration.text.contains("proxy_set_header X-Forwarded-For $remote_addr;"))
        #expect(!configuration.text.contains("$proxy_add_x_forwarded_for"))
    }

    @Test("A request that changes something never uses a connection that was kept")
    func onceOnly() {
        #expect(configuration.text.contains("default lectern_portal_once;"))
        #expect(configuration.text.contains("GET lectern_portal;"))
        #expect(!configuration.text.contains("proxy_pass http://lectern_portal;"))
    }

    @Test("Where it listens is found again in its text")
    func listens() {
        #expect(
            FrontDoorConfiguration.listens(in: configuration.text) == [
                "listen 127.0.0.1:8080 default_server backlog=4096;", "listen 127.0.0.1:8080;",
            ])
    }

    @Test("Hosts of servers come before the sessions' own, for this portal's sessions only, each request asked about")
    func servers() throws {
        let text = configuration.text
        let servers = try #require(text.firstRange(of: "auth_request /.lectern/authorize;"))
        let sessions = try #require(text.firstRange(of: #"server_name "~^(?<session>[a-z0-9]("#))
        #expect(servers.lowerBound < sessions.lowerBound)
        #expect(
            text.contains(
                #""~^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?-(?<session>labs-w[0-9]+-s[0-9]+)\\.labs\\.example\\.com$""#))
        #expect(text.contains("proxy_read_timeout 3600s;"))
        #expect(!text.contains("ssl"))
    }

    @Test("A certificate makes every address an https one, and a renewed one changes the text")
    func certificate() {
        var secure = configuration
        secure.certificate = .init(file: "/etc/a.pem", key: "/etc/a \"key\".pem", version: "1")
        #expect(
            FrontDoorConfiguration.listens(in: secure.text) == [
                "listen 127.0.0.1:8080 ssl http2 default_server backlog=4096;", "listen 127.0.0.1:8080 ssl http2;",
            ])
        #expect(secure.text.contains(#"ssl_certificate_key "/etc/a \"key\".pem";"#))
        var renewed = secure
        renewed.certificate?.version = "2"
        #expect(renewed != secure)
    }

    @Test(
        "Options about https that cannot go together are told",
        arguments: [
            (["--tls-key", "k"], "--tls-key needs --tls-certificate, the file that it belongs to"),
            (["--tls-certificate", "c"], "--tls-certificate needs --tls-key, the file with its private key"),
            (
                ["--tls-certificate", "c", "--tls-key", "k", "--public-url", "http://a.example"],
                "--public-url http://a.example: with --tls-certificate it begins with https://"
            ),
            (
                ["--tls-certificate", "c", "--tls-key", "k", "--front-door", "none"],
                "--tls-certificate is for the front door; with --front-door none, your own proxy has it"
            ),
        ])
    func tlsOptions(options: [String], message: String) {
        let error = #expect(throws: UsageError.self) {
            _ = try ServeConfiguration(
                ParsedOptions(["p"] + options, options: ServeConfiguration.options, environment: [:]))
        }
        #expect(error?.description == message)
    }

    @Test("With a certificate the portal's address is an https one")
    func tlsAddress() throws {
        let options = ["p", "--tls-certificate", "c", "--tls-key", "k", "--listen", "127.0.0.1:443"]
        let serve = try ServeConfiguration(
            ParsedOptions(options, options: ServeConfiguration.options, environment: [:]))
        #expect(serve.publicURL == "https://lectern.localhost")
    }
}
