internal import CLinux
internal import FoundationEssentials
internal import Glibc
public import Platform

/// What the process of a session agent does before and around its work.
public enum AgentProcess {
    public enum Problem: Error, Sendable, CustomStringConvertible {
        case cannotHide(errno: Int32)
        case unreadableManifest(String)
        public var description: String {
            switch self {
            case .cannotHide(let errno): "cannot forbid other processes to read this one: error \(errno)"
            case .unreadableManifest(let why): "standard input is not a session manifest: \(why)"
            }
        }
    }

    /// Comes first: hides the process's memory from the learner's processes, which run as the same user, gives up gaining
    /// privileges, and makes writing to a closed connection an error instead of a signal.
    /// - Throws: `Problem`.
    public static func harden() throws(Problem) {
        guard lectern_set_not_dumpable() == 0 else { throw .cannotHide(errno: errno) }
        guard lectern_set_no_new_privileges() == 0 else { throw .cannotHide(errno: errno) }
        signal(SIGPIPE, SIG_IGN)
    }

    /// Reads a descriptor to its end and takes it for a manifest.
    /// - Throws: `Problem`, whose text never repeats the input: it holds secrets.
    public static func readManifest(from descriptor: Int32 = 0) throws(Problem) -> SessionManifest {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .unreadableManifest("error \(errno)") }
            if count == 0 { break }
            bytes += buffer[..<count]
            guard bytes.count <= 1 << 20 else { throw .unreadableManifest("more than 1 MiB") }
        }
        do {
            return try JSONDecoder().decode(SessionManifest.self, from: Data(bytes))
        } catch DecodingError.keyNotFound(let key, _) {
            throw .unreadableManifest("\"\(key.stringValue)\" is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw .unreadableManifest("wrong type at \(context.codingPath.map(\.stringValue).joined(separator: "."))")
        } catch {
            throw .unreadableManifest("not JSON")
        }
    }

    /// Tells the runtime that the agent listens.
    public static func announceReady() {
        let text = Array("ready\n".utf8)
        // Nobody may be reading any more; the socket answers all the same.
        _ = write(STDOUT_FILENO, text, text.count)
    }
}
