internal import Glibc

/// What this process uses of the machine, from `/proc/self`. What cannot be read is `nil`.
public struct ProcessFigures: Sendable, Equatable {
    /// Bytes of memory that are in use, and that are reserved.
    public var residentBytes: Int?
    public var virtualBytes: Int?
    /// Seconds of processor time, of all threads together.
    public var processorSeconds: Double?
    public var threads: Int?
    /// Seconds since 1970 at which it started.
    public var startSeconds: Double?
    public var openDescriptors: Int?
    public var maximumDescriptors: Int?

    /// Reads them now.
    public static func current() -> ProcessFigures {
        var figures = ProcessFigures()
        figures.readStatus()
        figures.openDescriptors = countOfFolder("/proc/self/fd").map { max(0, $0 - 1) }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            figures.maximumDescriptors = Int(clamping: limit.rlim_cur)
        }
        return figures
    }

    /// proc(5), `/proc/PID/stat`: the fields behind the name, which stands in parentheses and may hold anything.
    private mutating func readStatus() {
        guard let text = ProcessFigures.text("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return }
        let fields = text[text.index(after: end)...].split(separator: " ")
        // Field 3 is the first of these.
        func field(_ number: Int) -> Int? { number - 3 < fields.count ? Int(fields[number - 3]) : nil }
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        if let user = field(14), let system = field(15) { processorSeconds = Double(user + system) / ticks }
        threads = field(20)
        virtualBytes = field(23)
        residentBytes = field(24).map { $0 * max(1, sysconf(Int32(_SC_PAGESIZE))) }
        if let start = field(22), let boot = ProcessFigures.bootSeconds() {
            startSeconds = Double(boot) + Double(start) / ticks
        }
    }

    private static func bootSeconds() -> Int? {
        text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Int($0.dropFirst(6)) }
    }

    private static func countOfFolder(_ path: String) -> Int? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var count = -2  // itself and its parent
        while readdir(folder) != nil { count += 1 }
        return count
    }

    private static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
