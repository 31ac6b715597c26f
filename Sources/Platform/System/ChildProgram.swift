internal import CLinux
internal import Glibc

/// A program to start, with all that must be settled between fork and exec.
package struct ChildProgram {
    package var program: String
    /// Without the program's own name.
    package var arguments: [String]
    package var environment: [String]
    /// Descriptor i of the child; every other one is closed in it.
    package var descriptors: [Descriptor]
    /// Open `cgroup.procs` or `tasks` files that the child enters first.
    package var controlGroups: [Descriptor] = []
    /// A folder that the child sees covered, with `stageSources` in it as `0`, `1`, …; `nil` leaves it as it is.
    package var stage: String?
    package var stageSources: [String] = []
    /// By resource number (`RLIMIT_…`).
    package var limits: [Int32: UInt64] = [:]
    /// The user to become, or `nil` to stay.
    package var user: SystemUser?
    /// 0 to 1000: whom the kernel ends first when memory runs out.
    package var outOfMemoryScore: Int32?
    /// Stays in the session of this process, in a process group of its own: the kernel then shares the processor between
    /// the two thread by thread. A session of its own weighs as much as all of this one (sched(7), autogroup).
    package var staysInSession = false
    /// The folder in which it begins; `nil` for the caller's.
    package var folder: String?

    package init(program: String, arguments: [String], environment: [String], descriptors: [Descriptor]) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.descriptors = descriptors
    }

    /// Starts it. The caller reaps it through a pidfd.
    package func spawn() throws -> Int32 {
        var step: Int32 = 0
        let stagePointer = stage.map { strdup($0) } ?? nil
        defer { free(stagePointer) }
        let folderPointer = folder.map { strdup($0) } ?? nil
        defer { free(folderPointer) }
        let pid = withStrings([program] + arguments) { arguments in
            withStrings(environment) { environment in
                withStrings(stageSources) { sources in
                    let limits = self.limits.map { lectern_limit(resource: $0.key, value: $0.value) }
                    return descriptors.map(\.number).withUnsafeBufferPointer { descriptors in
                        controlGroups.map(\.number).withUnsafeBufferPointer { groups in
                            limits.withUnsafeBufferPointer { limits in
                                var child = lectern_child()
                                child.program = UnsafePointer(arguments[0])
                                child.arguments = UnsafePointer(arguments)
                                child.environment = UnsafePointer(environment)
                                child.stage = UnsafePointer(stagePointer)
                                child.stage_sources = UnsafeRawPointer(sources).assumingMemoryBound(
                                    to: UnsafePointer<CChar>?.self)
                                child.stage_count = Int32(stageSources.count)
                                child.descriptors = descriptors.baseAddress
                                child.descriptor_count = Int32(descriptors.count)
                                child.control_groups = groups.baseAddress
                                child.control_group_count = Int32(groups.count)
                                child.limits = limits.baseAddress
                                child.limit_count = Int32(limits.count)
                                child.changes_user = user == nil ? 0 : 1
                                child.user = user?.id ?? 0
                                child.group = user?.group ?? 0
                                child.out_of_memory_score = outOfMemoryScore ?? -1
                                child.stays_in_session = staysInSession ? 1 : 0
                                child.folder = UnsafePointer(folderPointer)
                                return lectern_spawn(&child, &step)
                            }
                        }
                    }
                }
            }
        }
        guard pid > 0 else { throw SystemCallError("\(stepName(step)) \(program)") }
        return pid
    }

    private func stepName(_ step: Int32) -> String {
        switch UInt32(step) {
        case LECTERN_SPAWN_FORK.rawValue: "start a process for"
        case LECTERN_SPAWN_CONTROL_GROUP.rawValue: "enter the control group of"
        case LECTERN_SPAWN_STAGE.rawValue: "show folders to"
        case LECTERN_SPAWN_DESCRIPTORS.rawValue: "hand descriptors to"
        case LECTERN_SPAWN_LIMITS.rawValue: "set the limits of"
        case LECTERN_SPAWN_USER.rawValue: "change the user of"
        case LECTERN_SPAWN_FOLDER.rawValue: "enter the folder of"
        default: "run"
        }
    }

    /// Runs `body` with a NULL-terminated array of C strings.
    private func withStrings<Value>(
        _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Value
    ) -> Value {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("an array with a terminator has a start") }
            return body(base)
        }
    }
}

/// A user and group of this machine.
package struct SystemUser: Equatable, Sendable, Codable {
    package var id: UInt32
    package var group: UInt32

    package init(id: UInt32, group: UInt32) {
        self.id = id
        self.group = group
    }
}
