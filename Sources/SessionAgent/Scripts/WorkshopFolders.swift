internal import CLinux
internal import Glibc
internal import Platform

/// Where a workshop's scripts lie (spec/dashboard.md section 5.2).
struct WorkshopFolders: Sendable {
    /// Packages in the order of their names.
    let packages: [String]
    /// What the author wrote, read-only in a sandbox.
    let workshop: String
    /// In the learner's home.
    let home: String

    /// - Parameter packagesFolder: holds a folder for each package.
    init(manifest: SessionManifest, packagesFolder: String = "/opt/packages") {
        workshop = manifest.contentFolder + "/workshop"
        home = manifest.home + "/workshop"
        packages = WorkshopFolders.names(in: packagesFolder).map { packagesFolder + "/" + $0 }
    }

    /// In the order in which they are set up: what comes later builds on what came before.
    var setupOrder: [String] { packages + [workshop, home] }

    /// In the order in which a check is looked for: what the author wrote comes before what lies in the learner's hands.
    var checkOrder: [String] { [workshop] + packages + [home] }

    /// Scripts of a folder in the order of their names, as absolute paths.
    static func scripts(in folder: String) -> [String] {
        names(in: folder).filter { $0.hasSuffix(".sh") }.prefix(scriptLimit).map { folder + "/" + $0 }
    }

    /// Scripts that one folder may have.
    static let scriptLimit = 100

    /// Sorted as bytes are, without hidden ones; none for a folder that cannot be read.
    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            if let name, !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
