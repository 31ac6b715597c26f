internal import HTTP

/// What a learner reads on and beside the blocks that act.
extension AgentText {
    /// Titles of actions whose author gives none, by name; `{field}` stands for a field's value.
    static let actionTitles: [String: String] = [
        "terminal:execute": "Run in terminal {session}",
        "terminal:execute-all": "Run in all terminals",
        "terminal:clear": "Clear terminal {session}",
        "terminal:clear-all": "Clear all terminals",
        "terminal:interrupt": "Interrupt terminal {session} (Ctrl+C)",
        "terminal:interrupt-all": "Interrupt all terminals (Ctrl+C)",
        "terminal:input": "Type into terminal {session}",
        "terminal:select": "Go to terminal {session}",
        "workshop:copy": "Copy",
        "workshop:copy-and-edit": "Change it, then copy",
        "dashboard:open-dashboard": "Show “{name}”",
        "dashboard:create-dashboard": "Open “{name}”",
        "dashboard:delete-dashboard": "Close “{name}”",
        "dashboard:reload-dashboard": "Reload “{name}”",
        "dashboard:open-url": "Open in a new window",
        "editor:open-file": "Open {file}",
        "editor:create-file": "Create {file}",
        "editor:append-lines-to-file": "Append to {file}",
        "editor:prepend-lines-to-file": "Insert at the top of {file}",
        "editor:create-directory": "Create the folder {directory}",
        "editor:insert-lines-before-line": "Insert before line {line} of {file}",
        "editor:append-lines-after-line": "Insert after line {line} of {file}",
        "editor:insert-lines-before-match": "Insert before “{match}” in {file}",
        "editor:append-lines-after-match": "Insert after “{match}” in {file}",
        "editor:select-matching-text": "Select text in {file}",
        "editor:select-lines-in-range": "Select lines in {file}",
        "editor:replace-text-selection": "Replace the selection in {file}",
        "editor:insert-lines-before-selection": "Insert before the selection in {file}",
        "editor:append-lines-after-selection": "Insert after the selection in {file}",
        "editor:delete-text-selection": "Delete the selection in {file}",
        "editor:replace-matching-text": "Replace “{match}” in {file}",
        "editor:delete-lines-in-range": "Delete lines of {file}",
        "editor:delete-matching-lines": "Delete lines of {file}",
        "editor:replace-lines-in-range": "Replace lines of {file}",
        "editor:copy-file": "Copy {src} to {dest}",
        "editor:rename-file": "Rename {src} to {dest}",
        "editor:close-file": "Close {file}",
        "editor:delete-file": "Delete {file}",
        "editor:set-yaml-value": "Set {path} in {file}",
        "editor:add-yaml-item": "Add to {path} in {file}",
        "editor:replace-yaml-item": "Replace {path} in {file}",
        "editor:merge-yaml-values": "Merge into {path} in {file}",
        "editor:insert-yaml-item": "Insert into {path} in {file}",
        "editor:delete-yaml-value": "Delete {path} in {file}",
        "editor:select-yaml-path": "Select in {file}",
        "editor:insert-value-into-yaml": "Insert into {path} in {file}",
        "editor:execute-command": "Run an editor command",
        "editor:open-terminal": "Open the editor’s terminal",
        "editor:close-terminal": "Close the editor’s terminal",
        "editor:interrupt-terminal": "Interrupt the editor’s terminal (Ctrl+C)",
        "editor:clear-terminal": "Clear the editor’s terminal",
        "editor:send-to-terminal": "Run in the editor’s terminal",
        "examiner:execute-test": "Check",
        "files:download-file": "Download",
        "files:copy-file": "Copy the file’s content",
        "files:upload-file": "Upload a file",
        "files:upload-files": "Upload files",
        "section:heading": "Section",
        "section:begin": "More about this",
        "section:end": "Close this part",
    ]

    /// - Parameter isOnlyTerminal: whether it needs no saying which one is meant.
    static func actionTitle(_ name: String, fields: JSONValue, isOnlyTerminal: Bool) -> String {
        if fields["session"]?.string == "*" {
            return actionTitles[name + "-all"] ?? actionTitles[name] ?? name
        }
        if name == "terminal:execute", isOnlyTerminal, fields["session"] == "1" { return run }
        var title = actionTitles[name] ?? name
        guard case .object(let members) = fields else { return title }
        for member in members {
            let mark = "{\(member.name)}"
            guard title.contains(mark) else { continue }
            let value = member.value.string ?? member.value.text
            let shown = value.count <= 80 ? value : value.prefix(79) + "…"
            title = title.replacing(mark, with: shown, maxReplacements: 1)
        }
        return title
    }

    static func prefixed(_ title: String, by prefix: String?) -> String { prefix.map { "\($0): \(title)" } ?? title }

    static let actionNotPossible =
        "This step does not work in this session. You can read on; the author of the workshop can mend it."
    static let actionMistake = "Only you, the author, see this:"
    static func actionMistake(_ problem: ActionBlock.Problem) -> String {
        "Line \(problem.line), column \(problem.column): \(problem.message)"
    }
    static let editBeforeCopying = "Text to change and copy"

    /// For the scripts.
    static let actionScript: [(String, String)] = [
        ("actionRunning", "Under way"),
        ("actionDone", "Done"),
        ("actionFailed", "This did not work."),
        ("actionUnknown", "This step is not available in this session."),
        ("bodyCopied", "The block’s text is copied."),
        ("noSuchTerminal", "There is no terminal “{name}” here."),
        ("terminalAway", "The terminal is not connected. Try again in a moment."),
        ("noSuchTab", "There is no tab “{name}”."),
        ("tabExists", "There is a tab “{name}” already."),
        ("tabStays", "The tab “{name}” belongs to the workshop and stays."),
        ("tabBadAddress", "This address cannot be opened here."),
        ("windowBlocked", "The browser did not let a new window open. Allow it, or use this link:"),
        ("closePreview", "Close"),
        ("picture", "Picture"),
    ]
}
