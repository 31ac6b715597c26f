internal import CYAML

/// Builds trees from libyaml's events.
struct YAMLTreeBuilder {
    private let limits: YAMLLimits
    private(set) var documents: [YAMLNode] = []
    private(set) var problems: [YAMLProblem] = []

    private var open: [OpenCollection] = []
    private var anchors: [String: Measured] = [:]
    private var nodes = 0
    private var unfoldedBytes = 0

    /// A finished node with what it costs to walk it.
    private struct Measured {
        var node: YAMLNode
        var nodes: Int
        var bytes: Int
        /// Collections inside each other, itself included.
        var height: Int
    }

    private struct OpenCollection {
        let place: YAMLPlace
        let anchor: String?
        let isMapping: Bool
        var items: [YAMLNode] = []
        var entries: [YAMLEntry] = []
        var lines: [String: Int] = [:]
        /// The key that waits for its value; a key that cannot be used has no text.
        var key: (text: String?, place: YAMLPlace)?
        var nodes = 1
        var bytes = 0
        var height = 1
    }

    /// Reading cannot go on.
    private struct Fatal: Error {
        let problem: YAMLProblem
    }

    init(limits: YAMLLimits) { self.limits = limits }

    mutating func read(_ bytes: [UInt8]) {
        do {
            try readEvents(bytes)
        } catch {
            problems.append(error.problem)
        }
        problems.sort { $0.place < $1.place }
    }

    private mutating func readEvents(_ bytes: [UInt8]) throws(Fatal) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            throw Fatal(problem: YAMLProblem(place: YAMLPlace(line: 1, column: 1), message: "out of memory"))
        }
        defer { yaml_parser_delete(parser) }
        let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
        defer { input.deallocate() }
        _ = input.update(fromContentsOf: bytes)
        yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else {
                throw Fatal(problem: YAMLSyntaxProblem.describe(parser, bytes))
            }
            defer { yaml_event_delete(&event) }
            if event.type == YAML_STREAM_END_EVENT { return }
            try take(event)
        }
    }

    private mutating func take(_ event: yaml_event_t) throws(Fatal) {
        let place = YAMLPlace(event.start_mark)
        switch event.type {
        case YAML_DOCUMENT_START_EVENT:
            anchors = [:]
        case YAML_SCALAR_EVENT:
            let data = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
            let isPlain = data.style == YAML_PLAIN_SCALAR_STYLE
            // `!` alone says: not plain, whatever it looks like.
            let scalar = YAMLScalar(text, isPlain: isPlain, tag: YAMLTreeBuilder.text(data.tag))
            let node = YAMLNode(.scalar(scalar), at: place)
            try count(nodes: 1, bytes: text.utf8.count, at: place)
            try finish(
                Measured(node: node, nodes: 1, bytes: text.utf8.count, height: 0),
                anchor: YAMLTreeBuilder.text(data.anchor))
        case YAML_ALIAS_EVENT:
            let name = YAMLTreeBuilder.text(event.data.alias.anchor) ?? ""
            guard let target = anchors[name] else {
                let message = "found the alias *\(name), expected an anchor &\(name) that ends before it"
                throw Fatal(problem: YAMLProblem(place: place, message: message))
            }
            try count(nodes: target.nodes, bytes: target.bytes, at: place)
            guard open.count + target.height <= limits.depth else { throw tooDeep(place) }
            try finish(target, anchor: nil)
        case YAML_SEQUENCE_START_EVENT:
            try begin(event.data.sequence_start.anchor, isMapping: false, at: place)
        case YAML_MAPPING_START_EVENT:
            try begin(event.data.mapping_start.anchor, isMapping: true, at: place)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            guard let collection = open.popLast() else { return }
            let content: YAMLNode.Content =
                collection.isMapping
                ? .mapping(merged(collection.entries)) : .sequence(collection.items)
            try finish(
                Measured(
                    node: YAMLNode(content, at: collection.place), nodes: collection.nodes, bytes: collection.bytes,
                    height: collection.height),
                anchor: collection.anchor)
        default:
            break
        }
    }

    private mutating func begin(_ anchor: UnsafeMutablePointer<UInt8>?, isMapping: Bool, at place: YAMLPlace)
        throws(Fatal)
    {
        try count(nodes: 1, bytes: 0, at: place)
        guard open.count < limits.depth else { throw tooDeep(place) }
        open.append(OpenCollection(place: place, anchor: YAMLTreeBuilder.text(anchor), isMapping: isMapping))
    }

    private mutating func finish(_ done: Measured, anchor: String?) throws(Fatal) {
        if let anchor { anchors[anchor] = done }
        guard let last = open.indices.last else {
            if !done.node.isNull { documents.append(done.node) }
            return
        }
        open[last].nodes += done.nodes
        open[last].bytes += done.bytes
        open[last].height = max(open[last].height, done.height + 1)
        guard open[last].isMapping else {
            open[last].items.append(done.node)
            return
        }
        guard let key = open[last].key else {
            let text = done.node.scalar?.text
            if text == nil {
                try note(
                    done.node.place, "found a \(done.node.sequence == nil ? "mapping" : "list") as a key, expected text"
                )
            }
            open[last].key = (text, done.node.place)
            return
        }
        open[last].key = nil
        guard let text = key.text else { return }
        if let line = open[last].lines[text] {
            let shown = YAMLTreeBuilder.excerpt(text)
            try note(key.place, "found the key \"\(shown)\" twice in one mapping, first in line \(line)")
            return
        }
        open[last].lines[text] = key.place.line
        open[last].entries.append(YAMLEntry(key: text, keyPlace: key.place, value: done.node))
    }

    /// Takes in the mappings under `<<`, a habit of YAML 1.1 that definitions made for Kubernetes have: what is written in
    /// the mapping itself comes first, then earlier mappings before later ones.
    private func merged(_ entries: [YAMLEntry]) -> [YAMLEntry] {
        guard let merge = entries.first(where: { $0.key == "<<" }) else { return entries }
        let sources = merge.value.sequence ?? [merge.value]
        guard sources.allSatisfy({ $0.mapping != nil }) else { return entries }
        var result = entries.filter { $0.key != "<<" }
        var known = Set(result.map(\.key))
        for source in sources {
            for entry in source.mapping ?? [] where known.insert(entry.key).inserted { result.append(entry) }
        }
        return result
    }

    private mutating func note(_ place: YAMLPlace, _ message: String) throws(Fatal) {
        let problem = YAMLProblem(place: place, message: message)
        guard problems.count + 1 < limits.problems else { throw Fatal(problem: problem) }
        problems.append(problem)
    }

    private mutating func count(nodes more: Int, bytes: Int, at place: YAMLPlace) throws(Fatal) {
        nodes += more
        unfoldedBytes += bytes
        guard nodes <= limits.nodes, unfoldedBytes <= limits.unfoldedBytes else {
            let message =
                "the documents unfold to too much, expected at most \(limits.nodes) values"
                + " and \(limits.unfoldedBytes) bytes with every alias written out"
            throw Fatal(problem: YAMLProblem(place: place, message: message))
        }
    }

    private func tooDeep(_ place: YAMLPlace) -> Fatal {
        Fatal(
            problem: YAMLProblem(
                place: place, message: "found more than \(limits.depth) lists and mappings inside each other"))
    }

    private static func text(_ pointer: UnsafeMutablePointer<UInt8>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private static func excerpt(_ text: String) -> String {
        text.count <= 60 ? text : text.prefix(57) + "..."
    }
}

extension YAMLPlace {
    init(_ mark: yaml_mark_t) { self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1) }
}
