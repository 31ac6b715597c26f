/// A `Workshop` resource as checked values (spec/workshop-resource.md), with the parts that the portal and local sessions
/// read. Durations are seconds.
public struct WorkshopDefinition: Sendable, Equatable {
    /// `metadata.name`.
    public var name: String
    public var title: String
    public var description: String
    public var url: String = ""
    /// `beginner`, `intermediate`, `advanced`, `extreme`, or empty.
    public var difficulty: String = ""
    /// Informative; 0 when not given.
    public var duration: Int = 0
    public var vendor: String = ""
    public var authors: [String] = []
    public var tags: [String] = []
    public var labels: [String: String] = [:]
    public var logo: String = ""
    public var version: String = "latest"
    /// Absolute path of the folder with `workshop/` and exercise files; empty when the definition stands alone.
    public var contentFolder: String = ""
    /// Changes whenever the definition or a file of its content changes.
    public var revision: String = ""

    public var terminal: Application = Application(isEnabled: true, layout: "default")
    public var instructions: Application = Application(isEnabled: true, layout: "default")
    public var editor: Application = Application()
    public var files: Application = Application()
    public var uploads: Application = Application()
    public var examiner: Application = Application()
    /// What setup scripts and checks may take.
    public var scripts: Scripts = Scripts()
    public var console: Application = Application()
    public var slides: Application = Application()
    public var git: Application = Application()
    public var sshd: Application = Application()
    public var webdav: Application = Application()
    public var docker: Application = Application()
    public var registry: Application = Application()
    public var vcluster: Application = Application()
    /// Where the instructions come from.
    public var instructionsSource: InstructionsSource = .pages
    /// `session.env`, values only: what is taken from a cluster's secrets is left out.
    public var variables: [EnvironmentVariable] = []
    /// Bytes of memory for the whole session, from `session.resources.memory`.
    public var memory: Int = 512 * 1024 * 1024
    /// Bytes of files in the learner's home, from `session.resources.storage`; 0 means the operator's default.
    public var storage: Int = 0
    public var ingresses: [Ingress] = []
    public var dashboards: [Dashboard] = []
    /// `workshop.files`: what is fetched beside, and over, the content folder, in order.
    public var sources: [ContentSource] = []
    /// `workshop.packages`: shown in sessions as `/opt/packages/<name>`.
    public var packages: [Package] = []
    public var parameters: [Parameter] = []

    public struct Application: Sendable, Equatable {
        public var isEnabled: Bool
        public var layout: String
        /// Of `files` and `uploads`: relative to the learner's home, empty for the default.
        public var directory: String
        /// Of `editor` and `uploads`: bytes of the largest file; `nil` for the agent's own limit.
        public var largestFile: Int?
        /// Of `uploads`: files at once; `nil` for the agent's own limit.
        public var mostFiles: Int?
        public init(isEnabled: Bool = false, layout: String = "default", directory: String = "") {
            self.isEnabled = isEnabled
            self.layout = layout
            self.directory = directory
        }
    }
    /// Limits of the workshop's own scripts; `nil` for the standard ones.
    public struct Scripts: Sendable, Equatable {
        /// Seconds for all setup scripts together.
        public var setupTime: Int?
        /// Seconds that one check may take at most.
        public var checkTime: Int?
        /// Checks that one session may run at the same time.
        public var checksAtOnce: Int?
        public init(setupTime: Int? = nil, checkTime: Int? = nil, checksAtOnce: Int? = nil) {
            self.setupTime = setupTime
            self.checkTime = checkTime
            self.checksAtOnce = checksAtOnce
        }
    }
    /// Section 1.4, `workshop`: `url` is preferred over `proxy`, that over `path`.
    public enum InstructionsSource: Sendable, Equatable {
        /// Markdown pages in the content folder.
        case pages
        /// A folder of finished pages.
        case path(String)
        case proxy(Ingress)
        case url(String)
    }
    public struct Package: Sendable, Equatable {
        public var name: String
        public var sources: [ContentSource]
        public init(name: String, sources: [ContentSource]) {
            self.name = name
            self.sources = sources
        }
    }
    /// An extra host `<name>-<session>.<domain>` that leads to a server of the learner's (section 1.3).
    public struct Ingress: Sendable, Equatable {
        public var name: String
        public var port: Int
        public var isOpenToAll: Bool
        /// `http` or `https`.
        public var scheme: String = "http"
        public var host: String = "localhost"
        public var path: String = "/"
        public var changesOrigin: Bool = true
        /// Whether the server's certificate is checked.
        public var isSecure: Bool = true
        /// Request headers to set.
        public var headers: [EnvironmentVariable] = []
        public var pathRewrites: [PathRewrite] = []
        public init(name: String, port: Int, isOpenToAll: Bool) {
            self.name = name
            self.port = port
            self.isOpenToAll = isOpenToAll
        }
    }
    public struct PathRewrite: Sendable, Equatable {
        /// A regular expression.
        public var pattern: String
        public var replacement: String
        public init(pattern: String, replacement: String) {
            self.pattern = pattern
            self.replacement = replacement
        }
    }
    /// One more tab of the dashboard; a `url` of `terminal:<name>` makes it a terminal, an empty one moves a built-in tab.
    public struct Dashboard: Sendable, Equatable {
        public var name: String
        public var url: String
        public init(name: String, url: String) {
            self.name = name
            self.url = url
        }
    }
    /// A value that a request may set (section 1.7).
    public struct Parameter: Sendable, Equatable {
        public var name: String
        public var value: String
        /// The pattern to generate a value from, or empty.
        public var pattern: String
        public init(name: String, value: String = "", pattern: String = "") {
            self.name = name
            self.value = value
            self.pattern = pattern
        }
    }

    /// The name under which instructions from a server or a folder get their host; no ingress may have it.
    static let instructionsHost = "instructions"

    public init(name: String, title: String, description: String) {
        self.name = name
        self.title = title
        self.description = description
    }
}
