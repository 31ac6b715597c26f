// modules: Platform
import Platform

/// Any bytes as YAML: trees stay within the limits, and every place lies in the text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzYAML(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let limits = YAMLLimits(nodes: 2000, unfoldedBytes: 20_000, depth: 16, directives: 8, problems: 10)
    let stream = YAMLStream(parsing: bytes, limits: limits)
    var left = limits.nodes
    var leftBytes = limits.unfoldedBytes
    func walk(_ node: YAMLNode, depth: Int) {
        left -= 1
        precondition(left >= 0 && depth <= limits.depth)
        precondition(node.place.line >= 1 && node.place.line <= count + 1)
        precondition(node.place.column >= 1 && node.place.column <= count + 1)
        switch node.content {
        case .scalar(let scalar):
            leftBytes -= scalar.text.utf8.count
            precondition(leftBytes >= 0)
            if !scalar.isPlain, scalar.tag == nil { precondition(scalar.value == .text(scalar.text)) }
        case .sequence(let items): for item in items { walk(item, depth: depth + 1) }
        case .mapping(let entries):
            precondition(Set(entries.map(\.key)).count == entries.count)
            for entry in entries { walk(entry.value, depth: depth + 1) }
        }
    }
    for document in stream.documents { walk(document, depth: 0) }
    precondition(stream.problems.count <= limits.problems + 1)
    for problem in stream.problems { precondition(problem.place.line >= 1 && problem.place.column >= 1) }
    return 0
}
