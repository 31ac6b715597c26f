internal import HTTP

/// The addresses below `/setup/`: how far the workshop's setup is, and for its author what it said.
struct SetupRoutes: Sendable {
    let setup: WorkshopSetup
    let frame: PageFrame
    let pages: MessagePages
    let session: String

    /// - Parameters:
    ///   - path: what follows `/setup/`.
    ///   - seesLog: whether the caller may read the log: staff, and an author who previews.
    func reply(_ path: String, to request: HTTPRequest, seesLog: Bool) -> HTTPResponse {
        guard path == "state" || path == "log" else { return pages.notFound(request) }
        guard request.method == .get || request.method == .head else {
            return pages.methodNotAllowed(allowed: "GET, HEAD", request)
        }
        if path == "state" {
            return HTTPResponse(
                headers: ["Cache-Control": "no-store", "Lectern-Session": session],
                json: ["state": .string(SetupRoutes.word(setup.phase))])
        }
        return seesLog ? log(request) : pages.setupLogForStaff(request)
    }

    /// For the page's script.
    static func word(_ phase: WorkshopSetup.Phase) -> String {
        switch phase {
        case .waiting, .running: "running"
        case .over(let failed): failed.isEmpty ? "fine" : "failed"
        }
    }

    private func log(_ request: HTTPRequest) -> HTTPResponse {
        frame.response(name: AgentText.setupLog, bodyClass: "message") {
            main(.class("bounds stack setup-log")) {
                h1 { AgentText.setupLog }
                switch setup.phase {
                case .waiting, .running: p { AgentText.setupRuns }
                case .over(let failed):
                    p { failed.isEmpty ? AgentText.setupFine : AgentText.setupFailedScripts(failed) }
                }
                if let text = setup.output.text(), !text.isEmpty {
                    // Reachable by keyboard, because it scrolls.
                    pre(HTML.Attribute("tabindex", "0"), .role("region"), .aria("label", AgentText.setupLog)) {
                        code { CheckMessage.withoutControls(text) }
                    }
                } else {
                    p(.class("soft")) { AgentText.setupLogEmpty }
                }
                p { a(.class("button primary"), .href("/dashboard/")) { AgentText.toTheLab } }
            }
        }
    }

    /// What the room says when a script has failed; the page's script shows it.
    func dialog(seesLog: Bool) -> HTML {
        element("dialog", .id("setup-dialog"), .aria("labelledby", "setup-title")) {
            h2(.id("setup-title")) { AgentText.setupFailedTitle }
            p { AgentText.setupFailed }
            p(.class("actions")) {
                if seesLog {
                    a(.class("button"), .href("/setup/log"), .target("_blank")) { AgentText.setupLog }
                }
                button(.type("button"), .id("setup-go-on"), .class("button primary")) { AgentText.setupGoOn }
            }
        }
    }
}
