internal import Glibc
internal import Platform
internal import Portal

/// What the sessions of one environment share, read-only: the workshop's files as they were when the environment was
/// prepared, and a small `/etc`. Later edits of the source change neither.
enum EnvironmentContent {
    /// Makes it once; a folder of that name is complete, as it is renamed into place.
    /// - Throws: `ContentFailure` when a source cannot be fetched, `SystemCallError`.
    static func prepare(_ preparation: EnvironmentPreparation, in folders: SandboxFolders, _ sandbox: FetchSandbox)
        throws
    {
        let target = folders.environment(preparation.environment)
        guard access(target, F_OK) != 0 else {
            // One made by an earlier version has none.
            return try makeFolders(target + "/packages")
        }
        let temporary = folders.unfinishedEnvironment(preparation.environment)
        try FileTree.remove(temporary)
        try makeFolders(temporary + "/content")
        try makeFolders(temporary + "/packages")
        let workshop = preparation.workshop
        if !workshop.contentFolder.isEmpty {
            let from = try Descriptor.opened(workshop.contentFolder, O_RDONLY | O_DIRECTORY)
            let to = try Descriptor.opened(temporary + "/content", O_RDONLY | O_DIRECTORY)
            try FileTree.copyContents(of: from, into: to, FileTree.CopyRules(leavesOut: ["resources", ".git"]))
        }
        let fetch = ContentFetch(sandbox: sandbox, home: workshop.contentFolder)
        let scratch = temporary + "/scratch"
        try fetch.fetch(
            workshop.sources, into: temporary + "/content", scratch: scratch,
            hasFolder: !workshop.contentFolder.isEmpty)
        for package in workshop.packages {
            let folder = temporary + "/packages/" + package.name
            try makeFolders(folder)
            do {
                try fetch.fetch(package.sources, into: folder, scratch: scratch)
            } catch let failure as ContentFailure {
                throw ContentFailure("package \(package.name), \(failure)")
            }
        }
        try makeFolders(temporary + "/etc")
        try SystemFiles.write(into: temporary + "/etc", host: hostName(preparation.workshop))
        guard rename(temporary, target) == 0 || errno == ENOTEMPTY || errno == EEXIST else {
            throw SystemCallError("rename \(temporary)")
        }
    }

    /// Copies the exercise files, which is everything but the instructions, into a new home.
    static func fillHome(_ home: String, from environment: String, owner: SystemUser?) throws {
        let from = try Descriptor.opened(environment + "/content", O_RDONLY | O_DIRECTORY)
        let to = try Descriptor.opened(home, O_RDONLY | O_DIRECTORY)
        try FileTree.copyContents(
            of: from, into: to, FileTree.CopyRules(leavesOut: ["workshop", "resources"], owner: owner))
    }

    /// The machine's name that a learner sees in the prompt: the workshop's where it is fit for one.
    static func hostName(_ workshop: WorkshopDefinition) -> String {
        SessionName(rawValue: workshop.name)?.rawValue ?? "workshop"
    }
}
