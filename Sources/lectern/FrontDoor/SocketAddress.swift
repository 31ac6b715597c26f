internal import Glibc

/// `HOST:PORT` with a numeric IPv4 or bracketed IPv6 host, or `localhost`.
struct SocketAddress: Sendable, Equatable, CustomStringConvertible {
    let host: String
    let port: UInt16

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if host == "localhost" { host = "127.0.0.1" }
        self.host = host
        self.port = port
        guard resolved != nil else { return nil }
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    private var resolved: (storage: sockaddr_storage, length: socklen_t)? {
        var storage = sockaddr_storage()
        let port = port.bigEndian
        let host = host
        return withUnsafeMutablePointer(to: &storage) { pointer -> (sockaddr_storage, socklen_t)? in
            let isIPv4 = pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                address.pointee.sin_family = sa_family_t(AF_INET)
                address.pointee.sin_port = port
                return inet_pton(AF_INET, host, &address.pointee.sin_addr) == 1
            }
            if isIPv4 { return (pointer.pointee, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            let isIPv6 = pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                address.pointee.sin6_family = sa_family_t(AF_INET6)
                address.pointee.sin6_port = port
                return inet_pton(AF_INET6, host, &address.pointee.sin6_addr) == 1
            }
            return isIPv6 ? (pointer.pointee, socklen_t(MemoryLayout<sockaddr_in6>.size)) : nil
        }
    }

    /// Whether somebody listens there. An address that listens everywhere is asked on loopback.
    func accepts() -> Bool {
        guard let (storage, length) = resolved else { return false }
        let descriptor = socket(Int32(storage.ss_family), Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var copy = storage
        return withUnsafePointer(to: &copy) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) == 0 }
        }
    }
}
