internal import HTTP

/// A page of instructions as it stands in the room, and as the script fetches it to replace the one before.
enum InstructionHTML {
    static func page(_ rendered: InstructionLibrary.Rendered, in pages: [InstructionPage]) -> HTML {
        let step = AgentText.step(rendered.step, of: rendered.count)
        return frame(page: rendered.page.id, step: step) {
            p(.class("soft small step")) { step }
            h1 { rendered.page.title }
            // Written by the Markdown renderer, which lets no HTML of the page through.
            HTML.raw(rendered.html)
            if rendered.next == nil { p(.class("soft last-page")) { AgentText.lastPage } }
            nav(.class("page-turner"), .aria("label", AgentText.contents)) {
                if let previous = rendered.previous {
                    a(.class("button"), .rel("prev"), .href(PageAddress.dashboard(previous.id))) {
                        "\(AgentText.previous): \(previous.title)"
                    }
                }
                if let next = rendered.next {
                    a(.class("button primary"), .rel("next"), .href(PageAddress.dashboard(next.id))) {
                        "\(AgentText.next): \(next.title)"
                    }
                }
            }
            if pages.count > 1 { contents(of: pages, current: rendered.page) }
        }
    }

    /// Says something in place of a page.
    static func message(_ text: String) -> HTML { frame(page: "", step: "") { p { text } } }

    private static func frame(page: String, step: String, @HTMLBuilder content: () -> HTML) -> HTML {
        article(
            .id("instructions-page"), .class("prose"), HTML.Attribute("tabindex", "-1"), .data("page", page),
            .data("step", step)
        ) { content() }
    }

    private static func contents(of pages: [InstructionPage], current: InstructionPage) -> HTML {
        details(.class("contents")) {
            summary { AgentText.contents }
            ol {
                for page in pages {
                    li {
                        if page == current {
                            a(.href(PageAddress.dashboard(page.id)), .aria("current", "page")) { page.title }
                        } else {
                            a(.href(PageAddress.dashboard(page.id))) { page.title }
                        }
                    }
                }
            }
        }
    }
}
