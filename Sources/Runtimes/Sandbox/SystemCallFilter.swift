internal import Glibc
internal import Platform

/// The seccomp filter of a sandbox (seccomp(2), in the classic BPF of linux/filter.h): calls that a learner's programs
/// do without, and that have led out of sandboxes before or reserve what is shared.
///
/// Everything that bwrap's namespaces and missing capabilities refuse anyway is not listed.
enum SystemCallFilter {
    struct Instruction: Equatable {
        var code: UInt16
        var ifTrue: UInt8 = 0
        var ifFalse: UInt8 = 0
        var value: UInt32
    }

    private static let loadWord: UInt16 = 0x20
    private static let jumpIfEqual: UInt16 = 0x15
    private static let jumpIfAtLeast: UInt16 = 0x35
    private static let answer: UInt16 = 0x06
    private static let allow: UInt32 = 0x7fff_0000
    private static func fail(_ code: Int32) -> UInt32 { 0x0005_0000 | UInt32(code) }

    #if arch(x86_64)
        private static let architecture: UInt32 = 0xc000_003e
        /// From here on, the numbers belong to the x32 interface, which has a name for each of these calls too.
        private static let foreignNumbers: UInt32? = 0x4000_0000
        private static let refused: [UInt32] = [
            248, 249, 250,  // add_key, request_key, keyctl: keys are counted by user
            298, 304, 310, 311, 321, 323,  // perf_event_open, open_by_handle_at, process_vm_*, bpf, userfaultfd
        ]
        private static let fallocate: UInt32 = 285
    #elseif arch(arm64)
        private static let architecture: UInt32 = 0xc000_00b7
        private static let foreignNumbers: UInt32? = nil
        private static let refused: [UInt32] = [217, 218, 219, 241, 265, 270, 271, 280, 282]
        private static let fallocate: UInt32 = 47
    #endif
    private static let ioRings: [UInt32] = [425, 426, 427]

    static var program: [Instruction] {
        var program: [Instruction] = []
        func refuse(_ number: UInt32, _ code: Int32) {
            program.append(Instruction(code: jumpIfEqual, ifFalse: 1, value: number))
            program.append(Instruction(code: answer, value: fail(code)))
        }
        // seccomp_data: the call's number at 0, the architecture at 4.
        program.append(Instruction(code: loadWord, value: 4))
        program.append(Instruction(code: jumpIfEqual, ifTrue: 1, value: architecture))
        program.append(Instruction(code: answer, value: fail(ENOSYS)))
        program.append(Instruction(code: loadWord, value: 0))
        if let foreignNumbers {
            program.append(Instruction(code: jumpIfAtLeast, ifFalse: 1, value: foreignNumbers))
            program.append(Instruction(code: answer, value: fail(ENOSYS)))
        }
        for number in refused { refuse(number, EPERM) }
        for number in ioRings { refuse(number, ENOSYS) }
        // Programs write the zeroes themselves then, and the disk fills no faster than it is written to.
        refuse(fallocate, EOPNOTSUPP)
        program.append(Instruction(code: answer, value: allow))
        return program
    }

    /// The program as `bwrap --seccomp` reads it, in a pipe that holds all of it.
    static func opened() throws -> Descriptor {
        let (read, write) = try Descriptor.pipe()
        var bytes: [UInt8] = []
        for instruction in program {
            withUnsafeBytes(of: instruction.code) { bytes.append(contentsOf: $0) }
            bytes += [instruction.ifTrue, instruction.ifFalse]
            withUnsafeBytes(of: instruction.value) { bytes.append(contentsOf: $0) }
        }
        try writeAll(bytes, to: write)
        return read
    }
}
