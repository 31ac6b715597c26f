internal import HTTP
internal import Platform
internal import Portal

/// The page on which staff sees environments and sessions, and what one can do to them.
struct AdminPage {
    typealias Text = PortalText

    let view: AdminView
    let model: AdminModel
    /// What sessions take of the machine, as far as it is known already.
    var loads: [SessionName: SessionLoad] = [:]
    /// Whose page it is, where `view` names an owner; `nil` for one who does not exist.
    var user: PortalUser?
    /// What a program has told of that user.
    var details: UserDetails?
    let now: Timestamp
    let formToken: String
    /// What came of what was just asked for.
    var done: AuditEntry?

    func html(in frame: PageFrame) -> HTML {
        AdminPage.framed(view.owner.map(Text.userTitle) ?? Text.adminTitle, in: frame) {
            AdminPage.navigation(.admin)
            if let done { AdminPage.banner(done) }
            AdminPage.live(view, model, now: now)
            if let owner = view.owner { about(owner) }
            // Forms do not nest: the fields in the other one say that they belong here.
            form(.id("filter"), .method("get"), .action(PortalRoute.admin.path))
            form(.method("post"), .action(PortalRoute.adminAct.path), .class("stack-wide")) {
                PageFrame.formToken(formToken)
                input(.type("hidden"), .name("next"), .value(view.path))
                if view.owner == nil { environments }
                sessions
            }
        }
    }

    /// The frame of every page for staff, with their own style and script.
    static func framed(_ name: String, in frame: PageFrame, @HTMLBuilder content: () -> HTML) -> HTML {
        frame.page(name, reader: .staff, isNarrow: false) {
            link(.rel("stylesheet"), .href(frame.files.url(of: "admin.css")))
            script(.src(frame.files.url(of: "admin.js")), HTML.Attribute("defer"))
        } content: {
            h1 { name }
            content()
        }
    }

    static func navigation(_ current: PortalRoute) -> HTML {
        func entry(_ route: PortalRoute, _ text: String) -> HTML {
            route == current
                ? a(.href(route.path), .aria("current", "page")) { text } : a(.href(route.path)) { text }
        }
        return nav(.class("row"), .aria("label", Text.adminNavigation)) {
            entry(.admin, Text.allSessions)
            entry(.adminLog, Text.adminLog)
        }
    }

    private static func banner(_ entry: AuditEntry) -> HTML {
        let done = Text.done(entry)
        return div(.class(done.isGood ? "banner good" : "banner warn"), .role("status")) { p { done.text } }
    }

    /// The line that says whether what one sees is what is; for the script, where to listen and from what on.
    private static func live(_ view: AdminView, _ model: AdminModel, now: Timestamp) -> HTML {
        div(
            .class("row"), .id("live"), .data("stream", AdminView.path(.adminEvents, view.query)),
            .data("since", model.fingerprint), .data("now", String(now.milliseconds)), .data("live", Text.adminLive),
            .data("lost", Text.adminLost), .data("connecting", Text.adminConnecting)
        ) {
            span(.id("summary")) { summary(model) }
            span(.class("tag"), .role("status"), .data("status", "")) { Text.adminNotLive }
        }
    }

    static func summary(_ model: AdminModel) -> String {
        Text.adminSummary(active: model.active, allocated: model.allocated)
    }

    private func about(_ owner: UserID) -> HTML {
        guard let user else { return p { Text.unknownUser } }
        return div(.class("row")) {
            if let details { span { details.text } }
            span(.class("soft")) { Text.joined(user.kind, String(user.joined.iso8601.prefix(10))) }
            span(.class("grow"))
            form(.method("post"), .action(PortalRoute.adminAct.path)) {
                PageFrame.formToken(formToken)
                input(.type("hidden"), .name("next"), .value(view.path))
                AdminRows.wish(
                    .endSessions(of: owner), Text.endSessionsButton, for: owner.rawValue, isDangerous: true)
            }
        }
    }

    private var environments: HTML {
        section(.class("stack"), .aria("labelledby", "environments")) {
            h2(.id("environments")) { Text.environmentsHeading }
            table(.class("list"), .role("table"), .aria("labelledby", "environments")) {
                AdminRows.heads([
                    Text.environment, Text.state, Text.capacity, Text.reserve, Text.available, Text.allocated,
                    Text.actions,
                ])
                tbody(.id("environment-rows"), .role("rowgroup")) { model.environments.map(AdminRows.environment) }
            }
        }
    }

    private var sessions: HTML {
        section(.class("stack"), .aria("labelledby", "sessions")) {
            h2(.id("sessions")) { Text.sessionsHeading }
            filter
            if view.order == .ending { p(.class("small soft")) { Text.endingNote } }
            table(.class("list"), .role("table"), .aria("labelledby", "sessions")) {
                AdminRows.heads([
                    Text.sessionColumn, Text.owner, Text.state, Text.page, Text.timeLeft, Text.memory, Text.processor,
                    Text.actions,
                ])
                tbody(.id("session-rows"), .role("rowgroup")) {
                    model.sessions.map { AdminRows.session($0, load: loads[$0.name], now: now) }
                }
            }
            p(.id("no-sessions"), .class("soft"), .hidden(if: !model.sessions.isEmpty)) { Text.noSessions }
            AdminPage.pager(view, model)
            div(.class("actions")) { AdminRows.wish(.purgeEnded, Text.purgeButton, for: Text.workshops) }
        }
    }

    private var filter: HTML {
        func choice(_ name: String, _ label: String, _ options: [(value: String, text: String)], chosen: String) -> HTML
        {
            div(.class("field")) {
                HTTP.label(.for("filter-\(name)")) { label }
                select(.id("filter-\(name)"), .name(name), HTML.Attribute("form", "filter")) {
                    for one in options {
                        option(.value(one.value), HTML.Attribute("selected", if: one.value == chosen)) { one.text }
                    }
                }
            }
        }
        var environments = [(value: "", text: Text.everyEnvironment)]
        environments += model.environments.map { ($0.name.rawValue, "\($0.name.rawValue) \($0.title)") }
        if let chosen = view.environment?.rawValue, !environments.contains(where: { $0.value == chosen }) {
            environments.append((chosen, chosen))
        }
        return div(.class("filter"), .role("search"), .aria("label", Text.filterLabel)) {
            if let owner = view.owner {
                input(.type("hidden"), .name("owner"), .value(owner.rawValue), HTML.Attribute("form", "filter"))
            }
            div(.class("field")) {
                HTTP.label(.for("filter-q")) { Text.searchLabel }
                input(
                    .id("filter-q"), .name("q"), .type("search"), .value(view.search), .autocomplete("off"),
                    HTML.Attribute("form", "filter"), HTML.Attribute("maxlength", "150"))
            }
            choice("environment", Text.environment, environments, chosen: view.environment?.rawValue ?? "")
            choice(
                "state", Text.state, AdminView.States.allCases.map { ($0.rawValue, Text.states($0)) },
                chosen: view.states.rawValue)
            choice(
                "order", Text.orderLabel, SessionListing.Order.allCases.map { ($0.rawValue, Text.order($0)) },
                chosen: view.order.rawValue)
            button(.class("button"), .type("submit"), HTML.Attribute("form", "filter")) { Text.searchButton }
            if view.isNarrowed {
                a(.class("button quiet"), .href(view.owner.map(AdminView.path(ofUser:)) ?? PortalRoute.admin.path)) {
                    Text.clearFilter
                }
            }
        }
    }

    static func pager(_ view: AdminView, _ model: AdminModel) -> HTML {
        func place(_ line: SessionLine?) -> SessionPlace? { line.map { $0.place(in: view.order) } }
        func link(_ position: SessionListing.Position, _ text: String, _ rel: String) -> HTML {
            a(.class("button compact"), .href(view.at(position).path), .rel(rel)) { text }
        }
        return nav(.id("pager"), .class("row"), .aria("label", Text.pages)) {
            if view.position != .start { link(.start, Text.firstPage, "first") }
            if model.hasEarlier, let first = place(model.sessions.first) {
                link(.before(first), Text.earlierPage, "prev")
            }
            if model.hasLater, let last = place(model.sessions.last) { link(.after(last), Text.laterPage, "next") }
        }
    }
}

extension AdminView {
    /// Whether the list leaves out what it would show by itself.
    var isNarrowed: Bool {
        environment != nil || !search.isEmpty || states != (owner == nil ? .active : .all) || order != .newest
            || position != .start
    }
}
