// modules: Platform HTTP HTTPEngine
@testable import HTTPEngine

/// The target of a request line: whatever it is, a path begins with a slash and holds no query, or is empty and refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTarget(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var text = UnsafeBufferPointer(start: start, count: count).map { CChar(bitPattern: $0) }.filter { $0 != 0 }
    text.append(0)
    let exchange = Exchange(target: text)
    precondition(exchange.path.isEmpty || exchange.path.hasPrefix("/"))
    precondition((exchange.path + exchange.query).utf8.allSatisfy { $0 > 32 && $0 < 127 })
    precondition(!exchange.path.contains("?"))
    _ = ClientAddress.forwarded(exchange.query)
    return 0
}
