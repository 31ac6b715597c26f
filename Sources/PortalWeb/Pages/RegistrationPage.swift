internal import HTTP
internal import Portal

/// Asks for the name and the password of a new account.
struct RegistrationPage {
    struct Mistakes {
        var name: UserName.Problem?
        var isTaken = false
        var password: PasswordRules.Problem?
        /// The second password is another one.
        var differs = false
        /// Seconds to wait, when too many register at once.
        var busy: Int?

        var nameText: String? { isTaken ? PortalText.nameTaken : name.map(PortalText.mistake) }
        var passwordText: String? { password.map(PortalText.mistake) }
        var isEmpty: Bool { nameText == nil && password == nil && !differs && busy == nil }
    }

    /// Path and query to go on to; `nil` for the page that says that all is well.
    let next: String?
    var name = ""
    let formToken: String
    let mistakes: Mistakes

    func html(in frame: PageFrame) -> HTML {
        frame.page(PortalText.registerTitle) {
            h1 { PortalText.registerTitle }
            p { PortalText.registerIntroduction }
            if let seconds = mistakes.busy {
                div(.class("banner bad"), .role("alert")) {
                    p { strong { PortalText.loginBusy } }
                    p { PortalText.slowDownAdvice(seconds: seconds) }
                }
            } else if !mistakes.isEmpty {
                div(.class("banner bad"), .role("alert")) { p { strong { PortalText.formMistakes } } }
            }
            form(.class("form"), .method("post"), .action(PortalRoute.registration.path)) {
                PageFrame.formToken(formToken)
                if let next { input(.type("hidden"), .name("next"), .value(next)) }
                FormField(
                    name: "username", label: PortalText.userName, value: name, hint: PortalText.userNameHint,
                    mistake: mistakes.nameText, autocomplete: "username",
                    isFirst: mistakes.nameText != nil || mistakes.isEmpty
                ).html
                FormField(
                    name: "password1", label: PortalText.password, type: "password", hint: PortalText.passwordHint,
                    mistake: mistakes.passwordText, autocomplete: "new-password",
                    isFirst: mistakes.nameText == nil && mistakes.passwordText != nil
                ).html
                FormField(
                    name: "password2", label: PortalText.passwordAgain, type: "password",
                    mistake: mistakes.differs ? PortalText.passwordsDiffer : nil, autocomplete: "new-password",
                    isFirst: mistakes.differs
                ).html
                div(.class("actions")) {
                    button(.class("button primary"), .type("submit")) { PortalText.registerTitle }
                }
            }
            p {
                PortalText.loginQuestion + " "
                a(.href(next.map { LocalTarget.detour(.login, field: "next", backTo: $0) } ?? PortalRoute.login.path)) {
                    PortalText.loginTitle
                }
            }
        }
    }
}
