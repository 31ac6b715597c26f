internal import Glibc
internal import Platform

/// Tells systemd how far the program is (sd_notify(3)): a datagram to the socket that `NOTIFY_SOCKET` names. Without one,
/// nothing happens.
struct ServiceManager: Sendable {
    private let socketPath: String?
    /// Microseconds between two signs of life at most, where somebody watches for them.
    let watchdog: Int?

    /// - Parameters:
    ///   - environment: looks a variable up.
    ///   - process: the number of this process: the watchdog may be meant for another one.
    init(environment: (String) -> String?, process: Int32) {
        // An address without a slash or `@` in front is none that we know.
        socketPath = environment("NOTIFY_SOCKET").flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        let isForUs = environment("WATCHDOG_PID").map { Int32($0) == process } ?? true
        watchdog = isForUs ? environment("WATCHDOG_USEC").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } : nil
    }

    static let current = ServiceManager(
        environment: { name in getenv(name).map { String(cString: $0) } }, process: getpid())

    func ready(_ status: String) { tell("READY=1\nSTATUS=\(status)") }

    /// Definitions are read again, or the program is about to be replaced; `ready` follows.
    func reloading() {
        tell("RELOADING=1\nMONOTONIC_USEC=\(MonotonicTime.nanoseconds() / 1000)")
    }

    func stopping() { tell("STOPPING=1\nSTATUS=Finishing requests") }
    func alive() { tell("WATCHDOG=1") }

    private func tell(_ message: String) {
        guard let socketPath, var address = ServiceManager.address(socketPath) else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(message.utf8)
        let length = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path).map { $0 + socketPath.utf8.count } ?? 0)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }

    /// `@name` is a name without a file, which begins with a zero byte (unix(7)).
    private static func address(_ path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }
}
