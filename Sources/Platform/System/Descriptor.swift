internal import CLinux
internal import Glibc

/// Opens a place in the file system without its content (open(2), O_PATH); a macro that Swift does not see.
package let openPath = lectern_open_path_flag()

/// An open file descriptor that closes itself.
package final class Descriptor: Sendable {
    package let number: Int32

    /// Takes ownership of an open descriptor.
    package init(owning number: Int32) { self.number = number }
    deinit { close(number) }

    package static func opened(_ path: String, _ flags: Int32, mode: UInt32 = 0o600) throws -> Descriptor {
        let number = open(path, flags | O_CLOEXEC, mode)
        guard number >= 0 else { throw SystemCallError("open \(path)") }
        return Descriptor(owning: number)
    }

    /// Opens one entry of a folder without following a link in its place.
    package static func opened(in folder: Descriptor, _ name: String, _ flags: Int32, mode: UInt32 = 0o600) throws
        -> Descriptor
    {
        let number = lectern_open_at(folder.number, name, flags, mode)
        guard number >= 0 else { throw SystemCallError("open \(name)") }
        return Descriptor(owning: number)
    }

    /// Another descriptor of the same open file, which closes on exec.
    package static func duplicate(of number: Int32) throws -> Descriptor {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw SystemCallError("duplicate descriptor \(number)") }
        return Descriptor(owning: copy)
    }

    /// A pipe whose ends close on exec.
    package static func pipe() throws -> (read: Descriptor, write: Descriptor) {
        var ends: [Int32] = [-1, -1]
        guard lectern_pipe(&ends) == 0 else { throw SystemCallError("pipe") }
        return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
    }

    /// A pair of connected stream sockets: unlike a pipe, writing to a dead peer raises no signal.
    package static func socketPair() throws -> (Descriptor, Descriptor) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SystemCallError("socketpair") }
        return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
    }

    /// Follows a process: readable once it has ended.
    package static func process(_ pid: Int32) throws -> Descriptor {
        let number = lectern_pidfd_open(pid)
        guard number >= 0 else { throw SystemCallError("pidfd_open") }
        return Descriptor(owning: number)
    }
}

/// A system call that failed, with the reason that the kernel gave.
package struct SystemCallError: Error, CustomStringConvertible {
    package let call: String
    package let code: Int32
    package init(_ call: String, code: Int32 = errno) {
        self.call = call
        self.code = code
    }
    package var description: String { "\(call): \(String(cString: strerror(code)))" }

    /// The kernel's reasons that mean "no more of this machine is to be had".
    package var isExhaustion: Bool { [EAGAIN, ENOMEM, ENOSPC, EDQUOT, EMFILE, ENFILE].contains(code) }
}
