internal import HTTP
internal import Platform

/// The HTML of what is neither Markdown nor an action: notes, and text that can be copied.
enum PageBlocks {
    /// Kinds that have a shortcode.
    static let kinds: Set<String> = ["note", "warning", "danger"]

    /// The frame of a note; what it frames comes as paragraphs of the page.
    static func callout(_ kind: String, title: String) -> MarkdownHooks.Frame {
        let heading = p(.class("callout-title")) { title.isEmpty ? AgentText.blockLabel(kind) : title }
        return MarkdownHooks.Frame(
            before: "<div class=\"callout \(look(of: kind))\" role=\"note\">\(heading.text)\n", after: "</div>\n")
    }

    /// For `> [!KIND]`, as GitHub writes it; `nil` for a word that is not one.
    static func quoted(_ kind: String) -> MarkdownHooks.Frame? {
        ["note", "tip", "important", "warning", "caution"].contains(kind) ? callout(kind, title: "") : nil
    }

    private static func look(of kind: String) -> String {
        switch kind {
        case "tip", "important": "note \(kind)"
        case "caution": "danger"
        default: kind
        }
    }

    static func copy(_ value: String) -> String {
        span(.class("copy-inline")) {
            code { value }
            button(of: value)
        }.text
    }

    static func copyButton(_ value: String) -> String { span(.class("copy-inline")) { button(of: value) }.text }

    private static func button(of value: String) -> HTML {
        HTTP.button(
            .type("button"), .class("needs-script copy"), .data("copy", value),
            .aria("label", AgentText.copyThis(value))
        ) { AgentText.copy }
    }
}
