internal import Platform

/// Turns a checked document into a `WorkshopDefinition`.
enum WorkshopDecoding {
    /// `nil` when the document lacks what a workshop cannot do without; that has been reported.
    static func decode(_ node: YAMLNode) -> WorkshopDefinition? {
        let document = FieldView(node)
        let spec = document["spec"]
        guard let name = document["metadata"].text("name"), let title = spec.text("title"),
            let description = spec.text("description")
        else { return nil }
        var workshop = WorkshopDefinition(name: name, title: title, description: description)
        workshop.url = spec.text("url") ?? ""
        workshop.difficulty = spec.text("difficulty") ?? ""
        workshop.duration = spec.seconds("duration") ?? 0
        workshop.vendor = spec.text("vendor") ?? ""
        workshop.authors = spec.texts("authors")
        workshop.tags = spec.texts("tags")
        workshop.labels = spec.labels("labels")
        workshop.logo = spec.text("logo") ?? ""
        workshop.version = spec.text("version") ?? "latest"
        workshop.sources = spec["workshop"].list("files").compactMap(ContentSourceDecoding.decode)
        workshop.packages = spec["workshop"].list("packages").map {
            .init(name: $0.text("name") ?? "", sources: $0.list("files").compactMap(ContentSourceDecoding.decode))
        }
        let session = spec["session"]
        decodeApplications(session["applications"], into: &workshop)
        workshop.variables = session.variables("env")
        let examiner = session["applications"]["examiner"]
        workshop.scripts = WorkshopDefinition.Scripts(
            setupTime: session["setup"].seconds("timeLimit"), checkTime: examiner.seconds("timeLimit"),
            checksAtOnce: examiner.integer("concurrent"))
        let standard = workshop.editor.isEnabled ? 1 << 30 : 512 << 20
        workshop.memory = session["resources"].bytes("memory") ?? standard
        workshop.storage = session["resources"].bytes("storage") ?? 0
        workshop.ingresses = session.list("ingresses").map(ingress)
        workshop.dashboards = session.list("dashboards").map {
            .init(name: $0.text("name") ?? "", url: $0.text("url") ?? "")
        }
        workshop.parameters = spec["request"].list("parameters").map { parameter in
            let isGenerated = parameter.text("generate") == "expression"
            return .init(
                name: parameter.text("name") ?? "", value: parameter.text("value") ?? "",
                pattern: isGenerated ? parameter.text("from") ?? "" : "")
        }
        return workshop
    }

    private static func decodeApplications(_ all: FieldView, into workshop: inout WorkshopDefinition) {
        func application(_ name: String, isOn: Bool = false) -> WorkshopDefinition.Application {
            let given = all[name]
            var application = WorkshopDefinition.Application(
                isEnabled: given.boolean("enabled") ?? isOn, layout: given.text("layout") ?? "default",
                directory: given.text("directory") ?? "")
            application.largestFile = given.bytes("largestFile")
            application.mostFiles = given.integer("mostFiles")
            return application
        }
        workshop.instructions = application("workshop", isOn: true)
        workshop.terminal = application("terminal", isOn: true)
        workshop.editor = application("editor")
        workshop.console = application("console")
        workshop.slides = application("slides")
        workshop.examiner = application("examiner")
        workshop.files = application("files")
        workshop.uploads = application("uploads")
        workshop.docker = application("docker")
        workshop.registry = application("registry")
        workshop.git = application("git")
        workshop.vcluster = application("vcluster")
        workshop.sshd = application("sshd")
        workshop.webdav = application("webdav")
        let instructions = all["workshop"]
        if let url = instructions.text("url") {
            workshop.instructionsSource = .url(url)
        } else if instructions["proxy"].isGiven {
            workshop.instructionsSource = .proxy(ingress(instructions["proxy"]))
        } else if let path = instructions.text("path") {
            workshop.instructionsSource = .path(path)
        }
    }

    private static func ingress(_ given: FieldView) -> WorkshopDefinition.Ingress {
        let scheme = given.text("protocol") ?? "http"
        var ingress = WorkshopDefinition.Ingress(
            name: given.text("name") ?? "", port: given.integer("port") ?? (scheme == "https" ? 443 : 80),
            isOpenToAll: given["authentication"].text("type") == "none")
        ingress.scheme = scheme
        ingress.host = given.text("host") ?? "localhost"
        ingress.path = given.text("path") ?? "/"
        ingress.changesOrigin = given.boolean("changeOrigin") ?? true
        ingress.isSecure = given.boolean("secure") ?? true
        ingress.headers = given.variables("headers")
        ingress.pathRewrites = given.list("pathRewrite").map {
            .init(pattern: $0.text("pattern") ?? "", replacement: $0.text("replacement") ?? "")
        }
        return ingress
    }
}
