internal import CLinux
internal import FoundationEssentials
internal import Glibc
internal import Platform

/// Asks an agent over its socket whether it answers and when its learner was last seen.
///
/// Whoever answers may be anything that a learner runs: the reply is read up to a small size and a deadline, and
/// believed only in its numbers.
enum AgentProbe {
    struct Activity: Decodable, Equatable {
        /// Seconds since the learner's page last reported.
        let idle: Double
        enum CodingKeys: String, CodingKey { case idle = "idle-time" }
    }

    /// - Parameters:
    ///   - path: the socket; at most 107 bytes.
    ///   - milliseconds: for the whole exchange.
    /// - Returns: `nil` when nobody listens, or the answer is late or not status 200.
    static func activity(_ path: String, within milliseconds: Int) async -> Activity? {
        guard let socket = connected(path) else { return nil }
        let request = Array("GET /session/activity HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard send(socket.number, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            return nil
        }
        let end = MonotonicTime.milliseconds() + milliseconds
        var reply: [UInt8] = []
        while reply.count < 16_384 {
            let left = end - MonotonicTime.milliseconds()
            guard left > 0, await DescriptorWatcher.shared.readable(socket, within: left) else { return nil }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(socket.number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0 {
                if errno == EAGAIN || errno == EINTR { continue }
                return nil
            }
            reply.append(contentsOf: buffer.prefix(count))
            if count == 0 || isComplete(reply) { return activity(inReply: reply) }
        }
        return nil
    }

    private static func connected(_ path: String) -> Descriptor? {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = socket(AF_UNIX, type, 0)
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(owning: number)
        var address = sockaddr_un()
        let bytes = Array(path.utf8)
        guard bytes.count <= SandboxFolders.longestSocketPath else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 ? descriptor : nil
    }

    /// Whether the head is there and as much body as it announces.
    static func isComplete(_ reply: [UInt8]) -> Bool {
        guard let head = headLength(reply) else { return false }
        let text = String(decoding: reply[..<head], as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { continue }
            guard let length = Int(parts[1].filter { $0 != " " }) else { return false }
            return reply.count - head >= length
        }
        return false
    }

    static func activity(inReply reply: [UInt8]) -> Activity? {
        guard let head = headLength(reply) else { return nil }
        let status = reply.prefix(12)
        guard status.starts(with: Array("HTTP/1.".utf8)), status.suffix(4).elementsEqual(" 200".utf8) else {
            return nil
        }
        let activity = try? JSONDecoder().decode(Activity.self, from: Data(reply[head...]))
        // An agent that answers 200 is ready even if its numbers make no sense; nobody was seen then.
        guard let activity, activity.idle.isFinite, activity.idle >= 0 else { return Activity(idle: .infinity) }
        return activity
    }

    private static func headLength(_ reply: [UInt8]) -> Int? {
        guard reply.count >= 4 else { return nil }
        for end in 4...reply.count where reply[(end - 4)..<end].elementsEqual([13, 10, 13, 10]) { return end }
        return nil
    }
}
