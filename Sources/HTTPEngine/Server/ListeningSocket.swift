// The socket calls belong to whichever C module is read first, so both are imported wherever they are used.
internal import CMicroHTTPD
internal import Glibc

/// A socket that waits for connections, and the name it can be reached by.
struct ListeningSocket {
    let descriptor: Int32
    /// The port taken; 0 for a Unix socket.
    let port: UInt16
    /// The socket file's path and identity, to remove only what is ours.
    private let file: (path: String, device: dev_t, inode: ino_t)?

    init(_ address: HTTPServerAddress) throws(HTTPServerError) {
        switch address {
        case .tcp(let host, let port): self = try ListeningSocket.tcp(host: host, port: port)
        case .unix(let path, let permissions): self = try ListeningSocket.unix(path: path, permissions: permissions)
        case .inherited(let descriptor): self = try ListeningSocket.inherited(descriptor)
        }
    }

    private init(descriptor: Int32, port: UInt16, file: (path: String, device: dev_t, inode: ino_t)?) {
        self.descriptor = descriptor
        self.port = port
        self.file = file
    }

    /// Removes the socket file, unless another program has put its own there since.
    func removeFile() {
        guard let file else { return }
        var status = stat()
        guard lstat(file.path, &status) == 0, status.st_dev == file.device, status.st_ino == file.inode else { return }
        unlink(file.path)
    }

    /// What connects while nobody accepts waits in the socket, so that a program may hand it to the next one.
    private static func inherited(_ descriptor: Int32) throws(HTTPServerError) -> ListeningSocket {
        var listens: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0, listens == 1 else {
            throw .notListening(descriptor: descriptor)
        }
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { throw .system(call: "fcntl", code: errno, address: "descriptor \(descriptor)") }
        var taken = sockaddr_in6()
        size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let found = withSocketAddress(&taken) { address, _ in getsockname(descriptor, address, &size) }
        guard found == 0 else {
            throw .system(call: "getsockname", code: errno, address: "descriptor \(descriptor)")
        }
        // Both address structures keep the port at the same place.
        let isInternet = [AF_INET, AF_INET6].contains(Int32(taken.sin6_family))
        return ListeningSocket(
            descriptor: descriptor, port: isInternet ? UInt16(bigEndian: taken.sin6_port) : 0, file: nil)
    }

    private static func tcp(host: String, port: UInt16) throws(HTTPServerError) -> ListeningSocket {
        let name = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let numeric = host == "localhost" ? "127.0.0.1" : host
        var four = sockaddr_in()
        var six = sockaddr_in6()
        let family: Int32
        if inet_pton(AF_INET, numeric, &four.sin_addr) == 1 {
            family = AF_INET
        } else if inet_pton(AF_INET6, numeric, &six.sin6_addr) == 1 {
            family = AF_INET6
        } else {
            throw .notAnAddress(host)
        }
        let descriptor = try open(family, name: name)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let bound: Int32
        if family == AF_INET {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            bound = withSocketAddress(&four) { bind(descriptor, $0, $1) }
        } else {
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            bound = withSocketAddress(&six) { bind(descriptor, $0, $1) }
        }
        guard bound == 0 else { throw failure("bind", closing: descriptor, name: name) }
        guard listen(descriptor, 1024) == 0 else { throw failure("listen", closing: descriptor, name: name) }
        // Both address structures keep the port at the same place.
        var taken = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let found = withSocketAddress(&taken) { address, _ in getsockname(descriptor, address, &size) }
        guard found == 0 else { throw failure("getsockname", closing: descriptor, name: name) }
        return ListeningSocket(descriptor: descriptor, port: UInt16(bigEndian: taken.sin6_port), file: nil)
    }

    private static func unix(path: String, permissions: UInt16) throws(HTTPServerError) -> ListeningSocket {
        guard var address = unixSocketAddress(path) else { throw .pathTooLong(path) }
        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
            let probe = try open(AF_UNIX, name: path)
            let isAnswered = withSocketAddress(&address) { connect(probe, $0, $1) } == 0 || errno != ECONNREFUSED
            close(probe)
            if isAnswered { throw .addressInUse(path) }
            unlink(path)
        }
        let descriptor = try open(AF_UNIX, name: path)
        guard withSocketAddress(&address, { bind(descriptor, $0, $1) }) == 0 else {
            throw failure("bind", closing: descriptor, name: path)
        }
        // Nobody can connect before `listen`, so the permissions hold from the first connection on.
        guard chmod(path, mode_t(permissions)) == 0 else { throw failure("chmod", closing: descriptor, name: path) }
        guard listen(descriptor, 1024) == 0 else { throw failure("listen", closing: descriptor, name: path) }
        guard lstat(path, &status) == 0 else { throw failure("lstat", closing: descriptor, name: path) }
        return ListeningSocket(descriptor: descriptor, port: 0, file: (path, status.st_dev, status.st_ino))
    }

    private static func open(_ family: Int32, name: String) throws(HTTPServerError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw .system(call: "socket", code: errno, address: name) }
        return descriptor
    }

    private static func failure(_ call: String, closing descriptor: Int32, name: String) -> HTTPServerError {
        let code = errno
        close(descriptor)
        return code == EADDRINUSE ? .addressInUse(name) : .system(call: call, code: code, address: name)
    }
}

/// The address of a Unix socket; `nil` when the path is empty or longer than the 107 bytes that fit.
func unixSocketAddress(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard !bytes.isEmpty, !bytes.contains(0), bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
        return nil
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return address
}

func withSocketAddress<Address, Result>(
    _ address: inout Address, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Address>.size)) }
    }
}
