import Platform
import Portal
import Testing

/// What a text of definitions leads to, one line a finding, without the file's name.
func messages(_ text: String) -> [String] {
    DefinitionLoader.load(text: Array(text.utf8), file: "f", requiresPortal: false).findings.map {
        String($0.text.dropFirst(2))
    }
}

private let shell = """
    apiVersion: training.educates.dev/v1beta1
    kind: Workshop
    metadata: {name: shell}
    spec:
      title: Shell
      description: Find your way.
      session: {applications: {workshop: {enabled: false}}}

    """

/// Findings of a sound anonymous portal with one workshop, changed by the given lines. `spec.portal` begins in line 5, the
/// entry in line 105, so that places in the expectations stay put.
private func portalMessages(_ portal: String = "", entry: String = "", name: String = "labs") -> [String] {
    var lines = [
        "apiVersion: training.educates.dev/v1beta1", "kind: TrainingPortal", "metadata: {name: \(name)}", "spec:",
    ]
    lines.append("  portal:")
    lines += portal.split(separator: "\n").map { "    " + $0 }
    let sound = [
        "registration": "{type: anonymous}", "launches": "{allowedOrigins: [\"https://www.example.com\"]}",
        "sessions": "{maximum: 9}",
    ]
    for key in sound.keys.sorted() where !portal.split(separator: "\n").contains(where: { $0.hasPrefix(key + ":") }) {
        lines.append("    \(key): \(sound[key] ?? "")")
    }
    while lines.count < 102 { lines.append("") }
    lines += ["  workshops:", "  -"]
    lines += (entry.contains("name:") ? [] : ["name: shell"]).map { "    " + $0 }
    lines += entry.split(separator: "\n").map { "    " + $0 }
    if !entry.contains("expires:") { lines.append("    expires: 1h") }
    return messages(lines.joined(separator: "\n") + "\n---\n" + shell)
}

/// Findings of a sound workshop with more lines under `spec`, which begin in line 8.
private func workshopMessages(_ spec: String) -> [String] {
    let session = spec.contains("session:") ? "" : "  session: {applications: {workshop: {enabled: false}}}"
    let lines = [
        "apiVersion: training.educates.dev/v1beta1", "kind: Workshop", "metadata: {name: shell}", "spec:", session,
        spec.contains("title:") ? "" : "  title: Shell", spec.contains("description:") ? "" : "  description: Shell.",
    ]
    return messages((lines + spec.split(separator: "\n").map { "  " + $0 }).joined(separator: "\n"))
}

@Suite("Messages about definitions")
struct FindingMessagesTests {
    @Test("The definitions that the other tests change are sound")
    func sound() {
        #expect(portalMessages() == [])
        #expect(workshopMessages("vendor: Me") == [])
    }

    @Test("All mistakes of a portal are told at once, in the order of the file")
    func allAtOnce() {
        let found = portalMessages(
            """
            title: 5
            sessions:
              maximun: 10
              registered: -1
              anonymous: "3"
            password: 1234
            index: example.com
            catalog: {visibility: pubic}
            updates: {workshop: yes}
            """, entry: "capacity: many\nexpires: 90 minutes")
        #expect(
            found
                == [
                    #"6:12: error: spec.portal.title: found the number 5, expected text; write it in quotes: "5""#,
                    #"8:7: warning: spec.portal.sessions.maximun: unknown field; did you mean "maximum"?"#,
                    "9:19: error: spec.portal.sessions.registered: found the number -1, "
                        + "expected a whole number from 0 to 1000000",
                    #"10:18: error: spec.portal.sessions.anonymous: found "3" in quotes, "#
                        + "expected a whole number from 0 to 1000000",
                    "11:15: error: spec.portal.password: found a number, expected text; write it in quotes",
                    #"12:12: error: spec.portal.index: found "example.com", expected an absolute URL such as "#
                        + #""https://www.example.com/labs/", or """#,
                    #"13:27: error: spec.portal.catalog.visibility: found "pubic", expected "public" or "private"; "#
                        + #"did you mean "public"?"#,
                    #"14:25: error: spec.portal.updates.workshop: found "yes" (since YAML 1.2 that is text; write true), "#
                        + "expected true or false",
                    "106:15: error: spec.workshops[0].capacity: found \"many\", expected a whole number from 0 to 1000000",
                    #"107:14: error: spec.workshops[0].expires: found "90 minutes", "#
                        + #"expected a duration such as "90s", "15m" or "2h", at most ten years"#,
                ])
    }

    @Test(
        "A value of the wrong kind or form is refused with what is expected",
        arguments: [
            (
                "sessions: 5",
                "6:15: error: spec.portal.sessions: found the number 5, expected a mapping with maximum, registered or anonymous"
            ),
            (
                "sessions: [5]",
                "6:15: error: spec.portal.sessions: found a list, expected a mapping with maximum, registered or anonymous"
            ),
            (
                "sessions: {maximum: 1.5}",
                "6:25: error: spec.portal.sessions.maximum: found the number 1.5, expected a whole number from 0 to 1000000"
            ),
            (
                "sessions: {maximum: 99999999999999999999}",
                "6:25: error: spec.portal.sessions.maximum: found the number 99999999999999999999, expected a whole number from 0 to 1000000"
            ),
            ("title: [a]", "6:12: error: spec.portal.title: found a list, expected text"),
            ("title: true", #"6:12: error: spec.portal.title: found true, expected text; write it in quotes: "true""#),
            ("title: \"a\\u0007b\"", "6:12: error: spec.portal.title: found the control character 0x7, expected text"),
            ("labels: {a: b}", "6:13: error: spec.portal.labels: found a mapping, expected a list"),
            (
                "labels: [{value: b}]",
                "6:14: error: spec.portal.labels[0].name: found nothing, expected text that is not empty; the field is required"
            ),
            ("labels: [~]", "6:14: error: spec.portal.labels[0]: found nothing, expected a mapping with name or value"),
            (
                "labels: [{name: a}, {name: a}]",
                #"6:32: warning: spec.portal.labels[1].name: found "a" twice, first in line 6; the last one counts"#
            ),
            (
                "logo: logo.png",
                #"6:11: error: spec.portal.logo: found "logo.png", expected a data URI of an image such as "data:image/png;base64,...", or """#
            ),
            (
                "index: javascript:alert(1)",
                #"6:12: error: spec.portal.index: found "javascript:alert(1)", expected an absolute URL such as "https://www.example.com/labs/", or """#
            ),
            (
                "index: https://user@example.com/",
                #"6:12: error: spec.portal.index: found "https://user@example.com/", expected an absolute URL such as "https://www.example.com/labs/", or """#
            ),
            (
                "registration: {type: anonymus}",
                #"6:26: error: spec.portal.registration.type: found "anonymus", expected "one-step" or "anonymous"; did you mean "anonymous"?"#
            ),
            (
                "theme: {name: ../x}",
                #"6:19: error: spec.portal.theme.name: found "../x", expected the name of a folder, without "/""#
            ),
            (
                "theme: {frame: {ancestors: [\"https://a.example; script-src *\"]}}",
                #"6:33: error: spec.portal.theme.frame.ancestors[0]: found "https://a.example; script-src *", expected a site such as "https://www.example.com", "https://*.example.com", "'self'" or "'none'""#
            ),
            (
                "theme: {frame: {ancestors: [\"'none'\", \"'self'\"]}}",
                #"6:32: error: spec.portal.theme.frame.ancestors: found "'none'" beside other sites, expected it alone"#
            ),
            (
                "ingress: {hostname: https://a.example}",
                #"6:25: error: spec.portal.ingress.hostname: found "https://a.example", expected a host name such as "labs.example.com", in lower case"#
            ),
            (
                "cookies: {domain: \"a b\"}",
                #"6:23: error: spec.portal.cookies.domain: found "a b", expected a domain such as "example.com", in lower case, or """#
            ),
            (
                "launches: {allowedOrigins: [\"https://a.example/\"]}",
                #"6:33: error: spec.portal.launches.allowedOrigins[0]: found "https://a.example/", expected an origin such as "https://www.example.com": scheme, host and port, without a path"#
            ),
            (
                "launches: {allowedOrigins: [\"*\"]}",
                #"6:33: error: spec.portal.launches.allowedOrigins[0]: found "*", expected an origin such as "https://www.example.com": scheme, host and port, without a path"#
            ),
            ("expires: 1h", "6:5: warning: spec.portal.expires: deprecated; use spec.portal.workshop.defaults.expires"),
            (
                "colour: red",
                "6:5: warning: spec.portal.colour: unknown field, expected one of title, logo, labels, password, index, sessions, workshop, capacity, initial, reserved, expires, orphaned, theme, ingress, cookies, registration, catalog, credentials, clients, updates, launches, signIn, oidc"
            ),
            ("Title: Labs", #"6:5: warning: spec.portal.Title: unknown field; did you mean "title"?"#),
            ("tilte: Labs", #"6:5: warning: spec.portal.tilte: unknown field; did you mean "title"?"#),
            (
                "workshop: {defaults: {overdue: 1d}}",
                #"6:36: error: spec.portal.workshop.defaults.overdue: found "1d", expected a duration such as "90s", "15m" or "2h", at most ten years"#
            ),
            (
                "workshop: {defaults: {overdue: 99999h}}",
                #"6:36: error: spec.portal.workshop.defaults.overdue: found "99999h", expected a duration such as "90s", "15m" or "2h", at most ten years"#
            ),
            (
                "workshop: {defaults: {overdue: -5}}",
                #"6:36: error: spec.portal.workshop.defaults.overdue: found the number -5, expected a duration such as "90s", "15m" or "2h", at most ten years"#
            ),
            (
                "workshop: {defaults: {env: [{name: \"A=B\", value: c}]}}",
                #"6:40: error: spec.portal.workshop.defaults.env[0].name: found "A=B", expected a name of letters, digits, "_", "-" and ".""#
            ),
        ] as [(String, String)])
    func portalValue(lines: String, message: String) {
        #expect(portalMessages(lines).filter { !$0.contains(": note: ") } == [message])
    }

    @Test(
        "What is accepted leads to no message",
        arguments: [
            "workshop: {defaults: {overdue: 90, orphaned: \"90\", refresh: 0s, deadline: 87600h}}",
            "index: \"\"", "index: https://[2001:db8::1]:8443/a?b#c", "index: http://localhost:8081", "title: ~",
            "theme: {frame: {ancestors: [\"'none'\"]}}",
            "theme: {frame: {ancestors: [\"https:\", \"*.example.com\", \"https://a.example:*\"]}}",
            "launches: {allowedOrigins: [\"http://localhost:8081\", \"https://xn--bcher-kva.example\"]}",
            "cookies: {domain: .example.com}", "sessions: {maximum: 0x10}",
        ])
    func accepted(lines: String) {
        #expect(portalMessages(lines) == [])
    }

    @Test(
        "Rules between the fields of an entry are told with what is done instead",
        arguments: [
            (
                "capacity: 2\nreserved: 3",
                "107:15: warning: spec.workshops[0].reserved: found 3, expected at most the capacity, 2; taken as 2"
            ),
            (
                "capacity: 2\ninitial: 3",
                "107:14: warning: spec.workshops[0].initial: found 3, expected at most the capacity, 2; taken as 2"
            ),
            (
                "capacity: 5\nreserved: 3\ninitial: 2",
                "108:14: warning: spec.workshops[0].initial: found 2, expected 0 or at least reserved, 3; taken as 3"
            ),
            (
                "expires: 2h\ndeadline: 1h",
                "107:15: warning: spec.workshops[0].deadline: found 3600 s, expected at least expires, 7200 s; taken as 7200 s"
            ),
            (
                "capacity: 0",
                "106:15: warning: spec.workshops[0].capacity: the capacity is 0, so no session can be started; set it here, in spec.portal.workshop.defaults, or set spec.portal.sessions.maximum"
            ),
            (
                "expires: 0s",
                "105:5: warning: spec.workshops[0].expires: anybody may start sessions and they never end; set expires or orphaned"
            ),
            (
                "alias: first steps",
                #"106:12: warning: spec.workshops[0].alias: found "first steps", which has to be escaped in launch links; letters, digits, "-", "." and "_" need not"#
            ),
            (
                "alias: labs-w02",
                #"106:12: error: spec.workshops[0].alias: found "labs-w02", which looks like the name of one of the portal's environments; expected another alias"#
            ),
            (
                "name: shel",
                #"105:11: error: spec.workshops[0].name: found "shel", but no Workshop of that name was given; did you mean "shell"?"#
            ),
            (
                "name: git",
                #"105:11: error: spec.workshops[0].name: found "git", but no Workshop of that name was given"#
            ),
            ("alias: a", ""),
        ] as [(String, String)])
    func entryRules(lines: String, message: String) {
        #expect(portalMessages(entry: lines).filter { !$0.contains(": note: ") } == (message.isEmpty ? [] : [message]))
    }

    @Test(
        "Rules for anonymous portals and the portal's name",
        arguments: [
            (
                "sessions: {registered: 0}", "labs",
                "spec.portal.sessions: anybody may start sessions and nothing limits how many; set maximum, or anonymous, or both"
            ),
            (
                "launches: {perVisitorPerMinute: 3}", "labs",
                "spec.portal.launches.allowedOrigins: links from any site may start sessions, and visitors are sent back to any site; list the origins of your own pages"
            ),
            (
                "oidc: {issuer: \"https://login.example.com\", clientID: a, clientSecretFile: b, clientSecretEnv: C}",
                "labs",
                "spec.portal.oidc.clientSecretEnv: found beside clientSecretFile, expected one of the two"
            ),
            (
                "credentials: {robot: {username: educates}}", "labs",
                "spec.portal.credentials.robot.username: found the administrator's name; expected another one"
            ),
            (
                "credentials: {admin: {username: me, password: hunter2}, robot: {username: it}}", "labs",
                "spec.portal.credentials.admin.password: is shorter than 12 characters, so that it can be guessed; leave it out, and the portal draws one"
            ),
            (
                "clients: {robot: {id: site, secret: 0123456789a}}", "labs",
                "spec.portal.clients.robot.secret: is shorter than 12 characters, so that it can be guessed; leave it out, and the portal draws one"
            ),
            (
                "clients: {robot: {id: 'a:b'}}", "labs",
                #"spec.portal.clients.robot.id: found "a:b", expected at most 200 letters, digits and other ASCII signs but ":""#
            ),
            (
                "", "Labs",
                #"metadata.name: found "Labs", expected at most 50 of a-z, 0-9 and "-", with a letter or digit at both ends"#
            ),
            (
                "", String(repeating: "a", count: 51),
                "metadata.name: found \"\(String(repeating: "a", count: 40))...\", expected at most 50 of a-z, 0-9 and \"-\", with a letter or digit at both ends"
            ),
        ] as [(String, String, String)])
    func portalRules(lines: String, name: String, message: String) {
        let found = portalMessages(lines, entry: "capacity: 3", name: name)
        #expect(found.count == 1 && found.first?.hasSuffix(": " + message) == true, "\(found)")
    }

    @Test("One mistake of an entry hides no other")
    func severalRules() {
        let found = portalMessages(entry: "capacity: 0\nexpires: 2h\ndeadline: 1h")
        #expect(
            found.map { $0.prefix(22) } == ["106:15: warning: spec.w", "108:15: warning: spec.w"].map { $0.prefix(22) })
        let broken = portalMessages(entry: "capacity: -1\nreserved: 3\nexpires: 2h\ndeadline: 1h")
        #expect(broken.map { $0.prefix(16) } == ["106:15: error: s", "109:15: warning:"])
    }

    @Test("Two entries may not be published under one name")
    func publishedTwice() {
        let found = portalMessages(entry: "name: shell\n\n") + portalMessages(entry: "name: shell")
        #expect(found == [])
        let text = """
            apiVersion: training.educates.dev/v1beta1
            kind: TrainingPortal
            metadata: {name: labs}
            spec:
              portal:
                sessions: {maximum: 5}
                registration: {type: anonymous}
                launches: {allowedOrigins: ["https://a.example"]}
                workshop: {defaults: {expires: 1h}}
              workshops:
              - name: shell
              - {name: shell, alias: other}
              - {name: shell, alias: shell}
              - name: shell
            ---

            """ + shell
        #expect(
            messages(text) == [
                #"13:26: error: spec.workshops[2].alias: found "shell" twice, first as spec.workshops[0] in line 11; expected another alias for one of them"#,
                #"14:11: error: spec.workshops[3].name: found "shell" twice, first as spec.workshops[0] in line 11; expected another alias for one of them"#,
            ])
    }

    @Test(
        "A workshop's mistakes are told like a portal's",
        arguments: [
            ("title: ''", #"8:10: error: spec.title: found "", expected text that is not empty"#),
            (
                "difficulty: easy",
                #"8:15: error: spec.difficulty: found "easy", expected "beginner", "intermediate", "advanced" or "extreme""#
            ),
            (
                "session: {applications: {workshop: {enabled: false}, terminal: {layout: spilt, enabled: true}}}",
                #"8:75: error: spec.session.applications.terminal.layout: found "spilt", expected "default", "split", "split/2", "lower" or "none"; did you mean "split"?"#
            ),
            (
                "session: {applications: {workshop: {enabled: false}, terminal: {layout: split}}}",
                "8:66: error: spec.session.applications.terminal.enabled: found nothing, expected true or false; the field is required"
            ),
            (
                "session: {applications: {workshop: {enabled: false}}, resources: {memory: lots}}",
                #"8:77: error: spec.session.resources.memory: found "lots", expected an amount of bytes such as "512Mi" or "1Gi""#
            ),
            (
                "version: 1.10",
                #"8:12: error: spec.version: found the number 1.10, expected text; write it in quotes: "1.10""#
            ),
            (
                "workshop: {files: [{path: a}]}",
                "8:22: error: spec.workshop.files[0]: found none, expected exactly one of git, hg, http, image, imgpkgBundle, githubRelease, helmChart, inline, directory"
            ),
            (
                "workshop: {files: [{hg: {}, image: {}}]}",
                "8:22: error: spec.workshop.files[0]: found hg and image, expected exactly one of git, hg, http, image, imgpkgBundle, githubRelease, helmChart, inline, directory"
            ),
            (
                "session: {}",
                #"3:18: warning: spec.workshop: found no folder "workshop" with instructions beside the definition"#
            ),
            (
                "request: {parameters: [{name: A}, {name: A}]}",
                #"8:44: warning: spec.request.parameters[1].name: found "A" twice, first in line 8"#
            ),
        ] as [(String, String)])
    func workshopValue(lines: String, message: String) {
        #expect(workshopMessages(lines).filter { !$0.contains(": note: ") } == [message])
    }

    @Test(
        "A document is known by apiVersion and kind",
        arguments: [
            (
                "{apiVersion: training.educates.dev/v1beta2, kind: Workshop}",
                #"1:14: error: apiVersion: found version "v1beta2", expected "training.educates.dev/v1beta1""#
            ),
            (
                "{apiVersion: training.educates.dev/v1beta1, kind: TraningPortal}",
                #"1:51: error: kind: found "TraningPortal", expected TrainingPortal or Workshop; did you mean "TrainingPortal"?"#
            ),
            (
                "{apiVersion: training.educate.dev/v1beta1, kind: Workshop}",
                #"1:14: error: apiVersion: found "training.educate.dev/v1beta1", expected "training.educates.dev/v1beta1""#
            ),
            (
                "{kind: TrainingPortal}",
                #"1:1: error: apiVersion: found nothing, expected "training.educates.dev/v1beta1""#
            ),
            (
                "{apiVersion: v1, kind: Namespace}",
                "1:1: warning: passed over: a Namespace of v1 means nothing to a portal"
            ),
            ("[1, 2]", "1:1: warning: passed over: no resource with apiVersion and kind"),
            (
                "{apiVersion: training.educates.dev/v1beta1, kind: WorkshopSession}",
                "1:1: warning: passed over: the portal makes each WorkshopSession by itself"
            ),
        ] as [(String, String)])
    func resourceKind(text: String, message: String) {
        #expect(messages(text).contains(message), "\(messages(text))")
    }

    @Test("The old version is read with a warning")
    func oldVersion() {
        #expect(
            messages(shell.replacing("v1beta1", with: "v1alpha1")) == [
                #"1:13: warning: apiVersion: found the old version "v1alpha1"; it is read as "v1beta1""#
            ])
    }

    @Test("What strangers wrote can neither break a line nor speak to the terminal")
    func strangersText() {
        let key = "a\\u001b[2J\\n\\u202E" + String(repeating: "k", count: 1000)
        let found = portalMessages("\"\(key)\": 1\nindex: \"\\r\\u202Ea\"")
        #expect(found.count == 2)
        for line in found {
            #expect(line.utf8.count < 400)
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 32 && $0 != "\u{202E}" })
        }
        let finding = DefinitionFinding(.note, file: "a\nb\u{1B}", field: "c\t", message: "d\u{9B}")
        #expect(finding.text == "a b : note: c : d ")
    }

    @Test("A file with nothing but mistakes ends with one that says so")
    func tooMany() {
        let entries = (0..<2000).map { "a\($0): 1" }.joined(separator: ", ")
        let found = portalMessages("theme: {\(entries)}")
        #expect(found.count { $0.contains("unknown field") } == 500)
        #expect(found.contains { $0.hasSuffix("error: found more than 500 mistakes; the rest is left out") })
    }

    @Test("Random changes of a sound definition never crash the reader", arguments: 0..<4)
    func garbage(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        let original = Array(everyField.utf8)
        for _ in 0..<150 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(contentsOf: Array("\n- {a: [~, 5]}\n".utf8), at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 0..<200, using: &random)))
                }
            }
            let load = DefinitionLoader.load(text: bytes, file: "f")
            for finding in load.findings { #expect(!finding.text.contains("\n") && !finding.json.contains("\n")) }
        }
    }
}

/// The same numbers for the same seed (SplitMix64).
private struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
