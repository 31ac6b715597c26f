package import HTTP
internal import Platform
internal import Synchronization

/// Carries out the actions on files: `editor:*` of spec/dashboard.md section 6. The same for a click in the page, over
/// `/editor/action`, and for whoever plays a workshop without a browser.
package final class EditorActions: Sendable {
    /// Files whose selection is remembered.
    private static let selectionLimit = 64

    let home: HomeFolder
    private struct Selected {
        var version: String
        var range: Range<TextPosition>
    }
    /// By the file's path: what the last action selected, for actions on the selection that come without one.
    private let selections = Mutex<[String: Selected]>([:])

    package init(home: HomeFolder) { self.home = home }

    /// Names of actions that only a page can carry out: they act on its terminals and on the editor itself.
    package static let pageOnly: Set<String> = [
        "editor:execute-command", "editor:open-terminal", "editor:close-terminal", "editor:interrupt-terminal",
        "editor:clear-terminal", "editor:send-to-terminal",
    ]

    /// - Parameters:
    ///   - name: as authors write it.
    ///   - fields: of the action, checked or not.
    ///   - selection: of the file in the editor, where it is open there; else the last action's counts.
    /// - Throws: `EditProblem`; then nothing was changed.
    package func perform(_ name: String, fields: JSONValue, selection: Range<TextPosition>? = nil)
        throws(EditProblem) -> EditorOutcome
    {
        let fields = ActionFields(values: fields)
        let name = EditorActions.yamlNames[name] ?? name
        switch name {
        case "editor:open-file": return try open(fields)
        case "editor:create-file":
            let file = try file(fields)
            let text = TextLines([])
            let content = fields.optionalText("text") ?? ""
            return try save(TextEdit.append(content, to: text), emptied: content.isEmpty, file, isNew: true)
        case "editor:create-directory":
            try home.makeFolder(home.place(try fields.text("directory")))
            var outcome = EditorOutcome()
            outcome.changesFolders = true
            return outcome
        case "editor:copy-file": return try copy(fields)
        case "editor:rename-file": return try rename(fields)
        case "editor:close-file":
            var outcome = EditorOutcome()
            outcome.closed = try file(fields).text
            return outcome
        case "editor:delete-file":
            let file = try file(fields)
            try home.delete(file, withContent: false)
            forget(file)
            var outcome = EditorOutcome()
            outcome.closed = file.text
            outcome.changesFolders = true
            return outcome
        default: break
        }
        if let change = try change(name, fields) {
            let file = try file(fields)
            let makesFile = EditorActions.makesFile.contains(name)
            let text = try text(of: file, orNothing: makesFile)
            return try save(change(text.lines), file, expecting: text.version)
        }
        if let select = try selecting(name, fields) {
            let file = try file(fields)
            let text = try text(of: file, orNothing: false)
            return outcome(file, text.lines, text.version ?? "", selection: try select(text.lines), changed: nil)
        }
        if let change = try changeOfSelection(name, fields) {
            let file = try file(fields)
            let text = try text(of: file, orNothing: false)
            let range = try selected(selection, file, text)
            return try save(change(text.lines, range), file, expecting: text.version)
        }
        throw EditProblem(.notAvailable, AgentText.actionNotAvailable(name))
    }

    // MARK: What each action does to a text

    private typealias Change = (TextLines) throws(EditProblem) -> TextEdit

    /// Actions whose file need not be there yet.
    private static let makesFile: Set<String> = [
        "editor:append-lines-to-file", "editor:prepend-lines-to-file", "editor:insert-lines-before-line",
        "editor:append-lines-after-line", "editor:insert-lines-after-line",
    ]

    private func change(_ name: String, _ fields: ActionFields) throws(EditProblem) -> Change? {
        switch name {
        case "editor:append-lines-to-file":
            let lines = try fields.text("text")
            return { text throws(EditProblem) in TextEdit.append(lines, to: text) }
        case "editor:prepend-lines-to-file":
            let lines = try fields.text("text")
            return { text throws(EditProblem) in TextEdit.prepend(lines, to: text) }
        case "editor:insert-lines-before-line":
            let (lines, line) = (try fields.text("text"), try fields.number("line"))
            return { text throws(EditProblem) in try TextEdit.insert(lines, beforeLine: line, in: text) }
        case "editor:append-lines-after-line", "editor:insert-lines-after-line":
            let (lines, line) = (try fields.text("text"), try fields.number("line"))
            return { text throws(EditProblem) in try TextEdit.append(lines, afterLine: line, in: text) }
        case "editor:insert-lines-before-match":
            let (lines, match) = (try fields.text("text"), try fields.text("match"))
            return { text throws(EditProblem) in try TextEdit.insert(lines, beforeMatch: match, in: text) }
        case "editor:append-lines-after-match":
            let (lines, match) = (try fields.text("text"), try fields.text("match"))
            return { text throws(EditProblem) in try TextEdit.append(lines, afterMatch: match, in: text) }
        case "editor:replace-matching-text":
            let (search, new) = (try fields.search("match"), try fields.text("replacement"))
            let count = try fields.optionalNumber("count") ?? 1
            return { text throws(EditProblem) in
                try TextEdit.replaceMatches(search, with: new, count: count, in: text)
            }
        case "editor:delete-lines-in-range":
            let (start, stop) = (try fields.number("start"), try fields.optionalNumber("stop"))
            return { text throws(EditProblem) in try TextEdit.deleteLines(from: start, to: stop, in: text) }
        case "editor:replace-lines-in-range":
            let (start, stop) = (try fields.number("start"), try fields.optionalNumber("stop"))
            let lines = try fields.text("text")
            return { text throws(EditProblem) in
                try TextEdit.replaceLines(from: start, to: stop, with: lines, in: text)
            }
        case "editor:delete-matching-lines":
            let (match, isExpression) = (try fields.text("match"), try fields.flag("isRegex", default: false))
            let before = try fields.optionalNumber("before") ?? 0
            let after = try fields.optionalNumber("after") ?? 0
            let count = try fields.optionalNumber("count") ?? 1
            return { text throws(EditProblem) in
                try TextEdit.deleteLines(
                    holding: match, isExpression: isExpression, before: before, after: after, count: count, in: text)
            }
        default: return try yamlChange(name, fields)
        }
    }

    private func yamlChange(_ name: String, _ fields: ActionFields) throws(EditProblem) -> Change? {
        guard EditorActions.yamlActions.contains(name) else { return nil }
        let path = try YAMLPath(fields.optionalText("path") ?? "")
        if name == "editor:delete-yaml-value" {
            return { text throws(EditProblem) in try YAMLEdit.delete(path, in: text) }
        }
        let value = try fields.value("value")
        switch name {
        case "editor:set-yaml-value":
            return { text throws(EditProblem) in try YAMLEdit.set(path, to: value, in: text) }
        case "editor:add-yaml-item":
            return { text throws(EditProblem) in try YAMLEdit.addItem(value, to: path, in: text) }
        case "editor:insert-yaml-item":
            let index = try fields.optionalNumber("index") ?? 0
            return { text throws(EditProblem) in try YAMLEdit.insertItem(value, at: index, of: path, in: text) }
        case "editor:replace-yaml-item":
            return { text throws(EditProblem) in try YAMLEdit.replace(path, with: value, in: text) }
        case "editor:merge-yaml-values":
            return { text throws(EditProblem) in try YAMLEdit.merge(value, into: path, in: text) }
        default: return { text throws(EditProblem) in try YAMLEdit.insert(value, into: path, in: text) }
        }
    }

    /// Other names of the same.
    private static let yamlNames = [
        "editor:yaml-set-value": "editor:set-yaml-value", "editor:yaml-add-item": "editor:add-yaml-item",
        "editor:yaml-insert-item": "editor:insert-yaml-item", "editor:yaml-replace-item": "editor:replace-yaml-item",
        "editor:yaml-merge-values": "editor:merge-yaml-values",
        "editor:yaml-delete-value": "editor:delete-yaml-value", "editor:yaml-select-path": "editor:select-yaml-path",
    ]
    private static let yamlActions: Set<String> = [
        "editor:set-yaml-value", "editor:add-yaml-item", "editor:insert-yaml-item", "editor:replace-yaml-item",
        "editor:merge-yaml-values", "editor:delete-yaml-value", "editor:insert-value-into-yaml",
    ]

    private func selecting(_ name: String, _ fields: ActionFields) throws(EditProblem)
        -> ((TextLines) throws(EditProblem) -> Range<Int>)?
    {
        switch name {
        case "editor:select-matching-text":
            let search = try fields.search("text")
            let (before, after) = (try fields.optionalNumber("before"), try fields.optionalNumber("after"))
            return { text throws(EditProblem) in
                try TextEdit.selectMatch(search, before: before, after: after, in: text)
            }
        case "editor:select-lines-in-range":
            let (start, stop) = (try fields.number("start"), try fields.optionalNumber("stop"))
            return { text throws(EditProblem) in try TextEdit.selectLines(from: start, to: stop, in: text) }
        case "editor:select-yaml-path":
            let path = try YAMLPath(fields.optionalText("path") ?? "")
            return { text throws(EditProblem) in try YAMLEdit.select(path, in: text) }
        default: return nil
        }
    }

    private func changeOfSelection(_ name: String, _ fields: ActionFields) throws(EditProblem)
        -> ((TextLines, Range<Int>) throws(EditProblem) -> TextEdit)?
    {
        switch name {
        case "editor:replace-text-selection":
            let new = try fields.text("text")
            return { text, range throws(EditProblem) in TextEdit.replaceSelection(range, with: new, in: text) }
        case "editor:insert-lines-before-selection":
            let lines = try fields.text("text")
            return { text, range throws(EditProblem) in TextEdit.insert(lines, beforeSelection: range, in: text) }
        case "editor:append-lines-after-selection":
            let lines = try fields.text("text")
            return { text, range throws(EditProblem) in TextEdit.append(lines, afterSelection: range, in: text) }
        case "editor:delete-text-selection":
            return { text, range throws(EditProblem) in try TextEdit.deleteSelection(range, in: text) }
        default: return nil
        }
    }

    // MARK: Files

    private func file(_ fields: ActionFields, _ name: String = "file") throws(EditProblem) -> FilePlace {
        let place = try home.place(try fields.text(name))
        if case .home("") = place { throw EditProblem(.fields, AgentText.isFolder(place)) }
        return place
    }

    private func text(of file: FilePlace, orNothing: Bool) throws(EditProblem) -> (lines: TextLines, version: String?) {
        if orNothing, home.status(file) == nil { return (TextLines([]), nil) }
        let text = try home.text(file)
        return (TextLines(text.bytes), text.version)
    }

    private func open(_ fields: ActionFields) throws(EditProblem) -> EditorOutcome {
        let file = try file(fields)
        let text = try text(of: file, orNothing: false)
        let line = try fields.optionalNumber("line")
        guard let line else { return outcome(file, text.lines, text.version ?? "", selection: nil, changed: nil) }
        guard line >= 1 else { throw EditProblem(.fields, AgentText.lineFromOne(line)) }
        let start = text.lines.start(of: min(line, max(1, text.lines.count)) - 1)
        return outcome(file, text.lines, text.version ?? "", selection: start..<start, changed: nil)
    }

    private func copy(_ fields: ActionFields) throws(EditProblem) -> EditorOutcome {
        let destination = try file(fields, "dest")
        try home.copy(try file(fields, "src"), to: destination, replaces: true)
        return try moved(to: destination, fields)
    }

    private func rename(_ fields: ActionFields) throws(EditProblem) -> EditorOutcome {
        let (source, destination) = (try file(fields, "src"), try file(fields, "dest"))
        try home.rename(source, to: destination, replaces: true)
        forget(source)
        var outcome = try moved(to: destination, fields)
        outcome.closed = source.text
        return outcome
    }

    /// A file that is no text is not shown.
    private func moved(to file: FilePlace, _ fields: ActionFields) throws(EditProblem) -> EditorOutcome {
        var outcome = EditorOutcome()
        if try fields.flag("open", default: true), let text = try? home.text(file) {
            outcome = EditorOutcome(file: file.text)
            outcome.version = text.version
        }
        outcome.changesFolders = true
        return outcome
    }

    private func save(
        _ edit: TextEdit, emptied: Bool = false, _ file: FilePlace, expecting version: String? = nil,
        isNew: Bool = false
    ) throws(EditProblem) -> EditorOutcome {
        let bytes = emptied ? [] : edit.bytes
        let isThere = version != nil || home.status(file) != nil
        let expectation: HomeFolder.Expectation =
            isNew ? .anything : version.map { HomeFolder.Expectation.version($0) } ?? .nothingThere
        let new = try home.write(bytes, to: file, expecting: expectation)
        var outcome = outcome(
            file, TextLines(bytes), new, selection: edit.selection, changed: emptied ? nil : edit.changed)
        outcome.changesFolders = !isThere
        return outcome
    }

    private func outcome(
        _ file: FilePlace, _ text: TextLines, _ version: String, selection: Range<Int>?, changed: Range<Int>?
    ) -> EditorOutcome {
        func positions(_ range: Range<Int>) -> Range<TextPosition> {
            let start = text.position(of: range.lowerBound)
            return start..<max(start, text.position(of: range.upperBound))
        }
        var outcome = EditorOutcome(file: file.text)
        outcome.version = version
        outcome.selection = selection.map(positions)
        outcome.changed = changed.map(positions)
        selections.withLock { selections in
            guard let range = outcome.selection else {
                selections[file.text] = nil
                return
            }
            if selections.count >= EditorActions.selectionLimit { selections.removeAll() }
            selections[file.text] = Selected(version: version, range: range)
        }
        return outcome
    }

    private func selected(
        _ given: Range<TextPosition>?, _ file: FilePlace, _ text: (lines: TextLines, version: String?)
    ) throws(EditProblem) -> Range<Int> {
        let range: Range<TextPosition>
        if let given {
            range = given
        } else {
            let known = selections.withLock { $0[file.text] }
            guard let known, known.version == text.version else {
                throw EditProblem(.notFound, AgentText.nothingSelected)
            }
            range = known.range
        }
        let start = text.lines.byte(of: range.lowerBound)
        return start..<max(start, text.lines.byte(of: range.upperBound))
    }

    private func forget(_ file: FilePlace) { selections.withLock { $0[file.text] = nil } }
}
