internal import Glibc
internal import Platform
internal import Synchronization

/// Which checks the session's owner has passed, once and for all. Remembered in a file that only this agent can write,
/// because its content is signed: a learner, to whom the folder belongs as well, can only lose it.
final class PassedChecks: Sendable {
    /// Checks that are remembered, and the bytes of all of them; beyond, none is added.
    static let limit = 1000
    static let byteLimit = 512 * 1024

    private struct State {
        var calls: Set<CheckCall> = []
        var lines: [String] = []
        var bytes = 0
    }

    private let path: String
    private let key: MessageKey
    private let purpose: String
    private let log: Log
    private let state: Mutex<State>

    init(manifest: SessionManifest, log: Log) {
        let folder = manifest.listenSocket.lastIndex(of: "/").map { manifest.listenSocket[..<$0] } ?? "."
        path = "\(folder)/passed-checks"
        key = MessageKey(secret: manifest.cookieKey)
        purpose = "passed checks of \(manifest.session)"
        self.log = log
        state = Mutex(State())
        load()
    }

    func contains(_ call: CheckCall) -> Bool { state.withLock { $0.calls.contains(call) } }

    /// Whether a check of that name was passed with any arguments.
    func contains(anyNamed name: String) -> Bool { state.withLock { $0.calls.contains { $0.name == name } } }

    var isEmpty: Bool { state.withLock { $0.calls.isEmpty } }

    func add(_ call: CheckCall) {
        state.withLock { state in
            let line = PassedChecks.line(call)
            guard state.calls.count < PassedChecks.limit, state.bytes + line.utf8.count < PassedChecks.byteLimit,
                state.calls.insert(call).inserted
            else { return }
            state.lines.append(line)
            state.bytes += line.utf8.count + 1
            save(state.lines)
        }
    }

    /// Name and arguments in hexadecimal, parted by dots.
    private static func line(_ call: CheckCall) -> String {
        ([call.name] + call.arguments).map(Hex.encoded).joined(separator: ".")
    }

    private static func call(_ line: Substring) -> CheckCall? {
        let parts = line.split(separator: ".", omittingEmptySubsequences: false).map { Hex.decoded(String($0)) }
        guard let name = parts.first ?? nil, !name.isEmpty else { return nil }
        let arguments = parts.dropFirst().compactMap { $0 }
        return arguments.count == parts.count - 1 ? CheckCall(name: name, arguments: arguments) : nil
    }

    private func save(_ lines: [String]) {
        let text = lines.joined(separator: "\n")
        do {
            try replaceFile(path, with: Array((key.tag(of: text, purpose: purpose) + "\n" + text).utf8))
        } catch {
            log.warning("passed checks are remembered in memory only", ("error", "\(error)"))
        }
    }

    private func load() {
        guard let file = try? Descriptor.opened(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return }
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size <= PassedChecks.byteLimit + 1024,
            let bytes = try? bytesOfFile(file)
        else { return }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "\n", maxSplits: 1)
        guard parts.count == 2, key.accepts(String(parts[0]), of: String(parts[1]), purpose: purpose) else {
            log.warning("what was remembered of passed checks is not ours")
            return
        }
        let lines = parts[1].split(separator: "\n")
        state.withLock { state in
            state.calls = Set(lines.compactMap(PassedChecks.call))
            state.lines = lines.map(String.init)
            state.bytes = parts[1].utf8.count
        }
    }
}
