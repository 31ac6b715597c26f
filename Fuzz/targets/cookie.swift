// modules: Platform HTTP
import HTTP

/// Cookies read from a browser, and any of them set again: no byte of them may add an attribute or a field.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCookie(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let cookies = HTTPRequest(path: "/", headers: ["Cookie": text]).cookies
    for (name, value) in cookies.pairs {
        precondition(!name.isEmpty)
        precondition(cookies.all(name).contains(value))
        var cookie = SetCookie(name, value, isSecure: true)
        cookie.path = value
        cookie.domain = name
        // By bytes, as browsers read it: a combining mark behind a semicolon makes another Character of both.
        let parts = cookie.headerValue.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        let isHost = cookie.name.utf8.starts(with: "__Host-".utf8)
        let hasDomain = parts.contains { $0.starts(with: " Domain=".utf8) }
        precondition(parts.count == (hasDomain ? 6 : 5))
        precondition(!isHost || !hasDomain)
        precondition(cookie.headerValue.utf8.allSatisfy { $0 >= 32 && $0 != 127 })
        precondition(HTTPHeaders(dictionaryLiteral: ("Set-Cookie", cookie.headerValue)).count == 1)
    }
    return 0
}
