// modules: Platform HTTP
@testable import HTTP

/// A request's query: whatever it is, what was read is written and read back unchanged.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzQuery(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let parameters = QueryParameters(query: text)
    precondition(parameters.parameters.count <= QueryParameters.limit)
    let written = parameters.encoded
    precondition(written.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 34 && $0 != 39 && $0 != 60 && $0 != 62 })
    precondition(QueryParameters(query: written) == parameters)
    for parameter in parameters.parameters { precondition(parameters.all(parameter.name).contains(parameter.value)) }

    precondition(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
    _ = PercentEncoding.decode(text)
    return 0
}
