internal import HTTP

/// The right half of the room: a strip of tabs where there are several, what each of them shows, and the terminals below.
/// `Assets/room/work-area.js` makes the tabs work.
struct WorkAreaHTML {
    let work: WorkArea
    /// The page's title, said once more where the instructions with their heading are out of sight.
    let title: String
    let hasInstructions: Bool

    /// What the whole is called.
    static func name(of work: WorkArea) -> String {
        guard work.tabs.count <= 1, work.tabs.allSatisfy({ $0.content != .editor }), work.frames.isEmpty else {
            return AgentText.workArea
        }
        return work.terminals.count == 1 ? AgentText.terminal : AgentText.terminals
    }

    var html: HTML {
        section(
            .id("work"), .class("pane work"), HTML.Attribute("tabindex", "-1"),
            .aria("label", WorkAreaHTML.name(of: work))
        ) {
            h1(.class(hasInstructions ? "visually-hidden work-heading" : "visually-hidden")) { title }
            noscript { p(.class("banner warn")) { AgentText.needsScript } }
            div(.class("terminal-help needs-script")) {
                p(.class("visually-hidden"), .id("terminal-keys")) { AgentText.terminalKeys }
                button(.type("button"), .id("screen-reader"), .class("skip")) { AgentText.screenReader }
            }
            strip
            div(.class("work-panels needs-script"), .id("work-panels"), .hidden(if: work.tabs.isEmpty)) {
                for (index, tab) in work.tabs.enumerated() { panel(tab, isShown: index == 0) }
            }
            if !work.lower.isEmpty {
                div(
                    .id("lower-divider"), .class("divider lying needs-script"), .role("separator"),
                    HTML.Attribute("tabindex", "0"), .aria("orientation", "horizontal"),
                    .aria("controls", "work-lower"),
                    .aria("label", AgentText.lowerDivider), .aria("valuemin", "10"), .aria("valuemax", "80"),
                    .aria("valuenow", "30"))
                div(.id("work-lower"), .class("work-lower terminals-\(work.lower.count) needs-script")) {
                    for name in work.lower { terminal(name) }
                }
            }
        }
    }

    /// There from the beginning, because tabs may come later; out of sight as long as there is only one.
    private var strip: HTML {
        div(
            .id("work-tabs"), .class("work-tabs needs-script"), .role("tablist"),
            .aria("label", AgentText.workTabs), .hidden(if: work.tabs.count < 2)
        ) {
            for (index, tab) in work.tabs.enumerated() {
                div(.class("work-tab"), .role("presentation")) {
                    button(
                        .type("button"), .role("tab"), .id("work-tab-\(tab.id)"),
                        .aria("controls", "work-panel-\(tab.id)"),
                        .aria("selected", index == 0 ? "true" : "false"),
                        HTML.Attribute("tabindex", index == 0 ? "0" : "-1")
                    ) { tab.name }
                }
            }
        }
    }

    private func panel(_ tab: WorkArea.Tab, isShown: Bool) -> HTML {
        var names: [String] = []
        var url = ""
        switch tab.content {
        case .terminals(let list): names = list
        case .frame(let address): url = address
        case .editor: break
        }
        return div(
            .id("work-panel-\(tab.id)"),
            .class("work-panel" + (names.isEmpty ? "" : " terminals-\(names.count)")), .data("tab", tab.id),
            .data("name", tab.name), .data("kind", WorkAreaHTML.kind(tab.content)), .data("url", url),
            .hidden(if: !isShown)
        ) {
            for name in names { terminal(name) }
        }
    }

    private static func kind(_ content: WorkArea.Content) -> String {
        switch content {
        case .terminals: "terminals"
        case .editor: "editor"
        case .frame: "frame"
        }
    }

    private func terminal(_ name: String) -> HTML {
        section(.class("terminal-pane needs-script"), .data("terminal", name), .aria("label", AgentText.terminal(name)))
        {
            p(.class("terminal-state"), .role("status"), .hidden())
            div(.class("terminal-screen"))
        }
    }
}
