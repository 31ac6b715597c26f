internal import CLinux
internal import Glibc

/// A program to start, with all that must be settled between fork and exec.
struct ChildProgram {
    var program: String
    /// Without the program's own name.
    var arguments: [String]
    var environment: [String]
    /// Descriptor i of the child; every other one is closed in it.
    var descriptors: [Descriptor]
    /// Open `cgroup.procs` or `tasks` files that the child enters first.
    var controlGroups: [Descriptor] = []
    /// A folder that the child sees covered, with `stageSources` in it as `0`, `1`, …; `nil` leaves it as it is.
    var stage: String?
    var stageSources: [String] = []
    /// By resource number (`RLIMIT_…`).
    var limits: [Int32: UInt64] = [:]
    /// The user to become, or `nil` to stay.
    var user: SandboxUser?
    /// 0 to 1000: whom the kernel ends first when memory runs out.
    var outOfMemoryScore: Int32?

    /// Starts it. The caller reaps it through a pidfd.
    func spawn() throws -> pid_t {
        var step: Int32 = 0
        let stagePointer = stage.map { strdup($0) } ?? nil
        defer { free(stagePointer) }
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
struct SandboxUser: Equatable, Sendable, Codable {
    var id: UInt32
    var group: UInt32
}
