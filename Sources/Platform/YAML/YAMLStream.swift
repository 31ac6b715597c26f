/// What a YAML text holds: its documents, and everything that is wrong with it.
///
/// Any bytes may be given: the work is bounded by `YAMLLimits`, and aliases count as often as they are used, so that a
/// small text cannot unfold into a large one.
public struct YAMLStream: Sendable {
    /// The documents up to the first fatal problem; a document that was cut off by it is not among them. Empty documents
    /// are left out.
    public let documents: [YAMLNode]
    /// In the order of the file.
    public let problems: [YAMLProblem]

    public init(parsing bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) {
        if let problem = YAMLStream.refusal(of: bytes, limits) {
            documents = []
            problems = [problem]
            return
        }
        var builder = YAMLTreeBuilder(limits: limits)
        builder.read(bytes)
        documents = builder.documents
        problems = builder.problems
    }

    /// Why a text is not even looked into.
    private static func refusal(of bytes: [UInt8], _ limits: YAMLLimits) -> YAMLProblem? {
        let start = YAMLPlace(line: 1, column: 1)
        if bytes.count > limits.bytes {
            return YAMLProblem(
                place: start, message: "the file has \(bytes.count) bytes, expected at most \(limits.bytes)")
        }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            return YAMLProblem(place: start, message: "found UTF-16, expected text in UTF-8")
        }
        // libyaml compares each directive with all earlier ones. A line may also end in CR, NEL, LS or PS there.
        var directives = 0
        var previous: UInt8 = 10
        for byte in bytes {
            if byte == 0x25, [10, 13, 0x85, 0xA8, 0xA9].contains(previous) { directives += 1 }
            previous = byte
        }
        guard directives > limits.directives else { return nil }
        return YAMLProblem(
            place: start,
            message: "found \(directives) lines that begin with \"%\", expected at most \(limits.directives)")
    }

    public init(parsing text: String, limits: YAMLLimits = YAMLLimits()) {
        self.init(parsing: Array(text.utf8), limits: limits)
    }
}

extension YAMLNode {
    /// Reads a text of one document; `nil` when it holds nothing.
    /// - Throws: the first `YAMLProblem`, or one that names the second document.
    public static func parse(_ text: String, limits: YAMLLimits = YAMLLimits()) throws(YAMLProblem) -> YAMLNode? {
        let stream = YAMLStream(parsing: text, limits: limits)
        if let problem = stream.problems.first { throw problem }
        if stream.documents.count > 1 {
            throw YAMLProblem(place: stream.documents[1].place, message: "found a second document, expected only one")
        }
        return stream.documents.first
    }
}

/// How much a text may ask for.
public struct YAMLLimits: Sendable {
    /// Bytes of the text.
    public var bytes: Int
    /// Nodes of all documents together, with every use of an alias counted in full.
    public var nodes: Int
    /// Bytes of all scalars and keys together, with every use of an alias counted in full.
    public var unfoldedBytes: Int
    /// Collections inside each other.
    public var depth: Int
    /// Lines that begin with `%`.
    public var directives: Int
    /// Problems after which reading ends.
    public var problems: Int

    public init(
        bytes: Int = 4 << 20, nodes: Int = 500_000, unfoldedBytes: Int = 16 << 20, depth: Int = 64,
        directives: Int = 1000, problems: Int = 100
    ) {
        self.directives = directives
        self.bytes = bytes
        self.nodes = nodes
        self.unfoldedBytes = unfoldedBytes
        self.depth = depth
        self.problems = problems
    }
}

/// One thing that is wrong with a YAML text.
public struct YAMLProblem: Error, Sendable, Equatable, CustomStringConvertible {
    public let place: YAMLPlace
    /// What was found and what is expected, without the place.
    public let message: String

    public init(place: YAMLPlace, message: String) {
        self.place = place
        self.message = message
    }

    public var description: String { "\(place.line):\(place.column): \(message)" }
}
