internal import HTTP
internal import Portal

/// What all pages of one portal share: head, masthead, colophon, theme. Made once per definition.
struct PageFrame: Sendable {
    /// Who reads a page, as far as its head tells.
    enum Reader {
        /// The page tells nothing.
        case unknown
        case nobody
        /// A visitor without an account, who can be forgotten.
        case anonymous
        /// The name of somebody who is signed in.
        case account(String)
        /// Somebody at work on pages for staff.
        case staff
    }

    let portalTitle: String
    /// Whether there is anything to sign in for.
    private let hasAccounts: Bool
    let files: StaticFiles
    let theme: StaticFiles
    private let sharedHead: HTML
    private let brand: HTML

    init(definition: TrainingPortalDefinition, files: StaticFiles = PortalAssets.files) {
        self.files = files
        portalTitle = definition.title
        hasAccounts = !definition.isAnonymous || definition.oidc != nil
        var themeFiles: [StaticFile] = []
        for (name, content) in [
            ("training-portal.css", definition.theme.css), ("training-portal.js", definition.theme.javascript),
            ("training-portal.html", definition.theme.html),
        ] where !content.isEmpty {
            themeFiles.append(StaticFile(name: name, bytes: Array(content.utf8)))
        }
        let theme = StaticFiles(prefix: "/static/workshops/theme/", themeFiles)
        self.theme = theme
        let hasCSS = theme["training-portal.css"] != nil
        let hasScript = theme["training-portal.js"] != nil
        sharedHead = HTML {
            meta(.name("viewport"), .content("width=device-width, initial-scale=1"))
            meta(.name("color-scheme"), .content("light dark"))
            meta(.name("robots"), .content("noindex, nofollow"))
            link(.rel("icon"), .href(files.url(of: "favicon.svg")), .type("image/svg+xml"))
            link(.rel("stylesheet"), .href(files.url(of: "lectern.css")))
            if hasCSS { link(.rel("stylesheet"), .href(theme.url(of: "training-portal.css"))) }
            script(.src(files.url(of: "portal.js")), HTML.Attribute("defer"))
            if hasScript { script(.src(theme.url(of: "training-portal.js")), HTML.Attribute("defer")) }
            HTML.raw(definition.theme.html)
        }
        brand = HTML {
            a(.class("brand"), .href(PortalRoute.catalog.path)) {
                if definition.logo.isEmpty { PageFrame.mark } else { img(.src(definition.logo), .alt("")) }
                span { definition.title }
            }
        }
    }

    private static let mark = HTML.raw(
        "<svg class=\"mark\" viewBox=\"0 0 32 32\" aria-hidden=\"true\" focusable=\"false\">"
            + "<rect width=\"32\" height=\"32\" rx=\"7\" fill=\"currentColor\" opacity=\".16\"/>"
            + "<path d=\"M7 9l9 3 9-3v4l-9 3-9-3z\" fill=\"currentColor\"/>"
            + "<path d=\"M15 17h2v6h5v2H10v-2h5z\" fill=\"currentColor\"/></svg>")

    /// - Parameters:
    ///   - name: the page's own name, first in the window's title.
    ///   - reader: who reads it.
    ///   - isNarrow: a single column of text or a form.
    func page(
        _ name: String, reader: Reader = .unknown, isNarrow: Bool = true, @HTMLBuilder head: () -> HTML = { .empty },
        @HTMLBuilder content: () -> HTML
    ) -> HTML {
        HTML.document(language: PortalText.language) {
            title { name == portalTitle ? name : "\(name) · \(portalTitle)" }
            sharedHead
            head()
        } body: {
            body(.class("page")) {
                a(.class("skip"), .href("#content")) { PortalText.skipToContent }
                header(.class("masthead")) {
                    div(.class("bounds")) {
                        brand
                        span(.class("grow"))
                        identity(reader)
                    }
                }
                main(.id("content"), .class(isNarrow ? "bounds narrow stack" : "bounds stack-wide")) { content() }
                footer(.class("colophon")) { div(.class("bounds")) { p { PortalText.colophon } } }
            }
        }
    }

    private func identity(_ reader: Reader) -> HTML {
        func link(_ text: String, _ route: PortalRoute) -> HTML {
            a(.class("button quiet compact"), .href(route.path)) { text }
        }
        switch reader {
        case .unknown: return .empty
        case .nobody:
            guard hasAccounts else { return .empty }
            return nav(.aria("label", PortalText.account)) { link(PortalText.loginTitle, .login) }
        case .anonymous: return nav(.aria("label", PortalText.thisBrowser)) { link(PortalText.signOut, .logout) }
        case .staff: return nav(.aria("label", PortalText.account)) { link(PortalText.signOutAccount, .logout) }
        case .account(let name):
            return nav(.class("row"), .aria("label", PortalText.account)) {
                span(.class("small soft")) { name }
                link(PortalText.passwordChangeLink, .passwordChange)
                link(PortalText.signOutAccount, .logout)
            }
        }
    }

    /// A hidden field that ties a form to this browser.
    static func formToken(_ token: String) -> HTML {
        input(.type("hidden"), .name(FormToken.field), .value(token))
    }
}
