import Glibc
import Platform
import Portal
import Testing

@testable import Runtimes

@Suite("Fetching what a workshop is made of", .needsSandboxes, .timeLimit(.minutes(3)))
struct ContentFetchTests {
    @Test("A branch, a tag, a commit and the default branch of a repository")
    func git() throws {
        try ContentFixture.run { fixture in
            let commit = try fixture.repository("lab.git")
            let port = try fixture.serve(
                "git", ["daemon", "--export-all", "--reuseaddr", "--listen=127.0.0.1"], "--port=")
            let url = "git://127.0.0.1:\(port)/lab.git"
            for (reference, text) in [
                ("", "second\n"), ("main", "second\n"), ("origin/main", "second\n"), ("v1", "first\n"),
                (commit, "first\n"),
                ("origin/side", "side\n"),
            ] {
                let folder = try fixture.fetch(
                    [ContentSource(.git(url: url, reference: reference, includesSubmodules: true))])
                #expect(try textOfFile(folder + "/page.md") == text, "\(reference)")
                #expect(access(folder + "/.git", F_OK) != 0)
            }
            let failure = #expect(throws: ContentFailure.self) {
                try fixture.fetch(
                    [ContentSource(.git(url: url, reference: "nowhere", includesSubmodules: true))])
            }
            #expect(failure?.description.contains("nowhere") == true)
        }
    }

    @Test("A repository that is only files on a web server")
    func plainRepository() throws {
        try ContentFixture.run { fixture in
            let commit = try fixture.repository("lab.git")
            let port = try fixture.serveFiles()
            for (reference, text) in [("origin/side", "side\n"), (commit, "first\n"), ("", "second\n")] {
                let folder = try fixture.fetch(
                    [
                        ContentSource(
                            .git(
                                url: "http://127.0.0.1:\(port)/lab.git", reference: reference, includesSubmodules: true)
                        )
                    ])
                #expect(try textOfFile(folder + "/page.md") == text, "\(reference)")
            }
        }
    }

    @Test("An archive over HTTP, its digest checked, one folder of it taken, some files left out")
    func archive() throws {
        try ContentFixture.run { fixture in
            try makeFolders(fixture.served + "/lab-1.0/workshop/content")
            try replaceFile(fixture.served + "/lab-1.0/workshop/content/one.md", with: Array("one\n".utf8), mode: 0o644)
            try replaceFile(fixture.served + "/lab-1.0/run.sh", with: Array("#!/bin/sh\n".utf8), mode: 0o755)
            try replaceFile(fixture.served + "/lab-1.0/notes.txt", with: Array("x".utf8), mode: 0o644)
            try fixture.tool("bsdtar", ["-czf", "lab.tar.gz", "lab-1.0"])
            try fixture.tool("bsdtar", ["-a", "-cf", "lab.zip", "lab-1.0"])
            let port = try fixture.serveFiles()
            for name in ["lab.tar.gz", "lab.zip"] {
                let digest = try SHA256.hexadecimalDigest(
                    of: try Descriptor.opened(fixture.served + "/" + name, O_RDONLY))
                var source = ContentSource(
                    .http(url: "http://127.0.0.1:\(port)/\(name)?v=1", sha256: digest, unpacks: true))
                source.newRootPath = "lab-1.0"
                source.excludePaths = ["**/*.txt"]
                let folder = try fixture.fetch([source])
                #expect(Set(FileTree.names(in: folder)) == ["workshop", "run.sh"])
                #expect(try textOfFile(folder + "/workshop/content/one.md") == "one\n")
                #expect(access(folder + "/run.sh", X_OK) == 0)
                source.origin = .http(
                    url: "http://127.0.0.1:\(port)/\(name)", sha256: String(repeating: "0", count: 64), unpacks: true)
                let failure = #expect(throws: ContentFailure.self) { try fixture.fetch([source]) }
                #expect(failure?.description.contains(digest) == true)
            }
            let kept = try fixture.fetch(
                [ContentSource(.http(url: "http://127.0.0.1:\(port)/lab.zip", sha256: "", unpacks: false))])
            #expect(FileTree.names(in: kept) == ["lab.zip"])
        }
    }

    @Test("What is not there, is no web server, or is no address is told with its place")
    func failures() throws {
        try ContentFixture.run { fixture in
            let port = try fixture.serveFiles()
            for url in ["http://127.0.0.1:\(port)/nothing.tar.gz", "http://127.0.0.1:1/x", "file:///etc/passwd"] {
                let failure = #expect(throws: ContentFailure.self) {
                    try fixture.fetch(
                        [
                            ContentSource(.inline(["a": "b"])),
                            ContentSource(.http(url: url, sha256: "", unpacks: true)),
                        ])
                }
                #expect(failure?.description.hasPrefix("files[1] (http): curl failed: ") == true, "\(url)")
            }
            let secret = #expect(throws: ContentFailure.self) {
                try fixture.fetch(
                    [
                        ContentSource(
                            .git(
                                url: "http://someone:hidden@127.0.0.1:1/x.git", reference: "", includesSubmodules: false
                            ))
                    ])
            }
            #expect(secret?.description.contains("hidden") == false)
        }
    }

    @Test("An archive with paths that lead out and links to elsewhere reaches nothing of this machine's")
    func hostileArchive() throws {
        try ContentFixture.run { fixture in
            let script = """
                import tarfile, io
                out = tarfile.open("evil.tar", "w")
                def add(name, data=b"evil", **more):
                    info = tarfile.TarInfo(name)
                    for key, value in more.items(): setattr(info, key, value)
                    info.size = 0 if more.get("type") else len(data)
                    out.addfile(info, None if more.get("type") else io.BytesIO(data))
                add("good.txt")
                add("out", type=tarfile.SYMTYPE, linkname="\(fixture.root)")
                out.close()
                out = tarfile.open("evil2.tar", "w")
                add("../../escaped.txt")
                out.close()
                """
            try fixture.tool("python3", ["-c", script])
            let port = try fixture.serveFiles()
            func source(_ name: String) -> ContentSource {
                ContentSource(.http(url: "http://127.0.0.1:\(port)/\(name)", sha256: "", unpacks: true))
            }
            // A later source that writes through the link of an earlier one replaces the link instead.
            let folder = try fixture.fetch([source("evil.tar"), ContentSource(.inline(["out/planted.txt": "x"]))])
            #expect(try textOfFile(folder + "/out/planted.txt") == "x")
            #expect(access(fixture.root + "/planted.txt", F_OK) != 0)
            var inside = ContentSource(.inline(["planted.txt": "x"]))
            inside.path = "out"
            #expect(throws: ContentFailure.self) { try fixture.fetch([source("evil.tar"), inside]) }
            #expect(access(fixture.root + "/planted.txt", F_OK) != 0)
            #expect(throws: ContentFailure.self) { try fixture.fetch([source("evil2.tar")]) }
            for path in [fixture.root, fixture.root + "/scratch", "/"] {
                #expect(access(path + "/escaped.txt", F_OK) != 0)
            }
        }
    }

    @Test("What is too large or takes too long is ended")
    func limits() throws {
        try ContentFixture.run { fixture in
            try fixture.tool(
                "sh", ["-c", "mkdir big && head -c 40000000 /dev/zero > big/zeros && bsdtar -czf big.tgz big"])
            let port = try fixture.serveFiles()
            let large = #expect(throws: ContentFailure.self) {
                try fixture.fetch(
                    [ContentSource(.http(url: "http://127.0.0.1:\(port)/big.tgz", sha256: "", unpacks: true))],
                    bytes: 20_000_000)
            }
            #expect(large?.description.contains("bsdtar") == true || large?.description.contains("larger") == true)
            let silent = try fixture.silentServer()
            let slow = #expect(throws: ContentFailure.self) {
                try fixture.fetch(
                    [ContentSource(.http(url: "http://127.0.0.1:\(silent.port)/x", sha256: "", unpacks: true))],
                    within: 1500)
            }
            #expect(slow?.description.contains("curl") == true)
            withExtendedLifetime(silent) {}
        }
    }

    @Test("Texts in the definition and folders beside it, later ones over earlier ones")
    func near() throws {
        try ContentFixture.run { fixture in
            try makeFolders(fixture.served + "/exercises/deep")
            try replaceFile(fixture.served + "/exercises/deep/a.txt", with: Array("old".utf8), mode: 0o644)
            try replaceFile(fixture.served + "/exercises/b.txt", with: Array("b".utf8), mode: 0o644)
            var text = ContentSource(.inline(["a.txt": "new", "bin/run": "#!/bin/sh\necho hi\n"]))
            text.path = "exercises/deep"
            var folder = ContentSource(.directory("exercises"))
            folder.path = "./exercises"
            let result = try fixture.fetch([folder, text])
            #expect(try textOfFile(result + "/exercises/deep/a.txt") == "new")
            #expect(try textOfFile(result + "/exercises/b.txt") == "b")
            #expect(access(result + "/exercises/deep/bin/run", X_OK) == 0)
            for bad in [
                ContentSource(.directory("../")), ContentSource(.inline(["../x": "y"])),
                ContentSource(.directory("none")),
                ContentSource(.elsewhere(kind: "image")),
            ] {
                #expect(throws: ContentFailure.self) { try fixture.fetch([bad]) }
            }
            #expect(throws: Never.self) {
                try fixture.fetch([ContentSource(.elsewhere(kind: "image"))], hasFolder: true)
            }
        }
    }

    @Test("A session has what its environment was made of, and packages of their own")
    func inSession() async throws {
        try await SandboxFixture.run { fixture, runtime in
            var workshop = fixture.workshop
            workshop.sources = [
                ContentSource(.inline(["workshop/content/two.md": "# Two\n", "more/task.txt": "do it\n"]))
            ]
            workshop.packages = [
                .init(name: "tools", sources: [ContentSource(.inline(["setup.d/01.sh": "#!/bin/sh\n"]))])
            ]
            try await runtime.discard(fixture.environment)
            try await runtime.prepare(EnvironmentPreparation(environment: fixture.environment, workshop: workshop))
            try await runtime.start(try fixture.launch())
            let seen = try await fixture.shell(
                "ls /opt/workshop/content; cat ~/more/task.txt; cat ~/exercise/deep/task.sh; ls /opt/packages/tools/setup.d; "
                    + "touch /opt/packages/x 2>/dev/null || echo read-only")
            #expect(seen == "one.md\ntwo.md\ndo it\necho done\n01.sh\nread-only\n")
        }
    }
}

@Suite("Addresses of content")
struct ContentAddressTests {
    @Test(
        "The file's name is the address' last",
        arguments: [
            ("https://www.example.com/a/lab.tar.gz", "lab.tar.gz"), ("https://www.example.com/lab?x=/y", "lab"),
            ("https://www.example.com/", "download"), ("https://www.example.com", "download"),
            ("https://www.example.com/a/..", "download"), ("https://www.example.com/-rf", "download"), ("", "download"),
        ])
    func names(url: String, name: String) { #expect(ContentFetch.fileName(of: url) == name) }

    @Test(
        "Logins are not told",
        arguments: [
            ("fatal: 'https://a:b@host/x' not found", "fatal: 'https://host/x' not found"),
            ("http://user@host and git://t:p@other/", "http://host and git://other/"), ("nothing", "nothing"),
            ("https://host/a@b", "https://host/a@b"),
        ])
    func logins(text: String, shown: String) { #expect(ContentFetch.withoutLogin(text) == shown) }

    @Test("Archives are known by how they begin")
    func archives() {
        #expect(ArchiveKind.isArchive([0x1F, 0x8B, 8]) && ArchiveKind.isArchive(Array("PK\u{03}\u{04}".utf8)))
        #expect(ArchiveKind.isArchive([UInt8](repeating: 0, count: 257) + Array("ustar\u{0}00".utf8)))
        #expect(!ArchiveKind.isArchive([]) && !ArchiveKind.isArchive(Array("PK".utf8)))
        #expect(!ArchiveKind.isArchive(Array("just a text".utf8)))
    }
}
