import Dispatch
import Glibc
import Platform
import Portal

@testable import Runtimes

/// An agent in Perl, which every Debian has: takes its manifest, listens, says so, answers `/session/activity`, and runs
/// what is posted to `/run` in a shell.
enum FakeAgent {
    static let program = AgentProgram(path: "/usr/bin/perl", arguments: ["-e", script])

    /// One that reads its manifest and then does something else than serve.
    static func misbehaving(_ perl: String) -> AgentProgram {
        AgentProgram(path: "/usr/bin/perl", arguments: ["-e", "local $/; my $m = <STDIN>; exit 3 unless $m;" + perl])
    }

    /// One that listens but does not say that it does.
    static let silent = AgentProgram(
        path: "/usr/bin/perl", arguments: ["-e", script.replacing("print \"ready\\n\";", with: "")])

    private static let script = #"""
        use IO::Socket::UNIX; use Socket; $| = 1; $SIG{CHLD} = 'IGNORE';
        my $manifest = do { local $/; <STDIN> };
        exit 3 unless $manifest && $manifest =~ /"listenSocket":"([^"]+)"/;
        my $path = $1; $path =~ s{\\/}{/}g;
        my $server = IO::Socket::UNIX->new(Type => SOCK_STREAM(), Local => $path, Listen => 64) or die "listen: $!";
        print "ready\n";
        print STDERR "serving\n";
        while (1) {
            my $client = $server->accept or next;
            if (fork) { close $client; next }
            $SIG{CHLD} = 'DEFAULT';
            my $head = ''; my $length = 0;
            while (my $line = <$client>) { last if $line eq "\r\n"; $head .= $line; $length = $1 if $line =~ /^Content-Length: (\d+)/i }
            my $body = ''; read($client, $body, $length) if $length;
            my $reply = '{"idle-time":7.5,"last-view":3}';
            if ($head =~ m{^POST /run }) {
                open(my $file, '>', "/tmp/run.$$") or die; print $file $body; close $file;
                $reply = `sh /tmp/run.$$ 2>&1 </dev/null`;
            } elsif ($head =~ m{^GET /manifest }) { $reply = $manifest }
            print $client "HTTP/1.0 200 OK\r\nContent-Length: " . length($reply) . "\r\n\r\n" . $reply;
            exit 0;
        }
        """#
}

/// Sends a request to an agent's socket and returns the body of its answer; `nil` when nobody answers in 20 s.
func ask(_ socketPath: String, _ method: String, _ path: String, body: String = "") async -> String? {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(returning: exchange(socketPath, method, path, body)) }
    }
}

private func exchange(_ socketPath: String, _ method: String, _ path: String, _ body: String) -> String? {
    let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let socket = Descriptor(owning: number)
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(socketPath.utf8)) }
    let connected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard connected == 0 else { return nil }
    let request = Array("\(method) \(path) HTTP/1.0\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    guard send(number, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
    guard let bytes = try? bytesOfFile(socket) else { return nil }
    guard
        let head = (4..<max(5, bytes.count + 1)).first(where: {
            bytes[($0 - 4)..<min($0, bytes.count)] == [13, 10, 13, 10]
        })
    else { return nil }
    return String(decoding: bytes[head...], as: UTF8.self)
}
