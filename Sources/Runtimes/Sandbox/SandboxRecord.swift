internal import CLinux
internal import FoundationEssentials
internal import Glibc
internal import Platform

/// What is remembered of a running sandbox so that another portal process finds it again: `sandbox.json`.
struct SandboxRecord: Codable, Equatable, Sendable {
    /// Its process 1, whose end ends all the others.
    var first: RecordedProcess
    /// The `bwrap` outside that waits for it.
    var outer: RecordedProcess
    /// The boot of the machine to which the process numbers belong.
    var boot: String
    /// Absolute paths of its control groups.
    var controlGroups: [String]
    /// Bytes that its home may hold.
    var storage: Int

    /// The record in a file; `nil` when there is none or it makes no sense, which is not the same as "no process".
    static func read(_ path: String) -> SandboxRecord? {
        guard let file = try? Descriptor.opened(path, O_RDONLY | O_NOFOLLOW), let bytes = try? bytesOfFile(file) else {
            return nil
        }
        return try? JSONDecoder().decode(SandboxRecord.self, from: Data(bytes))
    }

    func write(_ path: String) throws { try replaceFile(path, with: Array(try JSONEncoder().encode(self))) }

    static let currentBoot: String = {
        let text = (try? textOfFile("/proc/sys/kernel/random/boot_id")) ?? ""
        return text.filter { !$0.isWhitespace }
    }()
}

/// A process that is never mistaken for a later one with its number.
struct RecordedProcess: Codable, Equatable, Sendable {
    var pid: Int32
    /// Clock ticks from boot to its start (proc(5), /proc/PID/stat, field 22).
    var start: UInt64

    /// The process with this number now; `nil` when there is none.
    static func current(_ pid: Int32) -> (process: RecordedProcess, parent: Int32)? {
        guard let text = try? textOfFile("/proc/\(pid)/stat"), let (parent, start) = parse(text) else { return nil }
        return (RecordedProcess(pid: pid, start: start), parent)
    }

    /// Parent and start time. The name in parentheses may hold anything, parentheses and spaces included.
    static func parse(_ text: String) -> (parent: Int32, start: UInt64)? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        // Field 3, the state, is the first after the name.
        guard fields.count > 19, let parent = Int32(fields[1]), let start = UInt64(fields[19]) else { return nil }
        return (parent, start)
    }

    /// A descriptor of this very process; `nil` when it has ended.
    func opened() -> Descriptor? {
        guard pid > 1, let descriptor = try? Descriptor.process(pid) else { return nil }
        // Opened first and looked at then: what the descriptor stands for cannot change any more.
        guard RecordedProcess.current(pid)?.process == self else { return nil }
        // One that has ended but was not waited for yet still has its number.
        var end = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        return poll(&end, 1, 0) == 0 ? descriptor : nil
    }
}
