internal import HTTP
internal import Portal

/// What all pages of one portal share: head, masthead, colophon, theme. Made once per definition.
struct PageFrame: Sendable {
    let portalTitle: String
    let files: StaticFiles
    let theme: StaticFiles
    private let sharedHead: HTML
    private let brand: HTML

    init(definition: TrainingPortalDefinition, files: StaticFiles = PortalAssets.files) {
        self.files = files
        portalTitle = definition.title
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
    ///   - isKnown: whether this browser can be forgotten.
    ///   - isNarrow: a single column of text or a form.
    func page(
        _ name: String, isKnown: Bool = false, isNarrow: Bool = true, @HTMLBuilder head: () -> HTML = { .empty },
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
                        if isKnown {
                            nav(.aria("label", PortalText.thisBrowser)) {
                                a(.class("button quiet compact"), .href(PortalRoute.logout.path)) { PortalText.signOut }
                            }
                        }
                    }
                }
                main(.id("content"), .class(isNarrow ? "bounds narrow stack" : "bounds stack-wide")) { content() }
                footer(.class("colophon")) { div(.class("bounds")) { p { PortalText.colophon } } }
            }
        }
    }

    /// A hidden field that ties a form to this browser.
    static func formToken(_ token: String) -> HTML {
        input(.type("hidden"), .name(FormToken.field), .value(token))
    }
}
