internal import Platform
internal import Portal

/// Keeps the write-ahead log short, mostly beside the writer.
///
/// A thread of its own copies what is committed into the database file while writing goes on. The log can start over
/// only at a moment when all of it has been copied; under load that moment never comes by itself, so the writer copies
/// the short rest between two commits.
final class WriteAheadLog: @unchecked Sendable {
    private let monitor = Monitor()
    private let copying: Connection
    private let readers: ReaderPool
    private var thread: BackgroundThread?

    /// The rest is guarded by the monitor.
    private var frames = 0
    /// The length at which copying begins.
    private var threshold = WriteAheadLog.worthwhile
    private var isCopying = false
    /// Whether the writer should copy what the thread has left.
    private var hasShortRest = false
    private var isEnding = false

    /// Frames of 4 KiB: what is worth the synchronisation, and what the writer may take upon itself.
    private static let worthwhile = 4000
    private static let shortRest = 400
    /// A page of the database and what the log says about it.
    static let bytesPerFrame = 4096 + 24

    init(path: String, readers: ReaderPool) throws {
        copying = try Connection(path: path, access: .writing)
        self.readers = readers
        thread = try startThread { [unowned self] in run() }
    }

    /// Called by the writer after every commit.
    /// - Parameters:
    ///   - length: frames in the log.
    ///   - writer: the writer's connection, between two transactions.
    func didCommit(length: Int, on writer: Connection) {
        let isMine = monitor.withLock {
            if length < frames { threshold = WriteAheadLog.worthwhile }
            frames = length
            if length >= threshold && !isCopying {
                isCopying = true
                monitor.wake()
            }
            defer { hasShortRest = false }
            return hasShortRest
        }
        if isMine { _ = copy(writer) }
    }

    /// Ends the thread. Not to be called by it.
    func end() {
        monitor.withLock {
            isEnding = true
            monitor.wake()
        }
        thread?.join()
        thread = nil
    }

    private func run() {
        while true {
            let isEnding = monitor.withLock {
                while !isCopying && !self.isEnding { monitor.wait() }
                return self.isEnding
            }
            if isEnding { return }
            var rest = Int.max
            // Each pass is shorter than the one before, since less has been written meanwhile.
            for _ in 0..<8 where rest > WriteAheadLog.shortRest {
                guard let copied = copy(copying) else { break }
                rest = monitor.withLock { frames - copied }
            }
            monitor.withLock {
                isCopying = false
                hasShortRest = rest > 0 && rest <= WriteAheadLog.shortRest
                // A reader that stays keeps the log from starting over; not every commit is worth another look.
                threshold = frames + WriteAheadLog.worthwhile
            }
        }
    }

    /// - Returns: how many frames of the log have been copied so far. `nil` when it could not be done now: nothing is
    ///   lost, the log keeps what was not copied, and what is wrong with the disk the next commit reports.
    private func copy(_ connection: Connection) -> Int? {
        readers.releaseIdle()
        defer { readers.releaseIdle() }
        do { return try connection.checkpoint() } catch { return nil }
    }
}
