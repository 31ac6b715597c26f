internal import HTTP
internal import Platform

/// A code block of a page: with what it does, if it names an action, else with a button that copies it.
///
/// What a block does stands in `data-` attributes, which `Assets/room/actions.js` carries out; without JavaScript the code
/// is there to be read and typed.
struct CodeBlockHTML {
    let surroundings: ActionSurroundings
    /// Puts values in the place of shortcodes.
    let restore: (String) -> String
    /// The line in the page's file of a line in the text that was rendered.
    var sourceLine: (Int) -> Int = { $0 }

    func html(_ block: MarkdownHooks.CodeBlock) -> HTML {
        if let action = action(block) { return ActionHTML(block: action, surroundings: surroundings).html }
        return CodeBlockHTML.plain(info: restore(block.info), text: restore(block.text))
    }

    func action(_ block: MarkdownHooks.CodeBlock) -> ActionBlock? {
        ActionBlock(
            parsing: restore(block.info), body: block.text, line: sourceLine(block.line), indent: block.column - 1,
            restore: restore)
    }

    /// A block without an action.
    static func plain(info: String, text: String) -> HTML {
        let text = text.hasSuffix("\n") ? String(text.dropLast()) : text
        let language = info.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        return div(.class("code")) {
            // Reachable by keyboard, because a long line makes it scroll.
            pre(HTML.Attribute("tabindex", "0")) {
                if language.isEmpty { code { text } } else { code(.class("language-\(language)")) { text } }
            }
            div(.class("code-buttons needs-script")) {
                button(.type("button"), .class("button compact"), .data("copy", text)) { AgentText.copy }
            }
        }
    }

    // MARK: Sections

    /// Whether a block begins or ends a part of the page that can be folded away.
    func fold(_ block: MarkdownHooks.CodeBlock) -> MarkdownHooks.Fold? {
        guard block.info.hasPrefix("section:"), let action = action(block), action.isPossible else { return nil }
        let name = action["name"]?.string ?? "*"
        switch action.name {
        case "section:begin": return .begin(name)
        case "section:end": return .end(name)
        default: return nil
        }
    }

    /// What stands around the blocks between the two.
    func folded(_ begin: MarkdownHooks.CodeBlock, _ end: MarkdownHooks.CodeBlock) -> (opening: String, closing: String)
    {
        guard let begin = action(begin), let end = action(end) else { return ("", "") }
        let id = "fold-\(begin.line)"
        let isOpen = begin["open"] == true
        let head = ActionHTML(block: begin, surroundings: surroundings).sectionHead(controls: id, isOpen: isOpen)
        let foot = ActionHTML(block: end, surroundings: surroundings).sectionFoot
        return (
            // Its end comes with the last block of the section.
            "<section class=\"fold\">\(head.text)<div class=\"fold-body\(isOpen ? " open" : "")\" id=\"\(id)\">",
            "\(foot.text)</div></section>"
        )
    }
}

extension HTML {
    /// For hooks of the Markdown renderer, which take text that counts as HTML.
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
