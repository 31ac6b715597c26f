public import Platform

/// How much of files a session may ask of its agent.
public struct FileLimits: Equatable, Sendable {
    /// Bytes of the largest file that is opened in the editor and changed by actions.
    package var text = 1 << 20
    /// Entries of a folder that are listed.
    package var entries = 2000
    /// Bytes of the largest file that is copied by the editor.
    package var copy = 64 << 20
    /// Bytes of one uploaded file.
    package var upload = 32 << 20
    /// Files in one upload.
    package var uploads = 100
    /// Files and folders that are deleted at once with the folder they are in.
    package var deletion = 5000

    /// What is edited is held in memory.
    private static let largestText = 16 << 20

    package init() {}

    /// What the workshop asks for, the rest as it is.
    init(_ applications: SessionManifest.Applications) {
        text = min(applications.editorLimit ?? text, FileLimits.largestText)
        upload = applications.uploadLimit ?? upload
        uploads = applications.uploadCount ?? uploads
    }

    /// Bytes that a request to the agent may have: a text that is saved has to fit into one.
    public static func requestBytes(_ manifest: SessionManifest) -> Int {
        max(1 << 20, FileLimits(manifest.applications).text) + 64 * 1024
    }
}
