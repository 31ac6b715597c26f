internal import CMicroHTTPD
internal import Glibc

/// What a connection has yet to send, and the descriptor it goes to. Guarded by the connection's lock.
struct OutgoingBytes {
    enum Outcome { case sent, waits, failed }

    private var bytes: [UInt8] = []
    private var head = 0
    /// False as soon as the descriptor may belong to somebody else.
    var isOpen = true
    /// False once a close has been asked for.
    var acceptsMessages = true
    /// Whether the loop waits for room in the kernel's buffer.
    var waitsForRoom = false

    var count: Int { bytes.count - head }

    /// Sends two pieces at once when nothing waits before them, and keeps what the kernel does not take.
    mutating func send(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, to descriptor: Int32
    ) -> Outcome {
        var sent = 0
        if count == 0 {
            sent = OutgoingBytes.send(first, second, to: descriptor)
            if sent < 0 { return .failed }
        }
        if sent < first.count { bytes.append(contentsOf: first[sent...]) }
        let rest = max(0, sent - first.count)
        if rest < second.count { bytes.append(contentsOf: second[rest...]) }
        return count == 0 ? .sent : .waits
    }

    /// Sends what waits.
    mutating func flush(to descriptor: Int32) -> Outcome {
        while count > 0 {
            let sent = bytes.withUnsafeBytes { bytes in
                OutgoingBytes.send(.init(rebasing: bytes[head...]), .init(start: nil, count: 0), to: descriptor)
            }
            if sent < 0 { return .failed }
            if sent == 0 { break }
            head += sent
        }
        if count == 0 {
            bytes.removeAll(keepingCapacity: bytes.capacity <= 64 * 1024)
            head = 0
            return .sent
        }
        if head > 256 * 1024 && head > bytes.count / 2 {
            bytes.removeFirst(head)
            head = 0
        }
        return .waits
    }

    mutating func discard() {
        bytes = []
        head = 0
    }

    /// - Returns: bytes taken, 0 when there is no room now, -1 when the connection is gone.
    private static func send(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, to descriptor: Int32
    ) -> Int {
        var pieces = (
            iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count)
        )
        return withUnsafeMutablePointer(to: &pieces) { pieces in
            pieces.withMemoryRebound(to: iovec.self, capacity: 2) { pieces in
                var message = msghdr()
                message.msg_iov = pieces
                message.msg_iovlen = 2
                while true {
                    let sent = sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
                    if sent >= 0 { return sent }
                    if errno == EINTR { continue }
                    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1
                }
            }
        }
    }
}
