internal import Glibc
internal import Platform

/// A log in the learner's home that an author can read in the terminal: `~/.local/share/workshop/<name>`.
///
/// The home is the learner's, so whatever lies at the path is taken for a log only if it is an ordinary file.
struct ScriptLog: Sendable {
    /// Bytes that the file may have; beyond, its older half goes.
    static let limit = 1 << 20

    let path: String

    /// - Parameter home: an absolute path.
    init(home: String, name: String) { path = "\(ScriptLog.folder(home))/\(name)" }

    static func folder(_ home: String) -> String { home + "/.local/share/workshop" }

    /// Empties it.
    func begin() { write("", flags: O_TRUNC) }

    /// Adds to its end. Nothing depends on it: a full disk, or a home without room, leaves the log as it is.
    func append(_ text: String) {
        shortenIfLong()
        write(String(decoding: text.utf8.suffix(ScriptLog.limit / 4), as: UTF8.self), flags: O_APPEND)
    }

    /// What is in it, its end if it is long; `nil` when there is none.
    func text() -> String? {
        guard let file = open(O_RDONLY) else { return nil }
        return ScriptLog.end(of: file, most: ScriptLog.limit).map { String(decoding: $0, as: UTF8.self) }
    }

    private func write(_ text: String, flags: Int32) {
        do {
            try makeFolders(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
            guard let file = open(O_WRONLY | O_CREAT | flags) else { return }
            try writeAll(Array(text.utf8), to: file)
        } catch {
            // The log is for people; a script's outcome is told elsewhere.
        }
    }

    private func shortenIfLong() {
        guard let file = open(O_RDONLY), let bytes = ScriptLog.end(of: file, most: ScriptLog.limit / 2),
            bytes.count == ScriptLog.limit / 2, lseek(file.number, 0, SEEK_END) > ScriptLog.limit
        else { return }
        // From the next whole line on.
        let start = bytes.firstIndex(of: 10).map { $0 + 1 } ?? 0
        write(String(decoding: bytes[start...], as: UTF8.self), flags: O_TRUNC)
    }

    /// Not blocking: the learner may have put a pipe there.
    private func open(_ flags: Int32) -> Descriptor? {
        guard let file = try? Descriptor.opened(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode: 0o644) else {
            return nil
        }
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return file
    }

    private static func end(of file: Descriptor, most: Int) -> [UInt8]? {
        let size = lseek(file.number, 0, SEEK_END)
        guard size >= 0 else { return nil }
        var place = max(0, size - most)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < most {
            let count = pread(file.number, &buffer, min(buffer.count, most - bytes.count), place)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer[..<count]
            place += count
        }
        return bytes
    }
}
