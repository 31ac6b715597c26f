internal import HTTP

/// Asks before something happens that cannot be undone; yes is a POST.
struct QuestionPage {
    let heading: String
    let text: String
    let yes: String
    let no: (text: String, url: String)
    /// Path and query that the answer goes to.
    let action: String
    let fields: [(name: String, value: String)]
    let formToken: String
    var isDangerous = false

    func html(in frame: PageFrame) -> HTML {
        frame.page(heading) {
            h1 { heading }
            p { text }
            form(.class("actions"), .method("post"), .action(action)) {
                PageFrame.formToken(formToken)
                for field in fields { input(.type("hidden"), .name(field.name), .value(field.value)) }
                button(.class(isDangerous ? "button danger" : "button primary"), .type("submit")) { yes }
                a(.class("button"), .href(no.url)) { no.text }
            }
        }
    }
}
