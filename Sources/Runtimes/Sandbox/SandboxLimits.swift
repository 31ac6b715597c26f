/// What one sandbox may use, so that a fork bomb, a memory hog or a disk filler harms nobody else.
public struct SandboxLimits: Sendable, Equatable {
    /// Processes and threads of the learner at once.
    public var processes = 200
    /// Bytes of memory for the whole sandbox, private files in `/tmp` and `/dev/shm` included. 0 takes the workshop's.
    public var memory = 0
    /// Hundredths of one processor; 0 means no cap. Under load, sandboxes also yield to the portal.
    public var processorPercent = 200
    /// Open files of one process.
    public var openFiles = 1024
    /// Bytes of the largest file.
    public var fileSize = 256 * 1024 * 1024
    /// Bytes on disk in the home folder, where the workshop says nothing. Watched, not reserved: a sandbox that passes
    /// it is ended.
    public var storage = 1024 * 1024 * 1024
    /// Files and folders in the home folder; watched like `storage`.
    public var files = 200_000
    /// Bytes in `/tmp`.
    public var temporary = 128 * 1024 * 1024
    /// Bytes that must stay free on the disk of the data folder: below it, the sandbox that uses most is ended.
    public var reservedDisk = 512 * 1024 * 1024

    public init() {}
}
