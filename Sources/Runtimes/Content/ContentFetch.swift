internal import Glibc
internal import Platform
internal import Portal

/// Fetches the sources of a workshop, one after another, into a folder: once for each environment, never for a session.
struct ContentFetch {
    let sandbox: FetchSandbox
    /// The workshop's own folder, for sources of kind `directory`; empty when the definition stands alone.
    let home: String

    /// - Parameters:
    ///   - target: an existing folder; what an earlier source put there is replaced where names meet.
    ///   - scratch: a path for what is under way; removed in the end.
    ///   - hasFolder: whether the target holds the workshop's own folder already, which then stands in for sources that
    ///     only a cluster can fetch.
    /// - Throws: `ContentFailure`, `SystemCallError`.
    func fetch(_ sources: [ContentSource], into target: String, scratch: String, hasFolder: Bool = false) throws {
        for (index, source) in sources.enumerated() {
            do {
                if case .elsewhere = source.origin, hasFolder { continue }
                try FileTree.remove(scratch)
                try makeFolders(scratch + "/content")
                defer { try? FileTree.remove(scratch) }
                try fetch(source, into: scratch + "/content", scratch: scratch)
                try place(source, from: scratch + "/content", into: target)
            } catch let failure as ContentFailure {
                throw ContentFailure(
                    "files[\(index)] (\(source.kind)): \(Self.withoutLogin(failure.description))")
            }
        }
    }

    private func fetch(_ source: ContentSource, into folder: String, scratch: String) throws {
        switch source.origin {
        case .git(let url, let reference, let includesSubmodules):
            try fetchRepository(url, reference, includesSubmodules, into: folder)
        case .http(let url, let sha256, let unpacks):
            try fetchFile(url, sha256, unpacks, into: folder, scratch: scratch)
        case .inline(let files):
            for (path, text) in files {
                guard ContentSource.isInside(path) else { throw ContentFailure("\(path) leads out of its folder") }
                let parts = path.split(separator: "/").filter { $0 != "." }
                try makeFolders(([folder] + parts.dropLast().map(String.init)).joined(separator: "/"))
                try replaceFile(
                    ([folder] + parts.map(String.init)).joined(separator: "/"), with: Array(text.utf8),
                    mode: text.hasPrefix("#!") ? 0o755 : 0o644)
            }
        case .directory(let path):
            guard !home.isEmpty else { throw ContentFailure("there is no folder beside the definition") }
            guard ContentSource.isInside(path) else { throw ContentFailure("\(path) leads out of its folder") }
            let from = try Self.folder(path, below: try Descriptor.opened(home, O_RDONLY | O_DIRECTORY))
            try FileTree.copyContents(
                of: from, into: try Descriptor.opened(folder, O_RDONLY | O_DIRECTORY),
                FileTree.CopyRules(leavesOut: [".git"]))
        case .elsewhere: throw ContentFailure("cannot be fetched on this machine")
        }
    }

    // MARK: Git

    private func fetchRepository(_ url: String, _ reference: String, _ includesSubmodules: Bool, into folder: String)
        throws
    {
        func git(_ arguments: String...) throws {
            try sandbox.run(
                "git", ["-c", "init.defaultBranch=main", "-c", "advice.detachedHead=false"] + arguments, in: folder,
                usesNetwork: true)
        }
        // vendir names a branch as the remote's.
        let wanted = reference.hasPrefix("origin/") ? String(reference.dropFirst("origin/".count)) : reference
        guard !wanted.hasPrefix("-") else { throw ContentFailure("\(wanted) is no branch, tag or commit") }
        try git("init", "--quiet")
        do {
            try git("fetch", "--quiet", "--depth", "1", "--no-tags", "--", url, wanted.isEmpty ? "HEAD" : wanted)
            try git("checkout", "--quiet", "FETCH_HEAD")
        } catch let first as ContentFailure {
            // Old servers give no single commit and know nothing of depth: then all of it.
            do {
                try git(
                    "fetch", "--quiet", "--", url, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
                if wanted.isEmpty { try git("fetch", "--quiet", "--", url, "HEAD") }
            } catch { throw first }
            do {
                try git("checkout", "--quiet", "--detach", wanted.isEmpty ? "FETCH_HEAD" : reference)
            } catch  where !wanted.isEmpty {
                do { try git("checkout", "--quiet", "--detach", "origin/" + wanted) } catch { throw first }
            }
        }
        if includesSubmodules, access(folder + "/.gitmodules", F_OK) == 0 {
            try git("submodule", "--quiet", "update", "--init", "--recursive", "--depth", "1")
        }
        try FileTree.remove(folder + "/.git")
    }

    // MARK: HTTP

    private func fetchFile(_ url: String, _ sha256: String, _ unpacks: Bool, into folder: String, scratch: String)
        throws
    {
        let download = scratch + "/download"
        try makeFolders(download)
        let name = Self.fileName(of: url)
        let seconds = max(1, (sandbox.end - MonotonicTime.milliseconds()) / 1000)
        try sandbox.run(
            "curl",
            [
                "--silent", "--show-error", "--fail", "--location", "--max-redirs", "5", "--proto", "=http,https",
                "--proto-redir", "=http,https", "--connect-timeout", "20", "--max-time", String(seconds),
                "--max-filesize", String(sandbox.limit.bytes), "--netrc-optional", "--globoff", "--output", name,
                "--url",
                url,
            ], in: download, usesNetwork: true)
        let file = try Descriptor.opened("\(download)/\(name)", O_RDONLY | O_NOFOLLOW)
        if !sha256.isEmpty {
            let found = try SHA256.hexadecimalDigest(of: file)
            guard found == sha256 else {
                throw ContentFailure("its SHA-256 is \(found), and not the one that the definition gives")
            }
        }
        guard unpacks, try ArchiveKind.isArchive(file) else {
            guard rename("\(download)/\(name)", "\(folder)/\(name)") == 0 else {
                throw SystemCallError("rename \(name)")
            }
            return
        }
        guard rename("\(download)/\(name)", scratch + "/content/.archive") == 0 else {
            throw SystemCallError("rename \(name)")
        }
        try sandbox.run(
            "bsdtar", ["-x", "--no-same-owner", "--no-same-permissions", "-f", ".archive"], in: folder,
            usesNetwork: false)
        try FileTree.remove(folder + "/.archive")
    }

    /// The last name of an address' path, or `download`.
    static func fileName(of url: String) -> String {
        let path = url.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = path.firstRange(of: "://") else { return "download" }
        let parts = path[scheme.upperBound...].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1, let last = parts.last, !last.isEmpty, last != ".", last != "..", !last.hasPrefix("-"),
            !last.utf8.contains(0), last.utf8.count <= 200
        else { return "download" }
        return String(last)
    }

    // MARK: Placing

    private func place(_ source: ContentSource, from fetched: String, into target: String) throws {
        let selection = ContentSelection(source)
        if !selection.takesAll {
            try FileTree.removeFiles(below: try Descriptor.opened(fetched, O_RDONLY | O_DIRECTORY)) {
                !selection.takes($0)
            }
        }
        let from = try Self.folder(source.newRootPath, below: try Descriptor.opened(fetched, O_RDONLY | O_DIRECTORY))
        let to = try Self.folder(
            source.path, below: try Descriptor.opened(target, O_RDONLY | O_DIRECTORY), makingIt: true)
        try FileTree.copyContents(of: from, into: to, FileTree.CopyRules(replaces: true))
    }

    /// Walks down without following a link.
    private static func folder(_ path: String, below top: Descriptor, makingIt: Bool = false) throws -> Descriptor {
        var folder = top
        for part in path.split(separator: "/") where part != "." {
            guard part != ".." else { throw ContentFailure("\(path) leads out of its folder") }
            let name = String(part)
            if makingIt { mkdirat(folder.number, name, 0o755) }
            do {
                folder = try Descriptor.opened(in: folder, name, O_RDONLY | O_DIRECTORY)
            } catch {
                throw ContentFailure("there is no folder \(path) in it")
            }
        }
        return folder
    }

    /// Logins in addresses are nobody's business.
    static func withoutLogin(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let scheme = rest.firstRange(of: "://") {
            result += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let authority = rest.prefix { $0 != "/" && !$0.isWhitespace && $0 != "'" && $0 != "\"" }
            if let at = authority.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        }
        return result + rest
    }
}

/// Which files are archives, by how they begin.
enum ArchiveKind {
    static func isArchive(_ file: Descriptor) throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = pread(file.number, &bytes, bytes.count, 0)
        guard count >= 0 else { throw SystemCallError("read archive") }
        return isArchive(Array(bytes.prefix(count)))
    }

    /// - Parameter beginning: the first 512 bytes, or all if there are fewer.
    static func isArchive(_ beginning: [UInt8]) -> Bool {
        let beginnings: [[UInt8]] = [
            [0x1F, 0x8B], Array("PK\u{03}\u{04}".utf8), Array("BZh".utf8), [0xFD, 0x37, 0x7A, 0x58, 0x5A],
            [0x28, 0xB5, 0x2F, 0xFD],
        ]
        if beginnings.contains(where: beginning.starts(with:)) { return true }
        return beginning.count >= 262 && Array(beginning[257..<262]) == Array("ustar".utf8)
    }
}
