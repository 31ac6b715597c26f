internal import CMicroHTTPD
internal import Glibc
internal import HTTP

/// One request from its first line to the end of its answer. The library keeps it as the request's context; only the
/// thread that serves the connection touches it.
final class Exchange {
    let path: String
    let query: String
    var headers = HTTPHeaders()
    var body: [UInt8] = []
    /// Takes the body instead of `body`.
    var receiver: (any HTTPBodyReceiver)?
    /// Bytes of the body so far.
    var received = 0
    var isGet = false
    var hasHeaders = false
    var isTooLarge = false
    /// Bytes of a body that is too large, read only to be thrown away.
    var discarded = 0
    /// What the handler answers later.
    var pending: PendingReply?
    /// Set when the connection becomes a WebSocket.
    var peer: (any WebSocketPeer)?
    /// Set when the body is written piece by piece.
    var stream: ResponseStream?

    /// - Parameter target: the request target as sent: `/path?query`, or with scheme and host in front as proxies send it.
    ///   The path is empty when it is neither, or holds what must have been encoded (RFC 3986, section 2): beyond ASCII,
    ///   a combining mark behind a slash would make one Character of both, and fool whoever compares text.
    init(target: UnsafePointer<CChar>) {
        var bytes = UnsafeRawBufferPointer(start: target, count: strlen(target))[...]
        guard bytes.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            path = ""
            query = ""
            return
        }
        if bytes.first != UInt8(ascii: "/"), let start = Exchange.endOfAuthority(bytes) { bytes = bytes[start...] }
        let mark = bytes.firstIndex(of: UInt8(ascii: "?"))
        let path = String(decoding: bytes[..<(mark ?? bytes.endIndex)], as: UTF8.self)
        if let mark { query = String(decoding: bytes[(mark + 1)...], as: UTF8.self) } else { query = "" }
        self.path = path.utf8.first == UInt8(ascii: "/") ? path : ""
    }

    private static func endOfAuthority(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        for scheme in ["http://", "https://"] where bytes.starts(with: scheme.utf8) {
            return bytes[(bytes.startIndex + scheme.utf8.count)...].firstIndex(of: UInt8(ascii: "/"))
        }
        return nil
    }
}
