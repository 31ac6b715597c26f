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
    /// Changes whenever the definition changes.
    public var revision: String = ""

    public var terminal: Application = Application(isEnabled: true, layout: "default")
    public var instructions: Application = Application(isEnabled: true, layout: "default")
    public var editor: Application = Application()
    public var files: Application = Application()
    public var uploads: Application = Application()
    public var examiner: Application = Application()
    public var variables: [EnvironmentVariable] = []
    /// Bytes of memory for the whole session, from `session.resources.memory`.
    public var memory: Int = 512 * 1024 * 1024
    /// Bytes of files in the learner's home, from `session.resources.storage`; 0 means the operator's default.
    public var storage: Int = 0
    public var ingresses: [Ingress] = []
    public var dashboards: [Dashboard] = []
    public var parameters: [Parameter] = []

    public struct Application: Sendable, Equatable {
        public var isEnabled: Bool
        public var layout: String
        public init(isEnabled: Bool = false, layout: String = "default") {
            self.isEnabled = isEnabled
            self.layout = layout
        }
    }
    public struct Ingress: Sendable, Equatable {
        public var name: String
        public var port: Int
        public var isOpenToAll: Bool
        public init(name: String, port: Int, isOpenToAll: Bool) {
            self.name = name
            self.port = port
            self.isOpenToAll = isOpenToAll
        }
    }
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

    public init(name: String, title: String, description: String) {
        self.name = name
        self.title = title
        self.description = description
    }
}
