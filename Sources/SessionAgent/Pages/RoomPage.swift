internal import HTTP
internal import Platform

/// The dashboard: instructions on one side, terminals on the other, a bar above (spec/dashboard.md section 3).
struct RoomPage: Sendable {
    let frame: PageFrame
    let library: InstructionLibrary
    let terminals: [String]

    private enum Layout: String { case sides, tabs, work, read, empty }

    private var layout: Layout {
        switch (frame.manifest.workshopLayout, terminals.isEmpty) {
        case ("none", true): .empty
        case ("none", false): .work
        case ("tab", false): .tabs
        case (_, true): .read
        default: .sides
        }
    }

    /// - Parameters:
    ///   - page: id of the page of instructions; empty for the first.
    ///   - formToken: proves that a form or a call comes from this page.
    ///   - returnURL: where the browser goes when the session has ended.
    func response(page: String, formToken: String, returnURL: String) -> HTTPResponse {
        let manifest = frame.manifest
        let pages = library.pages()
        let rendered = library.rendered(page)
        let article: String
        if let rendered {
            article = InstructionHTML.article(rendered, in: pages)
        } else if pages.isEmpty {
            article = InstructionHTML.empty(AgentText.noInstructions)
        } else {
            article = InstructionHTML.empty(AgentText.pageMissing)
        }
        let hasInstructions = layout != .work && layout != .empty
        let status = hasInstructions && rendered == nil && !pages.isEmpty ? 404 : 200

        var body = ""
        if hasInstructions { body += "<a class=\"skip\" href=\"#instructions\">\(AgentText.skipToInstructions)</a>\n" }
        if !terminals.isEmpty { body += "<a class=\"skip\" href=\"#work\">\(AgentText.skipToTerminal)</a>\n" }
        body += bar(rendered: hasInstructions ? rendered : nil)
        body += "<div id=\"notice\" class=\"notice\" role=\"status\" aria-live=\"polite\"></div>\n"
        body += "<main id=\"room\" class=\"room \(layout.rawValue)\" data-layout=\"\(layout.rawValue)\""
        body += " data-session=\"\(HTMLEscaping.escaped(manifest.session))\""
        body += " data-form-token=\"\(HTMLEscaping.escaped(formToken))\""
        body += " data-return-url=\"\(HTMLEscaping.escaped(returnURL))\""
        body += " data-has-expiry=\"\(manifest.hasExpiry ? "yes" : "no")\""
        body += " data-title=\"\(HTMLEscaping.escaped(manifest.title))\">\n"
        if hasInstructions && !terminals.isEmpty { body += tabs }
        if hasInstructions {
            body +=
                "<section id=\"instructions\" class=\"pane instructions\" tabindex=\"-1\" aria-label=\"\(AgentText.instructions)\">\n"
            body += article + "</section>\n"
        }
        if layout == .sides {
            body += "<div id=\"divider\" class=\"divider needs-script\" role=\"separator\" tabindex=\"0\" "
            body += "aria-orientation=\"vertical\" aria-controls=\"instructions\" aria-label=\"\(AgentText.divider)\" "
            body += "aria-valuemin=\"20\" aria-valuemax=\"70\" aria-valuenow=\"40\"></div>\n"
        }
        if !terminals.isEmpty { body += work(needsHeading: !hasInstructions) }
        if layout == .empty { body += "<p class=\"pane\">\(AgentText.noWorkArea)</p>\n" }
        body += "</main>\n"
        body += dialogs(formToken: formToken, returnURL: returnURL)
        body += texts
        let title = rendered.map { "\($0.page.title) – \(manifest.title)" } ?? manifest.title
        return frame.response(
            status: status, title: title, body: body, bodyClass: "room-body", scripts: ["xterm.js", "room.js"],
            styles: ["xterm.css"])
    }

    private func bar(rendered: InstructionLibrary.Rendered?) -> String {
        var html = "<header class=\"bar\">\n<p class=\"bar-title\">\(HTMLEscaping.escaped(frame.manifest.title))</p>\n"
        if let rendered {
            html += "<p id=\"step\" class=\"bar-step soft\">\(AgentText.step(rendered.step, of: rendered.count))</p>\n"
        }
        html += "<p class=\"bar-time needs-script\" id=\"time\" hidden>"
        html += "<span class=\"visually-hidden\">\(AgentText.timeLeft)</span> "
        html += "<span id=\"clock\" role=\"timer\" aria-live=\"off\"></span></p>\n"
        html +=
            "<button type=\"button\" id=\"extend\" class=\"button compact needs-script\" hidden>\(AgentText.extend)</button>\n"
        html += "<a id=\"end\" class=\"button compact\" href=\"#end-dialog\">\(AgentText.end)</a>\n</header>\n"
        return html
    }

    private var tabs: String {
        "<div class=\"tabs needs-script\" role=\"tablist\" aria-label=\"\(AgentText.instructions), \(AgentText.terminals)\">\n"
            + "<button type=\"button\" role=\"tab\" id=\"tab-instructions\" aria-controls=\"instructions\" "
            + "aria-selected=\"true\">\(AgentText.instructions)</button>\n"
            + "<button type=\"button\" role=\"tab\" id=\"tab-work\" aria-controls=\"work\" aria-selected=\"false\" "
            + "tabindex=\"-1\">\(terminals.count == 1 ? AgentText.terminal : AgentText.terminals)</button>\n</div>\n"
    }

    private func work(needsHeading: Bool) -> String {
        var html = "<section id=\"work\" class=\"pane work terminals-\(terminals.count)\" tabindex=\"-1\" "
        html += "aria-label=\"\(AgentText.terminals)\">\n"
        // Where the instructions with their heading are out of sight, the page still has one.
        html +=
            "<h1 class=\"visually-hidden \(needsHeading ? "" : "work-heading")\">\(HTMLEscaping.escaped(frame.manifest.title))</h1>\n"
        html += "<noscript><p class=\"banner warn\">\(AgentText.needsScript)</p></noscript>\n"
        html +=
            "<div class=\"terminal-help needs-script\"><p class=\"visually-hidden\" id=\"terminal-keys\">\(AgentText.terminalKeys)</p>"
        html += "<button type=\"button\" id=\"screen-reader\" class=\"skip\">\(AgentText.screenReader)</button></div>\n"
        for id in terminals {
            html +=
                "<section class=\"terminal-pane needs-script\" data-terminal=\"\(id)\" aria-label=\"\(AgentText.terminal(id))\">"
            html +=
                "<p class=\"terminal-state\" role=\"status\" hidden></p><div class=\"terminal-screen\"></div></section>\n"
        }
        return html + "</section>\n"
    }

    /// Both work without JavaScript as parts of the page that a link leads to; the script makes modal dialogs of them.
    private func dialogs(formToken: String, returnURL: String) -> String {
        var html =
            "<dialog id=\"end-dialog\" aria-labelledby=\"end-title\">\n<h2 id=\"end-title\">\(AgentText.endTitle)</h2>\n"
        html += "<p>\(AgentText.endWarning)</p>\n"
        html += "<form id=\"end-form\" method=\"post\" action=\"/session/end\" target=\"_top\" class=\"actions\">\n"
        html += "<input type=\"hidden\" name=\"csrf\" value=\"\(HTMLEscaping.escaped(formToken))\">\n"
        html += "<a class=\"button\" id=\"stay\" href=\"#room\">\(AgentText.stay)</a>\n"
        html +=
            "<button class=\"button danger\" id=\"end-confirm\">\(AgentText.endConfirm)</button>\n</form>\n</dialog>\n"
        html +=
            "<dialog id=\"over-dialog\" aria-labelledby=\"over-title\">\n<h2 id=\"over-title\">\(AgentText.overTitle)</h2>\n"
        html +=
            "<p>\(AgentText.overBody)</p>\n<p class=\"actions\"><a class=\"button primary\" id=\"go-back\" target=\"_top\" "
        html += "href=\"\(HTMLEscaping.escaped(returnURL))\">\(AgentText.goBack)</a></p>\n</dialog>\n"
        return html
    }

    /// The script's texts, as data that no browser runs.
    private var texts: String {
        let pairs = AgentText.script.map { " data-\(RoomPage.hyphened($0.0))=\"\(HTMLEscaping.escaped($0.1))\"" }
        return "<div id=\"texts\" hidden\(pairs.joined())></div>\n"
    }

    private static func hyphened(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
    }
}
