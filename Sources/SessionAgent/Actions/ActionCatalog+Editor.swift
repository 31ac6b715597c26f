internal import HTTP

extension ActionCatalog {
    private static let file = ActionField("file")
    private static let text = ActionField("text")
    private static let line = ActionField("line", .integer(least: 1))
    private static let match = ActionField("match")
    private static let path = ActionField("path")
    private static let value = ActionField("value", .any)
    private static let isRegex = ActionField("isRegex", .boolean, .fallback(false))
    private static let group = ActionField("group", .integer(least: 0), .fallback(0))
    /// Lines before and after; -1 for all.
    private static let before = ActionField("before", .integer(least: -1), .optional)
    private static let after = ActionField("after", .integer(least: -1), .optional)
    /// Where the search begins and ends; negative ones count from the end of the file.
    private static let from = ActionField("start", .integer(least: .min), .optional)
    private static let to = ActionField("stop", .integer(least: .min), .optional)
    private static let first = ActionField("start", .integer(least: 1))
    private static let last = ActionField("stop", .integer(least: 1), .optional)
    private static let opens = ActionField("open", .boolean, .fallback(true))
    private static let session = ActionField("session", .text, .fallback("educates"))

    static let editor: [ActionForm] = files(
        [
            ("open-file", [], [file, ActionField("line", .integer(least: 1), .fallback(1))], ["file"]),
            ("create-file", [], [file, text], ["text"]),
            ("append-lines-to-file", [], [file, text], ["text"]),
            ("prepend-lines-to-file", [], [file, text], ["text"]),
            ("create-directory", [], [ActionField("directory")], ["directory"]),
            ("insert-lines-before-line", [], [file, line, text], ["text"]),
            ("append-lines-after-line", ["insert-lines-after-line"], [file, line, text], ["text"]),
            ("insert-lines-before-match", [], [file, match, text], ["text"]),
            ("append-lines-after-match", [], [file, match, text], ["text"]),
            ("select-matching-text", [], [file, text, isRegex, group, before, after, from, to], ["text"]),
            ("select-lines-in-range", [], [file, first, last], ["file"]),
            ("replace-text-selection", [], [file, text], ["text"]),
            ("insert-lines-before-selection", [], [file, text], ["text"]),
            ("append-lines-after-selection", [], [file, text], ["text"]),
            ("delete-text-selection", [], [file], ["file"]),
            (
                "replace-matching-text", [],
                [
                    file, match, ActionField("replacement"), isRegex, group, from, to,
                    ActionField("count", .integer(least: -1), .fallback(1)),
                ], ["replacement"]
            ),
            ("delete-lines-in-range", [], [file, first, last], ["file"]),
            (
                "delete-matching-lines", [],
                [file, match, isRegex, before, after, ActionField("count", .integer(least: -1), .fallback(1))],
                ["match"]
            ),
            ("replace-lines-in-range", [], [file, first, last, text], ["text"]),
            ("copy-file", [], [ActionField("src"), ActionField("dest"), opens], ["dest"]),
            ("rename-file", [], [ActionField("src"), ActionField("dest"), opens], ["dest"]),
            ("close-file", [], [file], ["file"]),
            ("delete-file", [], [file], ["file"]),
            ("set-yaml-value", ["yaml-set-value"], [file, path, value], ["value"]),
            ("add-yaml-item", ["yaml-add-item"], [file, path, value], ["value"]),
            ("replace-yaml-item", ["yaml-replace-item"], [file, path, value], ["value"]),
            ("merge-yaml-values", ["yaml-merge-values"], [file, path, value], ["value"]),
            (
                "insert-yaml-item", ["yaml-insert-item"],
                [file, path, ActionField("index", .integer(least: 0), .fallback(0)), value], ["value"]
            ),
            ("delete-yaml-value", ["yaml-delete-value"], [file, path], ["path"]),
            (
                "select-yaml-path", ["yaml-select-path"], [file, ActionField("path", .text, .fallback(""))],
                ["path", "file"]
            ),
            ("insert-value-into-yaml", [], [file, path, value], ["value"]),
            ("execute-command", [], [ActionField("command"), ActionField("args", .list, .fallback([]))], ["command"]),
            ("open-terminal", [], [session], []),
            ("close-terminal", [], [session], []),
            ("interrupt-terminal", [], [session], []),
            ("clear-terminal", [], [session], []),
            ("send-to-terminal", [], [text, session, ActionField("endl", .boolean, .fallback(true))], ["text"]),
        ])

    private static func files(
        _ table: [(verb: String, aliases: [String], fields: [ActionField], shows: [String])]
    ) -> [ActionForm] {
        table.map { row in
            ActionForm(
                "editor:" + row.verb, aliases: row.aliases.map { "editor:" + $0 }, row.fields, cooldown: 3,
                shows: row.shows)
        }
    }
}
