// modules: Platform HTTP HTTPEngine
import HTTP
@testable import HTTPEngine

/// Frames from a client: the same messages come out however the bytes are cut, and what is sent back is whole frames.
/// (Whether a close whose reason is not UTF-8 is noticed depends on the cut: wslay looks at each piece by itself.)
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWebSocket(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let whole = messages(in: bytes, pieces: max(1, bytes.count))
    let cut = messages(in: bytes, pieces: 1 + Int(bytes.first ?? 0) % 7)
    precondition(whole == cut)
    for message in whole {
        switch message {
        case .text(let text): precondition(text.utf8.count <= 1000)
        case .binary(let bytes): precondition(bytes.count <= 1000)
        }
    }
    return 0
}

private func messages(in bytes: [UInt8], pieces: Int) -> [WebSocketMessage] {
    let frames = WebSocketFrames(maximumMessageBytes: 1000)
    var messages: [WebSocketMessage] = []
    var output: [UInt8] = []
    var start = 0
    while start < bytes.count {
        let end = min(start + pieces, bytes.count)
        bytes[start..<end].withUnsafeBytes { messages += frames.receive($0) }
        output += frames.takeOutput()
        start = end
    }
    checkFrames(output)
    return messages
}

/// Every frame of ours is final, unmasked, of a control kind, and nothing follows a close.
private func checkFrames(_ output: [UInt8]) {
    var index = 0
    while index < output.count {
        precondition(index + 2 <= output.count)
        precondition([0x88, 0x8a].contains(output[index]) && output[index + 1] <= 125)
        let isClose = output[index] == 0x88
        index += 2 + Int(output[index + 1])
        precondition(index <= output.count)
        precondition(!isClose || index == output.count)
    }
}
