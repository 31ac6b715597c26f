internal import Platform

/// A code block with the buttons that its action asks for. What a button does stands in `data-` attributes, which
/// `room.js` carries out; without JavaScript the code is there to be read and typed.
enum CodeBlockHTML {
    static func html(_ block: MarkdownHooks.CodeBlock, terminals: [String]) -> String {
        switch ClickableAction(block, terminals: terminals) {
        case .run(let command, let terminals, let clears):
            let data = attributes([
                ("data-action", "run"), ("data-text", command), ("data-terminals", terminals.joined(separator: " ")),
                ("data-clear", clears ? "yes" : ""),
            ])
            let label = terminals == ["1"] ? AgentText.run : AgentText.run(in: terminals)
            return frame(
                command, language: "shell", kind: "action", buttons: [button(label, data), copy(command)])
        case .input(let text, let terminal, let hasEnter):
            let data = attributes([
                ("data-action", hasEnter ? "run" : "type"), ("data-text", text), ("data-terminals", terminal),
            ])
            return frame(text, language: "", kind: "action", buttons: [button(AgentText.type, data), copy(text)])
        case .interrupt(let terminals):
            let data = attributes([("data-action", "interrupt"), ("data-terminals", terminals.joined(separator: " "))])
            return frame("Ctrl+C", language: "", kind: "action", buttons: [button(AgentText.interrupt, data)])
        case .clear(let terminals):
            let data = attributes([("data-action", "clear"), ("data-terminals", terminals.joined(separator: " "))])
            return frame("clear", language: "", kind: "action", buttons: [button(AgentText.clear, data)])
        case .copy(let text): return frame(text, language: "", kind: "plain", buttons: [copy(text)])
        case .unknown(let name):
            let note = "<p class=\"code-note\">\(HTMLEscaping.escaped(AgentText.actionNotAvailable(name)))</p>"
            return frame(
                trimmed(block.text), language: "", kind: "plain", buttons: [copy(trimmed(block.text))], note: note)
        case .none:
            let text = trimmed(block.text)
            let language = block.info.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
            return frame(text, language: language, kind: "plain", buttons: [copy(text)])
        }
    }

    private static func trimmed(_ text: String) -> String { text.hasSuffix("\n") ? String(text.dropLast()) : text }

    private static func frame(
        _ text: String, language: String, kind: String, buttons: [String], note: String = ""
    ) -> String {
        let isName =
            !language.isEmpty
            && language.utf8.allSatisfy { byte in
                (byte | 32) >= 97 && (byte | 32) <= 122 || byte >= 48 && byte <= 57 || "+-#._".utf8.contains(byte)
            }
        let attribute = isName ? " class=\"language-\(language)\"" : ""
        return
            "<div class=\"code \(kind)\"><pre tabindex=\"0\"><code\(attribute)>\(HTMLEscaping.escaped(text))</code></pre>"
            + "<div class=\"code-buttons needs-script\">\(buttons.joined())</div>\(note)</div>\n"
    }

    private static func button(_ label: String, _ data: String) -> String {
        "<button type=\"button\" class=\"button compact primary\"\(data)>\(HTMLEscaping.escaped(label))</button>"
    }

    private static func copy(_ text: String) -> String {
        "<button type=\"button\" class=\"button compact\" data-copy=\"\(HTMLEscaping.escaped(text))\">\(AgentText.copy)</button>"
    }

    private static func attributes(_ pairs: [(String, String)]) -> String {
        pairs.filter { !$0.1.isEmpty }.map { " \($0.0)=\"\(HTMLEscaping.escaped($0.1))\"" }.joined()
    }
}
