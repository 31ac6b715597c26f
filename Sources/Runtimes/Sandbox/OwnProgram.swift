internal import Glibc
internal import Platform

extension AgentProgram {
    /// This very program as agent: `lectern session`. A build that is linked to a Swift toolchain's libraries takes them
    /// along.
    public static func thisProgram(arguments: [String] = ["session"]) throws -> AgentProgram {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        guard length > 0 else { throw SystemCallError("read /proc/self/exe") }
        let path = String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return AgentProgram(
            path: path, arguments: arguments, folders: libraryFolders(try textOfFile("/proc/self/maps")))
    }

    /// The folders of shared libraries in a memory map (proc(5)) that a sandbox would not see otherwise.
    static func libraryFolders(_ map: String) -> [String] {
        var folders: Set<String> = []
        for line in map.split(separator: "\n") {
            guard let start = line.firstIndex(of: "/") else { continue }
            let path = line[start...]
            guard path.hasSuffix(".so") || path.contains(".so."), let end = path.lastIndex(of: "/") else { continue }
            let folder = String(path[..<end])
            if ["/usr/", "/lib/", "/lib64/"].contains(where: { (folder + "/").hasPrefix($0) }) { continue }
            folders.insert(folder)
        }
        return folders.sorted()
    }
}
