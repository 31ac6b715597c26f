internal import HTTP

/// A block that acts: a title that is a button, what it is about, and room for what comes of it.
struct ActionHTML {
    let block: ActionBlock
    let surroundings: ActionSurroundings

    var html: HTML {
        var block = block.unpaired()
        if block.isPossible, let reason = surroundings.objection(to: block) { block = block.objected(reason) }
        return block.isPossible
            ? acting { head(button(.type("button"), .class("action-title")) { name }) } : broken(block.problems)
    }

    /// The head of a section whose end has been found.
    func sectionHead(controls id: String, isOpen: Bool) -> HTML {
        acting {
            head(
                button(
                    .type("button"), .class("action-title"), .aria("controls", id),
                    .aria("expanded", isOpen ? "true" : "false")
                ) { name })
        }
    }

    /// The end of a section: nothing to be seen, and what an action before it can begin.
    var sectionFoot: HTML { acting(isHidden: true) {} }

    // MARK: Parts

    private func acting(isHidden: Bool? = nil, @HTMLBuilder title: () -> HTML) -> HTML {
        let isHidden = isHidden ?? block.options.isHidden
        return div(
            .class("code action"), .data("action", block.name), .data("fields", block.fields.text),
            .data("options", options.text), .hidden(if: isHidden)
        ) {
            title()
            // Nobody reads what is hidden.
            if !isHidden { content }
            if !isHidden { p(.class("action-result"), .role("status")) }
            if surroundings.isPreview { mistakes(block.problems) }
        }
    }

    private func head(_ title: HTML) -> HTML {
        div(.class("action-head")) {
            title
            if hasCopyButton {
                button(.type("button"), .class("action-copy needs-script")) { AgentText.copy }
            }
        }
    }

    private var name: HTML {
        HTML {
            span(.class("action-glyph"), .aria("hidden", "true"))
            span(.class("action-name")) { title }
        }
    }

    private var title: String {
        let given = block.options.title
        let title =
            given
            ?? AgentText.actionTitle(
                block.name, fields: block.fields, isOnlyTerminal: surroundings.terminals.count == 1)
        return AgentText.prefixed(title, by: block.options.prefix)
    }

    /// What the block is about: the author's description, else the text that it works with.
    @HTMLBuilder private var content: HTML {
        if let description = block.options.description {
            p(.class("action-description")) { description }
            // What a click with Shift copies is there, if out of sight.
            if let shown { pre(.class("action-body"), .hidden()) { code { shown } } }
        } else if block.name == "workshop:copy-and-edit" {
            textarea(
                .class("action-body"), .aria("label", AgentText.editBeforeCopying),
                HTML.Attribute("spellcheck", "false"),
                HTML.Attribute("rows", String(min(12, lineCount)))
            ) { shown ?? "" }
        } else if let shown {
            pre(.class("action-body"), HTML.Attribute("tabindex", "0")) {
                if block.name.hasPrefix("terminal:execute") {
                    code(.class("language-shell")) { shown }
                } else {
                    code { shown }
                }
            }
        }
    }

    private var shown: String? {
        for name in block.form?.shows ?? [] {
            guard let value = block[name] else { continue }
            let text = value.string ?? value.text
            if !text.isEmpty { return text.hasSuffix("\n") ? String(text.dropLast()) : text }
        }
        return nil
    }

    private var lineCount: Int { (shown ?? "").split(separator: "\n", omittingEmptySubsequences: false).count }

    /// Copying is what the whole block is for, or there is nothing to copy.
    private var hasCopyButton: Bool { !block.name.hasPrefix("workshop:copy") && shown != nil }

    private var options: JSONValue {
        let options = block.options
        let standard = ActionBlock.Options(cooldown: block.form?.cooldown ?? 0)
        var members: [JSONValue.Member] = [.init("cooldown", seconds(options.cooldown))]
        if options.hasAutostart { members.append(.init("autostart", true)) }
        if options.cascades { members.append(.init("cascade", true)) }
        if options.pause != standard.pause { members.append(.init("pause", .int(options.pause))) }
        if let event = options.event { members.append(.init("event", event)) }
        return .object(members)
    }

    private func seconds(_ value: Double) -> JSONValue { Int(exactly: value).map { .int($0) } ?? .double(value) }

    // MARK: What cannot be done

    private func broken(_ problems: [ActionBlock.Problem]) -> HTML {
        let text = block.body.hasSuffix("\n") ? String(block.body.dropLast()) : block.body
        // What nobody was meant to see is shown to its author only.
        let isHidden = block.options.isHidden && !surroundings.isPreview
        return div(.class("code action-broken"), .data("broken", block.written), .hidden(if: isHidden)) {
            if surroundings.isPreview {
                mistakes(problems)
            } else {
                p(.class("code-note")) { AgentText.actionNotPossible }
            }
            pre(HTML.Attribute("tabindex", "0")) { code { text } }
        }
    }

    @HTMLBuilder private func mistakes(_ problems: [ActionBlock.Problem]) -> HTML {
        if !problems.isEmpty {
            div(.class("action-mistakes")) {
                p { AgentText.actionMistake }
                ul { for problem in problems { li { AgentText.actionMistake(problem) } } }
            }
        }
    }
}
