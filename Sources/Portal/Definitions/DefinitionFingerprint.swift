internal import Platform

/// What the definition files look like from outside: cheap enough to be taken every second, and different as soon as a
/// file was written, replaced, added or removed.
public struct DefinitionFingerprint: Sendable, Equatable {
    private let digest: String

    /// - Parameter paths: files and folders, as in `DefinitionLoad.watchedPaths`.
    public init(watching paths: [String]) {
        var digest = ContentDigest()
        var left = DefinitionSearch.mostFiles
        for path in paths { DefinitionFingerprint.add(path, to: &digest, &left, depth: 0) }
        self.digest = digest.finish()
    }

    private static func add(_ path: String, to digest: inout ContentDigest, _ left: inout Int, depth: Int) {
        guard left > 0 else { return }
        left -= 1
        digest.update(field: path)
        // Links below a given path are taken as they are, so that none leads in a circle.
        guard let status = DefinitionFiles.status(of: path, followingLinks: depth == 0) else {
            return digest.update(field: "gone")
        }
        if status.isLink {
            let target = DefinitionFiles.status(of: path, followingLinks: true)
            digest.update(field: "\(status.inode) \(status.modified)")
            digest.update(field: "\(target?.inode ?? 0) \(target?.size ?? 0) \(target?.modified ?? 0)")
        } else if !status.isFolder {
            digest.update(field: "\(status.inode) \(status.size) \(status.modified)")
        } else if depth < 32, let names = try? DefinitionFiles.names(in: path) {
            for name in names where name != ".git" {
                add(DefinitionFiles.join(path, name), to: &digest, &left, depth: depth + 1)
            }
        }
    }
}
