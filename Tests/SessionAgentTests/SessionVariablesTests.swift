import Platform
import Testing

@testable import SessionAgent

@Suite("What programs in a session are told of it")
struct SessionVariablesTests {
    private func manifest(_ change: (inout SessionManifest) -> Void = { _ in }) -> SessionManifest {
        var manifest = SessionManifest(
            session: "labs-w02-s014", environment: "labs-w02", workshop: "git", title: "Git", description: "",
            portalName: "labs", portalURL: "https://labs.example.com",
            sessionURL: "https://labs-w02-s014.labs.example.com:8443", portalSocket: "/run/p.sock",
            listenSocket: "/run/s.sock", clientSecret: "client-secret", cookieKey: "cookie-key",
            contentFolder: "/opt/lectern/content", home: "/home/learner", terminalLayout: "default",
            workshopLayout: "none", variables: [.init(name: "GIT_PAGER", value: "cat")], parameters: [:],
            frameAncestors: [], hasExpiry: true)
        manifest.applications = SessionManifest.Applications(
            hasEditor: true, hasExaminer: true, filesFolder: "", uploadsFolder: "/in")
        manifest.workshopVersion = "1.10"
        change(&manifest)
        return manifest
    }

    private func environment(
        _ manifest: SessionManifest, own: [SessionManifest.Variable] = [], added: [SessionManifest.Variable] = [],
        inherited: [String: String] = ["PATH": "/bin", "USER": "learner"]
    ) -> [String: String] {
        let lines = SessionVariables.environment(of: manifest, own: own, added: added, inherited: inherited)
        let pairs = lines.map { line in
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), String(parts[1]))
        }
        #expect(Set(pairs.map(\.0)).count == pairs.count)
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    @Test("The whole table, which holds no secret")
    func table() {
        let expected = [
            "PATH": "/bin", "USER": "learner", "LOGNAME": "learner", "HOME": "/home/learner", "SHELL": "/bin/bash",
            "LANG": "C.UTF-8", "SESSION_NAME": "labs-w02-s014", "SESSION_ID": "s014",
            "SESSION_NAMESPACE": "labs-w02-s014", "SESSION_URL": "https://labs-w02-s014.labs.example.com:8443",
            "SESSION_HOSTNAME": "labs-w02-s014.labs.example.com", "ENVIRONMENT_NAME": "labs-w02",
            "WORKSHOP_NAME": "git", "WORKSHOP_NAMESPACE": "labs-w02", "WORKSHOP_VERSION": "1.10",
            "WORKSHOP_DIR": "/opt/lectern/content/workshop", "TRAINING_PORTAL": "labs",
            "PORTAL_URL": "https://labs.example.com", "INGRESS_DOMAIN": "labs.example.com",
            "CLUSTER_DOMAIN": "labs.example.com", "INGRESS_PROTOCOL": "https", "INGRESS_PORT": "8443",
            "INGRESS_PORT_SUFFIX": ":8443", "ENABLE_WORKSHOP": "false", "ENABLE_TERMINAL": "true",
            "ENABLE_EDITOR": "true", "ENABLE_EXAMINER": "true", "ENABLE_FILES": "true", "ENABLE_UPLOADS": "true",
            "ENABLE_COUNTDOWN": "true", "FILES_DIR": "/home/learner", "UPLOADS_DIR": "/home/learner/in",
            "GIT_PAGER": "cat",
        ]
        #expect(environment(manifest()) == expected)
        let plain = environment(
            manifest {
                $0.applications = SessionManifest.Applications()
                $0.workshopVersion = nil
                $0.sessionURL = "http://labs-w02-s014.lectern.localhost"
            }, inherited: ["TZ": "Asia/Kolkata"])
        #expect(plain["FILES_DIR"] == nil && plain["UPLOADS_DIR"] == nil && plain["WORKSHOP_VERSION"] == nil)
        #expect(plain["INGRESS_PORT"] == "80" && plain["INGRESS_PORT_SUFFIX"]?.isEmpty == true)
        #expect(plain["TZ"] == "Asia/Kolkata" && plain["PATH"] == "/usr/local/bin:/usr/bin:/bin")
    }

    @Test("What the workshop gives wins over what the session is, and what setup added wins over both")
    func precedence() {
        let given = manifest {
            $0.variables = [
                .init(name: "TERM", value: "dumb"), .init(name: "SESSION_ID", value: "mine"),
                .init(name: "A", value: "1"),
            ]
        }
        let values = environment(
            given, own: [.init(name: "TERM", value: "xterm")],
            added: [.init(name: "A", value: "2"), .init(name: "A", value: "3")])
        #expect(values["TERM"] == "dumb" && values["SESSION_ID"] == "mine" && values["A"] == "3")
    }

    @Test("Names that no system could take are left out, and values end at a zero byte")
    func garbage() {
        let merged = SessionVariables.merged([
            .init(name: "", value: "x"), .init(name: "A B", value: "x"), .init(name: "A=B", value: "x"),
            .init(name: "Ä", value: "x"), .init(name: "GOOD", value: "one\0two"),
        ])
        #expect(merged == [.init(name: "GOOD", value: "one")])
    }

    @Test(
        "Lines of $WORKSHOP_ENV",
        arguments: [
            ("A=1\nB=two words\n", ["A=1", "B=two words"]), ("# note\n\n  A=1", ["A=1"]),
            ("export A=1", ["A=1"]), ("A='it is'\nB=\"so\"", ["A=it is", "B=so"]),
            (#"A="a \"b\" \\ \$x \n""#, [#"A=a "b" \ $x \n"#]), ("A=", ["A="]), ("A=b=c", ["A=b=c"]),
            ("no line\n1A=2\nA B=3\n=4", []), ("A=1\r\nB=2\r\n", ["A=1", "B=2"]), ("A='", ["A='"]),
        ])
    func lines(text: String, expected: [String]) {
        let found = VariableLines.parse(text).map { "\($0.name)=\($0.value)" }
        #expect(found == expected)
    }

    @Test("What a sourced file exported, without what every shell sets")
    func exported() {
        let found = VariableLines.exported(Array("A=1\0SHLVL=2\0_=/x\0PWD=/\0B=two\nlines\0bad\0F%%=()\0".utf8))
        #expect(found.map(\.name) == ["A", "B"])
        #expect(found.last?.value == "two\nlines")
    }
}
