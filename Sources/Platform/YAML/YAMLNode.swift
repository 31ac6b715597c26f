/// Where something stands in a file. Lines and columns count from 1; a column is a Unicode scalar.
public struct YAMLPlace: Sendable, Hashable, Comparable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static func < (left: YAMLPlace, right: YAMLPlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One value of a YAML document with its place. Aliases are resolved: an alias is the anchored node, at the anchor's place.
public struct YAMLNode: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        /// In the order of the file. No key occurs twice.
        case mapping([YAMLEntry])
    }

    public let place: YAMLPlace
    public let content: Content

    public init(_ content: Content, at place: YAMLPlace) {
        self.content = content
        self.place = place
    }

    public var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }
    public var sequence: [YAMLNode]? {
        if case .sequence(let items) = content { items } else { nil }
    }
    public var mapping: [YAMLEntry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }
    /// The value under a key; `nil` when this is no mapping or has no such key.
    public subscript(_ key: String) -> YAMLNode? {
        mapping?.first { $0.key == key }?.value
    }
    /// Nothing was written, or one of the words for nothing.
    public var isNull: Bool { scalar?.value == .null }
    /// The text of a scalar as it was written, whatever its type; `nil` for sequences, mappings and nothing.
    public var text: String? { isNull ? nil : scalar?.text }
}

/// A key and its value.
public struct YAMLEntry: Sendable, Equatable {
    public let key: String
    public let keyPlace: YAMLPlace
    public let value: YAMLNode

    public init(key: String, keyPlace: YAMLPlace, value: YAMLNode) {
        self.key = key
        self.keyPlace = keyPlace
        self.value = value
    }
}
