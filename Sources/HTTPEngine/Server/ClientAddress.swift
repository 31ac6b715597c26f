internal import CMicroHTTPD
internal import Glibc

/// The address of whoever sent a request.
enum ClientAddress {
    /// The last address in `X-Forwarded-For`: the one that the front door itself has written. `nil` when it is none.
    static func forwarded(_ field: String) -> String? {
        let last = field.utf8.split(separator: UInt8(ascii: ",")).last.map(Substring.init) ?? ""
        let text = String(last.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" })
        var six = in6_addr()
        return inet_pton(AF_INET, text, &six) == 1 || inet_pton(AF_INET6, text, &six) == 1 ? text : nil
    }

    /// The peer's own address; `unix` on a Unix socket.
    static func ofPeer(_ connection: OpaquePointer) -> String {
        guard let address = lectern_mhd_client_address(connection) else { return "unix" }
        return String(unsafeUninitializedCapacity: Int(INET6_ADDRSTRLEN)) { text in
            let raw = UnsafeRawPointer(address)
            let source: UnsafeRawPointer
            switch Int32(address.pointee.sa_family) {
            case AF_INET: source = raw + (MemoryLayout<sockaddr_in>.offset(of: \.sin_addr) ?? 0)
            case AF_INET6: source = raw + (MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) ?? 0)
            default: return text.initialize(from: "unix".utf8).index
            }
            return text.withMemoryRebound(to: CChar.self) { text in
                let family = Int32(address.pointee.sa_family)
                guard let end = inet_ntop(family, source, text.baseAddress, socklen_t(text.count)) else { return 0 }
                return strlen(end)
            }
        }
    }
}
