internal import HTTP
internal import Portal

/// Asks who the visitor is.
struct LoginPage {
    enum Mistake {
        case wrong
        case wait(seconds: Int)
        case busy(retryAfter: Int)

        var status: Int {
            switch self {
            // As the reference has it: browsers offer to keep a password that was not refused.
            case .wrong: 200
            case .wait: 429
            case .busy: 503
            }
        }
        var retryAfter: Int? {
            switch self {
            case .wrong: nil
            case .wait(let seconds), .busy(let seconds): max(1, seconds)
            }
        }
        var text: (happened: String, advice: String) {
            switch self {
            case .wrong: (PortalText.loginWrong, PortalText.loginWrongAdvice)
            case .wait(let seconds): (PortalText.slowDown, PortalText.slowDownAdvice(seconds: seconds))
            case .busy(let seconds): (PortalText.loginBusy, PortalText.slowDownAdvice(seconds: seconds))
            }
        }
    }

    /// Path and query to go on to.
    let next: String
    var name = ""
    let formToken: String
    var mistake: Mistake?
    /// Why the visitor was sent here.
    var reason: ReturnReason?
    /// Whether learners come in without an account.
    var isWithoutAccounts = false
    var mayRegister = false
    /// What the organisation's login is called.
    var provider: String?
    /// Who is signed in and may not open what was asked for.
    var other: String?

    func html(in frame: PageFrame) -> HTML {
        frame.page(PortalText.loginTitle) {
            h1 { PortalText.loginTitle }
            if let reason { CatalogPage.banner(reason) }
            if let mistake {
                div(.class("banner bad"), .role("alert")) {
                    p { strong { mistake.text.happened } }
                    p { mistake.text.advice }
                }
            } else if let other {
                div(.class("banner warn"), .role("status")) { p { PortalText.loginAsOther(other) } }
            }
            if isWithoutAccounts && other == nil { withoutAccount }
            if let provider { providerLink(provider) }
            passwordForm
            if !isWithoutAccounts { registration }
        }
    }

    private var isInterrupted: Bool { next != PortalRoute.index.path }

    private func link(_ route: PortalRoute) -> String {
        isInterrupted ? LocalTarget.detour(route, field: "next", backTo: next) : route.path
    }

    private var withoutAccount: HTML {
        HTML {
            p { PortalText.loginNotNeeded + " " + PortalText.loginNotNeededAdvice }
            p { a(.class("button primary"), .href(link(.createAnonymous))) { PortalText.loginContinue } }
            h2 { PortalText.loginForStaff }
        }
    }

    private func providerLink(_ label: String) -> HTML {
        HTML {
            p { a(.class("button primary wide"), .href(link(.providerLogin))) { PortalText.loginWith(label) } }
            if !isWithoutAccounts { p(.class("soft")) { PortalText.loginOr } }
        }
    }

    private var passwordForm: HTML {
        form(.class("form"), .method("post"), .action(PortalRoute.login.path)) {
            PageFrame.formToken(formToken)
            input(.type("hidden"), .name("next"), .value(next))
            FormField(
                name: "username", label: PortalText.userName, value: name, autocomplete: "username",
                isFirst: !isWithoutAccounts && name.isEmpty
            ).html
            FormField(
                name: "password", label: PortalText.password, type: "password", autocomplete: "current-password",
                isFirst: !name.isEmpty
            ).html
            div(.class("actions")) {
                button(.class(isWithoutAccounts ? "button" : "button primary"), .type("submit")) {
                    PortalText.loginTitle
                }
            }
        }
    }

    private var registration: HTML {
        HTML {
            if mayRegister {
                p {
                    PortalText.registerQuestion + " "
                    a(.href(link(.registration))) { PortalText.registerTitle }
                }
            }
            p { a(.href(PortalRoute.passwordReset.path)) { PortalText.passwordForgotten } }
        }
    }
}
