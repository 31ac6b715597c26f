// modules: Platform HTTP
import HTTP

/// Text and links in a page: text never becomes markup, and no link runs a script.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHTML(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let html = a(.href(text), .title(text)) { text }
    let written = String(decoding: html.bytes, as: UTF8.self)
    precondition(written.utf8.filter { $0 == UInt8(ascii: "<") }.count == 2)
    precondition(written.utf8.filter { $0 == UInt8(ascii: "\"") }.count == 4)

    // What a browser makes of the link: it drops blanks and controls in front, and tabs and line breaks anywhere.
    let link = written.dropFirst("<a href=\"".count).prefix { $0 != "\"" }
    let seen = String(decoding: link.utf8.filter { $0 > 32 }, as: UTF8.self).lowercased()
    precondition(!seen.hasPrefix("javascript:") && !seen.hasPrefix("data:") && !seen.hasPrefix("vbscript:"))
    return 0
}
