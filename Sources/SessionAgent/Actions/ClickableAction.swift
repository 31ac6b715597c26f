internal import Platform

/// What a fenced code block does when it is clicked (spec/dashboard.md section 6).
enum ClickableAction: Equatable {
    /// Types a command into a terminal.
    case run(command: String, terminals: [String], clears: Bool)
    /// Types text as it is; Enter after it or not.
    case input(text: String, terminal: String, hasEnter: Bool)
    case interrupt(terminals: [String])
    case clear(terminals: [String])
    /// Puts the text on the clipboard.
    case copy(String)
    /// Named like an action, and none that can be done here.
    case unknown(name: String)
    /// An ordinary code block.
    case none

    /// - Parameter terminals: ids that the session has.
    init(_ block: MarkdownHooks.CodeBlock, terminals: [String]) {
        let name = block.info.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        let text = block.text.hasSuffix("\n") ? String(block.text.dropLast()) : block.text
        let fields = name.contains(":") ? try? YAMLNode.parse(block.text) : nil
        func field(_ key: String) -> String? { fields?[key]?.text }
        func flag(_ key: String, default value: Bool) -> Bool {
            if case .boolean(let given) = fields?[key]?.scalar?.value { given } else { value }
        }
        let session = field("session") ?? "1"
        let chosen = session == "*" ? terminals : [session]

        let action: ClickableAction
        switch name {
        case "execute", "execute-1": action = ClickableAction.run(text, in: ["1"])
        case "execute-2": action = ClickableAction.run(text, in: ["2"])
        case "execute-3": action = ClickableAction.run(text, in: ["3"])
        case "execute-all": action = ClickableAction.run(text, in: terminals)
        case "terminal:execute":
            action =
                field("command").map { .run(command: $0, terminals: chosen, clears: flag("clear", default: false)) }
                ?? .unknown(name: name)
        case "terminal:execute-all":
            action =
                field("command").map { .run(command: $0, terminals: terminals, clears: flag("clear", default: false)) }
                ?? .unknown(name: name)
        case "terminal:input":
            action =
                field("text").map { .input(text: $0, terminal: session, hasEnter: flag("endl", default: true)) }
                ?? .unknown(name: name)
        case "terminal:interrupt": action = .interrupt(terminals: chosen)
        case "terminal:interrupt-all": action = .interrupt(terminals: terminals)
        case "terminal:clear": action = .clear(terminals: chosen)
        case "terminal:clear-all": action = .clear(terminals: terminals)
        case "copy", "copy-and-edit": action = .copy(text)
        case "workshop:copy", "workshop:copy-and-edit":
            action = field("text").map { .copy($0) } ?? .unknown(name: name)
        default: action = ClickableAction.isActionName(name) ? .unknown(name: name) : .none
        }
        let isPossible = action.terminals.allSatisfy(terminals.contains) && !(action.usesTerminal && terminals.isEmpty)
        self = isPossible ? action : .unknown(name: name)
    }

    /// What its author wants to hear of each click as (`event`, spec/dashboard.md section 6); empty for nothing.
    static func event(of block: MarkdownHooks.CodeBlock) -> String {
        guard block.info.contains(":"), let fields = try? YAMLNode.parse(block.text) else { return "" }
        return fields["event"]?.text.map { String($0.prefix(100)) } ?? ""
    }

    /// `<ctrl+c>` is not typed but interrupts.
    private static func run(_ text: String, in terminals: [String]) -> ClickableAction {
        text.lowercased() == "<ctrl+c>"
            ? .interrupt(terminals: terminals) : .run(command: text, terminals: terminals, clears: false)
    }

    private var terminals: [String] {
        switch self {
        case .run(_, let terminals, _), .interrupt(let terminals), .clear(let terminals): terminals
        case .input(_, let terminal, _): [terminal]
        case .copy, .unknown, .none: []
        }
    }

    private var usesTerminal: Bool {
        switch self {
        case .run, .interrupt, .clear, .input: true
        case .copy, .unknown, .none: false
        }
    }

    /// `group:verb`, as no programming language is called.
    private static func isActionName(_ name: String) -> Bool {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { $0 >= 97 && $0 <= 122 || $0 == UInt8(ascii: "-") }
            }
    }
}
