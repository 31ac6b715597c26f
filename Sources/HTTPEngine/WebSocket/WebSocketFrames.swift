internal import CWslay
internal import HTTP

/// The server's side of the protocol without a socket: bytes in, messages and bytes out.
///
/// wslay joins fragments, checks masks, lengths and UTF-8, answers pings and closes, and refuses what breaks the rules with
/// the right status code. What it wants to send is collected in `output`. Not for several threads.
final class WebSocketFrames {
    private var context: wslay_event_context_ptr?
    private var input = UnsafeRawBufferPointer(start: nil, count: 0)
    private var output: [UInt8] = []
    private var messages: [WebSocketMessage] = []
    /// Set when wslay gave up: what arrived was no frame, or there was no memory.
    private var hasFailed = false
    private var hasSentFarewell = false

    /// - Parameter maximumMessageBytes: a longer message ends the connection with code 1009.
    init(maximumMessageBytes: Int) {
        var callbacks = wslay_event_callbacks()
        callbacks.recv_callback = readInput
        callbacks.send_callback = writeOutput
        callbacks.on_msg_recv_callback = takeMessage
        let result = wslay_event_context_server_init(&context, &callbacks, Unmanaged.passUnretained(self).toOpaque())
        guard result == 0, let context else {
            hasFailed = true
            return
        }
        wslay_event_config_set_max_recv_msg_length(context, UInt64(max(1, maximumMessageBytes)))
    }

    deinit { if let context { wslay_event_context_free(context) } }

    /// Reads what arrived and returns the messages that are complete with it.
    func receive(_ bytes: UnsafeRawBufferPointer) -> [WebSocketMessage] {
        guard let context, !hasFailed else { return [] }
        input = bytes
        if wslay_event_recv(context) != 0 { hasFailed = true }
        input = UnsafeRawBufferPointer(start: nil, count: 0)
        defer { messages = [] }
        return messages
    }

    func ping() {
        guard let context, !hasFailed else { return }
        var message = wslay_event_msg(opcode: UInt8(WSLAY_PING.rawValue), msg: nil, msg_length: 0)
        // Refused only when a close has been queued, and then no ping is needed.
        _ = wslay_event_queue_msg(context, &message)
    }

    /// Begins to close. Does nothing when that has happened before.
    /// - Parameters:
    ///   - code: 1000 to 1003, 1007 to 1014 or 3000 to 4999; any other is sent as a close without a code.
    ///   - reason: cut to the 123 bytes that fit.
    func close(code: UInt16, reason: String) {
        guard let context, !hasFailed else { return }
        let isSendable = (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
        var text = reason
        while text.utf8.count > 123 { text.removeLast() }
        let bytes = isSendable ? Array(text.utf8) : []
        _ = wslay_event_queue_close(context, isSendable ? code : 0, bytes, bytes.count)
    }

    /// Takes the frames that must be sent: whole ones, to be put after whole ones.
    func takeOutput() -> [UInt8] {
        defer { output = [] }
        if let context, !hasFailed, wslay_event_want_write(context) != 0, wslay_event_send(context) != 0 {
            hasFailed = true
        }
        if hasFailed && !hasSentFarewell {
            // wslay would close without a code. 1002 is a protocol error.
            hasSentFarewell = true
            output += [0x88, 2, 0x03, 0xea]
        }
        return output
    }

    var hasReceivedClose: Bool { context.map { wslay_event_get_close_received($0) != 0 } ?? false }
    var hasSentClose: Bool { hasSentFarewell || (context.map { wslay_event_get_close_sent($0) != 0 } ?? false) }

    /// The header of an unmasked, unfragmented frame (RFC 6455, section 5.2).
    static func header(isText: Bool, count: Int) -> [UInt8] {
        let first: UInt8 = isText ? 0x81 : 0x82
        switch count {
        case ..<126: return [first, UInt8(count)]
        case ...0xffff: return [first, 126, UInt8(count >> 8), UInt8(count & 0xff)]
        default:
            return [first, 127] + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: count >> $0) }
        }
    }

    fileprivate func read(into buffer: UnsafeMutablePointer<UInt8>, count: Int) -> Int {
        let taken = min(count, input.count)
        if taken > 0 {
            UnsafeMutableRawBufferPointer(start: buffer, count: taken).copyMemory(
                from: .init(rebasing: input[..<taken]))
            input = .init(rebasing: input[taken...])
        }
        return taken
    }

    fileprivate func write(_ bytes: UnsafeBufferPointer<UInt8>) { output.append(contentsOf: bytes) }

    fileprivate func take(_ message: wslay_event_on_msg_recv_arg) {
        let bytes = UnsafeBufferPointer(start: message.msg, count: message.msg_length)
        switch UInt32(message.opcode) {
        case WSLAY_TEXT_FRAME.rawValue: messages.append(.text(String(decoding: bytes, as: UTF8.self)))
        case WSLAY_BINARY_FRAME.rawValue: messages.append(.binary(Array(bytes)))
        default: break
        }
    }
}

private let readInput: wslay_event_recv_callback = { context, buffer, count, _, user in
    guard let buffer, let user else { return -1 }
    let taken = Unmanaged<WebSocketFrames>.fromOpaque(user).takeUnretainedValue().read(into: buffer, count: count)
    if taken == 0 {
        wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK.rawValue)
        return -1
    }
    return taken
}

private let writeOutput: wslay_event_send_callback = { _, bytes, count, _, user in
    guard let user else { return -1 }
    let frames = Unmanaged<WebSocketFrames>.fromOpaque(user).takeUnretainedValue()
    frames.write(UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
    return count
}

private let takeMessage: wslay_event_on_msg_recv_callback = { _, message, user in
    guard let message, let user else { return }
    Unmanaged<WebSocketFrames>.fromOpaque(user).takeUnretainedValue().take(message.pointee)
}
