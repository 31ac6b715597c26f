internal import CLinux
internal import Glibc
internal import Platform

/// The files of the learner, as pages and actions read and change them.
///
/// The kernel keeps us in the home (openat2(2), RESOLVE_BENEATH): neither `..` nor a symbolic link leads out of it, whatever
/// the learner's own processes move about meanwhile. Other files may be looked at where the sandbox's user may; those of
/// /proc and its like never, because there this process would read itself. Nothing waits for a pipe or a device.
package final class HomeFolder: Sendable {
    package let path: String
    package let limits: FileLimits
    let descriptor: Int32

    /// A home that does not exist behaves as an empty one that cannot be written.
    package init(path: String, limits: FileLimits = FileLimits()) {
        self.path = path
        self.limits = limits
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    deinit { if descriptor >= 0 { close(descriptor) } }

    func place(_ path: String) throws(EditProblem) -> FilePlace { try FilePlace(path, home: self.path) }

    // MARK: Looking

    enum Kind: String, Sendable {
        case file, folder, other
    }

    struct Status: Sendable, Equatable {
        var kind: Kind
        var size: Int
        /// Changes whenever the file does, as far as its time and size tell.
        var stamp: String
    }

    /// `nil` when there is nothing.
    func status(_ place: FilePlace) -> Status? {
        guard let file = try? opened(place, Glibc.O_RDONLY | openPath) else { return nil }
        return HomeFolder.status(of: file.number)
    }

    static func status(of descriptor: Int32) -> Status? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        return Status(kind: kind(status.st_mode), size: Int(status.st_size), stamp: stamp(status))
    }

    static func kind(_ mode: mode_t) -> Kind {
        switch mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .folder
        default: .other
        }
    }

    private static func stamp(_ status: stat) -> String {
        "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec).\(status.st_ino)."
            + (status.st_mode & S_IFMT == S_IFDIR ? "" : String(status.st_size))
    }

    /// An ordinary file, open for reading, and its size.
    func openedFile(_ place: FilePlace) throws(EditProblem) -> (Descriptor, Status) {
        let file = try opened(place, O_RDONLY)
        guard let status = HomeFolder.status(of: file.number) else { throw problem(errno, place) }
        guard status.kind == .file else {
            throw EditProblem(.file, status.kind == .folder ? AgentText.isFolder(place) : AgentText.isNoFile(place))
        }
        return (file, status)
    }

    /// Opens what a place means.
    func opened(_ place: FilePlace, _ flags: Int32) throws(EditProblem) -> Descriptor {
        switch place {
        case .home(let path):
            let number = lectern_open_beneath_as(descriptor, path.isEmpty ? "." : path, flags, 0)
            if number >= 0 { return Descriptor(owning: number) }
            // A link of the learner's that leads out of the home may be looked along, no more.
            guard errno == EXDEV else { throw problem(errno, place) }
            return try openedElsewhere(self.path + "/" + path, flags, place)
        case .elsewhere(let path): return try openedElsewhere(path, flags, place)
        }
    }

    private func openedElsewhere(_ path: String, _ flags: Int32, _ place: FilePlace) throws(EditProblem) -> Descriptor {
        let number = lectern_open_anywhere(path, flags)
        guard number >= 0 else { throw problem(errno, place) }
        let file = Descriptor(owning: number)
        guard HomeFolder.isOrdinary(file.number) else { throw EditProblem(.refused, AgentText.isNoFile(place)) }
        return file
    }

    /// Whether it lies on a file system that holds files: what /proc and the like show of this process is a secret.
    private static func isOrdinary(_ descriptor: Int32) -> Bool {
        lectern_is_on_special_file_system(descriptor) == 0
    }

    // MARK: Texts

    struct Text: Sendable {
        var bytes: [UInt8]
        /// Tells this content from every other one.
        var version: String
        /// Of the file's status when it was read.
        var stamp: String
        var isWritable: Bool
    }

    /// A text for the editor.
    /// - Throws: `EditProblem`, of kind `content` when it is too large or no text.
    func text(_ place: FilePlace) throws(EditProblem) -> Text {
        let (file, status) = try openedFile(place)
        guard status.size <= limits.text else { throw EditProblem(.content, AgentText.tooLarge(place, limits.text)) }
        // It may grow while it is read.
        var bytes = [UInt8](repeating: 0, count: status.size + 1)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(file.number, buffer.baseAddress?.advanced(by: done), buffer.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw problem(errno, place) }
            if count == 0 { break }
            done += count
            if done == bytes.count {
                guard done <= limits.text else { throw EditProblem(.content, AgentText.tooLarge(place, limits.text)) }
                bytes += [UInt8](repeating: 0, count: min(done, limits.text + 1 - done))
            }
        }
        bytes.removeLast(bytes.count - done)
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw EditProblem(.content, AgentText.isBinary(place))
        }
        return Text(
            bytes: bytes, version: HomeFolder.version(of: bytes), stamp: status.stamp, isWritable: isWritable(place))
    }

    static func version(of bytes: [UInt8]) -> String {
        var digest = ContentDigest()
        digest.update(bytes)
        return String(digest.finish().prefix(32))
    }

    private func isWritable(_ place: FilePlace) -> Bool {
        guard case .home(let path) = place, let (folder, name) = try? target(path, makingFolders: false) else {
            return false
        }
        return faccessat(folder.number, name, W_OK, 0) == 0
    }

    // MARK: Folders

    struct Entry: Sendable, Equatable {
        var name: String
        var kind: Kind
        var size: Int
        var isLink: Bool
    }

    /// The entries of a folder, folders first. - Returns: also whether that is all.
    func entries(_ place: FilePlace) throws(EditProblem) -> (entries: [Entry], isComplete: Bool) {
        let file = try opened(place, O_RDONLY | O_DIRECTORY)
        let number = dup(file.number)
        guard number >= 0, let stream = fdopendir(number) else {
            if number >= 0 { close(number) }
            throw problem(errno, place)
        }
        defer { closedir(stream) }
        rewinddir(stream)
        var found: [Entry] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            guard let name, name != ".", name != "..", !PendingFile.isTemporary(name) else { continue }
            guard found.count < limits.entries else { return (HomeFolder.sorted(found), false) }
            var status = stat()
            guard fstatat(file.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            let isLink = status.st_mode & S_IFMT == S_IFLNK
            if isLink, fstatat(file.number, name, &status, 0) != 0 { status.st_mode = S_IFLNK }
            found.append(
                Entry(name: name, kind: HomeFolder.kind(status.st_mode), size: Int(status.st_size), isLink: isLink))
        }
        return (HomeFolder.sorted(found), true)
    }

    private static func sorted(_ entries: [Entry]) -> [Entry] {
        entries.map { ($0, $0.name.lowercased()) }.sorted { left, right in
            if (left.0.kind == .folder) != (right.0.kind == .folder) { return left.0.kind == .folder }
            return (left.1, left.0.name) < (right.1, right.0.name)
        }.map(\.0)
    }

    // MARK: Problems

    func problem(_ code: Int32, _ place: FilePlace) -> EditProblem {
        switch code {
        case ENOENT: EditProblem(.file, AgentText.noSuchFile(place))
        case ENOTDIR: EditProblem(.file, AgentText.noSuchFolder(place))
        case EEXIST, ENOTEMPTY: EditProblem(.file, AgentText.existsAlready(place))
        case EISDIR: EditProblem(.file, AgentText.isFolder(place))
        case EXDEV, ELOOP: EditProblem(.refused, AgentText.outsideOfHome(place))
        case EACCES, EPERM, EROFS: EditProblem(.refused, AgentText.notAllowed(place))
        case ENOSPC, EDQUOT: EditProblem(.refused, AgentText.noRoom)
        case ENAMETOOLONG, EINVAL: EditProblem(.fields, AgentText.notAPath)
        case ENXIO: EditProblem(.file, AgentText.isNoFile(place))
        default: EditProblem(.refused, AgentText.systemRefused(place, code))
        }
    }
}
