import Glibc
import Platform
import Testing

@testable import Runtimes

@Suite("Removing and copying folders")
struct FileTreeTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        // In memory where possible: making so many files takes longer than removing them.
        let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(place)/lectern-tree-XXXXXX".utf8CString)
        _ = try #require(mkdtemp(&template))
        let root = template.withUnsafeBufferPointer { String(decoding: $0.dropLast().map(UInt8.init), as: UTF8.self) }
        defer { try? FileTree.remove(root) }
        try body(root)
        try FileTree.remove(root)
        #expect(access(root, F_OK) != 0)
    }

    @Test("A link in a tree goes, and what it leads to stays")
    func links() throws {
        try inFolder { root in
            try makeFolders(root + "/kept")
            try replaceFile(root + "/kept/file", with: [1])
            try makeFolders(root + "/tree/inner")
            symlink(root + "/kept", root + "/tree/inner/link")
            symlink("/etc", root + "/tree/etc")
            symlink(root + "/kept", root + "/top")
            try FileTree.remove(root + "/tree")
            try FileTree.remove(root + "/top")
            #expect(access(root + "/kept/file", F_OK) == 0)
            #expect(access("/etc/passwd", F_OK) == 0)
            #expect(FileTree.names(in: root) == ["kept"])
        }
    }

    @Test("Folders without any permission go")
    func permissions() throws {
        try inFolder { root in
            try makeFolders(root + "/tree/a/b/c")
            try replaceFile(root + "/tree/a/b/c/file", with: [1])
            for path in ["a/b/c", "a/b", "a", ""] { chmod(root + "/tree/" + path, 0) }
            try FileTree.remove(root + "/tree")
            #expect(FileTree.names(in: root) == [])
        }
    }

    @Test("Names of any bytes, and names that the removal uses itself, go")
    func names() throws {
        try inFolder { root in
            try makeFolders(root + "/tree/1/2/3")
            try makeFolders(root + "/tree/2/1")
            try makeFolders(root + "/tree.removing/7/8")
            try replaceFile(root + "/tree.removing/7/file", with: [1])
            for name in [[0xff, 0xfe], [10], [32], [0x2d, 0x72, 0x66], Array(repeating: 0x61, count: 255)] as [[UInt8]]
            {
                let path = Array((root + "/tree/").utf8) + name + [0]
                #expect(path.withUnsafeBytes { mkdir($0.bindMemory(to: CChar.self).baseAddress!, 0o700) } == 0)
                #expect(makeFile(path.dropLast() + Array("/file".utf8) + [0]))
            }
            try FileTree.remove(root + "/tree")
            #expect(FileTree.names(in: root) == [])
        }
    }

    @Test("A tree that is deeper than any path may be long goes with few descriptors")
    func depth() throws {
        try inFolder { root in
            try makeFolders(root + "/tree")
            var folder = try Descriptor.opened(root + "/tree", O_RDONLY | O_DIRECTORY)
            for _ in 0..<3_000 {
                #expect(mkdirat(folder.number, "deeper", 0o700) == 0)
                folder = try Descriptor.opened(in: folder, "deeper", O_RDONLY | O_DIRECTORY)
            }
            try FileTree.remove(root + "/tree")
            #expect(FileTree.names(in: root) == [])
        }
    }

    @Test("A hundred thousand files go")
    func many() throws {
        try inFolder { root in
            for number in 0..<100 {
                try makeFolders(root + "/tree/\(number)")
                let folder = try Descriptor.opened(root + "/tree/\(number)", O_RDONLY | O_DIRECTORY)
                for file in 0..<1000 { #expect(mknodat(folder.number, String(file), S_IFREG | 0o600, 0) == 0) }
            }
            let usage = FileTree.usage(of: root + "/tree", stoppingAt: .init(bytes: .max, entries: .max))
            #expect(usage.entries == 100_100)
            try FileTree.remove(root + "/tree")
            #expect(FileTree.names(in: root) == [])
        }
    }

    @Test("Pipes, sockets and loops of links are neither followed nor copied for ever")
    func copying() throws {
        try inFolder { root in
            try makeFolders(root + "/from/folder")
            try makeFolders(root + "/to")
            mkfifo(root + "/from/pipe", 0o600)
            symlink(".", root + "/from/loop")
            symlink("/etc/shadow", root + "/from/folder/shadow")
            try replaceFile(root + "/from/folder/run", with: Array(repeating: 7, count: 200_000), mode: 0o700)
            try replaceFile(root + "/from/left-out", with: [1])
            let from = try Descriptor.opened(root + "/from", O_RDONLY | O_DIRECTORY)
            let to = try Descriptor.opened(root + "/to", O_RDONLY | O_DIRECTORY)
            try FileTree.copyContents(of: from, into: to, .init(leavesOut: ["left-out"]))
            #expect(FileTree.names(in: root + "/to").sorted() == ["folder", "loop"])
            var status = stat()
            #expect(lstat(root + "/to/folder/shadow", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
            #expect(stat(root + "/to/folder/run", &status) == 0 && status.st_mode & 0o777 == 0o755)
            #expect(status.st_size == 200_000)
        }
    }
}

/// An empty file at a path that ends in a zero byte. Outside of the test: there its closure and the one of `#expect` got
/// one symbol, and this one was never called.
private func makeFile(_ path: [UInt8]) -> Bool {
    path.withUnsafeBytes { path in
        path.bindMemory(to: CChar.self).baseAddress.map { mknod($0, S_IFREG | 0o600, 0) == 0 } ?? false
    }
}
