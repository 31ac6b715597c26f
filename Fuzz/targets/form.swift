// modules: Platform HTTP
import HTTP

/// A form's body, as bytes that need not be UTF-8.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzForm(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let body = Array(UnsafeBufferPointer(start: start, count: count))
    let request = HTTPRequest(
        method: .post, path: "/", headers: ["Content-Type": "application/x-www-form-urlencoded"], body: body)
    let form = request.formParameters
    precondition(FormParameters(encoded: Array(form.encoded.utf8)) == form)
    var changed = form
    if let first = form.parameters.first {
        changed.set(first.name, to: "new")
        precondition(changed.all(first.name) == ["new"])
        changed.set(first.name, to: nil)
        precondition(changed[first.name] == nil)
    }
    return 0
}
