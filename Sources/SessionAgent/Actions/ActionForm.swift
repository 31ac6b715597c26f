package import HTTP

/// What one action is: its names, its fields, how it shows itself.
package struct ActionForm: Sendable, Equatable {
    /// `group:verb`.
    package let name: String
    /// Other names for the same action, older and newer ones.
    package let aliases: [String]
    package let fields: [ActionField]
    /// Fields of which at least one must be given; empty when there is no such choice.
    package let oneOf: [String]
    /// Seconds in which it cannot be used again, where the author says nothing.
    package let cooldown: Double
    /// The fields whose text stands in the block: the first of these that is given. Without any, the block has only a title.
    package let shows: [String]

    init(
        _ name: String, aliases: [String] = [], _ fields: [ActionField] = [], oneOf: [String] = [],
        cooldown: Double = 1, shows: [String] = []
    ) {
        self.name = name
        self.aliases = aliases
        self.fields = fields
        self.oneOf = oneOf
        self.cooldown = cooldown
        self.shows = shows
    }

    package var group: String { String(name.prefix { $0 != ":" }) }

    package func field(_ name: String) -> ActionField? { fields.first { $0.name == name } }
}

/// A fence whose body is the text of one field, as it stood before there were fields: `execute`, `copy`.
package struct PlainActionForm: Sendable, Equatable {
    package let name: String
    /// The action that it stands for.
    package let action: String
    /// The field that its body is the value of.
    package let field: String
    /// Fields that the name decides.
    package let given: [JSONValue.Member]

    init(_ name: String, _ action: String, _ field: String, _ given: [JSONValue.Member] = []) {
        self.name = name
        self.action = action
        self.field = field
        self.given = given
    }
}
