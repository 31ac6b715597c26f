import FoundationEssentials
import Glibc
import Platform
import Portal
import Synchronization
import Testing

@testable import Runtimes

/// A runtime over folders of its own, which are removed, with all sandboxes, when the test is over.
struct SandboxFixture: Sendable {
    let root: String
    let workshop: WorkshopDefinition
    let environment: EnvironmentName
    var configuration: SandboxConfiguration

    /// Why no sandbox can be made on this machine; `nil` where it can.
    static let obstacle: String? = {
        do {
            try SandboxRuntime.check(SandboxConfiguration(data: "/tmp", run: "/tmp", agent: FakeAgent.program))
            return nil
        } catch { return "\(error)" }
    }()

    static func run(
        agent: AgentProgram = FakeAgent.program, _ change: (inout SandboxConfiguration) -> Void = { _ in },
        _ body: (SandboxFixture, SandboxRuntime) async throws -> Void
    ) async throws {
        var template = Array("/tmp/lectern-test-XXXXXX".utf8CString)
        _ = try #require(mkdtemp(&template))
        let root = template.withUnsafeBufferPointer { String(decoding: $0.dropLast().map(UInt8.init), as: UTF8.self) }
        var configuration = SandboxConfiguration(data: root + "/data", run: root + "/run", agent: agent)
        configuration.startTime = 20_000
        change(&configuration)
        var workshop = WorkshopDefinition(name: "lab-shell", title: "Shell", description: "")
        workshop.contentFolder = root + "/source"
        workshop.memory = 256 << 20
        try makeFolders(root + "/source/workshop/content")
        try makeFolders(root + "/source/resources")
        try makeFolders(root + "/source/exercise/deep")
        try replaceFile(root + "/source/workshop/content/one.md", with: Array("# One\n".utf8), mode: 0o644)
        try replaceFile(root + "/source/resources/workshop.yaml", with: Array("kind: Workshop\n".utf8))
        try replaceFile(root + "/source/exercise/deep/task.sh", with: Array("echo done\n".utf8), mode: 0o755)
        symlink("/etc/passwd", root + "/source/exercise/link")
        let environment = try #require(EnvironmentName(rawValue: "lab-w01"))
        let fixture = SandboxFixture(
            root: root, workshop: workshop, environment: environment, configuration: configuration)
        let runtime = try SandboxRuntime(configuration)
        try await runtime.prepare(EnvironmentPreparation(environment: environment, workshop: workshop))
        let result: Result<Void, any Error>
        do {
            try await body(fixture, runtime)
            result = .success(())
        } catch { result = .failure(error) }
        for name in try await runtime.existing().keys { try await runtime.stop(name) }
        for base in Set(runtime.groups.bases.values) { rmdir(base) }
        try FileTree.remove(root)
        try result.get()
    }

    func name(_ number: Int = 1) throws -> SessionName {
        try #require(SessionName(rawValue: "lab-w01-s\(String(number + 1000).dropFirst())"))
    }

    func launch(_ number: Int = 1) throws -> SessionLaunch {
        let name = try name(number)
        return SessionLaunch(
            session: name, environment: environment, workshop: workshop,
            manifest: SessionManifest(
                session: name.rawValue, environment: environment.rawValue, workshop: workshop.name,
                title: workshop.title, description: "", portalName: "lab", portalURL: "http://lab.test",
                sessionURL: "http://\(name).lab.test", portalSocket: "", listenSocket: "",
                clientSecret: "client-secret",
                cookieKey: "cookie-key", contentFolder: "", home: "", terminalLayout: "default",
                workshopLayout: "default", variables: [], parameters: [:], frameAncestors: [], hasExpiry: true))
    }

    func socket(_ number: Int = 1) throws -> String { "\(root)/run/sessions/\(try name(number))/agent.sock" }

    /// Runs a script inside a sandbox.
    func shell(_ script: String, in number: Int = 1) async throws -> String {
        try #require(await ask(try socket(number), "POST", "/run", body: script), "the agent does not answer")
    }

    /// Processes of this machine whose command line holds the text.
    func processes(with text: String) -> [Int32] {
        FileTree.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            guard pid != getpid(), let line = try? textOfFile("/proc/\(pid)/cmdline") else { return false }
            return line.contains(text)
        }
    }

    /// Whatever is left of a session anywhere.
    func traces(_ runtime: SandboxRuntime, _ number: Int = 1) throws -> [String] {
        let name = try name(number)
        let files = [runtime.folders.sessions, runtime.folders.published, runtime.folders.agents].flatMap { folder in
            FileTree.names(in: folder).filter { $0.hasPrefix(name.rawValue) }.map { folder + "/" + $0 }
        }
        let groups = runtime.groups.paths(name).filter { access($0, F_OK) == 0 }
        let processes = processes(with: "sandbox-marker-\(root)/\(name)").map { "process \($0)" }
        return files + groups + processes
    }
}

/// The condition under which real sandboxes are tried, with the reason where they are not.
extension Trait where Self == ConditionTrait {
    static var needsSandboxes: Self {
        .enabled(if: SandboxFixture.obstacle == nil, "\(SandboxFixture.obstacle ?? "")")
    }
}
