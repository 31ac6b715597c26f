/// One field that a resource may have: its name, what its value must be, and what becomes of it.
///
/// The tables of fields (`TrainingPortalFields`, `WorkshopFields`) are the only place where names and types stand; checking
/// walks them, and `Documentation/configuration.md` is compared with them by a test.
struct Field: Sendable {
    let name: String
    let rule: ValueRule
    var isRequired = false
    var effect = FieldEffect.honoured
    /// For a deprecated field: what to write instead.
    var replacement: String?

    init(
        _ name: String, _ rule: ValueRule, required: Bool = false, _ effect: FieldEffect = .honoured,
        insteadUse replacement: String? = nil
    ) {
        self.name = name
        self.rule = rule
        self.isRequired = required
        self.effect = effect
        self.replacement = replacement
    }
}

/// What Lectern does with a field's value on the local runtime.
enum FieldEffect: Sendable, Equatable {
    case honoured
    /// Checked and kept, but nothing reads it yet.
    case notYet
    /// Means something in a Kubernetes cluster only.
    case cluster
    /// Read by tools that package workshops.
    case packaging
    /// Part of every resource (`metadata.annotations`, `status`): nobody needs to hear of it.
    case bookkeeping
}

/// What a value must be.
indirect enum ValueRule: Sendable {
    case text(TextRule)
    /// Text that no message may show.
    case secret
    case boolean
    case integer(ClosedRange<Int>)
    /// `90`, `90s`, `15m`, `2h`.
    case duration
    /// A Kubernetes quantity of bytes: `512Mi`, `1G`.
    case bytes
    case mapping([Field])
    case list(ValueRule)
    /// A list of `{name, value}`, as labels and environment variables are.
    case pairs(TextRule)
    /// Not looked into.
    case anything

    static let anyText = ValueRule.text(.any)
    /// Sessions: more than any machine has, few enough that sums stay far from overflow.
    static let count = ValueRule.integer(0...1_000_000)
}

/// What a text must be, and how to say so.
struct TextRule: Sendable {
    /// Completes "expected …".
    let expectation: String
    /// The allowed words, when they can be listed.
    var choices: [String] = []
    let accepts: @Sendable (String) -> Bool

    static let any = TextRule(expectation: "text") { _ in true }
    static let notEmpty = TextRule(expectation: "text that is not empty") { !$0.isEmpty }

    static func oneOf(_ choices: String...) -> TextRule {
        let quoted = choices.map { "\"\($0)\"" }
        let list = quoted.dropLast().joined(separator: ", ") + " or " + (quoted.last ?? "")
        return TextRule(expectation: list, choices: choices) { choices.contains($0) }
    }
}
