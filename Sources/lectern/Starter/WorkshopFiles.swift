internal import Glibc
internal import Platform

/// The files of a workshop that is about to be written.
struct WorkshopFiles {
    struct File: Equatable {
        var bytes: [UInt8]
        var isExecutable = false
    }

    /// By path relative to the workshop's folder.
    private(set) var files: [String: File] = [:]

    mutating func add(_ path: String, _ text: String, isExecutable: Bool = false) {
        add(path, bytes: Array(text.utf8), isExecutable: isExecutable)
    }

    mutating func add(_ path: String, bytes: [UInt8], isExecutable: Bool = false) {
        files[path] = File(bytes: bytes, isExecutable: isExecutable)
    }

    func text(_ path: String) -> String? { files[path].map { String(decoding: $0.bytes, as: UTF8.self) } }

    /// Writes everything into a folder that does not exist yet, or is empty.
    /// - Throws: `StartFailure` with the path and the reason. Nothing that was there is ever replaced.
    func write(to folder: String) throws {
        guard WorkshopFiles.isFree(folder) else {
            throw StartFailure("\(folder) exists already: choose another name, or another place with --into")
        }
        do {
            for (path, file) in files.sorted(by: { $0.key < $1.key }) {
                let target = "\(folder)/\(path)"
                if let slash = target.lastIndex(of: "/") { try makeFolders(String(target[..<slash])) }
                let mode: UInt32 = file.isExecutable ? 0o755 : 0o644
                let opened = try Descriptor.opened(
                    target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
                try writeAll(file.bytes, to: opened)
            }
        } catch let error as SystemCallError {
            throw StartFailure("the workshop cannot be written: \(error)")
        }
    }

    private static func isFree(_ folder: String) -> Bool {
        guard let stream = opendir(folder) else { return errno == ENOENT }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { return false }
        }
        return true
    }
}
