/// What a runtime tells a session agent when it starts it: JSON on the agent's standard input, read to its end.
///
/// It travels by standard input and not by arguments or environment because it holds secrets that the learner's
/// processes, which share the agent's user, must not read.
public struct SessionManifest: Codable, Sendable, Equatable {
    /// The session's name, also its OAuth2 client id and the first label of its host.
    public var session: String
    public var environment: String
    /// The published name of the workshop.
    public var workshop: String
    public var title: String
    public var description: String
    public var portalName: String
    /// The portal's URL as browsers see it, without a trailing slash.
    public var portalURL: String
    /// This session's URL as browsers see it, without a trailing slash.
    public var sessionURL: String
    /// The portal's Unix socket for agents, as seen from inside the sandbox.
    public var portalSocket: String
    /// The Unix socket to listen on, as seen from inside the sandbox.
    public var listenSocket: String
    /// The OAuth2 client secret of this session; the portal stores only its digest.
    public var clientSecret: String
    /// The key that signs this agent's cookies: kept across restarts of the agent.
    public var cookieKey: String
    /// The workshop's read-only content: the folder that holds `workshop/`, and exercise files beside it.
    public var contentFolder: String
    /// The learner's home, as seen from inside.
    public var home: String
    /// `default`, `split`, `split/2`, `lower` or `none` (spec/dashboard.md section 4).
    public var terminalLayout: String
    /// `default`, `left`, `tab` or `none` (spec/dashboard.md section 3).
    public var workshopLayout: String
    /// Environment of the learner's shells, in order.
    public var variables: [Variable]
    /// Values for `{{< param name >}}` beside the built-in ones.
    public var parameters: [String: String]
    /// Sites that may show the session in a frame; empty means only the session itself.
    public var frameAncestors: [String]
    /// Whether a countdown is shown: the session has an expiry.
    public var hasExpiry: Bool
    /// Tabs beside the terminals, in order (spec/workshop-resource.md, `session.dashboards`).
    public var dashboards: [Dashboard]
    /// Hosts that lead to servers of the learner's (`session.ingresses`).
    public var ingresses: [Ingress]
    public var applications: Applications
    /// Where the instructions are when they are no pages of the workshop's: an address, or one with data variables.
    public var instructionsURL: String?
    /// `nil` for the standard ones.
    public var terminalLimits: TerminalLimits?

    /// What the terminals of a session may take.
    public struct TerminalLimits: Codable, Sendable, Equatable {
        /// How many a learner may have at the same time; staff together as many again.
        public var count: Int
        /// Bytes of output that each keeps for those who come, or come back.
        public var scrollback: Int
        public init(count: Int = 12, scrollback: Int = 256 * 1024) {
            self.count = count
            self.scrollback = scrollback
        }
    }
    /// Whether an author looks at the workshop while writing it: mistakes are shown with their reasons.
    public var isPreview: Bool
    /// The workshop's version; `nil` for one that has none.
    public var workshopVersion: String?
    /// `nil` for the standard ones.
    public var scriptLimits: ScriptLimits?

    /// What the workshop's own scripts may take.
    public struct ScriptLimits: Codable, Sendable, Equatable {
        /// Seconds for all setup scripts together.
        public var setupTime: Int
        /// Seconds that one check may take, whatever it asks for.
        public var checkTime: Int
        /// Checks that run at the same time.
        public var checksAtOnce: Int
        public init(setupTime: Int = 300, checkTime: Int = 600, checksAtOnce: Int = 4) {
            self.setupTime = setupTime
            self.checkTime = checkTime
            self.checksAtOnce = checksAtOnce
        }
    }

    /// Bytes of rendered pages that the agent keeps; `nil` for its own choice.
    public var pageCache: Int?

    public struct Dashboard: Codable, Sendable, Equatable {
        public var name: String
        /// An address, `terminal:<name>`, or empty for a built-in tab that only takes its place in the order.
        public var url: String
        public init(name: String, url: String) {
            self.name = name
            self.url = url
        }
    }

    public struct Ingress: Codable, Sendable, Equatable {
        /// The first part of its host: `<name>-<session>.<domain>`.
        public var name: String
        /// 1 to 65,535.
        public var port: Int
        /// Whether strangers may come, too.
        public var isOpenToAll: Bool
        /// `http` or `https`.
        public var scheme: String
        public var host: String
        /// The beginning of the paths that it serves.
        public var path: String
        public var changesOrigin: Bool
        /// Whether the server's certificate is checked.
        public var isSecure: Bool
        /// Request headers to set.
        public var headers: [Variable]
        public var pathRewrites: [PathRewrite]
        /// A folder of finished pages instead of a server, relative to the workshop's content.
        public var folder: String?
        public init(
            name: String, port: Int, isOpenToAll: Bool = false, scheme: String = "http", host: String = "localhost",
            path: String = "/", changesOrigin: Bool = true, isSecure: Bool = true, headers: [Variable] = [],
            pathRewrites: [PathRewrite] = [], folder: String? = nil
        ) {
            self.name = name
            self.port = port
            self.isOpenToAll = isOpenToAll
            self.scheme = scheme
            self.host = host
            self.path = path
            self.changesOrigin = changesOrigin
            self.isSecure = isSecure
            self.headers = headers
            self.pathRewrites = pathRewrites
            self.folder = folder
        }
    }

    public struct PathRewrite: Codable, Sendable, Equatable {
        /// A regular expression.
        public var pattern: String
        public var replacement: String
        public init(pattern: String, replacement: String) {
            self.pattern = pattern
            self.replacement = replacement
        }
    }

    /// What a session offers beside pages and terminals (spec/workshop-resource.md section 1.4).
    public struct Applications: Codable, Sendable, Equatable {
        public var hasEditor: Bool
        public var hasExaminer: Bool
        /// The folder that `/files/` shows, relative to the home; `nil` without it.
        public var filesFolder: String?
        /// The folder for uploads, relative to the home; `nil` without it.
        public var uploadsFolder: String?
        /// Bytes of the largest file that is edited; `nil` for the agent's own limit.
        public var editorLimit: Int?
        /// Bytes of the largest file that is uploaded, and files at once; `nil` for the agent's own limits.
        public var uploadLimit: Int?
        public var uploadCount: Int?
        public init(
            hasEditor: Bool = false, hasExaminer: Bool = false, filesFolder: String? = nil,
            uploadsFolder: String? = nil, editorLimit: Int? = nil, uploadLimit: Int? = nil, uploadCount: Int? = nil
        ) {
            self.hasEditor = hasEditor
            self.hasExaminer = hasExaminer
            self.filesFolder = filesFolder
            self.uploadsFolder = uploadsFolder
            self.editorLimit = editorLimit
            self.uploadLimit = uploadLimit
            self.uploadCount = uploadCount
        }
    }

    public struct Variable: Codable, Sendable, Equatable {
        public var name: String
        public var value: String
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(
        session: String, environment: String, workshop: String, title: String, description: String, portalName: String,
        portalURL: String, sessionURL: String, portalSocket: String, listenSocket: String, clientSecret: String,
        cookieKey: String, contentFolder: String, home: String, terminalLayout: String, workshopLayout: String,
        variables: [Variable], parameters: [String: String], frameAncestors: [String], hasExpiry: Bool,
        dashboards: [Dashboard] = [], ingresses: [Ingress] = [], applications: Applications = Applications(),
        terminalLimits: TerminalLimits? = nil,
        isPreview: Bool = false, workshopVersion: String? = nil, scriptLimits: ScriptLimits? = nil,
        pageCache: Int? = nil, instructionsURL: String? = nil
    ) {
        self.session = session
        self.environment = environment
        self.workshop = workshop
        self.title = title
        self.description = description
        self.portalName = portalName
        self.portalURL = portalURL
        self.sessionURL = sessionURL
        self.portalSocket = portalSocket
        self.listenSocket = listenSocket
        self.clientSecret = clientSecret
        self.cookieKey = cookieKey
        self.contentFolder = contentFolder
        self.home = home
        self.terminalLayout = terminalLayout
        self.workshopLayout = workshopLayout
        self.variables = variables
        self.parameters = parameters
        self.frameAncestors = frameAncestors
        self.hasExpiry = hasExpiry
        self.dashboards = dashboards
        self.ingresses = ingresses
        self.applications = applications
        self.terminalLimits = terminalLimits
        self.isPreview = isPreview
        self.workshopVersion = workshopVersion
        self.scriptLimits = scriptLimits
        self.pageCache = pageCache
        self.instructionsURL = instructionsURL
    }
}
