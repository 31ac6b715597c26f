internal import Glibc
internal import Portal

/// Where everything of the local runtime lies.
///
/// What a sandbox can write to is one folder for its home and one for its agent's socket. All that the portal trusts
/// (the record, the published socket) lies beside them, out of its reach.
struct SandboxFolders: Sendable {
    let data: String
    let run: String

    /// One folder a session: home, record, log.
    var sessions: String { data + "/sessions" }
    /// One folder an environment: its content as it was when it was prepared.
    var environments: String { data + "/environments" }
    /// The sockets that nginx uses.
    var published: String { run + "/sessions" }
    /// The folders in which agents make their sockets.
    var agents: String { run + "/sandboxes" }
    /// The portal's own socket for agents.
    var portal: String { run + "/portal" }

    func session(_ name: SessionName) -> String { "\(sessions)/\(name)" }
    func home(_ name: SessionName) -> String { session(name) + "/home" }
    func record(_ name: SessionName) -> String { session(name) + "/sandbox.json" }
    /// Locked for as long as any process of the sandbox lives.
    func lease(_ name: SessionName) -> String { session(name) + "/lease" }
    func log(_ name: SessionName) -> String { session(name) + "/agent.log" }
    func environment(_ name: EnvironmentName) -> String { "\(environments)/\(name)" }
    /// Where its content is copied before it is renamed into place.
    func unfinishedEnvironment(_ name: EnvironmentName) -> String { "\(environments)/.\(name).new" }
    func publishedFolder(_ name: SessionName) -> String { "\(published)/\(name)" }
    func publishedSocket(_ name: SessionName) -> String { publishedFolder(name) + "/" + Self.socketName }
    func privateFolder(_ name: SessionName) -> String { "\(agents)/\(name)" }

    static let socketName = "agent.sock"
    /// Whether a file is the socket by which a server of the learner's is reached: `i0.sock` to `i99.sock`. Shorter than the
    /// agent's, so that its path fits, too.
    static func isServerSocketName(_ name: String) -> Bool {
        guard name.hasPrefix("i"), name.hasSuffix(".sock") else { return false }
        let number = name.dropFirst().dropLast(".sock".count)
        return (1...2).contains(number.utf8.count) && number.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
    }
    /// Bytes that a socket's path may have (unix(7): `sun_path` is 108 with the final zero).
    static let longestSocketPath = 107

    /// The longest session name whose socket's path is short enough.
    var longestName: Int { Self.longestSocketPath - published.utf8.count - Self.socketName.utf8.count - 2 }

    /// - Throws: when this session's socket could not be reached under its path.
    func checkLength(_ name: SessionName) throws(SessionRuntimeError) {
        guard name.rawValue.utf8.count > longestName else { return }
        let path = publishedSocket(name)
        throw SessionRuntimeError(
            .unsupported,
            "the socket path \(path) has \(path.utf8.count) bytes, but the system allows \(Self.longestSocketPath): "
                + "choose a shorter folder with --run, for example --run /run/lectern or --run /tmp/lectern")
    }

    /// Whether any folder of this session is left.
    func hasFolders(_ name: SessionName) -> Bool {
        [session(name), publishedFolder(name), privateFolder(name)].contains { folder in
            ["", FileTree.removalSuffix].contains { access(folder + $0, F_OK) == 0 }
        }
    }

    /// Every session of which a folder is left anywhere.
    func found() -> Set<SessionName> {
        var names: Set<SessionName> = []
        for folder in [sessions, published, agents] {
            for name in FileTree.names(in: folder) {
                if let session = SessionName(rawValue: withoutRemovalSuffix(name)) { names.insert(session) }
            }
        }
        return names
    }

    /// Every environment of which a folder is left, finished or not, in order.
    func foundEnvironments() -> [EnvironmentName] {
        var names: Set<EnvironmentName> = []
        for name in FileTree.names(in: environments) {
            var base = withoutRemovalSuffix(name)
            if base.hasPrefix("."), base.hasSuffix(".new") { base = String(base.dropFirst().dropLast(4)) }
            if let environment = EnvironmentName(rawValue: base) { names.insert(environment) }
        }
        return names.sorted()
    }

    private func withoutRemovalSuffix(_ name: String) -> String {
        name.hasSuffix(FileTree.removalSuffix) ? String(name.dropLast(FileTree.removalSuffix.count)) : name
    }
}
