import Platform
import Testing

@testable import Portal

/// A field that a message or a document can name, with what becomes of it.
struct KnownField: Hashable {
    var path: String
    var effect: FieldEffect
}

/// Every field without fields of its own, below `spec`. What a cluster or a packaging tool alone understands is named by
/// its topmost field.
func knownFields(_ fields: [Field]) -> [KnownField] {
    func leaves(_ field: Field, _ prefix: String, _ inherited: FieldEffect, _ result: inout [KnownField]) {
        let path = prefix.isEmpty ? field.name : "\(prefix).\(field.name)"
        let effect = field.effect == .honoured ? inherited : field.effect
        if effect == .bookkeeping { return }
        var below: [Field] = []
        var suffix = ""
        switch field.rule {
        case .mapping(let fields): below = fields
        case .list(.mapping(let fields)): (below, suffix) = (fields, "[]")
        default: break
        }
        if below.isEmpty || effect == .cluster || effect == .packaging {
            result.append(KnownField(path: path, effect: effect))
        } else {
            for field in below { leaves(field, path + suffix, effect, &result) }
        }
    }
    var result: [KnownField] = []
    for field in fields where field.name == "spec" { leaves(field, "", .honoured, &result) }
    return result
}

@Suite("Every field of the resources")
struct AllFieldsTests {
    private let load = DefinitionLoader.load(text: Array(everyField.utf8), file: "all.yaml")

    @Test("The fixture gives every known field a value")
    func fixtureIsComplete() {
        let documents = YAMLStream(parsing: everyField).documents
        #expect(documents.count == 2)
        for (document, fields) in zip(documents, [TrainingPortalFields.all, WorkshopFields.all]) {
            // One of two that exclude each other.
            for field in knownFields(fields) where field.path != "spec.portal.oidc.clientSecretEnv" {
                #expect(isGiven(field.path, in: [document]), "\(field.path)")
            }
        }
    }

    private func isGiven(_ path: String, in start: [YAMLNode]) -> Bool {
        var nodes = start
        var rest = path[...]
        while !rest.isEmpty {
            // `reveal.js` and `impress.js` have a dot of their own.
            let step = rest.hasPrefix("reveal.js") ? "reveal.js" : rest.hasPrefix("impress.js") ? "impress.js" : nil
            let name = step ?? String(rest.prefix { $0 != "." })
            rest = rest.dropFirst(name.count + 1)
            let isList = name.hasSuffix("[]")
            nodes = nodes.compactMap { $0[isList ? String(name.dropLast(2)) : name] }
            if isList { nodes = nodes.flatMap { $0.sequence ?? [] } }
        }
        return nodes.contains { !$0.isNull }
    }

    @Test("It is accepted, with warnings for deprecated fields only")
    func accepted() {
        let deprecated = load.findings.filter { $0.message.hasPrefix("deprecated; use spec.") }
        #expect(
            deprecated.map(\.field) == [
                "spec.portal.capacity", "spec.portal.initial", "spec.portal.reserved", "spec.portal.expires",
                "spec.portal.orphaned", "spec.content",
            ])
        let others = load.problems.filter { !deprecated.contains($0) }
        // Kinds that need a cluster, where nothing lies beside the definition.
        let elsewhere = others.filter { $0.message.hasPrefix("cannot be fetched on this machine") }
        #expect(
            Set(elsewhere.map { $0.field.split(separator: ".").last }) == [
                "image", "hg", "imgpkgBundle", "githubRelease", "helmChart",
            ])
        #expect(others.filter { !elsewhere.contains($0) }.map(\.field) == ["spec.portal.theme.name"])
        #expect(!load.hasErrors)
    }

    @Test("Notes tell which fields do nothing here")
    func notes() {
        let notes = load.findings.filter { $0.severity == .note }
        let told = Set(notes.map(\.field))
        for field in ["spec.analytics.google", "spec.session.objects", "spec.publish", "spec.session.applications.git"]
        {
            #expect(told.contains(field), "\(field)")
        }
        #expect(!told.contains("spec.session.applications.terminal"))
    }

    @Test("The portal's values arrive")
    func portalValues() throws {
        var expected = TrainingPortalDefinition(name: "labs")
        expected.title = "Harbour Labs"
        expected.logo = "data:image/png;base64,AAAA"
        expected.labels = ["room": "1", "bare": ""]
        expected.accessCode = "tide table"
        expected.index = "https://www.example.com/labs/?from=portal"
        expected.maximumSessions = 12
        expected.sessionsPerRegisteredUser = 4
        expected.sessionsPerAnonymousUser = 3
        expected.registration = .anonymous
        expected.isCatalogPublic = true
        expected.theme.name = "harbour"
        expected.frameAncestors = ["https://www.example.com", "https://*.example.org:8443", "'self'"]
        expected.cookieDomain = "example.com"
        expected.ingressHostname = "labs.example.com"
        expected.replacesEnvironmentsOnWorkshopUpdate = true
        expected.launches.allowedOrigins = ["https://www.example.com", "http://localhost:8081"]
        expected.launches.perAddressPerMinute = 30
        expected.launches.perVisitorPerMinute = 5
        expected.signIn.failuresPerAccount = 3
        expected.signIn.failuresPerAddress = 20
        expected.signIn.longestWait = 600
        expected.oidc = LoginProvider(issuer: "https://login.example.com/realms/main", clientID: "lectern")
        expected.oidc?.clientSecretFile = "/run/secrets/oidc"
        expected.oidc?.label = "Harbour ID"
        expected.oidc?.scopes = ["openid", "profile", "groups"]
        expected.oidc?.staffClaim = LoginProvider.StaffClaim(name: "groups", value: "trainers")
        expected.adminCredentials = Credentials(name: "harbour-master", secret: "lighthouse-secret")
        expected.robotCredentials = Credentials(name: "crane", secret: "crane-secret")
        expected.robotClient = Credentials(name: "crane-client", secret: "client-secret")
        expected.webhookURL = "https://events.example.com/hook"
        expected.privateAnalyticsHosts = ["events.internal", "[fd00::5]"]
        expected.analytics.google = "G-1"
        expected.analytics.clarity = "C-1"
        expected.analytics.amplitude = "A-1"
        var first = PortalWorkshop(
            name: "shell",
            limits: EnvironmentLimits(
                capacity: 5, initial: 4, reserved: 1, expires: 2700, overtime: 360, deadline: 3000, orphaned: 240,
                overdue: 30, refresh: 43_200))
        first.alias = "first-steps"
        first.labels = ["level": "entry", "house": "portal", "own": "workshop"]
        first.variables = [
            EnvironmentVariable(name: "COLOUR", value: "red"), EnvironmentVariable(name: "SHAPE", value: "round"),
        ]
        var second = PortalWorkshop(
            name: "shell",
            limits: EnvironmentLimits(
                capacity: 7, initial: 3, reserved: 2, expires: 3600, overtime: 600, deadline: 7200, orphaned: 300,
                overdue: 90, refresh: 86_400))
        second.labels = ["level": "workshop", "house": "portal", "own": "workshop"]
        second.variables = [
            EnvironmentVariable(name: "COLOUR", value: "blue"), EnvironmentVariable(name: "SHAPE", value: "round"),
        ]
        expected.workshops = [first, second]
        #expect(try #require(load.portal) == expected)
    }

    @Test("The workshop's values arrive")
    func workshopValues() throws {
        let workshop = try #require(load.workshops["shell"])
        var expected = WorkshopDefinition(
            name: "shell", title: "Find your way in a shell", description: "The lamp has gone out.")
        expected.url = "https://www.example.com/shell"
        expected.difficulty = "beginner"
        expected.duration = 900
        expected.vendor = "Harbour"
        expected.authors = ["Ann", "Bo"]
        expected.tags = ["shell", "files"]
        expected.labels = ["level": "workshop", "own": "workshop"]
        expected.logo = "data:image/svg+xml;base64,AAAA"
        expected.version = "1.10"
        expected.revision = workshop.revision
        expected.terminal = .init(isEnabled: true, layout: "split/2")
        expected.instructions = .init(isEnabled: true, layout: "left")
        expected.instructionsSource = .url("https://www.example.com/pages")
        for application in [
            \WorkshopDefinition.editor, \.console, \.slides, \.examiner, \.docker, \.registry, \.git, \.vcluster,
            \.sshd,
            \.webdav,
        ] {
            expected[keyPath: application].isEnabled = true
        }
        expected.files = .init(isEnabled: true, directory: "exercises")
        expected.editor.largestFile = 2 << 20
        expected.uploads = .init(isEnabled: true, directory: "incoming")
        expected.uploads.largestFile = 5 << 20
        expected.uploads.mostFiles = 7
        expected.variables = [EnvironmentVariable(name: "EDITOR", value: "nano")]
        expected.scripts = .init(setupTime: 90, checkTime: 1200, checksAtOnce: 6)
        expected.memory = 768 << 20
        expected.storage = 2 << 30
        var web = WorkshopDefinition.Ingress(name: "web", port: 3000, isOpenToAll: true)
        web.scheme = "https"
        web.path = "/app"
        web.changesOrigin = false
        web.isSecure = false
        web.headers = [EnvironmentVariable(name: "X-Port", value: "3000")]
        web.pathRewrites = [.init(pattern: "^/x", replacement: "/y")]
        expected.ingresses = [web, .init(name: "plain", port: 80, isOpenToAll: false)]
        expected.dashboards = [.init(name: "Second", url: "terminal:second"), .init(name: "Editor", url: "")]
        expected.parameters = [.init(name: "FRUIT", value: "apple"), .init(name: "PIN", pattern: "[0-9]{4}")]
        expected.sources = workshop.sources
        expected.packages = workshop.packages
        #expect(workshop == expected)
        #expect(workshop.revision.count == 64)
        #expect(
            workshop.sources.map(\.kind) == [
                "image", "git", "hg", "http", "imgpkgBundle", "githubRelease", "helmChart", "inline", "directory",
            ])
        #expect(workshop.sources[0].newRootPath == "workshop" && workshop.sources[0].includePaths == ["/workshop/**"])
        #expect(
            workshop.sources[1].origin
                == .git(url: "https://example.com/a.git", reference: "origin/main", includesSubmodules: false))
        #expect(
            workshop.sources[3].origin
                == .http(
                    url: "https://example.com/c.tgz",
                    sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", unpacks: false))
        #expect(workshop.sources[7].origin == .inline(["a.txt": "x"]))
        #expect(workshop.sources[8].origin == .directory("exercises"))
        #expect(workshop.packages.map(\.name) == ["tools"])
    }

    @Test("What is left out has the documented default")
    func defaults() throws {
        let text = """
            {apiVersion: training.educates.dev/v1beta1, kind: TrainingPortal, metadata: {name: bare}, spec: {}}
            ---
            apiVersion: training.educates.dev/v1beta1
            kind: Workshop
            metadata: {name: bare}
            spec: {title: T, description: D, session: {applications: {editor: {enabled: true}}}}
            """
        let load = DefinitionLoader.load(text: Array(text.utf8), file: "f")
        #expect(load.portal == TrainingPortalDefinition(name: "bare"))
        #expect(load.portal?.title == "Workshops")
        let workshop = try #require(load.workshops["bare"])
        #expect(workshop.memory == 1 << 30)
        #expect(workshop.version == "latest")
        #expect(workshop.terminal.isEnabled && workshop.instructions.isEnabled && !workshop.files.isEnabled)
        #expect(!load.hasErrors)
    }

    @Test("No finding shows a secret")
    func secrets() {
        let text = everyField.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.contains("secret:") || line.contains("password:")
                ? line.replacing("-secret", with: "-secret, 4711") : line
        }.joined(separator: "\n").replacing("password: tide table", with: "password: 4711")
        let findings = DefinitionLoader.load(text: Array(text.utf8), file: "f").findings
        let password = findings.first { $0.field == "spec.portal.password" }
        #expect(password?.message == "found a number, expected text; write it in quotes")
        #expect(!findings.contains { $0.message.contains("4711") || $0.message.contains("lighthouse") })
    }
}
