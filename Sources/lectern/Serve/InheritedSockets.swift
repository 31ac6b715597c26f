internal import Glibc

/// Sockets that were listening before this program began: opened by systemd (sd_listen_fds(3)), or kept by the program
/// that this one replaces. Whoever connects in between waits in them.
struct InheritedSockets {
    enum Purpose: String, CaseIterable {
        case portal, agents, operators
    }

    private var descriptors: [Purpose: Int32] = [:]

    /// Takes what the environment says was handed over, and removes it from there, for nobody else is meant.
    static func take() -> InheritedSockets {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) } }
        guard variable("LISTEN_PID").flatMap({ Int32($0) }) == getpid(),
            let count = variable("LISTEN_FDS").flatMap({ Int($0) })
        else { return InheritedSockets() }
        return InheritedSockets(count: count, names: variable("LISTEN_FDNAMES") ?? "", isUnix: isUnix)
    }

    init() {}

    /// - Parameters:
    ///   - count: descriptors from 3 on.
    ///   - names: one for each, with colons between. A socket whose name says nothing is for agents if it is a Unix
    ///     socket, and for the portal otherwise.
    init(count: Int, names: String, isUnix: (Int32) -> Bool) {
        let names = names.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        for index in 0..<max(0, min(count, 16)) {
            let descriptor = Int32(3 + index)
            let named = index < names.count ? Purpose(rawValue: names[index]) : nil
            let purpose = named ?? (isUnix(descriptor) ? .agents : .portal)
            if descriptors[purpose] == nil { descriptors[purpose] = descriptor }
        }
    }

    subscript(purpose: Purpose) -> Int32? { descriptors[purpose] }

    private static func isUnix(_ descriptor: Int32) -> Bool {
        var family: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_UNIX
    }
}
