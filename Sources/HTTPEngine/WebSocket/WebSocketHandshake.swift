internal import HTTP
internal import Platform

/// The opening handshake (RFC 6455, section 4.2).
enum WebSocketHandshake {
    enum Outcome {
        /// The value of `Sec-WebSocket-Accept`.
        case accepted(String)
        case refused(HTTPResponse)
    }

    static func check(_ headers: HTTPHeaders, isGet: Bool) -> Outcome {
        guard isGet, headers.hasToken("websocket", in: "Upgrade"), headers.hasToken("upgrade", in: "Connection") else {
            return .refused(upgradeRequired)
        }
        guard headers["Sec-WebSocket-Version"] == "13" else { return .refused(upgradeRequired) }
        let keys = headers.all("Sec-WebSocket-Key")
        guard keys.count == 1, isKey(keys[0]) else {
            return .refused(HTTPResponse(status: 400, text: "Sec-WebSocket-Key is missing or malformed.\n"))
        }
        return .accepted(accept(keys[0]))
    }

    static func accept(_ key: String) -> String {
        Base64.standard(SHA1.digest(of: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    private static let upgradeRequired = HTTPResponse(
        status: 426, headers: ["Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"],
        text: "This address speaks WebSocket.\n")

    /// Base64 of 16 bytes.
    private static func isKey(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        return bytes.count == 24 && bytes.suffix(2).elementsEqual("==".utf8)
            && bytes.dropLast(2).allSatisfy { byte in
                switch byte {
                case 48...57, 65...90, 97...122, UInt8(ascii: "+"), UInt8(ascii: "/"): true
                default: false
                }
            }
    }
}
