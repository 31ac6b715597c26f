import Foundation
import HTTP
import HTTPEngine
import Testing

/// A real `lectern serve` in a folder of its own, on ports of its own, ended with the test.
final class RunningPortal: @unchecked Sendable {
    let folder: String
    let frontPort: Int
    let portalPort: Int
    private var process: Process
    private let arguments: [String]
    private let hasFrontDoor: Bool
    private let environment: [String: String]
    /// A socket that listens on the portal's port, whether or not a portal runs.
    private let held: Int32?
    private let client = CurlClient()

    /// The program under test: the release build that `make` names, else the debug build beside the tests.
    static var program: String {
        ProcessInfo.processInfo.environment["LECTERN_PROGRAM"]
            ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".build/debug/lectern").path
    }

    /// - Parameters:
    ///   - capacity: of the one workshop, `lab`.
    ///   - webhook: where events are sent to.
    ///   - options: further options of `serve`.
    ///   - portalOptions: further lines of the definition below `spec.portal`.
    ///   - environment: further variables.
    ///   - workshop: files of the workshop by their paths; then `session` stands below its `spec.session`.
    ///   - holdsSocket: opens the portal's socket itself and hands it over, as a service manager does.
    init(
        capacity: Int, reserved: Int = 0, expires: String = "60m", runtime: String = "none", webhook: String? = nil,
        options: [String] = [], portalOptions: [String] = [], environment: [String: String] = [:],
        workshop: (session: [String], files: [String: String])? = nil, holdsSocket: Bool = false
    ) throws {
        folder = "/tmp/lectern-test-\(UInt32.random(in: .min ... .max))"
        frontPort = try freePort()
        self.environment = environment
        if holdsSocket {
            let socket = try listeningSocket()
            (held, portalPort) = (socket.descriptor, socket.port)
        } else {
            (held, portalPort) = (nil, try freePort())
        }
        let definitions = folder + "/definitions"
        // Root's front door has workers that are not root.
        try FileManager.default.createDirectory(
            atPath: definitions, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        let resource = """
            apiVersion: training.educates.dev/v1beta1
            kind: Workshop
            metadata:
              name: lab
            spec:
              title: Lab
              description: A workshop to test with.

            """
        try """
        apiVersion: training.educates.dev/v1beta1
        kind: TrainingPortal
        metadata:
          name: test
        spec:
          portal:
            registration:
              type: anonymous
            catalog:
              visibility: public
            launches:
              perAddressPerMinute: 0
              perVisitorPerMinute: 0
        \(portalOptions.map { "    " + $0 }.joined(separator: "\n"))
          workshops:
          - name: lab
            capacity: \(capacity)
            reserved: \(reserved)
            initial: \(reserved)
            expires: \(expires)
        \(webhook.map { "  analytics: {webhook: {url: \"\($0)\"}}" } ?? "")
        \(workshop == nil ? "---\n" + resource : "")
        """.write(toFile: definitions + "/portal.yaml", atomically: true, encoding: .utf8)
        if let workshop {
            try RunningPortal.write(
                workshop.files, resource + "  session:\n" + workshop.session.map { "    \($0)\n" }.joined(),
                into: definitions + "/lab")
        }
        hasFrontDoor = !options.contains("--front-door")
        arguments =
            [
                "serve", definitions, "--data", folder + "/data", "--run", folder + "/run", "--runtime", runtime,
                "--listen", "127.0.0.1:\(frontPort)", "--portal-listen", "127.0.0.1:\(portalPort)",
                "--public-url", "http://lectern.localhost:\(frontPort)",
            ] + options
        process = Process()
        try start()
    }

    /// Scripts, which begin with `#!`, are made executable.
    private static func write(_ files: [String: String], _ resource: String, into folder: String) throws {
        for (path, text) in files.merging(["resources/workshop.yaml": resource], uniquingKeysWith: { $1 }) {
            let file = URL(fileURLWithPath: folder + "/" + path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o755])
            try Data(text.utf8).write(to: file)
            let mode = text.hasPrefix("#!") ? 0o755 : 0o644
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        }
    }

    /// Starts the program and waits until it says that it is ready.
    func start() throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: RunningPortal.program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let log = folder + "/log"
        let descriptor = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        let output = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        if let held {
            // The socket comes as standard input and is moved to where programs expect it (sd_listen_fds(3)).
            process.standardInput = FileHandle(fileDescriptor: held, closeOnDealloc: false)
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments =
                [
                    "-c", "LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=portal exec \"$0\" \"$@\" 3<&0 </dev/null",
                    RunningPortal.program,
                ] + arguments
        }
        try process.run()
        let deadline = Date().addingTimeInterval(20)
        while Date() < deadline {
            let ports = hasFrontDoor ? [portalPort, frontPort] : [portalPort]
            if ports.allSatisfy({ (try? get("/readyz", port: $0))?.status == 200 }) { return }
            guard process.isRunning else { break }
            usleep(5_000)
        }
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        Issue.record("the portal did not become ready: \(text.suffix(2000))")
        throw CancellationError()
    }

    /// One request, at the portal itself unless a port says otherwise.
    func get(
        _ path: String, cookie: String? = nil, method: HTTPMethod = .get, port: Int? = nil
    ) throws -> HTTPClientResponse {
        var headers: HTTPHeaders = [
            "Host": "lectern.localhost:\(frontPort)", "Accept": "text/html", "User-Agent": "Mozilla/5.0 (test)",
        ]
        if let cookie { headers["Cookie"] = cookie }
        return try client.send(
            HTTPClientRequest(
                method: method, url: "http://127.0.0.1:\(port ?? portalPort)\(path)", headers: headers, timeout: 20))
    }

    var createPath: String { "/workshops/environment/lab/create/?index_url=http%3A%2F%2Flocalhost%3A9%2Fpage" }

    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// - Returns: the exit status after SIGTERM.
    @discardableResult func terminate() -> Int32 {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// A URL of the portal as browsers see it.
    func url(_ path: String) -> String { "http://lectern.localhost:\(frontPort)\(path)" }

    var logText: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }

    /// Changes the definition file.
    func edit(_ change: (String) -> String) throws {
        let file = folder + "/definitions/portal.yaml"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try change(text).write(toFile: file, atomically: true, encoding: .utf8)
    }

    /// Asks until there is an answer, for at most 20 seconds.
    @discardableResult func eventually<Value>(_ ask: () throws -> Value?) throws -> Value {
        let deadline = Date().addingTimeInterval(20)
        while Date() < deadline {
            if let value = try ask() { return value }
            usleep(20_000)
        }
        return try #require(try ask(), "not within 20 seconds; the log ends: \(logText.suffix(1000))")
    }

    /// Runs the same command beside the running one, to its end.
    func runAgain() throws -> (status: Int32, text: String) {
        let second = Process()
        let pipe = Pipe()
        second.executableURL = URL(fileURLWithPath: RunningPortal.program)
        second.arguments = arguments
        second.standardOutput = pipe
        second.standardError = pipe
        try second.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        second.waitUntilExit()
        return (second.terminationStatus, text)
    }

    func killFrontDoor() {
        if let pid = frontDoor { Glibc.kill(pid, SIGKILL) }
    }

    /// nginx's first process, by its own pid file.
    var frontDoor: pid_t? {
        guard let text = try? String(contentsOfFile: folder + "/run/nginx/nginx.pid", encoding: .utf8),
            let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)), pid > 1
        else { return nil }
        return pid
    }

    /// Ends the first process of every sandbox of this portal, and so all that is in them.
    func killSandboxes() {
        let sessions = folder + "/data/sessions"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: sessions)) ?? [] {
            guard let bytes = FileManager.default.contents(atPath: "\(sessions)/\(name)/sandbox.json"),
                let record = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any],
                let first = record["first"] as? [String: Any], let pid = first["pid"] as? Int, pid > 1
            else { continue }
            Glibc.kill(pid_t(pid), SIGKILL)
        }
    }

    /// Restarts it in place and waits until the next program serves.
    func restartInPlace() throws {
        func restarts() -> Int { logText.components(separatedBy: "front door taken over").count }
        let before = restarts()
        signal(SIGUSR2)
        try eventually { restarts() > before ? () : nil }
    }

    /// Children of the portal that have ended and that nobody has waited for.
    var zombies: [String] {
        let parent = String(process.processIdentifier)
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.filter { name in
            guard let text = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { return false }
            let fields = text[end...].split(separator: " ")
            return fields.count > 2 && fields[1] == "Z" && fields[2] == parent
        }
    }

    func signal(_ number: Int32) { Glibc.kill(process.processIdentifier, number) }

    func remove() {
        terminate()
        // Sandboxes outlive a portal, and the front door a killed one: here nobody comes to take them over.
        killSandboxes()
        if let pid = frontDoor { Glibc.kill(pid, SIGTERM) }
        if let held { close(held) }
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// A socket that listens on a free port and that a child may inherit.
func listeningSocket() throws -> (descriptor: Int32, port: Int) {
    let (descriptor, port) = try boundSocket()
    try #require(listen(descriptor, 1024) == 0)
    return (descriptor, port)
}

func freePort() throws -> Int {
    let (descriptor, port) = try boundSocket()
    close(descriptor)
    return port
}

private func boundSocket() throws -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
        }
    }
    try #require(result)
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
}
