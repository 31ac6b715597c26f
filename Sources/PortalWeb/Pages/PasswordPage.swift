internal import HTTP
internal import Portal

/// Asks for the old password and a new one.
struct PasswordPage {
    struct Mistakes {
        var isWrong = false
        var password: PasswordRules.Problem?
        var differs = false
        /// Seconds to wait after many wrong ones, or because many are at it.
        var wait: Int?
        var busy: Int?

        var isEmpty: Bool { !isWrong && password == nil && !differs && wait == nil && busy == nil }
        var status: Int { wait != nil ? 429 : busy != nil ? 503 : 200 }
    }

    /// Whose password it is: for password managers, which look for a name beside it.
    let name: String
    let formToken: String
    let mistakes: Mistakes

    func html(in frame: PageFrame) -> HTML {
        frame.page(PortalText.passwordChangeTitle, reader: .account(name)) {
            h1 { PortalText.passwordChangeTitle }
            p { PortalText.passwordChangeIntroduction }
            if let seconds = mistakes.wait ?? mistakes.busy {
                div(.class("banner bad"), .role("alert")) {
                    p { strong { mistakes.wait != nil ? PortalText.slowDown : PortalText.loginBusy } }
                    p { PortalText.slowDownAdvice(seconds: seconds) }
                }
            } else if !mistakes.isEmpty {
                div(.class("banner bad"), .role("alert")) { p { strong { PortalText.formMistakes } } }
            }
            form(.class("form"), .method("post"), .action(PortalRoute.passwordChange.path)) {
                PageFrame.formToken(formToken)
                input(
                    .type("hidden"), .name("username"), .value(name), .autocomplete("username"))
                FormField(
                    name: "old_password", label: PortalText.passwordOld, type: "password",
                    mistake: mistakes.isWrong ? PortalText.passwordOldWrong : nil, autocomplete: "current-password",
                    isFirst: mistakes.isWrong || mistakes.isEmpty
                ).html
                FormField(
                    name: "new_password1", label: PortalText.passwordNew, type: "password",
                    hint: PortalText.passwordHint, mistake: mistakes.password.map(PortalText.mistake),
                    autocomplete: "new-password", isFirst: mistakes.password != nil
                ).html
                FormField(
                    name: "new_password2", label: PortalText.passwordAgain, type: "password",
                    mistake: mistakes.differs ? PortalText.passwordsDiffer : nil, autocomplete: "new-password",
                    isFirst: mistakes.differs
                ).html
                div(.class("actions")) {
                    button(.class("button primary"), .type("submit")) { PortalText.passwordChangeTitle }
                    a(.class("button"), .href(PortalRoute.catalog.path)) { PortalText.cancel }
                }
            }
        }
    }
}
