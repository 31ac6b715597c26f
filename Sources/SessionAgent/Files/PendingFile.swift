internal import CLinux
internal import Glibc
internal import Platform
internal import Synchronization

/// A file on its way: written under a name of its own beside its place, and put there when it is complete. Letting go of it
/// leaves nothing behind.
final class PendingFile: Sendable {
    private static let prefix = ".lectern-"
    private static let suffix = ".part"
    static func isTemporary(_ name: String) -> Bool { name.hasPrefix(prefix) && name.hasSuffix(suffix) }

    private let folder: Descriptor
    private let temporary: String
    private let file: Descriptor
    private let place: FilePlace
    private let home: HomeFolder
    private struct State {
        var mode: UInt32 = 0o644
        var size = 0
        var isDone = false
    }
    private let state = Mutex(State())

    /// - Parameters:
    ///   - folder: on the file system where the file will be.
    ///   - place: what problems are about.
    init(in folder: Descriptor, place: FilePlace, home: HomeFolder) throws(EditProblem) {
        var random = SystemRandomNumberGenerator()
        let temporary = PendingFile.prefix + String(random.next(), radix: 36) + PendingFile.suffix
        let number = lectern_open_at(folder.number, temporary, O_RDWR | O_CREAT | O_EXCL, 0o600)
        guard number >= 0 else { throw home.problem(errno, place) }
        self.folder = folder
        self.temporary = temporary
        file = Descriptor(owning: number)
        self.place = place
        self.home = home
    }

    deinit { if !state.withLock({ $0.isDone }) { unlinkat(folder.number, temporary, 0) } }

    /// Bytes so far.
    var size: Int { state.withLock { $0.size } }

    /// Permissions for a file that is new.
    func take(mode: UInt32) { state.withLock { $0.mode = mode } }

    func append(_ bytes: UnsafeRawBufferPointer) throws(EditProblem) {
        var done = 0
        while done < bytes.count {
            let count = write(file.number, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw home.problem(errno, place) }
            done += count
        }
        state.withLock { $0.size += bytes.count }
    }

    func append(_ bytes: ArraySlice<UInt8>) throws(EditProblem) {
        // Swift's own function hands on errors without their type.
        let failure = bytes.withUnsafeBytes { bytes -> EditProblem? in
            do throws(EditProblem) {
                try append(bytes)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    func append(from source: Descriptor, size: Int) throws(EditProblem) {
        try PendingFile.copy(from: source.number, to: file.number, size: size) { [home, place] in
            home.problem($0, place)
        }
        state.withLock { $0.size += size }
    }

    /// Puts the file in its place. A file that is there already keeps mode and owner.
    func finish(at target: HomeFolder.Target, replaces: Bool) throws(EditProblem) {
        var old = stat()
        var mode = state.withLock { $0.mode }
        if fstatat(target.folder.number, target.name, &old, AT_SYMLINK_NOFOLLOW) == 0 {
            guard replaces else { throw EditProblem(.file, AgentText.existsAlready(target.place)) }
            switch HomeFolder.kind(old.st_mode) {
            case .file: break
            case .folder: throw EditProblem(.file, AgentText.isFolder(target.place))
            case .other: throw EditProblem(.file, AgentText.isNoFile(target.place))
            }
            // What its owner has protected from writing stays so, although its folder would let us.
            guard faccessat(target.folder.number, target.name, W_OK, 0) == 0 else {
                throw home.problem(errno, target.place)
            }
            // Other names lead to it too, or it is somebody else's: then it must remain the file that it is.
            if old.st_nlink > 1 || old.st_uid != geteuid() || old.st_gid != getegid() {
                return try finishInPlace(target)
            }
            mode = old.st_mode & 0o7777
        }
        guard fchmod(file.number, mode) == 0 else { throw home.problem(errno, target.place) }
        guard
            lectern_rename(folder.number, temporary, target.folder.number, target.name, replaces ? 1 : 0) == 0
        else { throw home.problem(errno, target.place) }
        state.withLock { $0.isDone = true }
    }

    private func finishInPlace(_ target: HomeFolder.Target) throws(EditProblem) {
        let place = target.place
        let number = lectern_open_at(target.folder.number, target.name, O_WRONLY | O_NONBLOCK, 0)
        guard number >= 0 else { throw home.problem(errno, place) }
        let old = Descriptor(owning: number)
        guard HomeFolder.status(of: number)?.kind == .file, lseek(file.number, 0, SEEK_SET) == 0 else {
            throw EditProblem(.file, AgentText.isNoFile(place))
        }
        let size = size
        try PendingFile.copy(from: file.number, to: old.number, size: size) { [home] in home.problem($0, place) }
        guard ftruncate(old.number, off_t(size)) == 0 else { throw home.problem(errno, place) }
    }

    private static func copy(from source: Int32, to target: Int32, size: Int, _ problem: (Int32) -> EditProblem)
        throws(EditProblem)
    {
        var left = size
        while left > 0 {
            let count = lectern_copy(source, target, left)
            if count == 0 { return }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            left -= count
        }
        // Between two file systems, or with files that are not quite files, by hand.
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while left > 0 {
            let count = read(source, &buffer, min(left, buffer.count))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw problem(errno) }
            if count == 0 { return }
            var done = 0
            while done < count {
                let written = buffer.withUnsafeBytes { write(target, $0.baseAddress.map { $0 + done }, count - done) }
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { throw problem(errno) }
                done += written
            }
            left -= count
        }
    }
}
