import Glibc
import Platform
import Portal
import Testing

@testable import Runtimes

@Suite("What a sandbox keeps apart", .needsSandboxes, .timeLimit(.minutes(3)))
struct SandboxIsolationTests {
    @Test("A learner is nobody in particular, without power over anything outside")
    func identity() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try await runtime.start(try fixture.launch())
            #expect(
                try await fixture.shell("id -un; id -u; id -G; hostname; pwd")
                    == "learner\n1000\n1000\nlab-shell\n/home/learner\n")
            #expect(
                try await fixture.shell("grep -E '^Cap(Eff|Prm|Bnd|Amb|Inh)' /proc/self/status | tr -d '\\t0:'")
                    .split(separator: "\n").allSatisfy { $0.hasPrefix("Cap") && $0.count == 6 })
            #expect(try await fixture.shell("grep NoNewPrivs /proc/self/status").contains("1"))
            #expect(try await fixture.shell("unshare -Ur true && echo nested") != "nested\n")
            let status = stat(at: runtime.folders.home(try fixture.name()))
            let range = fixture.configuration.firstUser..<(fixture.configuration.firstUser + SandboxUsers.count)
            #expect(geteuid() == 0 ? range.contains(status.st_uid) : status.st_uid == geteuid())
        }
    }

    @Test("Two sandboxes of a portal that runs as root have different users")
    func users() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            // Another portal process must not give the same user again.
            let next = try SandboxRuntime(fixture.configuration)
            try await next.start(try fixture.launch(2))
            let owners = try (1...2).map { stat(at: runtime.folders.home(try fixture.name($0))).st_uid }
            #expect(geteuid() != 0 || Set(owners).count == 2)
        }
    }

    @Test("Neither other sessions nor the store nor the machine's files can be seen")
    func files() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try replaceFile(fixture.root + "/data/lectern.db", with: Array("needle-in-store".utf8), mode: 0o644)
            try await runtime.start(try fixture.launch(1))
            try await runtime.start(try fixture.launch(2))
            _ = try await fixture.shell("echo needle-of-other > ~/secret; echo needle-of-other > /tmp/secret", in: 2)
            let seen = try await fixture.shell(
                "cat \(fixture.root)/data/lectern.db; ls \(fixture.root) /root /srv /boot; ls /tmp /home /home/learner;"
                    + "ls /run /run/lectern /run/lectern/session /run/lectern/portal; cat /etc/shadow")
            #expect(!seen.contains("needle") && !seen.contains("secret") && !seen.contains("lab-w01-s002"))
            #expect(
                try await fixture.shell(
                    "grep -rl needle /tmp /home /run /opt /var /root --include=secret --include=lectern.db 2>/dev/null")
                    == "")
            #expect(try await fixture.shell("ls /run/lectern/session") == "agent.sock\n")
            #expect(try await fixture.shell("wc -l < /etc/passwd") == "3\n")
        }
    }

    @Test("Processes of the machine and of other sessions cannot be seen")
    func processes() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            try await runtime.start(try fixture.launch(2))
            _ = try await fixture.shell("setsid perl -e '$0 = \"needle-process\"; sleep 1000' >/dev/null 2>&1 &", in: 2)
            #expect(
                try await fixture.shell("cat /proc/[0-9]*/cmdline | tr '\\0' ' '").contains("needle-process") == false)
            let count = try #require(Int(try await fixture.shell("ls -d /proc/[0-9]* | wc -l").filter { $0.isNumber }))
            #expect(count < 12)
            #expect(try await fixture.shell("readlink /proc/1/ns/net; readlink /proc/self/ns/net", in: 2) != "")
        }
    }

    @Test("There is no network but the sandbox's own loopback")
    func network() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            #expect(try await fixture.shell("cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' '") == "lo\n")
            // A server on this machine's loopback is not reached; one of the learner's own is.
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    #expect(bind(listener, pointer, length) == 0 && listen(listener, 4) == 0)
                    getsockname(listener, pointer, &length)
                }
            }
            let port = UInt16(bigEndian: address.sin_port)
            let connect = { (port: UInt16) in
                "perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(PeerAddr => \"127.0.0.1:\(port)\", Timeout => 2) "
                    + "? \"open\" : \"closed\"'"
            }
            #expect(try await fixture.shell(connect(port)) == "closed")
            let server =
                "perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalAddr => \"127.0.0.1:8000\", "
                + "Listen => 5); open(F, \">/tmp/up\"); close F; sleep 60' >/dev/null 2>&1 &"
            #expect(
                try await fixture.shell(server + " while [ ! -e /tmp/up ]; do sleep 0.05; done; " + connect(8000))
                    == "open")
        }
    }

    @Test("What is shared cannot be written to")
    func readOnly() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            for path in [
                "/usr/x", "/etc/x", "/x", "/dev/x", "/opt/x", "/opt/workshop/x", "/run/x", "/run/lectern/portal/x",
                "/var/x",
                "/etc/passwd", "/proc/sys/kernel/hostname", "/home/x",
            ] {
                #expect(try await fixture.shell("(echo x > \(path)) 2>/dev/null && echo written") == "", "\(path)")
            }
            for path in ["/tmp/x", "/home/learner/x", "/dev/shm/x", "/var/tmp/x"] {
                #expect(try await fixture.shell("(echo x > \(path)) && echo written") == "written\n", "\(path)")
            }
        }
    }

    @Test("A learner who replaces the agent's socket by a link leads nobody anywhere")
    func socketLink() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            try await runtime.start(try fixture.launch(2))
            let other = runtime.folders.publishedSocket(try fixture.name(2))
            _ = try await fixture.shell(
                "cd /run/lectern/session && chmod 755 . && rm agent.sock && ln -s \(other) agent.sock", in: 1)
            // The published socket is still the first agent's own.
            #expect(try #require(await ask(try fixture.socket(1), "GET", "/manifest")).contains("lab-w01-s001"))
            let next = try SandboxRuntime(fixture.configuration)
            #expect(try await next.existing()[fixture.name(1)] == .ready)
            try FileTree.remove(runtime.folders.publishedFolder(try fixture.name(1)))
            let presence = try await next.existing()[fixture.name(1)]
            if geteuid() == 0 {
                // The learner could not replace it at all.
                #expect(presence == .ready)
                #expect(try #require(await ask(try fixture.socket(1), "GET", "/manifest")).contains("lab-w01-s001"))
            } else {
                #expect(presence == .unresponsive)
                #expect(access(try fixture.socket(1), F_OK) != 0)
            }
        }
    }

    @Test("The sockets of a learner's servers are published as they were at the start, and nothing that is no socket")
    func serverSockets() async throws {
        let agent = FakeAgent.misbehaving(
            #"""
            use IO::Socket::UNIX; use Socket; $| = 1; $SIG{PIPE} = "IGNORE"; $/ = "\n";
            $m =~ /"listenSocket":"([^"]+)"/ or exit 4;
            my $path = $1; $path =~ s{\\/}{/}g; my ($folder) = $path =~ m{(.*)/};
            my @kept = map { IO::Socket::UNIX->new(Type => SOCK_STREAM(), Local => "$folder/$_", Listen => 4) or die }
                ("i0.sock", "i12.sock", "ix.sock", "i123.sock");
            symlink("/run/lectern/portal/agents.sock", "$folder/i1.sock");
            open(my $file, '>', "$folder/i2.sock");
            my $server = IO::Socket::UNIX->new(Type => SOCK_STREAM(), Local => $path, Listen => 4) or die;
            print "ready\n";
            while (my $client = $server->accept) {
                while (my $line = <$client>) { last if $line eq "\r\n" }
                print $client "HTTP/1.0 200 OK\r\n\r\n{\"idle-time\":1,\"last-view\":1}";
                close $client;
            }
            """#)
        try await SandboxFixture.run(agent: agent) { fixture, runtime in
            try await runtime.start(try fixture.launch())
            let names = FileTree.names(in: runtime.folders.publishedFolder(try fixture.name())).sorted()
            #expect(names == ["agent.sock", "i0.sock", "i12.sock"])
        }
    }

    @Test("Secrets of the manifest are in no argument, environment or file that a learner can read")
    func secrets() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            #expect(try #require(await ask(try fixture.socket(1), "GET", "/manifest")).contains("client-secret"))
            let seen = try await fixture.shell(
                "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; cat ~/* /tmp/* /run/lectern/*/* 2>/dev/null")
            #expect(!seen.contains("client-secret") && !seen.contains("cookie-key"))
            #expect(
                !fixture.processes(with: "perl").contains { pid in
                    ["cmdline", "environ"].contains {
                        (try? textOfFile("/proc/\(pid)/\($0)"))?.contains("client-secret") == true
                    }
                })
        }
    }

    private func stat(at path: String) -> Glibc.stat {
        var status = Glibc.stat()
        _ = lstat(path, &status)
        return status
    }
}
