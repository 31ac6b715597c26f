internal import CLinux
internal import Glibc
internal import Platform

/// What pages and actions change in the home. Outside of it nothing is changed.
extension HomeFolder {
    /// What must hold for a file to be written over.
    enum Expectation: Equatable {
        case anything
        case nothingThere
        /// The content is still the one with this version.
        case version(String)
    }

    /// Writes a whole file: readers see the old one or the new one, never a part. Mode and owner stay as they are.
    /// - Returns: the new version.
    /// - Throws: `EditProblem`, of kind `changed` when the expectation does not hold.
    @discardableResult
    func write(_ bytes: [UInt8], to place: FilePlace, expecting: Expectation = .anything) throws(EditProblem) -> String
    {
        guard bytes.count <= limits.text else { throw EditProblem(.content, AgentText.tooLarge(place, limits.text)) }
        switch expecting {
        case .anything: break
        case .nothingThere:
            if status(place) != nil { throw EditProblem(.changed, AgentText.existsAlready(place)) }
        case .version(let version):
            guard let now = try? text(place), now.version == version else {
                throw EditProblem(.changed, AgentText.changedMeanwhile(place))
            }
        }
        let target = try target(place)
        let file = try PendingFile(in: target.folder, place: place, home: self)
        try file.append(bytes[...])
        try file.finish(at: target, replaces: expecting != .nothingThere)
        return HomeFolder.version(of: bytes)
    }

    /// Where a file is, or will be: behind the links of its own that lead there.
    struct Target: Sendable {
        let folder: Descriptor
        let name: String
        let place: FilePlace
    }

    /// Makes the folders on the way.
    func target(_ place: FilePlace) throws(EditProblem) -> Target {
        let (folder, name) = try target(changeable(place), makingFolders: true)
        return Target(folder: folder, name: name, place: place)
    }

    func makeFolder(_ place: FilePlace, mustBeNew: Bool = false) throws(EditProblem) {
        let path = try changeable(place)
        if status(place)?.kind == .folder {
            if mustBeNew { throw EditProblem(.file, AgentText.existsAlready(place)) }
            return
        }
        _ = try folder(path[...], making: true, place)
    }

    /// Deletes a file, or a folder with all that is in it.
    func delete(_ place: FilePlace, withContent: Bool) throws(EditProblem) {
        let path = try changeable(place)
        let (folder, name) = try parent(path, making: false)
        if unlinkat(folder.number, name, 0) == 0 { return }
        guard errno == EISDIR || errno == EPERM else { throw problem(errno, place) }
        guard withContent else { throw EditProblem(.file, AgentText.isFolder(place)) }
        var left = limits.deletion
        try removeTree(folder.number, name, depth: 0, &left, place)
    }

    /// Renames or moves within the home.
    func rename(_ source: FilePlace, to destination: FilePlace, replaces: Bool) throws(EditProblem) {
        let (from, fromName) = try parent(changeable(source), making: false)
        guard faccessat(from.number, fromName, F_OK, AT_SYMLINK_NOFOLLOW) == 0 else { throw problem(errno, source) }
        let (to, toName) = try parent(changeable(destination), making: true)
        guard lectern_rename(from.number, fromName, to.number, toName, replaces ? 1 : 0) == 0 else {
            throw problem(errno, errno == ENOENT ? source : destination)
        }
    }

    /// Copies a file within the sandbox into the home.
    func copy(_ source: FilePlace, to destination: FilePlace, replaces: Bool) throws(EditProblem) {
        let (file, status) = try openedFile(source)
        guard status.size <= limits.copy else { throw EditProblem(.content, AgentText.tooLarge(source, limits.copy)) }
        let target = try target(destination)
        let copy = try PendingFile(in: target.folder, place: destination, home: self)
        try copy.append(from: file, size: status.size)
        var mode = stat()
        if fstat(file.number, &mode) == 0 { copy.take(mode: mode.st_mode & 0o777) }
        try copy.finish(at: target, replaces: replaces)
    }

    // MARK: Places

    private func changeable(_ place: FilePlace) throws(EditProblem) -> String {
        guard case .home(let path) = place else { throw EditProblem(.refused, AgentText.outsideOfHome(place)) }
        guard !path.isEmpty else { throw EditProblem(.fields, AgentText.isFolder(place)) }
        return path
    }

    /// The folder of a path and the name in it.
    func parent(_ path: String, making: Bool) throws(EditProblem) -> (Descriptor, String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            return (try folder("", making: false, .home("")), path)
        }
        let name = String(path[path.utf8.index(after: slash)...])
        return (try folder(path[..<slash], making: making, .home(path)), name)
    }

    /// Where a file really is: behind the links of its own that lead there.
    func target(_ path: String, makingFolders: Bool) throws(EditProblem) -> (Descriptor, String) {
        var path = path
        for _ in 0..<10 {
            let (folder, name) = try parent(path, making: makingFolders)
            var buffer = [CChar](repeating: 0, count: 4097)
            let count = readlinkat(folder.number, name, &buffer, 4096)
            guard count > 0 else { return (folder, name) }
            let link = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let above = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { self.path + "/" + path[..<$0] } ?? self.path
            let next = try FilePlace(link.hasPrefix("/") ? link : above + "/" + link, home: self.path)
            guard case .home(let inside) = next, !inside.isEmpty else {
                throw EditProblem(.refused, AgentText.outsideOfHome(.home(path)))
            }
            path = inside
        }
        throw EditProblem(.refused, AgentText.outsideOfHome(.home(path)))
    }

    /// A folder of the home, as a place for files.
    func openedFolder(_ place: FilePlace) throws(EditProblem) -> Descriptor {
        guard case .home(let path) = place else { throw EditProblem(.refused, AgentText.outsideOfHome(place)) }
        return try folder(path[...], making: false, place)
    }

    private func folder(_ path: Substring, making: Bool, _ place: FilePlace) throws(EditProblem) -> Descriptor {
        let flags = O_DIRECTORY | openPath
        let number = lectern_open_beneath_as(descriptor, path.isEmpty ? "." : String(path), flags, 0)
        if number >= 0 { return Descriptor(owning: number) }
        guard making, errno == ENOENT, !path.isEmpty else {
            throw errno == ENOENT ? EditProblem(.file, AgentText.noSuchFolder(place)) : problem(errno, place)
        }
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let above = try folder(slash.map { path[..<$0] } ?? "", making: true, place)
        let name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? String(path)
        guard mkdirat(above.number, name, 0o755) == 0 || errno == EEXIST else { throw problem(errno, place) }
        let made = lectern_open_beneath_as(above.number, name, flags, 0)
        guard made >= 0 else { throw problem(errno, place) }
        return Descriptor(owning: made)
    }

    private func removeTree(_ folder: Int32, _ name: String, depth: Int, _ left: inout Int, _ place: FilePlace)
        throws(EditProblem)
    {
        guard depth < 100, left > 0 else { throw EditProblem(.refused, AgentText.tooManyFiles(place)) }
        let number = lectern_open_at(folder, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0)
        guard number >= 0 else { throw problem(errno, place) }
        guard let stream = fdopendir(number) else {
            close(number)
            throw problem(errno, place)
        }
        defer { closedir(stream) }
        var folders: [String] = []
        while let entry = readdir(stream) {
            let inner = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard inner != ".", inner != ".." else { continue }
            left -= 1
            guard left > 0 else { throw EditProblem(.refused, AgentText.tooManyFiles(place)) }
            if unlinkat(number, inner, 0) != 0 {
                guard errno == EISDIR || errno == EPERM else { throw problem(errno, place) }
                folders.append(inner)
            }
        }
        for inner in folders { try removeTree(number, inner, depth: depth + 1, &left, place) }
        guard unlinkat(folder, name, AT_REMOVEDIR) == 0 else { throw problem(errno, place) }
    }
}
