import FoundationEssentials
import Glibc
import Platform
import Portal
import Testing

@testable import Runtimes

@Suite("What a sandbox may use", .needsSandboxes, .timeLimit(.minutes(3)))
struct SandboxLimitTests {
    /// With control groups where there are any, and without.
    static let ways = [true, false]

    @Test("A fork bomb ends at the limit, and the session next door goes on", arguments: ways)
    func processes(_ usesControlGroups: Bool) async throws {
        try await SandboxFixture.run({
            $0.usesControlGroups = usesControlGroups
            $0.limits.processes = 30
        }) { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            try await runtime.start(try fixture.launch(2))
            let bomb =
                "perl -e 'my $n = 0; for (1..400) { my $p = fork; last unless defined $p; if (!$p) { close STDOUT; close STDERR; sleep 30; exit } $n++ } "
                + "print $n'"
            let count = try #require(Int(try await fixture.shell(bomb)))
            #expect((1..<60).contains(count))
            #expect(try await fixture.shell("echo fine", in: 2) == "fine\n")
            try await runtime.stop(try fixture.name(1))
            #expect(try fixture.traces(runtime) == [])
        }
    }

    @Test("A memory hog is ended, and the session next door goes on", arguments: ways)
    func memory(_ usesControlGroups: Bool) async throws {
        try await SandboxFixture.run({
            $0.usesControlGroups = usesControlGroups
            $0.limits.memory = 64 << 20
        }) { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            try await runtime.start(try fixture.launch(2))
            let hog = "perl -e '$x = \"a\" x (200 << 20); print length $x' 2>/dev/null; true"
            let seen = await ask(try fixture.socket(1), "POST", "/run", body: hog)
            #expect(seen?.contains("209715200") != true)
            #expect(try await fixture.shell("echo fine", in: 2) == "fine\n")
        }
    }

    @Test("Private files in memory are bounded")
    func temporaryFiles() async throws {
        try await SandboxFixture.run({ $0.limits.temporary = 4 << 20 }) { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            for folder in ["/tmp", "/dev/shm"] {
                let size =
                    "head -c 20000000 /dev/zero > \(folder)/fill 2>/dev/null; stat -c %s \(folder)/fill; rm \(folder)/fill"
                let bytes = try #require(Int(try await fixture.shell(size).filter { $0.isNumber }))
                #expect(bytes <= 4 << 20)
            }
            #expect(try await fixture.shell("echo fine") == "fine\n")
        }
    }

    @Test("Open files and the size of a file are bounded")
    func files() async throws {
        try await SandboxFixture.run({
            $0.limits.openFiles = 64
            $0.limits.fileSize = 1 << 20
        }) { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            let open =
                "perl -e 'my @f; for (1..500) { open(my $f, \"<\", \"/etc/passwd\") or last; push @f, $f } print scalar @f'"
            let count = try #require(Int(try await fixture.shell(open)))
            #expect((10..<64).contains(count))
            let size = "head -c 9000000 /dev/zero > ~/big 2>/dev/null; stat -c %s ~/big"
            #expect(try await fixture.shell(size) == "\(1 << 20)\n")
        }
    }

    @Test(
        "A home that passes its limit ends its session, and the one next door goes on",
        arguments: ["bytes", "files", "socket folder"])
    func disk(_ what: String) async throws {
        try await SandboxFixture.run({
            $0.limits.storage = 8 << 20
            $0.limits.files = 500
            $0.storageInterval = 10
        }) { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            try await runtime.start(try fixture.launch(2))
            if what == "socket folder", geteuid() == 0 {
                #expect(try await fixture.shell("echo x > /run/lectern/session/x && echo written") != "written\n")
                return
            }
            var departures = runtime.departures().makeAsyncIterator()
            let folder = what == "socket folder" ? "/run/lectern/session" : "~"
            if what == "socket folder" { _ = try await fixture.shell("chmod 755 \(folder)") }
            let fill =
                what == "bytes"
                ? "perl -e 'for my $n (1..20) { open(F, \">\", \"f$n\"); print F \"x\" x 1_000_000; close F } sleep 15'"
                : "perl -e 'for my $n (1..600) { open(F, \">\", \"f$n\"); close F } sleep 15'"
            _ = try await fixture.shell("cd \(folder); (\(fill)) >/dev/null 2>&1 &")
            #expect(await departures.next() == (try fixture.name(1)))
            #expect(try await fixture.shell("echo fine", in: 2) == "fine\n")
            try await runtime.stop(try fixture.name(1))
            #expect(try fixture.traces(runtime) == [])
        }
    }

    @Test("On a nearly full disk, the sandbox that uses most is ended, files removed but open included")
    func fullDisk() async throws {
        try await SandboxFixture.run({
            // More than any disk has: the disk counts as nearly full.
            $0.limits.reservedDisk = .max
            $0.storageInterval = 50
        }) { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            try await runtime.start(try fixture.launch(2))
            _ = try await fixture.shell("head -c 18000000 /dev/zero > ~/small", in: 2)
            var departures = runtime.departures().makeAsyncIterator()
            let hide = "perl -e 'open(F, \">\", \"f\"); unlink \"f\"; print F \"x\" x 40_000_000; F->flush; sleep 15'"
            // The second may be ended first, while the first still writes.
            _ = try await fixture.shell("cd ~; (\(hide)) >/dev/null 2>&1 &")
            var ended: Set<SessionName> = []
            while !ended.contains(try fixture.name(1)), let name = await departures.next() { ended.insert(name) }
            #expect(ended.contains(try fixture.name(1)))
        }
    }

    @Test("Disk space cannot be taken faster than it is written")
    func fallocate() async throws {
        try await SandboxFixture.run { fixture, runtime in
            try await runtime.start(try fixture.launch(1))
            #expect(try await fixture.shell("fallocate -l 200M ~/big && echo taken") != "taken\n")
            #expect(try await fixture.shell("perl -e 'print syscall(250, 0, 0, 0, 0, 0)'") == "-1")
        }
    }

    @Test("A sandbox with its limit of processor time is slowed down")
    func processor() async throws {
        try await SandboxFixture.run({ $0.limits.processorPercent = 20 }) { fixture, runtime in
            guard runtime.groups.bases["cpu"] != nil else { return }
            try await runtime.start(try fixture.launch(1))
            // Half a second of work takes at least two seconds at a fifth of a processor.
            let work = "perl -MTime::HiRes=time -e '$s = time; 1 while (times)[0] < 0.5; print time - $s'"
            let took = try #require(Double(try await fixture.shell(work)))
            #expect(took > 1.5)
        }
    }
}
