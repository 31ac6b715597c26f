internal import CYAML

/// Where each value of a YAML text stands, for whoever changes some of it and leaves the rest as it was written.
///
/// The same limits hold as for reading (`YAMLLimits`); aliases are not followed, so that no text unfolds.
public struct YAMLLayout: Sendable {
    public indirect enum Content: Sendable {
        case scalar(YAMLScalar, Style)
        case sequence([Node])
        case mapping([(key: Node, value: Node)])
        /// `*name`
        case alias(String)
    }

    public enum Style: Sendable, Equatable {
        case plain, singleQuoted, doubleQuoted, literal, folded
    }

    public struct Node: Sendable {
        public let content: Content
        /// Bytes of the text, with anchor and tag. A value that is not written has none, where it would stand. Line breaks and
        /// comments behind a value do not belong to it.
        public let range: Range<Int>
        /// Written with brackets.
        public let isFlow: Bool

        public init(content: Content, range: Range<Int>, isFlow: Bool) {
            self.content = content
            self.range = range
            self.isFlow = isFlow
        }

        public var scalar: YAMLScalar? { if case .scalar(let scalar, _) = content { scalar } else { nil } }
        /// Nothing was written, or one of the words for nothing.
        public var isNull: Bool { scalar?.value == .null }
    }

    /// The first document; `nil` when there is none, or it holds nothing.
    public let root: Node?

    /// - Throws: what is wrong with the text; a key that occurs twice or is no text is wrong as well.
    public init(parsing bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) throws(YAMLProblem) {
        // Says the same as reading would, with the same limits.
        if let problem = YAMLStream(parsing: bytes, limits: limits).problems.first { throw problem }
        var builder = YAMLLayoutBuilder(bytes: bytes)
        root = try builder.read()
    }
}

private struct YAMLLayoutBuilder {
    private let bytes: [UInt8]
    private var open: [Open] = []
    private var root: YAMLLayout.Node?
    private var isDone = false
    private var cursor: (scalars: Int, byte: Int)

    private struct Open {
        var isMapping: Bool
        var isFlow: Bool
        var start: Int
        var items: [YAMLLayout.Node] = []
        var entries: [(key: YAMLLayout.Node, value: YAMLLayout.Node)] = []
        var key: YAMLLayout.Node?
    }

    init(bytes: [UInt8]) {
        self.bytes = bytes
        // libyaml does not count a byte order mark.
        cursor = (0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
    }

    mutating func read() throws(YAMLProblem) -> YAMLLayout.Node? {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            throw YAMLProblem(place: YAMLPlace(line: 1, column: 1), message: "out of memory")
        }
        defer { yaml_parser_delete(parser) }
        let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
        defer { input.deallocate() }
        _ = input.update(fromContentsOf: bytes)
        yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
        while !isDone {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw YAMLSyntaxProblem.describe(parser, bytes) }
            defer { yaml_event_delete(&event) }
            take(event)
        }
        return root
    }

    private mutating func take(_ event: yaml_event_t) {
        switch event.type {
        case YAML_STREAM_END_EVENT, YAML_DOCUMENT_END_EVENT: isDone = true
        case YAML_SCALAR_EVENT:
            let data = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
            let style: YAMLLayout.Style =
                switch data.style {
                case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
                case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
                case YAML_LITERAL_SCALAR_STYLE: .literal
                case YAML_FOLDED_SCALAR_STYLE: .folded
                default: .plain
                }
            let tag = data.tag.map { String(cString: $0) }
            let scalar = YAMLScalar(text, isPlain: style == .plain, tag: tag)
            let start = byte(event.start_mark)
            var end = byte(event.end_mark)
            if style == .literal || style == .folded { end = trimmed(start..<end) }
            finish(YAMLLayout.Node(content: .scalar(scalar, style), range: start..<max(start, end), isFlow: false))
        case YAML_ALIAS_EVENT:
            let name = event.data.alias.anchor.map { String(cString: $0) } ?? ""
            let range = byte(event.start_mark)..<byte(event.end_mark)
            finish(YAMLLayout.Node(content: .alias(name), range: range, isFlow: false))
        case YAML_SEQUENCE_START_EVENT:
            let isFlow = event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
            open.append(Open(isMapping: false, isFlow: isFlow, start: byte(event.start_mark)))
        case YAML_MAPPING_START_EVENT:
            let isFlow = event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
            open.append(Open(isMapping: true, isFlow: isFlow, start: byte(event.start_mark)))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            guard let last = open.popLast() else { return }
            let content: YAMLLayout.Content = last.isMapping ? .mapping(last.entries) : .sequence(last.items)
            // A block ends, for libyaml, where the next thing begins.
            let end =
                last.isFlow
                ? byte(event.end_mark)
                : last.items.last?.range.upperBound ?? last.entries.last?.value.range.upperBound ?? last.start
            finish(YAMLLayout.Node(content: content, range: last.start..<max(last.start, end), isFlow: last.isFlow))
        default: break
        }
    }

    private mutating func finish(_ node: YAMLLayout.Node) {
        guard let last = open.indices.last else {
            root = node.isNull && node.range.isEmpty ? nil : node
            return
        }
        guard open[last].isMapping else { return open[last].items.append(node) }
        guard let key = open[last].key else {
            open[last].key = node
            return
        }
        open[last].key = nil
        open[last].entries.append((key, node))
    }

    /// Where the content of a block scalar ends: libyaml counts the line breaks and comments behind it as well.
    private func trimmed(_ range: Range<Int>) -> Int {
        var end = min(range.upperBound, bytes.count)
        while end > range.lowerBound, bytes[end - 1] == 10 || bytes[end - 1] == 13 || bytes[end - 1] == 32 { end -= 1 }
        return end
    }

    /// The byte of a mark, which counts characters. Marks lie near each other, so that it is found from the last one.
    private mutating func byte(_ mark: yaml_mark_t) -> Int {
        let wanted = Int(mark.index)
        var (scalars, byte) = cursor
        while scalars < wanted, byte < bytes.count {
            repeat { byte += 1 } while byte < bytes.count && bytes[byte] & 0xC0 == 0x80
            scalars += 1
        }
        while scalars > wanted, byte > 0 {
            repeat { byte -= 1 } while byte > 0 && bytes[byte] & 0xC0 == 0x80
            scalars -= 1
        }
        cursor = (scalars, byte)
        return byte
    }
}
