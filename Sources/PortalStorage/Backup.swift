internal import Glibc
internal import Portal

public enum BackupError: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is no database in the folder.
    case nothingToBackUp(folder: String)
    /// The file exists and was not to be replaced.
    case fileExists(path: String)

    public var description: String {
        switch self {
        case .nothingToBackUp(let folder): "there is no portal's database in \(folder)"
        case .fileExists(let path): "\(path) exists already and was left as it is"
        }
    }
}

extension SQLitePortalStore {
    /// Copies the database of a portal, which may be running in another process, into one file.
    ///
    /// The copy is the state of one commit. It appears under its name when it is complete; an existing file is replaced
    /// at that moment and not before. Writing goes on meanwhile.
    /// - Parameters:
    ///   - folder: the portal's data folder.
    ///   - file: where to; made with mode 0600.
    ///   - replacing: whether an existing file may be replaced.
    /// - Throws: `BackupError`, or `PortalStoreError`.
    public static func backup(folder: String, to file: String, replacing: Bool = false) throws {
        let source = DataFolder(path: folder).database
        guard access(source, F_OK) == 0 else { throw BackupError.nothingToBackUp(folder: folder) }
        if !replacing && access(file, F_OK) == 0 { throw BackupError.fileExists(path: file) }

        let partial = "\(file).partial-\(getpid())"
        let descriptor = open(partial, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw storeError(errno: errno, doing: "write", path: partial) }
        Glibc.close(descriptor)
        defer { unlink(partial) }

        try copy(source, to: partial)
        if replacing {
            guard rename(partial, file) == 0 else { throw storeError(errno: errno, doing: "write", path: file) }
        } else if link(partial, file) != 0 {
            // Unlike a rename, a link never replaces what has appeared in between.
            if errno == EEXIST { throw BackupError.fileExists(path: file) }
            throw storeError(errno: errno, doing: "write", path: file)
        }
        try synchronizeFolder(of: file)
    }

    private static func copy(_ source: String, to partial: String) throws {
        // Writing access, because the last connection to close puts the log in order.
        let from = try Connection(path: source, access: .writing)
        let version = Int(try from.integer("PRAGMA user_version"))
        guard version <= Schema.newest else { throw PortalStoreError.newer(found: version, known: Schema.newest) }
        let to = try Connection(path: partial, access: .writing)
        try to.execute("PRAGMA synchronous = FULL")
        // An open read transaction keeps the source at one commit; without it every commit would start the copy anew.
        try from.execute("BEGIN")
        defer { from.rollBack() }
        _ = try from.integer("SELECT count(*) FROM sqlite_schema")
        try from.copy(to: to, pagesAtOnce: 1024)
        // The copy says that it has a log beside it; one file is easier to carry.
        _ = try to.text("PRAGMA journal_mode = DELETE")
    }

    private static func synchronizeFolder(of file: String) throws {
        let parent = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        let descriptor = open(parent.isEmpty ? "/" : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw storeError(errno: errno, doing: "open", path: parent) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw storeError(errno: errno, doing: "write", path: parent) }
    }
}
