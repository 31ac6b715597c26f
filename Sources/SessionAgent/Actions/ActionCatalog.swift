internal import HTTP

/// Every action that a fenced block may name (spec/dashboard.md section 6).
///
/// The table says what an author may write; who carries an action out in the page registers under the same name
/// (`Assets/room/actions.js`).
package enum ActionCatalog {
    package static let all: [ActionForm] = terminal + workshop + dashboard + editor + examiner + files + section

    /// Fields that every action with a YAML body takes beside its own. How long an action rests after a use is its own
    /// affair (`ActionForm.cooldown`).
    package static let common: [ActionField] = [
        ActionField("prefix", .text, .optional),
        ActionField("title", .text, .optional),
        ActionField("description", .text, .optional),
        ActionField("autostart", .boolean, .fallback(false)),
        ActionField("cascade", .boolean, .fallback(false)),
        // Milliseconds.
        ActionField("pause", .integer(least: 0), .fallback(750)),
        ActionField("cooldown", .seconds(hasForever: true), .optional),
        ActionField("hidden", .boolean, .fallback(false)),
        ActionField("event", .any, .optional),
    ]

    package static let plain: [PlainActionForm] = [
        PlainActionForm("execute", "terminal:execute", "command"),
        PlainActionForm("execute-1", "terminal:execute", "command"),
        PlainActionForm("execute-2", "terminal:execute", "command", [.init("session", "2")]),
        PlainActionForm("execute-3", "terminal:execute", "command", [.init("session", "3")]),
        PlainActionForm("execute-all", "terminal:execute-all", "command"),
        PlainActionForm("copy", "workshop:copy", "text"),
        PlainActionForm("copy-and-edit", "workshop:copy-and-edit", "text"),
    ]

    private static let forms = Dictionary(
        all.flatMap { form in ([form.name] + form.aliases).map { ($0, form) } }, uniquingKeysWith: { first, _ in first }
    )
    private static let plainForms = Dictionary(plain.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// An action by its name or an alias.
    package static func form(_ name: String) -> ActionForm? { forms[name] }
    package static func plainForm(_ name: String) -> PlainActionForm? { plainForms[name] }

    /// Whether a fence's first word is meant as an action: `group:verb`, as no programming language is called.
    package static func isActionName(_ name: String) -> Bool {
        if plainForms[name] != nil { return true }
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.utf8.allSatisfy { $0 >= 97 && $0 <= 122 || $0 >= 48 && $0 <= 57 || $0 == UInt8(ascii: "-") }
            }
    }

    /// Every name and alias, for finding what somebody meant.
    static let names: [String] = all.flatMap { [$0.name] + $0.aliases } + plain.map(\.name)
}

extension ActionCatalog {
    private static let session = ActionField("session", .text, .fallback("1"))

    static let terminal: [ActionForm] = [
        ActionForm(
            "terminal:execute",
            [ActionField("command"), session, ActionField("clear", .boolean, .fallback(false))], shows: ["command"]),
        ActionForm(
            "terminal:execute-all", [ActionField("command"), ActionField("clear", .boolean, .fallback(false))],
            shows: ["command"]),
        ActionForm("terminal:clear", [session]),
        ActionForm("terminal:clear-all"),
        ActionForm("terminal:interrupt", [session]),
        ActionForm("terminal:interrupt-all"),
        ActionForm(
            "terminal:input", [ActionField("text"), session, ActionField("endl", .boolean, .fallback(true))],
            shows: ["text"]),
        ActionForm("terminal:select", [session]),
    ]

    static let workshop: [ActionForm] = [
        ActionForm("workshop:copy", [ActionField("text")], cooldown: 0, shows: ["text"]),
        ActionForm("workshop:copy-and-edit", [ActionField("text")], cooldown: 0, shows: ["text"]),
    ]

    static let dashboard: [ActionForm] = [
        ActionForm("dashboard:open-dashboard", aliases: ["dashboard:expose-dashboard"], [ActionField("name")]),
        ActionForm(
            "dashboard:create-dashboard",
            [
                ActionField("name"), ActionField("url", .address(isTab: true)),
                ActionField("focus", .boolean, .fallback(true)),
            ], shows: ["url"]),
        ActionForm("dashboard:delete-dashboard", [ActionField("name")]),
        ActionForm(
            "dashboard:reload-dashboard",
            [
                ActionField("name"), ActionField("url", .address(isTab: true), .optional),
                ActionField("focus", .boolean, .fallback(true)),
            ], shows: ["url"]),
        ActionForm("dashboard:open-url", [ActionField("url", .address(isTab: false))], cooldown: 3, shows: ["url"]),
    ]

    static let section: [ActionForm] = [
        ActionForm("section:heading"),
        ActionForm(
            "section:begin",
            [ActionField("name", .text, .fallback("*")), ActionField("open", .boolean, .fallback(false))]
        ),
        ActionForm(
            "section:end",
            [ActionField("name", .text, .fallback("*")), ActionField("toggle", .boolean, .fallback(true))]),
    ]
}
