internal import CLinux
internal import Glibc
internal import Platform

/// Copies and removes whole folders. Names are bytes, links are never followed, and depth costs no stack.
enum FileTree {
    struct Usage: Equatable, Sendable {
        /// Bytes on disk, holes not counted.
        var bytes: Int64 = 0
        var entries = 0
    }

    // MARK: Removing

    /// What `remove` adds to a name for the folder in which it works; found after a crash, it is taken up again.
    static let removalSuffix = ".removing"

    /// Removes a file or folder with all that is in it; one that does not exist counts as removed. Everybody who could
    /// change it must be gone.
    ///
    /// The folder is moved into one of ours, and whatever folder is found with something in it is moved there as well,
    /// under a number. So every folder is emptied one level deep: a tree of any depth needs few descriptors, no stack
    /// and no long path.
    static func remove(_ path: String) throws {
        if unlink(path) == 0 { return }
        let workPath = path + removalSuffix
        var status = stat()
        let isThere = lstat(path, &status) == 0
        guard isThere || lstat(workPath, &status) == 0 else { return }
        guard mkdir(workPath, 0o700) == 0 || errno == EEXIST else { throw SystemCallError("mkdir \(workPath)") }
        let work = try openFolder(AT_FDCWD, Name(workPath))
        var next = 1 + (try entries(of: work).compactMap { Int($0.name.text) }.max() ?? 0)
        if isThere { try move(Name(path), from: AT_FDCWD, into: work, &next) }
        while true {
            let folders = try entries(of: work)
            if folders.isEmpty { break }
            for entry in folders {
                let folder = try openFolder(work.number, entry.name)
                try empty(folder, into: work, &next)
                guard entry.name.with({ unlinkat(work.number, $0, AT_REMOVEDIR) }) == 0 else {
                    throw SystemCallError("remove folder")
                }
            }
        }
        guard rmdir(workPath) == 0 || errno == ENOENT else { throw SystemCallError("rmdir \(workPath)") }
    }

    private static func empty(_ folder: Descriptor, into work: Descriptor, _ next: inout Int) throws {
        for entry in try entries(of: folder) {
            if !entry.isFolder {
                guard entry.name.with({ unlinkat(folder.number, $0, 0) }) == 0 || errno == ENOENT else {
                    throw SystemCallError("remove file")
                }
            } else if entry.name.with({ unlinkat(folder.number, $0, AT_REMOVEDIR) }) != 0 {
                try move(entry.name, from: folder.number, into: work, &next)
            }
        }
    }

    private static func move(_ name: Name, from folder: Int32, into work: Descriptor, _ next: inout Int) throws {
        // Moving a folder changes its "..", for which it must be writable.
        _ = try openFolder(folder, name)
        let number = Name(String(next))
        next += 1
        guard name.with({ source in number.with { renameat(folder, source, work.number, $0) } }) == 0 else {
            throw SystemCallError("move folder")
        }
    }

    /// Opens a folder to read it, and makes it readable and writable for its owner first.
    private static func openFolder(_ parent: Int32, _ name: Name) throws -> Descriptor {
        let handle = name.with { lectern_open_at(parent, $0, openPath | O_DIRECTORY, 0) }
        guard handle >= 0 else { throw SystemCallError("open folder") }
        let path = Descriptor(owning: handle)
        var status = stat()
        guard fstat(handle, &status) == 0 else { throw SystemCallError("stat folder") }
        if status.st_mode & 0o700 != 0o700 { chmod("/proc/self/fd/\(handle)", 0o700) }
        let folder = name.with { lectern_open_at(parent, $0, O_RDONLY | O_DIRECTORY, 0) }
        guard folder >= 0 else { throw SystemCallError("open folder") }
        withExtendedLifetime(path) {}
        return Descriptor(owning: folder)
    }

    // MARK: Copying

    struct CopyRules {
        /// Names in the topmost folder that are left out.
        var leavesOut: Set<String> = []
        /// The owner of what is made; `nil` keeps it with this process.
        var owner: SystemUser?
        /// Whether what is there already makes room; folders of one name become one. Else it is an error.
        var replaces = false
    }

    /// Copies what is in a folder into another, existing one. Links stay links; sockets, devices and pipes are left out.
    /// What is made is writable by its owner only, and executable where it was.
    /// - Throws: `SystemCallError`; ELOOP where folders nest deeper than 128.
    static func copyContents(of source: Descriptor, into target: Descriptor, _ rules: CopyRules, depth: Int = 0) throws
    {
        guard depth < 128 else { throw SystemCallError("copy folders nested so deep", code: ELOOP) }
        for entry in try entries(of: source) {
            if depth == 0, rules.leavesOut.contains(entry.name.text) { continue }
            var status = stat()
            let found = entry.name.with { fstatat(source.number, $0, &status, AT_SYMLINK_NOFOLLOW) }
            guard found == 0 else { continue }
            let mode: mode_t = status.st_mode & 0o111 == 0 ? 0o644 : 0o755
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                try makeFolder(entry.name, in: target, replaces: rules.replaces)
                let inner = entry.name.with { lectern_open_at(source.number, $0, O_RDONLY | O_DIRECTORY, 0) }
                guard inner >= 0 else { throw SystemCallError("open \(entry.name.text)") }
                let from = Descriptor(owning: inner)
                let made = entry.name.with { lectern_open_at(target.number, $0, O_RDONLY | O_DIRECTORY, 0) }
                guard made >= 0 else { throw SystemCallError("open \(entry.name.text)") }
                let to = Descriptor(owning: made)
                try copyContents(of: from, into: to, rules, depth: depth + 1)
                if let owner = rules.owner { fchown(made, owner.id, owner.group) }
            case S_IFREG:
                let opened = entry.name.with { lectern_open_at(source.number, $0, O_RDONLY, 0) }
                guard opened >= 0 else { throw SystemCallError("open \(entry.name.text)") }
                let from = Descriptor(owning: opened)
                if rules.replaces { try makeRoom(for: entry.name, in: target) }
                let made = entry.name.with {
                    lectern_open_at(target.number, $0, O_WRONLY | O_CREAT | O_EXCL, UInt32(mode))
                }
                guard made >= 0 else { throw SystemCallError("create \(entry.name.text)") }
                let to = Descriptor(owning: made)
                try copyBytes(from, to)
                if let owner = rules.owner { fchown(made, owner.id, owner.group) }
                withExtendedLifetime(to) {}
            case S_IFLNK:
                var link = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
                let length = entry.name.with { readlinkat(source.number, $0, &link, Int(PATH_MAX)) }
                if rules.replaces { try makeRoom(for: entry.name, in: target) }
                guard length >= 0, entry.name.with({ symlinkat(link, target.number, $0) }) == 0 else {
                    throw SystemCallError("link \(entry.name.text)")
                }
                if let owner = rules.owner {
                    _ = entry.name.with { fchownat(target.number, $0, owner.id, owner.group, AT_SYMLINK_NOFOLLOW) }
                }
            default: continue
            }
        }
    }

    private static func makeFolder(_ name: Name, in target: Descriptor, replaces: Bool) throws {
        if name.with({ mkdirat(target.number, $0, 0o755) }) == 0 { return }
        guard replaces, errno == EEXIST else { throw SystemCallError("mkdir") }
        var status = stat()
        let found = name.with { fstatat(target.number, $0, &status, AT_SYMLINK_NOFOLLOW) }
        if found == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        try makeRoom(for: name, in: target)
        guard name.with({ mkdirat(target.number, $0, 0o755) }) == 0 else { throw SystemCallError("mkdir") }
    }

    /// Removes a file or link; a folder that stands in the way is an error (EISDIR).
    private static func makeRoom(for name: Name, in folder: Descriptor) throws {
        guard name.with({ unlinkat(folder.number, $0, 0) }) == 0 || errno == ENOENT else {
            throw SystemCallError("replace \(name.text)")
        }
    }

    /// Removes the files and links for which `isUnwanted` says so of their names from the top, and then the folders that
    /// this left empty.
    static func removeFiles(
        below folder: Descriptor, _ path: [String] = [], where isUnwanted: ([String]) -> Bool
    ) throws {
        guard path.count < 128 else { throw SystemCallError("walk folders nested so deep", code: ELOOP) }
        for entry in try entries(of: folder) {
            let inner = path + [entry.name.text]
            if entry.isFolder {
                try removeFiles(below: try openFolder(folder.number, entry.name), inner, where: isUnwanted)
                guard entry.name.with({ unlinkat(folder.number, $0, AT_REMOVEDIR) }) == 0 || errno == ENOTEMPTY else {
                    throw SystemCallError("remove folder")
                }
            } else if isUnwanted(inner) {
                guard entry.name.with({ unlinkat(folder.number, $0, 0) }) == 0 || errno == ENOENT else {
                    throw SystemCallError("remove file")
                }
            }
        }
    }

    private static func copyBytes(_ source: Descriptor, _ target: Descriptor) throws {
        while true {
            let count = lectern_copy(source.number, target.number, 1 << 30)
            if count == 0 { return }
            if count < 0 {
                guard errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS else {
                    throw SystemCallError("copy file")
                }
                break
            }
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(source.number, &buffer, buffer.count)
            if count == 0 { return }
            guard count > 0 else { throw SystemCallError("read file") }
            var written = 0
            while written < count {
                let part = buffer.withUnsafeBytes { bytes in
                    write(target.number, bytes.baseAddress.map { $0 + written }, count - written)
                }
                guard part > 0 else { throw SystemCallError("write file") }
                written += part
            }
        }
    }

    // MARK: Measuring

    /// What a folder holds; parts that vanish meanwhile are not counted. Stops early once `limit` is passed.
    static func usage(of path: String, stoppingAt limit: Usage) -> Usage {
        var usage = Usage()
        guard let top = try? Descriptor.opened(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return usage }
        measure(top, &usage, limit, depth: 0)
        return usage
    }

    private static func measure(_ folder: Descriptor, _ usage: inout Usage, _ limit: Usage, depth: Int) {
        guard depth < 256, let entries = try? entries(of: folder) else { return }
        for entry in entries {
            var status = stat()
            guard entry.name.with({ fstatat(folder.number, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else { continue }
            usage.entries += 1
            usage.bytes += Int64(status.st_blocks) * 512
            if usage.bytes > limit.bytes || usage.entries > limit.entries { return }
            if entry.isFolder {
                let inner = entry.name.with { lectern_open_at(folder.number, $0, O_RDONLY | O_DIRECTORY, 0) }
                if inner >= 0 { measure(Descriptor(owning: inner), &usage, limit, depth: depth + 1) }
            }
        }
    }

    // MARK: Listing

    /// The name of an entry: any bytes but zero and slash.
    struct Name {
        let bytes: [CChar]
        init(_ text: String) { bytes = text.utf8CString.map { $0 } }
        init(_ pointer: UnsafePointer<CChar>) {
            bytes = Array(UnsafeBufferPointer(start: pointer, count: strlen(pointer) + 1))
        }
        var text: String { String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) }
        func with<Value>(_ body: (UnsafePointer<CChar>) -> Value) -> Value {
            bytes.withUnsafeBufferPointer { buffer in
                guard let start = buffer.baseAddress else { preconditionFailure("a name ends with a zero") }
                return body(start)
            }
        }
    }
    struct Entry {
        let name: Name
        let isFolder: Bool
    }

    static func entries(of folder: Descriptor) throws -> [Entry] {
        let copy = fcntl(folder.number, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0, let stream = fdopendir(copy) else {
            let error = SystemCallError("read folder")
            if copy >= 0 { close(copy) }
            throw error
        }
        defer { closedir(stream) }
        rewinddir(stream)
        var found: [Entry] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { Name($0) }
            }
            if name.text == "." || name.text == ".." { continue }
            var isFolder = entry.pointee.d_type == UInt8(DT_DIR)
            if entry.pointee.d_type == UInt8(DT_UNKNOWN) {
                var status = stat()
                if name.with({ fstatat(folder.number, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 {
                    isFolder = status.st_mode & S_IFMT == S_IFDIR
                }
            }
            found.append(Entry(name: name, isFolder: isFolder))
        }
        return found
    }

    /// The names of what is in a folder; none when it does not exist.
    static func names(in path: String) -> [String] { listing(of: path).map(\.name.text) }

    /// The names of the folders in a folder; none when it does not exist.
    static func folders(in path: String) -> [String] { listing(of: path).filter(\.isFolder).map(\.name.text) }

    private static func listing(of path: String) -> [Entry] {
        guard let folder = try? Descriptor.opened(path, O_RDONLY | O_DIRECTORY) else { return [] }
        return (try? entries(of: folder)) ?? []
    }
}
