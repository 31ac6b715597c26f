internal import HTTP
internal import Platform

/// A code block with the buttons that its action asks for. What a button does stands in `data-` attributes, which
/// `Assets/room/actions.js` carries out; without JavaScript the code is there to be read and typed.
enum CodeBlockHTML {
    static func html(_ block: MarkdownHooks.CodeBlock, terminals: [String]) -> HTML {
        let text = block.text.hasSuffix("\n") ? String(block.text.dropLast()) : block.text
        let event = ClickableAction.event(of: block)
        switch ClickableAction(block, terminals: terminals) {
        case .run(let command, let terminals, let clears):
            return frame(command, language: "shell", isAction: true) {
                act(
                    terminals == ["1"] ? AgentText.run : AgentText.run(in: terminals), "run", text: command,
                    terminals: terminals, clears: clears, event: event)
                copy(command)
            }
        case .input(let text, let terminal, let hasEnter):
            return frame(text, isAction: true) {
                act(AgentText.type, hasEnter ? "run" : "type", text: text, terminals: [terminal], event: event)
                copy(text)
            }
        case .interrupt(let terminals):
            return frame("Ctrl+C", isAction: true) {
                act(AgentText.interrupt, "interrupt", terminals: terminals, event: event)
            }
        case .clear(let terminals):
            return frame("clear", isAction: true) { act(AgentText.clear, "clear", terminals: terminals, event: event) }
        case .copy(let text): return frame(text) { copy(text, event: event) }
        case .unknown(let name): return frame(text, note: AgentText.actionNotAvailable(name)) { copy(text) }
        case .none:
            let language = block.info.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
            return frame(text, language: language) { copy(text) }
        }
    }

    private static func frame(
        _ text: String, language: String = "", isAction: Bool = false, note: String? = nil,
        @HTMLBuilder buttons: () -> HTML
    ) -> HTML {
        div(.class(isAction ? "code action" : "code")) {
            // Reachable by keyboard, because a long line makes it scroll.
            pre(HTML.Attribute("tabindex", "0")) {
                if language.isEmpty { code { text } } else { code(.class("language-\(language)")) { text } }
            }
            div(.class("code-buttons needs-script")) { buttons() }
            if let note { p(.class("code-note")) { note } }
        }
    }

    private static func act(
        _ label: String, _ action: String, text: String = "", terminals: [String], clears: Bool = false,
        event: String = ""
    ) -> HTML {
        button(
            .type("button"), .class("button compact primary"), .data("action", action), .data("text", text),
            .data("terminals", terminals.joined(separator: " ")), .data("clear", clears ? "yes" : ""),
            .data("event", event)
        ) { label }
    }

    static func copy(_ text: String, event: String = "") -> HTML {
        button(.type("button"), .class("button compact"), .data("copy", text), .data("event", event)) {
            AgentText.copy
        }
    }
}

extension HTML {
    /// For hooks of the Markdown renderer, which take text that counts as HTML.
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
