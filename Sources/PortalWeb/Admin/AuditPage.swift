internal import HTTP
internal import Platform
internal import Portal

/// The log of what staff did.
struct AuditPage {
    typealias Text = PortalText

    let entries: [AuditEntry]
    /// Where the next page begins, if there is one.
    let older: Int?

    static let pageSize = 100

    func html(in frame: PageFrame) -> HTML {
        AdminPage.framed(Text.logTitle, in: frame) {
            AdminPage.navigation(.adminLog)
            if entries.isEmpty {
                p(.class("soft")) { Text.logEmpty }
            } else {
                table(.class("list"), .role("table"), .aria("label", Text.logTitle)) {
                    AdminRows.heads([Text.when, Text.who, Text.what, Text.outcome])
                    tbody(.role("rowgroup")) { entries.map(row) }
                }
            }
            if let older {
                nav(.class("row"), .aria("label", Text.pages)) {
                    a(
                        .class("button compact"), .rel("next"),
                        .href(AdminView.path(.adminLog, ["before": String(older)]))
                    ) { Text.olderEntries }
                }
            }
        }
    }

    private func row(_ entry: AuditEntry) -> HTML {
        func cell(_ label: String, @HTMLBuilder _ content: () -> HTML) -> HTML {
            td(.role("cell"), .class("wide"), .data("label", label), content: content)
        }
        let moment = entry.moment.iso8601
        return tr(.role("row"), .id("entry-\(entry.number)")) {
            cell(Text.when) {
                time(.datetime(moment), .data("moment", "")) {
                    String(moment.prefix(10)) + " " + String(moment.dropFirst(11).prefix(8)) + " UTC"
                }
            }
            cell(Text.who) { a(.class("owner"), .href(AdminView.path(ofUser: entry.actor))) { entry.actor.rawValue } }
            cell(Text.what) { Text.action(entry.action) + (entry.target.isEmpty ? "" : " " + entry.target) }
            cell(Text.outcome) { Text.done(entry).text }
        }
    }
}
