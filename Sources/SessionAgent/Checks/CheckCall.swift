internal import HTTP
internal import Platform

/// A check with its arguments: what a page asks a learner to pass.
struct CheckCall: Hashable, Sendable {
    let name: String
    let arguments: [String]

    init(name: String, arguments: [String]) {
        self.name = name
        self.arguments = arguments
    }

    /// The check that a code block runs; `nil` for one that runs none, or none that can be run in this session.
    init?(_ block: MarkdownHooks.CodeBlock, in blocks: CodeBlockHTML, _ surroundings: ActionSurroundings) {
        guard block.info.hasPrefix("examiner:"), let action = blocks.action(block), action.isPossible,
            action.name == "examiner:execute-test", surroundings.objection(to: action) == nil,
            let name = action["name"]?.string
        else { return nil }
        self.init(name: name, arguments: action["args"]?.array?.compactMap(\.string) ?? [])
    }
}
