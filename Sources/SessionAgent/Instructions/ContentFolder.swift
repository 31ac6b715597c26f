internal import CLinux
internal import Glibc

/// Reads files of a workshop's content. Whatever path is asked for, nothing outside the folder is read: the kernel refuses
/// `..` and symbolic links that lead out.
final class ContentFolder: Sendable {
    /// Bytes of the largest file that is read.
    static let sizeLimit = 16 << 20

    private let descriptor: Int32

    /// A folder that does not exist behaves as an empty one.
    init(path: String) { descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Changes whenever a file, or the list of what is in a folder, does.
    struct Stamp: Hashable, Sendable {
        let seconds: Int
        let nanoseconds: Int
        let size: Int
        var inode: UInt64 = 0
    }

    /// What a folder holds, and when each folder in it was changed last.
    struct Listing: Sendable {
        var files: [(path: String, stamp: Stamp)] = []
        /// Relative to the content, as they are asked for with `stamp`.
        var folders: [(path: String, stamp: Stamp)] = []
    }

    struct File: Sendable {
        let stamp: Stamp
        let bytes: [UInt8]
    }

    /// A file below the folder; `nil` when it is absent, no ordinary file, too large, or not for us to read.
    func read(_ path: String, limit: Int = ContentFolder.sizeLimit) -> File? {
        guard let file = openFile(path) else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(file, buffer.baseAddress?.advanced(by: done), buffer.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            done += count
        }
        bytes.removeLast(bytes.count - done)
        return File(stamp: ContentFolder.stamp(of: status), bytes: bytes)
    }

    /// When something was changed last; `nil` when it does not exist. Tells nothing of what is in it.
    func stamp(_ path: String) -> Stamp? {
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstatat(descriptor, path, &status, 0) == 0 else { return nil }
        return ContentFolder.stamp(of: status)
    }

    /// Whether there is something at a path; a folder counts.
    func exists(_ path: String) -> Bool {
        guard let file = openFile(path) else { return false }
        close(file)
        return true
    }

    /// Every ordinary file below a folder whose name passes, by path relative to that folder, in the order of paths.
    /// Hidden files and folders are left out, and what lies deeper than eight folders.
    func files(below folder: String, limit: Int, where isWanted: (String) -> Bool) -> Listing {
        var found = Listing()
        collect(folder, prefix: "", depth: 0, limit: limit, isWanted, &found)
        found.files.sort { $0.path < $1.path }
        return found
    }

    private func collect(
        _ folder: String, prefix: String, depth: Int, limit: Int, _ isWanted: (String) -> Bool, _ found: inout Listing
    ) {
        guard depth <= 8, found.folders.count < limit, let file = openFile(folder) else { return }
        var status = stat()
        // Before the names are read: what comes later then shows as a change.
        if fstat(file, &status) == 0 { found.folders.append((folder, ContentFolder.stamp(of: status))) }
        // The stream owns the descriptor once it exists.
        guard let stream = fdopendir(file) else {
            close(file)
            return
        }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            if let name, !name.hasPrefix(".") { names.append(name) }
        }
        closedir(stream)
        for name in names.sorted() {
            guard found.files.count < limit, let file = openFile(folder + "/" + name) else { continue }
            defer { close(file) }
            var status = stat()
            guard fstat(file, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                collect(
                    folder + "/" + name, prefix: prefix + name + "/", depth: depth + 1, limit: limit, isWanted, &found)
            } else if status.st_mode & S_IFMT == S_IFREG, isWanted(name) {
                found.files.append((prefix + name, ContentFolder.stamp(of: status)))
            }
        }
    }

    private func openFile(_ path: String) -> Int32? {
        guard descriptor >= 0, !path.isEmpty, !path.utf8.contains(0) else { return nil }
        let file = lectern_open_beneath(descriptor, path)
        return file >= 0 ? file : nil
    }

    private static func stamp(of status: stat) -> Stamp {
        Stamp(
            seconds: Int(status.st_mtim.tv_sec), nanoseconds: Int(status.st_mtim.tv_nsec), size: Int(status.st_size),
            inode: UInt64(status.st_ino))
    }
}
