/// How sandboxes are made on this machine.
public struct SandboxConfiguration: Sendable {
    /// The folder for what lasts: sessions' homes and environments' content.
    public var data: String
    /// The folder for sockets. Short, as a socket's path may have 107 bytes: `<run>/sessions/<session>/agent.sock`.
    public var run: String
    public var agent: AgentProgram
    public var limits: SandboxLimits
    /// The users that sandboxes run as when the portal runs as root: one each, from here on, 65,536 of them. They must
    /// belong to nobody else. Without effect for a portal that runs as an ordinary user.
    public var firstUser: UInt32 = 0x7000_0000
    /// Milliseconds from start to the first answer before a start counts as failed.
    public var startTime = 60_000
    /// Milliseconds that an agent has for an answer.
    public var answerTime = 2_000
    /// Milliseconds between two looks at the disk.
    public var storageInterval = 1_000
    /// Whether control groups are used where they can be.
    public var usesControlGroups = true
    /// Seconds in which all that a workshop's content is made of must be fetched.
    public var contentTime = 300
    /// Bytes that one source of a workshop's content may have, and files and folders in it.
    public var contentSize = 1024 * 1024 * 1024
    public var contentFiles = 200_000
    /// A file with logins for content in the form of netrc(5); `nil` for none.
    public var contentCredentials: String?
    /// Called after each step of a start; an error thrown ends the start there, with nothing cleaned up.
    var afterStep: (@Sendable (SandboxStartStep) throws -> Void)?

    public init(data: String, run: String, agent: AgentProgram, limits: SandboxLimits = SandboxLimits()) {
        self.data = data
        self.run = run
        self.agent = agent
        self.limits = limits
    }
}

/// The program that serves a session from inside its sandbox.
///
/// It reads a `SessionManifest` as JSON from standard input, listens on the manifest's `listenSocket`, writes `ready`
/// and a line feed to standard output once it does, and runs until the session ends. Standard error goes to the
/// session's log.
public struct AgentProgram: Sendable {
    /// Absolute path on this machine. A program outside of `/usr` is shown in the sandbox as `/opt/lectern/bin/<name>`.
    public var path: String
    public var arguments: [String]
    /// Folders that the sandbox sees, read-only, at their own path: libraries that the program is linked to.
    public var folders: [String]

    public init(path: String, arguments: [String], folders: [String] = []) {
        self.path = path
        self.arguments = arguments
        self.folders = folders
    }
}
