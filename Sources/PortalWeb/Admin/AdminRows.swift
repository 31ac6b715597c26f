internal import HTTP
internal import Platform
internal import Portal

/// Rows of the tables for staff: the same bytes in the page and in the live view.
///
/// Tables say what they are by roles as well, because on a narrow screen their style makes cards of their rows, and
/// browsers then forget that they were tables.
enum AdminRows {
    typealias Text = PortalText

    static func environment(_ line: EnvironmentLine) -> HTML {
        tr(.id("env-\(line.name)"), .role("row")) {
            th(.role("rowheader"), HTML.Attribute("scope", "row")) {
                a(.href(AdminView.path(.admin, ["environment": line.name.rawValue]))) { line.name.rawValue }
                span(.class("sub")) { line.title }
            }
            cell(Text.state) {
                span(.class(environmentTag(line))) { Text.state(line.state) }
                if let problem = line.problem { span(.class("sub problem")) { problem } }
            }
            number(Text.capacity, line.capacity)
            number(Text.reserve, line.reserved)
            number(Text.available, line.available)
            number(Text.allocated, line.allocated)
            cell(Text.actions, isWide: true) {
                if line.canBeRefreshed {
                    wish(.refresh(line.name), Text.refreshButton, for: line.name.rawValue)
                }
            }
        }
    }

    private static func environmentTag(_ line: EnvironmentLine) -> String {
        if line.problem != nil { return "tag bad" }
        return line.state == .running ? "tag accent" : "tag"
    }

    /// - Parameter load: what it takes of the machine, if that is known.
    static func session(_ line: SessionLine, load: SessionLoad?, now: Timestamp) -> HTML {
        tr(.id("s-\(line.name)"), .role("row")) {
            th(.role("rowheader"), HTML.Attribute("scope", "row")) {
                span(.class("name")) { line.name.rawValue }
                span(.class("sub")) { line.title }
            }
            cell(Text.owner, isWide: true) {
                if let owner = line.owner {
                    a(.class("owner"), .href(AdminView.path(ofUser: owner))) { owner.rawValue }
                } else {
                    span(.class("soft")) { Text.nobody }
                }
            }
            cell(Text.state) { span(.class(tag(line))) { Text.standing(line.standing) } }
            cell(Text.page) {
                if let page = line.page {
                    span { Text.page(page.number, of: page.total) }
                    span(.class("sub")) { page.name }
                } else {
                    span(.class("soft")) { Text.unknownValue }
                }
            }
            cell(Text.timeLeft) {
                if let ends = line.ends {
                    time(.datetime(ends.iso8601), .data("ends", String(ends.milliseconds))) {
                        Text.clock(seconds: ends.seconds(since: now))
                    }
                } else {
                    span(.class("soft")) { line.isInUse ? Text.noEnd : Text.unknownValue }
                }
            }
            td(.role("cell"), .class("number"), .data("label", Text.memory), .data("memory", "")) {
                load.map { Text.amount(bytes: $0.memory) } ?? Text.unknownValue
            }
            td(.role("cell"), .class("number"), .data("label", Text.processor), .data("processor", "")) {
                load.map { Text.percent($0.processorPercent) } ?? Text.unknownValue
            }
            cell(Text.actions, isWide: true) { if !line.isOver { menu(line) } }
        }
    }

    private static func tag(_ line: SessionLine) -> String {
        switch line.standing {
        case .inUse: "tag accent"
        case .expiring: "tag warn"
        default: "tag"
        }
    }

    private static func menu(_ line: SessionLine) -> HTML {
        let name = line.name
        return details(.class("menu")) {
            summary(.class("button compact")) {
                Text.actions
                span(.class("visually-hidden")) { " " + Text.actionsFor(name.rawValue) }
            }
            div(.class("choices")) {
                if line.isInUse && line.isReady {
                    wish(.open(name), Text.openButton, for: name.rawValue, opensTab: true)
                }
                if let ends = line.ends {
                    for minutes in AdminWish.minutes {
                        wish(
                            .extend(name, minutes: minutes, seen: ends), Text.extendButton(minutes), for: name.rawValue)
                    }
                }
                if line.isInUse && line.standing != .expiring {
                    wish(.expire(name), Text.expireButton, for: name.rawValue)
                }
                wish(.terminate(name), Text.terminateButton, for: name.rawValue, isDangerous: true)
            }
        }
    }

    /// A button of the form around the table.
    static func wish(
        _ action: AdminAction, _ text: String, for target: String, isDangerous: Bool = false, opensTab: Bool = false
    ) -> HTML {
        let kind = HTML.Attribute.class(isDangerous ? "button compact danger" : "button compact")
        let value = HTML.Attribute.value(AdminWish(action).text)
        let label = HTML {
            text
            span(.class("visually-hidden")) { " " + Text.actionsFor(target) }
        }
        guard opensTab else { return button(kind, .type("submit"), .name("do"), value) { label } }
        return button(kind, .type("submit"), .name("do"), value, HTML.Attribute("formtarget", "_blank")) { label }
    }

    /// - Parameter isWide: whether it takes a card's whole width, where rows are cards.
    private static func cell(_ label: String, isWide: Bool = false, @HTMLBuilder _ content: () -> HTML) -> HTML {
        isWide
            ? td(.role("cell"), .class("wide"), .data("label", label), content: content)
            : td(.role("cell"), .data("label", label), content: content)
    }

    private static func number(_ label: String, _ value: Int) -> HTML {
        td(.role("cell"), .class("number"), .data("label", label)) { Text.grouped(value) }
    }

    static func heads(_ names: [String]) -> HTML {
        thead(.role("rowgroup")) {
            tr(.role("row")) {
                for name in names { th(.role("columnheader"), HTML.Attribute("scope", "col")) { name } }
            }
        }
    }
}
