/// Every field of a `Workshop` (spec/workshop-resource.md, section 1), and Lectern's own: `timeLimit` and `concurrent` of the
/// examiner, and `spec.session.setup`.
enum WorkshopFields {
    static let all: [Field] = [
        Field("apiVersion", .text(.notEmpty), required: true),
        Field("kind", .text(.notEmpty), required: true),
        Field("metadata", ResourceFields.metadata(name: .resourceName), required: true),
        Field("spec", .mapping(spec), required: true),
        Field("status", .anything, .bookkeeping),
    ]

    private static let spec: [Field] = [
        Field("title", .text(.notEmpty), required: true),
        Field("description", .text(.notEmpty), required: true),
        Field("url", .text(.webAddressOrEmpty)),
        Field("difficulty", .text(.oneOf("beginner", "intermediate", "advanced", "extreme"))),
        Field("duration", .duration),
        Field("vendor", .anyText),
        Field("authors", .list(.anyText)),
        Field("tags", .list(.anyText)),
        Field("labels", .pairs(.notEmpty)),
        Field("logo", .text(.imageData)),
        Field("version", .anyText),
        Field("workshop", .mapping(content)),
        Field("publish", .mapping([Field("image", .anyText), Field("files", .anything)]), .packaging),
        Field("images", .list(.mapping([Field("name", .anyText), Field("image", .anyText)])), .packaging),
        Field(
            "content", .mapping([Field("image", .anyText), Field("files", .anyText)]), .notYet,
            insteadUse: "spec.workshop"),
        Field("session", .mapping(session)),
        Field("environment", .mapping(environment), .cluster),
        Field("request", .mapping(request)),
    ]

    // MARK: Content

    private static let content: [Field] = [
        Field("image", .anyText, .cluster),
        Field("files", .list(.mapping(contentSource))),
        Field(
            "packages",
            .list(
                .mapping([
                    Field("name", .text(.label), required: true), Field("files", .list(.mapping(contentSource))),
                ]))),
    ]

    /// One item of vendir's `contents`.
    private static let contentSource: [Field] = [
        Field("git", .mapping(gitSource)),
        Field("http", .mapping(httpSource)),
        Field("inline", .mapping([Field("paths", .anything), Field("pathsFrom", .anything, .cluster)])),
        Field("directory", .mapping([Field("path", .text(.notEmpty), required: true)])),
        Field("hg", .anything, .cluster),
        Field("image", .anything, .cluster),
        Field("imgpkgBundle", .anything, .cluster),
        Field("githubRelease", .anything, .cluster),
        Field("helmChart", .anything, .cluster),
        Field("path", .anyText),
        Field("includePaths", .list(.anyText)),
        Field("excludePaths", .list(.anyText)),
        Field("legalPaths", .list(.anyText), .packaging),
        Field("newRootPath", .anyText),
    ]

    private static let gitSource: [Field] = [
        Field("url", .text(.notEmpty), required: true),
        Field("ref", .anyText),
        Field("skipInitSubmodules", .boolean),
        Field("refSelection", .anything, .cluster),
        Field("lfsSkipSmudge", .boolean, .cluster),
        Field("depth", .anything, .bookkeeping),
        Field("secretRef", .anything, .cluster),
        Field("verification", .anything, .cluster),
    ]

    private static let httpSource: [Field] = [
        Field("url", .text(.notEmpty), required: true),
        Field("sha256", .anyText),
        Field("disableUnpack", .boolean),
        Field("secretRef", .anything, .cluster),
    ]

    // MARK: Session

    private static let session: [Field] = [
        Field("applications", .mapping(applications)),
        Field("env", .list(.mapping(variable))),
        Field("setup", .mapping([Field("timeLimit", .duration)])),
        Field("envFrom", .anything, .cluster),
        Field(
            "resources",
            .mapping([
                Field("memory", .bytes),
                Field("storage", .bytes),
                Field("volume", .mapping([Field("name", .anyText), Field("subPath", .anyText)]), .cluster),
            ])),
        Field("volumes", .anything, .cluster),
        Field("volumeMounts", .anything, .cluster),
        Field("initContainers", .anything, .cluster),
        Field("ingresses", .list(.mapping(ingress))),
        Field(
            "dashboards",
            .list(.mapping([Field("name", .text(.notEmpty), required: true), Field("url", .text(.dashboardAddress))]))),
        Field("namespaces", .mapping(namespaces), .cluster),
        Field("objects", .anything, .cluster),
        Field("patches", .anything, .cluster),
    ]

    private static let variable: [Field] = [
        Field("name", .text(.variableName), required: true),
        Field("value", .anyText),
        Field("valueFrom", .anything, .cluster),
    ]

    private static let ingress: [Field] = [
        Field("name", .text(.label), required: true),
        Field("authentication", .mapping([Field("type", .text(.oneOf("none", "session")))])),
        Field("protocol", .text(.oneOf("http", "https"))),
        Field("host", .anyText),
        Field("port", .integer(1...65_535)),
        Field("path", .anyText),
        Field("changeOrigin", .boolean),
        Field("secure", .boolean),
        Field("headers", .pairs(.notEmpty)),
        Field("pathRewrite", .list(.mapping(pathRewrite))),
    ]

    private static let pathRewrite: [Field] = [
        Field("pattern", .text(.notEmpty), required: true), Field("replacement", .anyText),
    ]

    private static let namespaces: [Field] = [
        Field("role", .anyText),
        Field("budget", .anyText),
        Field("limits", .anything),
        Field("security", .anything),
        Field("secondary", .anything),
    ]

    // MARK: Applications

    private static let enabled = Field("enabled", .boolean, required: true)

    private static let applications: [Field] = [
        Field("workshop", .mapping(instructions)),
        Field(
            "terminal",
            .mapping([enabled, Field("layout", .text(.oneOf("default", "split", "split/2", "lower", "none")))])),
        Field("editor", .mapping([enabled, Field("largestFile", .bytes)])),
        Field(
            "console",
            .mapping([
                enabled, Field("vendor", .text(.oneOf("kubernetes", "octant"))),
                Field("octant", .mapping([Field("version", .anyText)])),
            ]), .cluster),
        Field(
            "slides",
            .mapping([
                enabled, Field("reveal.js", .mapping([Field("version", .anyText)])),
                Field("impress.js", .mapping([Field("version", .anyText)])),
            ]), .notYet),
        Field(
            "examiner", .mapping([enabled, Field("timeLimit", .duration), Field("concurrent", .integer(1...32))])),
        Field("files", .mapping([enabled, Field("directory", .anyText)])),
        Field(
            "uploads",
            .mapping([
                enabled, Field("directory", .anyText), Field("largestFile", .bytes),
                Field("mostFiles", .integer(1...500)),
            ])),
        Field("docker", .mapping(docker), .cluster),
        Field("registry", .mapping(registry), .cluster),
        Field("git", .mapping([enabled]), .notYet),
        Field("vcluster", .mapping(vcluster), .cluster),
        Field(
            "sshd",
            .mapping([enabled, Field("tunnel", .mapping([Field("enabled", .boolean), Field("memory", .bytes)]))]),
            .notYet),
        Field("webdav", .mapping([enabled]), .notYet),
    ]

    private static let instructions: [Field] = [
        Field("enabled", .boolean),
        Field("layout", .text(.oneOf("default", "left", "tab", "none"))),
        Field("url", .anyText),
        Field(
            "proxy",
            .mapping([
                Field("protocol", .text(.oneOf("http", "https"))),
                Field("host", .text(.notEmpty), required: true),
                Field("port", .integer(1...65_535)),
                Field("headers", .pairs(.notEmpty)),
                Field("changeOrigin", .boolean),
                Field("pathRewrite", .list(.mapping(pathRewrite))),
            ])),
        Field("path", .anyText),
        Field("renderer", .anyText, .notYet),
    ]

    private static let docker: [Field] = [
        enabled,
        Field("memory", .bytes),
        Field("storage", .bytes),
        Field("socket", .mapping([Field("enabled", .boolean)])),
        Field("compose", .anything),
    ]

    private static let registry: [Field] = [
        enabled,
        Field("memory", .bytes),
        Field("storage", .bytes),
        Field("volume", .mapping([Field("name", .anyText), Field("subPath", .anyText)])),
    ]

    private static let vcluster: [Field] = [
        enabled,
        Field("version", .anyText),
        Field("resources", .anything),
        Field("ingress", .mapping([Field("enabled", .boolean), Field("subdomains", .list(.anyText))])),
        Field("objects", .anything),
        Field("services", .anything),
    ]

    // MARK: The rest

    private static let environment: [Field] = [
        Field("objects", .anything),
        Field("secrets", .anything),
        Field("assets", .anything),
        Field("images", .anything),
    ]

    private static let request: [Field] = [
        Field("parameters", .list(.mapping(parameter))),
        Field("objects", .anything, .cluster),
    ]

    private static let parameter: [Field] = [
        Field("name", .text(.notEmpty), required: true),
        Field("value", .anyText),
        Field("generate", .text(.oneOf("expression"))),
        Field("from", .anyText),
    ]
}
