internal import HTTP
internal import Platform

/// The dashboard: instructions on one side, terminals on the other, a bar above (spec/dashboard.md section 3).
struct RoomPage: Sendable {
    let frame: PageFrame
    let library: InstructionLibrary
    let work: WorkArea
    let setup: SetupRoutes

    private enum Layout: String { case sides, tabs, work, read, empty }

    private var layout: Layout {
        switch (frame.manifest.workshopLayout, work.isEmpty) {
        case ("none", true): .empty
        case ("none", false): .work
        case ("tab", false): .tabs
        case (_, true): .read
        default: .sides
        }
    }

    private var skipToWork: String {
        WorkAreaHTML.name(of: work) == AgentText.workArea ? AgentText.skipToWork : AgentText.skipToTerminal
    }

    private var hasInstructions: Bool { layout != .work && layout != .empty }

    /// The page of instructions that a visitor who asks for one sees; `nil` where none is shown.
    func rendered(_ page: String) -> InstructionLibrary.Rendered? {
        hasInstructions && instructionsURL == nil ? library.rendered(page) : nil
    }

    /// Where the instructions are when they are no pages of the workshop's.
    private var instructionsURL: String? {
        frame.manifest.instructionsURL.flatMap { FrameSources.origin(of: $0) == nil ? nil : $0 }
    }

    /// - Parameters:
    ///   - page: id of the page of instructions; empty for the first.
    ///   - formToken: proves that a form or a call comes from this page.
    ///   - returnURL: where the browser goes when the session has ended.
    ///   - view: which pages are open to the visitor.
    ///   - seesSetupLog: whether the visitor may read what the setup said.
    func response(
        page: String, formToken: String, returnURL: String, gate: PageGate, view: PageGate.View, seesSetupLog: Bool
    ) -> HTTPResponse {
        // Asked before the page is made: one without what setup has just added is then made again by the script.
        let phase = setup.setup.phase
        let manifest = frame.manifest
        let pages = library.pages()
        let rendered = rendered(page)
        let isMissing = hasInstructions && rendered == nil && !pages.isEmpty && instructionsURL == nil
        let article: HTML
        let isLocked = rendered.map { view.locked.contains($0.page.id) } ?? false
        if let rendered, isLocked {
            article = InstructionHTML.locked(rendered.page, behind: gate.obstacle(to: rendered.page.id, in: view))
        } else if let rendered {
            article = InstructionHTML.page(rendered, in: pages, view: view)
        } else if let instructionsURL {
            article = InstructionHTML.elsewhere(instructionsURL, isPlainInSecure: isPlainInSecure(instructionsURL))
        } else {
            article = InstructionHTML.message(isMissing ? AgentText.pageMissing : AgentText.noInstructions)
        }
        return frame.response(
            status: isMissing ? 404 : isLocked ? 403 : 200,
            name: isLocked
                ? AgentText.lockedTitle : rendered.map { "\($0.page.title) – \(manifest.title)" } ?? manifest.title,
            bodyClass: "room-body", scripts: ["xterm.js", "room.js"], styles: ["xterm.css"]
        ) {
            if hasInstructions { a(.class("skip"), .href("#instructions")) { AgentText.skipToInstructions } }
            if !work.isEmpty { a(.class("skip"), .href("#work")) { skipToWork } }
            bar(step: rendered.map { AgentText.step($0.step, of: $0.count) })
            div(.id("notice"), .class("notice"), .role("status"), .aria("live", "polite"))
            main(
                .id("room"), .class("room \(layout.rawValue)"), .data("layout", layout.rawValue),
                .data("session", manifest.session), .data("form-token", formToken), .data("return-url", returnURL),
                .data("has-expiry", manifest.hasExpiry ? "yes" : "no"), .data("title", manifest.title),
                .data("setup", SetupRoutes.word(phase)), .data("countdown", countdown),
                .data("highlighter", frame.assets.url(of: "highlight.js")),
                .data("editor-script", frame.assets.url(of: "editor.js")),
                .data("editor-sheet", frame.assets.url(of: "editor.css"))
            ) {
                if hasInstructions { tabs }
                if hasInstructions {
                    section(
                        .id("instructions"), .class("pane instructions" + (instructionsURL == nil ? "" : " framed")),
                        HTML.Attribute("tabindex", "-1"),
                        .aria("label", AgentText.instructions)
                    ) { article }
                }
                // A work area that is empty now may get tabs while the page is open.
                if layout == .sides || layout == .read { divider }
                if layout != .empty {
                    WorkAreaHTML(work: work, title: manifest.title, hasInstructions: hasInstructions).html
                }
                if layout == .empty { p(.class("pane")) { AgentText.noWorkArea } }
            }
            endDialog(formToken: formToken)
            overDialog(returnURL: returnURL)
            setup.dialog(seesLog: seesSetupLog)
            if hasInstructions { pictureDialog }
            let script =
                AgentText.script + AgentText.workAreaScript + AgentText.actionScript + AgentText.checksScript
                + AgentText.pageScript + AgentText.editorScript
            jsonScript(id: "texts", .object(script.map { JSONValue.Member($0.0, .string($0.1)) }))
        }
    }

    /// Browsers show no page without encryption inside one that has it.
    private func isPlainInSecure(_ url: String) -> Bool {
        frame.manifest.sessionURL.hasPrefix("https:") && !url.lowercased().hasPrefix("https:")
    }

    private var countdown: String {
        let rules = library.countdown
        let json: JSONValue = [
            "amber": .int(rules.amber), "red": .int(rules.red),
            "warnings": .array(rules.warnings.map { .int($0) }), "leave": rules.leaveAfter.map { .int($0) } ?? .null,
        ]
        return String(decoding: json.encoded, as: UTF8.self)
    }

    private func bar(step: String?) -> HTML {
        header(.class("bar")) {
            p(.class("bar-title")) { frame.manifest.title }
            if let step { p(.id("step"), .class("bar-step soft")) { step } }
            p(.id("time"), .class("bar-time needs-script"), .hidden()) {
                span(.class("visually-hidden")) { AgentText.timeLeft + " " }
                span(.id("clock"), .role("timer"), .aria("live", "off"))
            }
            button(.type("button"), .id("extend"), .class("button compact needs-script"), .hidden()) {
                AgentText.extend
            }
            // Shown where the browser, and the site around a frame, allow it.
            button(
                .type("button"), .id("full-screen"), .class("button compact needs-script"), .aria("pressed", "false"),
                .hidden()
            ) { AgentText.fullScreen }
            a(.id("end"), .class("button compact"), .href("#end-dialog")) { AgentText.end }
        }
    }

    private var tabs: HTML {
        div(
            .class("tabs needs-script"), .role("tablist"),
            .aria("label", "\(AgentText.instructions), \(WorkAreaHTML.name(of: work))")
        ) {
            button(
                .type("button"), .role("tab"), .id("tab-instructions"), .aria("controls", "instructions"),
                .aria("selected", "true")
            ) { AgentText.instructions }
            button(
                .type("button"), .role("tab"), .id("tab-work"), .aria("controls", "work"), .aria("selected", "false"),
                HTML.Attribute("tabindex", "-1")
            ) { WorkAreaHTML.name(of: work) }
        }
    }

    private var divider: HTML {
        div(
            .id("divider"), .class("divider needs-script"), .role("separator"), HTML.Attribute("tabindex", "0"),
            .aria("orientation", "vertical"), .aria("controls", "instructions"), .aria("label", AgentText.divider),
            .aria("valuemin", "0"), .aria("valuemax", "70"), .aria("valuenow", "40"))
    }

    /// Without JavaScript the link to it shows it, and the form works; the script makes a modal dialog of it.
    private func endDialog(formToken: String) -> HTML {
        dialog(.id("end-dialog"), .aria("labelledby", "end-title")) {
            h2(.id("end-title")) { AgentText.endTitle }
            p { AgentText.endWarning }
            form(
                .id("end-form"), .class("actions"), .method("post"), .action("/session/end"), .target("_top")
            ) {
                input(.type("hidden"), .name("csrf"), .value(formToken))
                a(.id("stay"), .class("button"), .href("#room")) { AgentText.stay }
                button(.id("end-confirm"), .class("button danger")) { AgentText.endConfirm }
            }
        }
    }

    /// All pages one after another, for paper.
    /// - Parameter view: which pages are open to the visitor.
    func printing(_ view: PageGate.View) -> HTTPResponse {
        let pages = library.pages().filter { !view.locked.contains($0.id) }.compactMap { library.rendered($0.id) }
        let title = frame.manifest.title
        return frame.response(name: title, bodyClass: "print-body", scripts: ["print.js"]) {
            main(.class("bounds narrow prose print")) {
                p(.class("print-buttons")) {
                    button(.type("button"), .id("print"), .class("button primary needs-script")) { AgentText.printNow }
                    a(.class("button"), .href("/dashboard/")) { AgentText.backToTheLab }
                }
                h1 { title }
                for page in pages { InstructionHTML.printed(page) }
            }
        }
    }

    /// A picture of the instructions, larger.
    private var pictureDialog: HTML {
        dialog(.id("picture-dialog"), .class("picture-dialog"), .aria("label", AgentText.picture)) {
            // Its address comes with the picture that was clicked.
            voidElement("img", .alt(""))
            p(.class("picture-text"))
            form(.method("dialog")) { button(.class("button compact")) { AgentText.closePicture } }
        }
    }

    private func overDialog(returnURL: String) -> HTML {
        dialog(.id("over-dialog"), .aria("labelledby", "over-title")) {
            h2(.id("over-title")) { AgentText.overTitle }
            p { AgentText.overBody }
            p(.class("actions")) {
                a(.id("go-back"), .class("button primary"), .target("_top"), .href(returnURL)) { AgentText.goBack }
            }
        }
    }
}
