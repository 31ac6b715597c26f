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
