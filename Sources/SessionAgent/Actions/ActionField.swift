package import HTTP

/// What may stand under one key of an action's YAML (spec/dashboard.md section 6).
package struct ActionField: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// A scalar as it is written: `session: 2` is the text "2".
        case text
        /// `http:`, `https:`, or an address of this host; where `isTab` also `terminal:<name>`.
        case address(isTab: Bool)
        /// A whole number, not below `least`.
        case integer(least: Int)
        /// A whole number from 0; `-1` and `.INF` (given on as -1) mean without end.
        case count
        /// From 0, fractions allowed; where `hasForever`, `-1` and `.INF` (given on as -1) mean for ever.
        case seconds(hasForever: Bool)
        case boolean
        /// Texts, each a scalar as it is written.
        case texts
        /// Any values.
        case list
        case mapping
        /// Any YAML.
        case any
    }

    package enum Presence: Sendable, Equatable {
        case required
        /// Left out of the checked fields when it is not given.
        case optional
        case fallback(JSONValue)
    }

    package let name: String
    package let kind: Kind
    package let presence: Presence

    package init(_ name: String, _ kind: Kind = .text, _ presence: Presence = .required) {
        self.name = name
        self.kind = kind
        self.presence = presence
    }

    package var fallback: JSONValue? { if case .fallback(let value) = presence { value } else { nil } }
    package var isRequired: Bool { presence == .required }
}

extension ActionField.Kind {
    /// As error messages and the author's reference say it.
    package var description: String {
        switch self {
        case .text: "text"
        case .address(isTab: false): "an address"
        case .address(isTab: true): "an address or terminal:<name>"
        case .integer(let least): least == .min ? "a whole number" : "a whole number from \(least)"
        case .count: "a whole number from 0, or -1 for without end"
        case .seconds(hasForever: false): "seconds"
        case .seconds(hasForever: true): "seconds, or -1 for ever"
        case .boolean: "true or false"
        case .texts: "a list of texts"
        case .list: "a list"
        case .mapping: "fields of its own"
        case .any: "anything"
        }
    }
}
