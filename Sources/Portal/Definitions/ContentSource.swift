/// One item of `workshop.files` (spec/workshop-resource.md section 1.2), in the words of vendir, whose format it is.
public struct ContentSource: Sendable, Equatable {
    public enum Origin: Sendable, Equatable {
        /// - reference: a branch (`main`, `origin/main`), a tag or a commit; empty for the default branch.
        case git(url: String, reference: String, includesSubmodules: Bool)
        /// A file or archive over HTTP or HTTPS.
        /// - sha256: 64 hexadecimal digits that the file must have; empty for no check.
        case http(url: String, sha256: String, unpacks: Bool)
        /// Texts by the path of the file that each becomes.
        case inline([String: String])
        /// A folder, relative to the workshop's own.
        case directory(String)
        /// A kind that needs a cluster's tools, by its name.
        case elsewhere(kind: String)
    }

    /// vendir's kinds.
    public static let kinds = [
        "git", "hg", "http", "image", "imgpkgBundle", "githubRelease", "helmChart", "inline", "directory",
    ]

    public var origin: Origin
    /// Where it goes, relative to the workshop's content; `.` for the top.
    public var path: String = "."
    /// The folder in it that is taken for the whole; empty for all.
    public var newRootPath: String = ""
    /// Patterns of files to take; empty for all. See `ContentSelection`.
    public var includePaths: [String] = []
    /// Patterns of files to leave out.
    public var excludePaths: [String] = []

    public init(_ origin: Origin) { self.origin = origin }

    /// One of `kinds`.
    public var kind: String {
        switch origin {
        case .git: "git"
        case .http: "http"
        case .inline: "inline"
        case .directory: "directory"
        case .elsewhere(let kind): kind
        }
    }

    /// Whether a path stays below the folder that it is relative to: no `..`, and not from the root.
    public static func isInside(_ path: String) -> Bool {
        !path.hasPrefix("/") && !path.utf8.contains(0)
            && !path.split(separator: "/", omittingEmptySubsequences: false).contains("..")
    }
}
