internal import HTTP

/// A page of instructions as it stands in the room, and as the script fetches it to replace the one before.
enum InstructionHTML {
    /// - Parameter view: which pages are open to the visitor.
    static func page(
        _ rendered: InstructionLibrary.Rendered, in pages: [InstructionPage], view: PageGate.View = .open
    ) -> HTML {
        let step = AgentText.step(rendered.step, of: rendered.count)
        return frame(page: rendered.page.id, step: step) {
            p(.class("soft small step")) { step }
            h1 { rendered.page.title }
            // Written by the Markdown renderer, which lets nothing of the page through that could do more than show.
            HTML.raw(rendered.html)
            if rendered.next == nil { p(.class("soft last-page")) { AgentText.lastPage } }
            wayOn(from: rendered, in: pages, view: view)
        }
    }

    /// The buttons to the pages before and after, and the contents.
    static func wayOn(
        from rendered: InstructionLibrary.Rendered, in pages: [InstructionPage], view: PageGate.View
    ) -> HTML {
        div(.id("way-on"), .class("way-on")) {
            nav(.class("page-turner"), .aria("label", AgentText.contents)) {
                if let previous = rendered.previous {
                    a(.class("button"), .rel("prev"), .href(PageAddress.dashboard(previous.id))) {
                        "\(AgentText.previous): \(previous.title)"
                    }
                }
                if let next = rendered.next {
                    if view.waiting.contains(rendered.page.id) {
                        closedNext(next, rendered)
                    } else {
                        a(.class("button primary"), .rel("next"), .href(PageAddress.dashboard(next.id))) {
                            rendered.page.exitSign ?? "\(AgentText.next): \(next.title)"
                        }
                    }
                } else {
                    // Asks before anything ends, also where there is no script.
                    a(.class("button primary finish"), .href("#end-dialog")) {
                        rendered.page.exitSign ?? AgentText.finish
                    }
                }
            }
            contents(of: pages, current: rendered.page, view: view)
        }
    }

    /// A link without an address is what a disabled one is; it is reached by keyboard all the same, so that the reason is
    /// heard.
    private static func closedNext(_ next: InstructionPage, _ rendered: InstructionLibrary.Rendered) -> HTML {
        div(.class("next-waits")) {
            a(
                .class("button primary"), .role("link"), .aria("disabled", "true"), .aria("describedby", "next-reason"),
                HTML.Attribute("tabindex", "0")
            ) { "\(AgentText.next): \(next.title)" }
            p(.id("next-reason"), .class("soft small")) {
                rendered.checks.count > 1 ? AgentText.nextWaitsForSeveral : AgentText.nextWaits
            }
        }
    }

    /// Stands in place of a page that is not open yet.
    static func locked(_ page: InstructionPage, behind obstacle: InstructionPage?) -> HTML {
        frame(page: page.id, step: "") {
            h1 { AgentText.lockedTitle }
            if let obstacle {
                p { AgentText.lockedBy(obstacle.title) }
                p {
                    a(.class("button primary"), .href(PageAddress.dashboard(obstacle.id))) { AgentText.toThatPage }
                }
            }
        }
    }

    /// A page among all others. Anchors would occur twice there, so links within a page lead to its beginning at best.
    static func printed(_ rendered: InstructionLibrary.Rendered) -> HTML {
        section(.class("printed-page")) {
            p(.class("soft small step")) { AgentText.step(rendered.step, of: rendered.count) }
            h2 { rendered.page.title }
            HTML.raw(rendered.html)
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

    private static func contents(of pages: [InstructionPage], current: InstructionPage, view: PageGate.View) -> HTML {
        details(.class("contents")) {
            summary { AgentText.contents }
            ol {
                for page in pages {
                    li {
                        if page == current {
                            a(.href(PageAddress.dashboard(page.id)), .aria("current", "page")) { page.title }
                        } else if view.locked.contains(page.id) {
                            span(.class("soft")) { "\(page.title) (\(AgentText.pageLocked))" }
                        } else {
                            a(.href(PageAddress.dashboard(page.id))) { page.title }
                        }
                    }
                }
            }
            p { a(.href(PageAddress.printing), .target("_blank"), .rel("noopener")) { AgentText.print } }
        }
    }

    /// Instructions from another host, in a frame of their own; a link where browsers refuse to show them.
    static func elsewhere(_ url: String, isPlainInSecure: Bool) -> HTML {
        if isPlainInSecure {
            return p {
                a(.class("button"), .target("_blank"), .rel("noopener noreferrer"), .href(url)) {
                    AgentText.openInstructions
                }
            }
        }
        return iframe(
            .class("instructions-frame"), .title(AgentText.instructions), .src(url),
            HTML.Attribute("allow", "clipboard-read; clipboard-write; fullscreen"),
            HTML.Attribute(
                "sandbox",
                "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox"
                    + " allow-downloads allow-modals"))
    }
}
