// modules: Platform HTTP
import HTTP

/// JSON from outside: what is accepted is written and read back unchanged, and cannot end an HTML script element.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let value = JSONValue(parsing: Array(UnsafeBufferPointer(start: start, count: count))) else { return 0 }
    precondition(JSONValue(parsing: value.encoded) == value)
    let inHTML = value.encodedForHTML
    precondition(!inHTML.contains(UInt8(ascii: "<")) && !inHTML.contains(UInt8(ascii: "&")))
    precondition(JSONValue(parsing: inHTML) == value)
    return 0
}
