internal import HTTP
internal import Portal

/// A session that starts: the steps under way, how long it usually takes, a way to give up. Works by reloading itself,
/// and more smoothly with JavaScript.
struct StartingPage {
    let session: SessionName
    let workshop: String
    /// Seconds since the session was asked for.
    let elapsed: Double
    /// Seconds that it usually takes, when known.
    let usual: Double?
    /// Which step is under way: 0 waits for a place, 1 sets up, 2 opens.
    let step: Int
    let formToken: String

    func html(in frame: PageFrame) -> HTML {
        let route = PortalRoute.session(session.rawValue)
        return frame.page(PortalText.startingTitle) {
            noscript { meta(HTML.Attribute("http-equiv", "refresh"), .content("2")) }
        } content: {
            div(
                .class("stack"), .data("progress", PortalRoute.progress(session.rawValue).path),
                .data("next", route.path), .data("elapsed", StartingPage.decimal(elapsed)),
                .data("usual", StartingPage.decimal(usual ?? 0))
            ) {
                h1 { PortalText.startingTitle }
                p { PortalText.startingIntroduction(workshop) }
                progress(
                    HTML.Attribute("max", "100"), .value(String(percent)), .aria("label", PortalText.progressLabel))
                ol(.class("steps"), .aria("label", PortalText.stepsLabel)) {
                    stepItem(0, PortalText.stepPlace)
                    stepItem(1, PortalText.stepSandbox)
                    stepItem(2, PortalText.stepOpen)
                }
                p(.class("soft"), .role("status"), .data("late", PortalText.late)) {
                    if isLate {
                        PortalText.late
                    } else {
                        usual.map(PortalText.usually(seconds:)) ?? PortalText.usuallyUnknown
                    }
                }
                noscript { p { a(.class("button"), .href(route.path)) { PortalText.openNow } } }
                form(.method("post"), .action(PortalRoute.delete(session.rawValue).path)) {
                    PageFrame.formToken(formToken)
                    button(.class("button"), .type("submit")) { PortalText.giveUp }
                }
            }
        }
    }

    /// Three times the usual is late, and so is ten seconds where nothing is known; the script draws the same line.
    private var isLate: Bool { elapsed > max(10, 3 * (usual ?? 0)) }

    private var percent: Int { min(95, Int(100 * elapsed / max(elapsed + 0.1, 2 * (usual ?? 5)))) }

    private func stepItem(_ index: Int, _ text: String) -> HTML {
        let state = index < step ? "done" : index == step ? "now" : "later"
        let words = ["done": PortalText.stepDone, "now": PortalText.stepNow, "later": PortalText.stepLater]
        return li(.class(state)) {
            span {
                text
                span(
                    .class("visually-hidden"), .data("state", state), .data("done", ", " + PortalText.stepDone),
                    .data("now", ", " + PortalText.stepNow), .data("later", ", " + PortalText.stepLater)
                ) { ", " + (words[state] ?? "") }
            }
        }
    }

    private static func decimal(_ value: Double) -> String {
        let tenths = Int((max(0, min(value, 1e9)) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
