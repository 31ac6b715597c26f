internal import HTTP

/// What a link is, for whoever looks at it without having clicked: a title, a description, and a button that starts.
struct PreviewPage {
    let heading: String
    let text: String
    /// The link's own absolute address.
    let url: String
    /// Path and query that the button posts to.
    let action: String

    func html(in frame: PageFrame) -> HTML {
        frame.page(heading) {
            meta(.name("description"), .content(text))
            meta(HTML.Attribute("property", "og:type"), .content("website"))
            meta(HTML.Attribute("property", "og:title"), .content(heading))
            meta(HTML.Attribute("property", "og:description"), .content(text))
            meta(HTML.Attribute("property", "og:site_name"), .content(frame.portalTitle))
            meta(HTML.Attribute("property", "og:url"), .content(url))
            meta(.name("twitter:card"), .content("summary"))
        } content: {
            h1 { heading }
            p { text }
            form(.method("post"), .action(action)) {
                button(.class("button primary"), .type("submit")) { PortalText.previewStart }
            }
        }
    }
}
