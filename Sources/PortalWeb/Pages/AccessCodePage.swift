internal import HTTP

/// Asks for the portal's access code.
struct AccessCodePage {
    /// Path and query to go on to.
    let target: String
    let formToken: String
    var isWrong = false

    func html(in frame: PageFrame) -> HTML {
        frame.page(PortalText.accessTitle) {
            h1 { PortalText.accessTitle }
            p { PortalText.accessIntroduction }
            form(.class("form"), .method("post"), .action(PortalRoute.accessCode.path)) {
                PageFrame.formToken(formToken)
                input(.type("hidden"), .name("redirect_url"), .value(target))
                div(.class("field")) {
                    label(.for("password")) { PortalText.accessLabel }
                    input(
                        .id("password"), .name("password"), .type("password"), .required(),
                        .autocomplete("off"), HTML.Attribute("maxlength", "200"), .autofocus(),
                        .aria("describedby", isWrong ? "mistake hint" : "hint"),
                        .aria("invalid", isWrong ? "true" : "false"))
                    if isWrong {
                        p(.id("mistake"), .class("mistake"), .role("alert")) {
                            PortalText.accessWrong + " " + PortalText.accessWrongAdvice
                        }
                    }
                    p(.id("hint"), .class("hint")) { PortalText.accessHint }
                }
                div(.class("actions")) {
                    button(.class("button primary"), .type("submit")) { PortalText.accessButton }
                }
            }
        }
    }
}
