internal import Platform

/// A page of instructions as it stands in the room, and as the script fetches it to replace the one before.
enum InstructionHTML {
    static func article(_ rendered: InstructionLibrary.Rendered, in pages: [InstructionPage]) -> String {
        let step = AgentText.step(rendered.step, of: rendered.count)
        var html = "<article id=\"instructions-page\" class=\"prose\" tabindex=\"-1\" data-page=\""
        html += "\(HTMLEscaping.escaped(rendered.page.id))\" data-step=\"\(step)\">\n"
        html += "<p class=\"soft small step\">\(step)</p>\n<h1>\(HTMLEscaping.escaped(rendered.page.title))</h1>\n"
        html += rendered.html
        if rendered.next == nil { html += "<p class=\"soft last-page\">\(AgentText.lastPage)</p>\n" }
        html += "<nav class=\"page-turner\" aria-label=\"\(AgentText.contents)\">\n"
        if let previous = rendered.previous {
            html += link(previous, class: "button", rel: "prev", label: "\(AgentText.previous): \(previous.title)")
        }
        if let next = rendered.next {
            html += link(next, class: "button primary", rel: "next", label: "\(AgentText.next): \(next.title)")
        }
        html += "</nav>\n"
        if pages.count > 1 { html += contents(of: pages, current: rendered.page) }
        return html + "</article>\n"
    }

    private static func contents(of pages: [InstructionPage], current: InstructionPage) -> String {
        var html = "<details class=\"contents\"><summary>\(AgentText.contents)</summary>\n<ol>\n"
        for page in pages {
            let mark = page == current ? " aria-current=\"page\"" : ""
            html += "<li><a href=\"\(HTMLEscaping.escaped(PageAddress.dashboard(page.id)))\"\(mark)>"
            html += "\(HTMLEscaping.escaped(page.title))</a></li>\n"
        }
        return html + "</ol></details>\n"
    }

    private static func link(_ page: InstructionPage, class name: String, rel: String, label: String) -> String {
        "<a class=\"\(name)\" rel=\"\(rel)\" href=\"\(HTMLEscaping.escaped(PageAddress.dashboard(page.id)))\">"
            + "\(HTMLEscaping.escaped(label))</a>\n"
    }

    static func empty(_ text: String) -> String {
        "<article id=\"instructions-page\" class=\"prose\" tabindex=\"-1\" data-page=\"\" data-step=\"\">"
            + "<p>\(HTMLEscaping.escaped(text))</p></article>\n"
    }
}
