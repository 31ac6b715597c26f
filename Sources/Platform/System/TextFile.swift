internal import Glibc

/// The text of a small file, such as those of `/proc` whose size is not known beforehand.
package func textOfFile(_ path: String) throws -> String {
    String(decoding: try bytesOfFile(try Descriptor.opened(path, O_RDONLY)), as: UTF8.self)
}

package func bytesOfFile(_ file: Descriptor) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
        let count = read(file.number, &buffer, buffer.count)
        if count == 0 { return bytes }
        guard count > 0 else {
            if errno == EINTR { continue }
            throw SystemCallError("read")
        }
        bytes.append(contentsOf: buffer.prefix(count))
    }
}

/// Writes a whole file: readers see the old one or the new one, never a part.
package func replaceFile(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o600) throws {
    let temporary = path + ".new"
    let file = try Descriptor.opened(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
    try writeAll(bytes, to: file)
    guard rename(temporary, path) == 0 else { throw SystemCallError("rename \(temporary)") }
}

package func writeAll(_ bytes: [UInt8], to file: Descriptor) throws {
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeBytes { write(file.number, $0.baseAddress.map { $0 + done }, bytes.count - done) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw SystemCallError("write") }
        done += count
    }
}

/// Makes a folder and those above it; one that exists is left as it is.
package func makeFolders(_ path: String, mode: UInt32 = 0o755) throws {
    if mkdir(path, mode) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
        throw SystemCallError("mkdir \(path)")
    }
    try makeFolders(String(path[..<slash]))
    guard mkdir(path, mode) == 0 || errno == EEXIST else { throw SystemCallError("mkdir \(path)") }
}
