internal import Glibc
internal import Platform
internal import Portal

/// The program that takes over when this one restarts in place: in the same process, with the same arguments, environment,
/// child processes and listening sockets. So the front door stays, nobody is refused, and a service manager sees no end.
struct Successor {
    private let program: String

    /// Remembers where the program is, so that one that is put in its place later is what is started.
    init() throws {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        guard length > 0 else { throw SystemCallError("read /proc/self/exe") }
        program = String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Why a restart would not come up again; `nil` when nothing speaks against it. Asked while everything still runs.
    func problem(with configuration: ServeConfiguration) -> String? {
        do {
            let nowhere = try Descriptor.opened("/dev/null", O_RDWR)
            let errors = try Descriptor.duplicate(of: STDERR_FILENO)
            let child = ChildProgram(
                program: program, arguments: ["--version"], environment: [], descriptors: [nowhere, nowhere, errors])
            let pid = try child.spawn()
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            guard status == 0 else { return "\(program) does not run (wait status \(status))" }
        } catch {
            return "\(error)"
        }
        let load = DefinitionLoader.load(paths: configuration.paths, portal: configuration.portalName)
        return load.hasErrors || load.portal == nil ? "the definitions have mistakes; `lectern check` lists them" : nil
    }

    /// Becomes the successor. Everything that must be saved has been.
    /// - Parameter sockets: by purpose; they belong to the successor.
    /// - Throws: `StartFailure` when the system refuses.
    func takeOver(_ sockets: [(purpose: InheritedSockets.Purpose, descriptor: Int32)]) throws -> Never {
        // Sockets stand from 3 on: moved out of the way first, for one may stand where another belongs.
        let high = sockets.map { ($0.purpose, fcntl($0.descriptor, F_DUPFD_CLOEXEC, 64)) }
        for name in FileDescriptors.open where name > 2 { _ = fcntl(name, F_SETFD, FD_CLOEXEC) }
        for (index, (purpose, descriptor)) in high.enumerated() {
            guard descriptor >= 0, dup2(descriptor, Int32(3 + index)) >= 0 else {
                throw StartFailure("the socket \(purpose.rawValue) cannot be kept: \(String(cString: strerror(errno)))")
            }
        }
        setenv("LISTEN_PID", String(getpid()), 1)
        setenv("LISTEN_FDS", String(sockets.count), 1)
        setenv("LISTEN_FDNAMES", sockets.map(\.purpose.rawValue).joined(separator: ":"), 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv(program, arguments)
        throw StartFailure("\(program) cannot be started: \(String(cString: strerror(errno)))")
    }
}

private enum FileDescriptors {
    /// Those that this process has open.
    static var open: [Int32] {
        guard let folder = opendir("/proc/self/fd") else { return [] }
        defer { closedir(folder) }
        var found: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let number = Int32(name) { found.append(number) }
        }
        return found
    }
}
