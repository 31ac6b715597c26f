internal import Glibc

/// Reads files and folders, and says plainly why one cannot be read.
enum DefinitionFiles {
    struct Problem: Error {
        let message: String
    }

    /// What tells one version of a file from the next without reading it.
    struct Status: Equatable {
        var isFolder: Bool
        var isLink: Bool
        var isRegular: Bool
        var size: Int64
        /// Nanoseconds since 1970-01-01T00:00:00Z.
        var modified: Int64
        var inode: UInt64
    }

    /// `nil` when nothing can be found there.
    static func status(of path: String, followingLinks: Bool) -> Status? {
        var info = stat()
        guard (followingLinks ? stat(path, &info) : lstat(path, &info)) == 0 else { return nil }
        let kind = info.st_mode & S_IFMT
        return Status(
            isFolder: kind == S_IFDIR, isLink: kind == S_IFLNK, isRegular: kind == S_IFREG, size: Int64(info.st_size),
            modified: Int64(info.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(info.st_mtim.tv_nsec),
            inode: UInt64(info.st_ino))
    }

    /// The path without links, dots and relative parts; `nil` when it leads nowhere.
    static func absolute(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The names in a folder, sorted.
    static func names(in folder: String) throws(Problem) -> [String] {
        guard let stream = opendir(folder) else { throw Problem(message: "cannot be read: \(reason(errno))") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The bytes of a regular file; of devices and pipes nothing is read.
    static func read(_ path: String, limit: Int) throws(Problem) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw Problem(message: "cannot be read: \(reason(errno))") }
        defer { close(file) }
        var info = stat()
        guard fstat(file, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
            throw Problem(message: "is no regular file, expected a YAML file or a folder with YAML files")
        }
        guard info.st_size <= limit else {
            throw Problem(message: "has \(info.st_size) bytes, expected at most \(limit)")
        }
        var bytes = [UInt8](repeating: 0, count: Int(info.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(file, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw Problem(message: "cannot be read: \(reason(errno))") }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes.prefix(filled))
    }

    /// Where a symbolic link points, as it is written; empty when it cannot be read.
    static func linkTarget(_ path: String) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
    }

    /// The folder that a path lies in; `.` for a bare name.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT: "no such file or folder"
        case EACCES, EPERM: "no permission"
        case ENOTDIR: "a part of the path is no folder"
        case ELOOP: "the links lead in a circle"
        default: String(cString: strerror(code))
        }
    }
}
