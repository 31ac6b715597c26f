internal import HTTP

/// A page that says what happened and what to do now.
struct MessagePage {
    var heading: String
    var happened: String
    var advice: String
    var requestID = ""
    /// Where the button leads; `nil` for a page that only waits.
    var link: (text: String, url: String)? = (PortalText.backToWorkshops, PortalRoute.catalog.path)
    /// Seconds after which the page asks again by itself.
    var refresh: Int?
    /// What it asks for then; `nil` for the same page.
    var refreshURL: String?

    func html(in frame: PageFrame) -> HTML {
        frame.page(heading) {
            if let refresh {
                meta(
                    HTML.Attribute("http-equiv", "refresh"),
                    .content("\(max(1, refresh))" + (refreshURL.map { "; url=" + $0 } ?? "")))
            }
        } content: {
            h1 { heading }
            p { happened }
            p { advice }
            if let link {
                p { a(.class("button primary"), .href(link.url)) { link.text } }
            }
            if !requestID.isEmpty {
                p(.class("small soft")) {
                    PortalText.requestID + " "
                    code { requestID }
                }
            }
        }
    }
}
