internal import CMicroHTTPD
internal import Glibc
internal import HTTP
internal import Synchronization

/// The library's claim on an upgraded connection: it closes the descriptor once told so.
struct UpgradeHandle: @unchecked Sendable {
    private let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    func close() { lectern_mhd_close_upgraded(pointer) }
}

/// One WebSocket. Sending is for any thread; everything else is the loop's.
///
/// A message goes to the kernel on the thread that sends it when nothing waits before it: no switch of threads lies between
/// a shell's output and the wire.
final class UpgradedConnection: WebSocketConnection, Sendable {
    let id: UInt64
    let descriptor: Int32
    let peer: any WebSocketPeer
    private let handle: UpgradeHandle
    private let loop: WebSocketLoop
    private let maximumPendingBytes: Int
    private let outgoing = Mutex(OutgoingBytes())

    init(
        id: UInt64, descriptor: Int32, handle: UpgradeHandle, peer: any WebSocketPeer, loop: WebSocketLoop,
        maximumPendingBytes: Int
    ) {
        self.id = id
        self.descriptor = descriptor
        self.handle = handle
        self.peer = peer
        self.loop = loop
        self.maximumPendingBytes = maximumPendingBytes
    }

    // MARK: Any thread

    func send(_ message: WebSocketMessage) {
        switch message {
        case .text(var text): text.withUTF8 { send(UnsafeRawBufferPointer($0), isText: true) }
        case .binary(let bytes): bytes.withUnsafeBytes { send($0, isText: false) }
        }
    }

    var pendingBytes: Int { outgoing.withLock { $0.count } }

    func close(code: UInt16, reason: String) {
        let isFirst = outgoing.withLock { outgoing in
            defer { outgoing.acceptsMessages = false }
            return outgoing.isOpen && outgoing.acceptsMessages
        }
        if isFirst { loop.close(id, code: code, reason: reason) }
    }

    private func send(_ payload: UnsafeRawBufferPointer, isText: Bool) {
        let header = WebSocketFrames.header(isText: isText, count: payload.count)
        header.withUnsafeBytes { header in
            outgoing.withLock { outgoing in
                guard outgoing.isOpen, outgoing.acceptsMessages else { return }
                put(header, payload, into: &outgoing)
            }
        }
    }

    private func put(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, into outgoing: inout OutgoingBytes
    ) {
        switch outgoing.send(first, second, to: descriptor) {
        case .sent: return
        case .waits where outgoing.count <= maximumPendingBytes:
            guard !outgoing.waitsForRoom else { return }
            outgoing.waitsForRoom = true
            loop.watch(self, forRoom: true)
        case .waits, .failed:
            // The peer is gone, or reads so slowly that it would take our memory: the loop sees the end and cleans up.
            outgoing.acceptsMessages = false
            outgoing.discard()
            shutdown(descriptor, Int32(SHUT_RDWR))
        }
    }

    // MARK: The loop's thread

    /// Queues whole frames of the protocol's own: pongs, pings, the close.
    func send(frames: [UInt8]) {
        guard !frames.isEmpty else { return }
        frames.withUnsafeBytes { frames in
            outgoing.withLock { outgoing in
                guard outgoing.isOpen else { return }
                put(frames, UnsafeRawBufferPointer(start: nil, count: 0), into: &outgoing)
            }
        }
    }

    func stopAcceptingMessages() { outgoing.withLock { $0.acceptsMessages = false } }

    /// Sends what waits after the kernel has made room.
    /// - Returns: whether nothing waits any more.
    func flush() -> Bool {
        outgoing.withLock { outgoing in
            guard outgoing.isOpen else { return false }
            switch outgoing.flush(to: descriptor) {
            case .waits: return false
            case .sent:
                if outgoing.waitsForRoom {
                    outgoing.waitsForRoom = false
                    loop.watch(self, forRoom: false)
                }
                return true
            case .failed:
                outgoing.acceptsMessages = false
                outgoing.discard()
                shutdown(descriptor, Int32(SHUT_RDWR))
                return false
            }
        }
    }

    /// Tells the peer that nothing more comes from here; what it still sends is read, lest a reset overtakes our close.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Gives the descriptor back to the library. Once.
    func release() {
        outgoing.withLock { outgoing in
            outgoing.isOpen = false
            outgoing.acceptsMessages = false
            outgoing.discard()
        }
        handle.close()
    }
}
