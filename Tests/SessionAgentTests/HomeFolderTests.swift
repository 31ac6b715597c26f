import Foundation
import Glibc
import Testing

@testable import SessionAgent

/// Files of the learner: what is read and changed, and what never is.
@Suite("Files of the home") struct HomeFolderTests {
    /// A home with a folder beside it that is none of ours.
    final class Lab {
        let root = FileManager.default.temporaryDirectory.appending(path: "lectern-home-\(UUID().uuidString)")
        var home: URL { root.appending(path: "home") }
        let folder: HomeFolder

        init(_ files: [String: String] = [:], limits: FileLimits = FileLimits()) throws {
            try FileManager.default.createDirectory(
                at: root.appending(path: "home/exercises"), withIntermediateDirectories: true)
            try FileManager.default.createDirectory(
                at: root.appending(path: "outside"), withIntermediateDirectories: true)
            try Data("secret\n".utf8).write(to: root.appending(path: "outside/secret.txt"))
            folder = HomeFolder(path: root.appending(path: "home").path, limits: limits)
            for (path, text) in files { try write(path, text) }
        }
        deinit { try? FileManager.default.removeItem(at: root) }

        func write(_ path: String, _ text: String) throws {
            try Data(text.utf8).write(to: home.appending(path: path))
        }
        func read(_ path: String) -> String? {
            (try? Data(contentsOf: home.appending(path: path))).map { String(decoding: $0, as: UTF8.self) }
        }
        func place(_ path: String) throws -> FilePlace { try folder.place(path) }
        var leftovers: [String] {
            let all = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
            return all.filter { PendingFile.isTemporary(String($0.split(separator: "/").last ?? "")) }
        }
    }

    @Test(
        "Paths begin in the home",
        arguments: [
            ("a.txt", "home:a.txt"), ("~/a.txt", "home:a.txt"), ("$HOME/a.txt", "home:a.txt"),
            ("${HOME}/a/./b//c", "home:a/b/c"), ("a/../b", "home:b"), ("~", "home:"), ("/home/learner/x", "home:x"),
            ("/home/learner", "home:"), ("/home/learner2/x", "/home/learner2/x"), ("../x", "/home/x"),
            ("../../../../etc/passwd", "/etc/passwd"), ("/etc/passwd", "/etc/passwd"), ("~a", "home:~a"),
            ("/home/learner/../learner/y", "home:y"),
        ])
    func places(_ path: String, _ expected: String) throws {
        let place = try FilePlace(path, home: "/home/learner")
        switch place {
        case .home(let inside): #expect("home:" + inside == expected)
        case .elsewhere(let outside): #expect(outside == expected)
        }
    }

    @Test("A text is read with a version that is its content's")
    func reading() throws {
        let lab = try Lab(["a.txt": "one\n"])
        let place = try lab.place("~/a.txt")
        let first = try lab.folder.text(place)
        #expect(first.bytes == Array("one\n".utf8))
        #expect(first.isWritable)
        try lab.write("a.txt", "two\n")
        let second = try lab.folder.text(place)
        #expect(first.version != second.version)
        #expect(first.stamp != second.stamp)
        try lab.write("a.txt", "one\n")
        #expect(try lab.folder.text(place).version == first.version)
    }

    @Test("What is no text of a fair size is not opened")
    func noTexts() throws {
        var limits = FileLimits()
        limits.text = 100
        let lab = try Lab(["big": String(repeating: "x", count: 101), "zero": "a\0b"], limits: limits)
        try Data([0x61, 0xFF, 0xFE]).write(to: lab.home.appending(path: "latin"))
        #expect(mkfifo(lab.home.appending(path: "pipe").path, 0o600) == 0)
        func kind(_ path: String) throws -> EditProblem.Kind? {
            let place = try lab.place(path)
            let problem = #expect(throws: EditProblem.self) { try lab.folder.text(place) }
            return problem?.kind
        }
        #expect(try kind("big") == .content)
        #expect(try kind("zero") == .content)
        #expect(try kind("latin") == .content)
        #expect(try kind("pipe") == .file)
        #expect(try kind("exercises") == .file)
        #expect(try kind("absent") == .file)
        #expect(try kind("big/x") == .file)
    }

    @Test(
        "Files elsewhere may be looked at and not changed; what the kernel shows of processes may not even be looked at"
    )
    func elsewhere() throws {
        let lab = try Lab()
        let outside = try lab.place(lab.root.appending(path: "outside/secret.txt").path)
        #expect(try lab.folder.text(outside).isWritable == false)
        for change in [
            { (place: FilePlace) throws in _ = try lab.folder.write([], to: place) },
            { try lab.folder.delete($0, withContent: true) }, { try lab.folder.makeFolder($0, mustBeNew: true) },
        ] {
            let problem = #expect(throws: EditProblem.self) { try change(outside) }
            #expect(problem?.kind == .refused)
        }
        for path in [
            "/proc/self/environ", "/proc/self/mem", "/proc/self/fd/0", "/sys/kernel/mm/transparent_hugepage/enabled",
        ] {
            let place = try lab.place(path)
            #expect(throws: EditProblem.self) { try lab.folder.text(place) }
        }
    }

    @Test("A link that leads out of the home is looked along and never written through")
    func linksOut() throws {
        let lab = try Lab()
        try FileManager.default.createSymbolicLink(
            atPath: lab.home.appending(path: "out").path, withDestinationPath: "../outside")
        try FileManager.default.createSymbolicLink(
            atPath: lab.home.appending(path: "secret").path, withDestinationPath: "../outside/secret.txt")
        try FileManager.default.createSymbolicLink(
            atPath: lab.home.appending(path: "self").path, withDestinationPath: "/proc/self")
        #expect(try lab.folder.text(lab.place("out/secret.txt")).isWritable == false)
        for path in ["out/secret.txt", "out/new.txt", "secret"] {
            let place = try lab.place(path)
            #expect(throws: EditProblem.self) { try lab.folder.write([], to: place) }
        }
        #expect(throws: EditProblem.self) { try lab.folder.text(lab.place("self/environ")) }
        let secret = try Data(contentsOf: lab.root.appending(path: "outside/secret.txt"))
        #expect(secret == Data("secret\n".utf8))
        #expect(lab.leftovers.isEmpty)
    }

    @Test("Writing keeps the mode, follows links within the home, and leaves nothing beside the file")
    func writing() throws {
        let lab = try Lab(["exercises/run.sh": "#!/bin/sh\n"])
        chmod(lab.home.appending(path: "exercises/run.sh").path, 0o751)
        try FileManager.default.createSymbolicLink(
            atPath: lab.home.appending(path: "link").path, withDestinationPath: "exercises/run.sh")
        try lab.folder.write(Array("new\n".utf8), to: lab.place("link"))
        #expect(lab.read("exercises/run.sh") == "new\n")
        let attributes = try FileManager.default.attributesOfItem(
            atPath: lab.home.appending(path: "exercises/run.sh").path)
        #expect(attributes[.posixPermissions] as? Int == 0o751)
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: lab.home.appending(path: "link").path)
                == "exercises/run.sh")
        try lab.folder.write(Array("deep\n".utf8), to: lab.place("a/b/c.txt"))
        #expect(lab.read("a/b/c.txt") == "deep\n")
        #expect(lab.leftovers.isEmpty)
    }

    @Test("A file with several names stays one file")
    func hardLinks() throws {
        let lab = try Lab(["a": "long old content\n"])
        #expect(link(lab.home.appending(path: "a").path, lab.home.appending(path: "b").path) == 0)
        try lab.folder.write(Array("new\n".utf8), to: lab.place("a"))
        #expect(lab.read("b") == "new\n")
        #expect(lab.leftovers.isEmpty)
    }

    @Test("A write over another version than the known one is refused, and changes nothing")
    func versions() throws {
        let lab = try Lab(["a": "one\n"])
        let place = try lab.place("a")
        let known = try lab.folder.text(place).version
        try lab.write("a", "shell\n")
        for expecting in [HomeFolder.Expectation.version(known), .nothingThere] {
            let problem = #expect(throws: EditProblem.self) {
                try lab.folder.write(Array("mine\n".utf8), to: place, expecting: expecting)
            }
            #expect(problem?.kind == .changed)
        }
        #expect(lab.read("a") == "shell\n")
        let now = try lab.folder.text(place).version
        let next = try lab.folder.write(Array("mine\n".utf8), to: place, expecting: .version(now))
        #expect(lab.read("a") == "mine\n")
        #expect(try lab.folder.text(place).version == next)
        let gone = try lab.place("gone")
        #expect(throws: EditProblem.self) { try lab.folder.write([], to: gone, expecting: .version(now)) }
    }

    @Test("Files and folders are listed, made, renamed, copied and deleted")
    func folders() throws {
        let lab = try Lab(["b.txt": "b", "A.txt": "a"])
        #expect(try lab.folder.entries(lab.place("~")).entries.map(\.name) == ["exercises", "A.txt", "b.txt"])
        try lab.folder.makeFolder(lab.place("exercises/deep/er"))
        try lab.folder.rename(lab.place("b.txt"), to: lab.place("exercises/deep/c.txt"), replaces: false)
        #expect(lab.read("exercises/deep/c.txt") == "b")
        try lab.folder.copy(lab.place("A.txt"), to: lab.place("copy.txt"), replaces: false)
        #expect(lab.read("copy.txt") == "a")
        #expect(throws: EditProblem.self) {
            try lab.folder.copy(lab.place("A.txt"), to: lab.place("copy.txt"), replaces: false)
        }
        #expect(throws: EditProblem.self) {
            try lab.folder.rename(lab.place("A.txt"), to: lab.place("copy.txt"), replaces: false)
        }
        #expect(throws: EditProblem.self) { try lab.folder.delete(lab.place("exercises"), withContent: false) }
        #expect(throws: EditProblem.self) { try lab.folder.delete(lab.place("~"), withContent: true) }
        try FileManager.default.createSymbolicLink(
            atPath: lab.home.appending(path: "exercises/out").path, withDestinationPath: "../../outside")
        try lab.folder.delete(lab.place("exercises"), withContent: true)
        #expect(!FileManager.default.fileExists(atPath: lab.home.appending(path: "exercises").path))
        #expect(FileManager.default.fileExists(atPath: lab.root.appending(path: "outside/secret.txt").path))
    }

    @Test("A folder with too many files is listed in part and not deleted")
    func limits() throws {
        var limits = FileLimits()
        limits.entries = 3
        limits.deletion = 3
        let lab = try Lab(["exercises/1": "", "exercises/2": "", "exercises/3": "", "exercises/4": ""], limits: limits)
        let listed = try lab.folder.entries(lab.place("exercises"))
        #expect(listed.entries.count == 3)
        #expect(!listed.isComplete)
        let problem = #expect(throws: EditProblem.self) {
            try lab.folder.delete(lab.place("exercises"), withContent: true)
        }
        #expect(problem?.kind == .refused)
    }
}
