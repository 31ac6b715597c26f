extension AgentText {
    // What an action on a file cannot do
    static let nothingToLookFor = "The action does not say what to look for."
    static let expressionTooLong = "The regular expression is too long."
    static let expressionTooSlow = "The regular expression takes too long on this file."
    static func badExpression(_ why: String, at place: Int) -> String {
        "The regular expression is not valid at character \(place + 1): \(why)."
    }
    static func noSuchGroup(_ group: Int, _ count: Int) -> String {
        count == 0
            ? "The action asks for group \(group), but there are no groups to choose from."
            : "The action asks for group \(group), but the regular expression has \(count)."
    }
    static let outOfMemory = "There is not enough memory for this."
    static func lineFromOne(_ line: Int) -> String { "There is no line \(line): lines count from 1." }
    static func noSuchLine(_ line: Int, _ count: Int) -> String {
        count == 0 ? "The file is empty, it has no line \(line)." : "There is no line \(line): the file has \(count)."
    }
    static func notInFile(_ text: String) -> String {
        let line = text.split(separator: "\n").first.map(String.init) ?? ""
        let shown = line.count > 60 ? line.prefix(57) + "…" : line[...]
        return "“\(shown)” is not in the file. It may have been changed already."
    }
    static let nothingSelected = "Nothing is selected in the file. Use the step before first."

    static func badYAMLPath(_ path: String) -> String { "“\(path)” is not a path to a value of a YAML file." }
    static func notYAML(_ line: Int, _ why: String) -> String { "The file is not valid YAML: line \(line), \(why)." }
    static func notInYAML(_ part: String, of path: String) -> String {
        part == path ? "There is no \(path) in the file." : "There is no \(part) on the way to \(path) in the file."
    }
    static func noYAMLList(_ path: String) -> String { "\(path.isEmpty ? "The file" : path) is not a list." }
    static func noYAMLMapping(_ path: String) -> String {
        "\(path.isEmpty ? "The file" : path) is not a mapping of keys to values."
    }
    static func noYAMLItem(_ path: String, _ index: Int, _ count: Int) -> String {
        "\(path.isEmpty ? "The list" : path) has no place \(index): it has \(count) \(count == 1 ? "item" : "items")."
    }
    static let mappingExpected = "The value to merge must be a mapping of keys to values."
    static func yamlAlias(_ name: String) -> String {
        "The path leads into *\(name), which only refers to another place of the file."
    }
    static let yamlTooUnusual = "The file is written in a way that this action cannot change safely."
}

// Files
extension AgentText {
    static let notAPath = "This is not the path of a file."
    static func noSuchFile(_ place: FilePlace) -> String { "There is no \(place.shown). A step before may create it." }
    static func noSuchFolder(_ place: FilePlace) -> String { "There is no folder for \(place.shown)." }
    static func existsAlready(_ place: FilePlace) -> String { "\(place.shown) exists already." }
    static func isFolder(_ place: FilePlace) -> String { "\(place.shown) is a folder." }
    static func isNoFile(_ place: FilePlace) -> String { "\(place.shown) is not an ordinary file." }
    static func isBinary(_ place: FilePlace) -> String { "\(place.shown) is not a text, so it cannot be edited here." }
    static func tooLarge(_ place: FilePlace, _ limit: Int) -> String {
        "\(place.shown) is larger than \(size(limit)), which is the most that can be handled here."
    }
    static func outsideOfHome(_ place: FilePlace) -> String { "\(place.shown) is outside of your home." }
    static func notAllowed(_ place: FilePlace) -> String { "You may not do this with \(place.shown)." }
    static let noRoom = "There is no room left for files in your lab."
    static func tooManyFiles(_ place: FilePlace) -> String {
        "\(place.shown) holds more files than can be deleted here. Delete it in the terminal."
    }
    static func changedMeanwhile(_ place: FilePlace) -> String { "\(place.shown) was changed meanwhile." }
    static func systemRefused(_ place: FilePlace, _ code: Int32) -> String {
        "The system refused \(place.shown) (error \(code))."
    }
    static func size(_ bytes: Int) -> String {
        if bytes >= 1 << 20 { return "\(bytes >> 20) MiB" }
        return bytes >= 1024 ? "\(bytes >> 10) KiB" : "\(bytes) bytes"
    }
}

// Fields of actions
extension AgentText {
    static func missingField(_ name: String) -> String { "The action does not say its “\(name)”." }
    static func wholeNumberExpected(_ name: String) -> String { "“\(name)” of the action must be a whole number." }
    static func yesOrNoExpected(_ name: String) -> String { "“\(name)” of the action must be true or false." }
}

// Uploads and requests of the page
extension AgentText {
    static func tooManyUploads(_ limit: Int) -> String { "At most \(limit) files can be uploaded at once." }
    static let uploadIncomplete = "The upload is not complete: it needs files and a place for them."
    static let outsideOfUploads = "Uploads stay in their own folder."
    static let requestNotUnderstood = "The request was not understood."
}

// What the scripts of the editor say
extension AgentText {
    /// For `Assets/room/`, by the names that the modules use.
    static let editorScript: [(String, String)] = [
        ("editorMissing", "This workshop has no editor."),
        ("editorNotLoaded", "The editor could not be loaded. Try again."),
        ("editorAway", "Your lab did not answer. Try again in a moment."),
        ("editorTooLarge", "This file is too large to be handled here."),
        ("editorText", "Text of the file"),
        ("editorKeys", "Tab indents. Press F6 to leave the text, Control and S to save."),
        ("editorTools", "Tools of the editor"),
        ("files", "Files"), ("openFiles", "Open files"), ("moreForFiles", "More for files"),
        ("noFileOpen", "No file is open. Choose one on the left, or make a new one."),
        ("folderNamed", "{name}, folder"), ("folderEmpty", "Empty"),
        ("folderCut", "There are more files than shown here."),
        ("menuOf", "What to do with {name}"),
        ("openFile", "Open"), ("newFile", "New file"), ("newFolder", "New folder"), ("renameFile", "Rename"),
        ("duplicateFile", "Duplicate"), ("downloadFile", "Download"), ("uploadHere", "Upload files here"),
        ("deleteFile", "Delete"), ("closeFile", "Close the file"),
        ("inFolder", "In {folder}."), ("name", "Name"), ("create", "Create"), ("rename", "Rename"),
        ("cancel", "Cancel"),
        ("nameMissing", "Write a name."), ("nameWrong", "This cannot be the name of a file."),
        ("noOrdinaryFile", "This is not an ordinary file."),
        ("deleteTitle", "Delete {name}?"), ("deleteBody", "The file will be gone. This cannot be undone."),
        ("deleteFolderBody", "The folder and everything in it will be gone. This cannot be undone."),
        ("uploading", "Uploading: {percent} %"), ("uploadedOne", "{name} was uploaded."),
        ("uploadedMany", "{count} files were uploaded."),
        ("uploadBroken", "The upload broke off. Try again."), ("uploadByClick", "Click to choose what to upload."),
        ("uploadNothing", "No file was chosen."),
        ("save", "Save"), ("undo", "Undo"), ("redo", "Redo"), ("find", "Find"), ("goToLine", "Go to line"),
        ("lineOf", "Line, 1 to {last}"), ("lineWrong", "Write the number of a line."), ("go", "Go"),
        ("autosave", "Save by itself"),
        ("saved", "Saved"), ("saving", "Saving"), ("unsaved", "Not saved yet"), ("notSaved", "Could not be saved"),
        ("readOnly", "Can only be read"), ("cursorAt", "Line {line}, column {column}"),
        ("unsavedNamed", "{name}, not saved"), ("unsavedTitle", "Save the changes of {name}?"),
        ("unsavedBody", "They would be lost otherwise."), ("discard", "Do not save"),
        ("conflictChanged", "{name} was changed outside of the editor, and here too."),
        ("conflictGone", "{name} was deleted or renamed outside of the editor."),
        ("conflictOther", "{name} can no longer be read as a text."),
        (
            "conflictFirst",
            "The file was changed outside of the editor, and here too. Choose in the editor what counts."
        ),
        ("takeTheirs", "Load what is there"), ("keepMine", "Keep what is here"), ("saveAgain", "Save it again"),
        ("findText", "Find"), ("replaceBy", "Replace by"), ("findNext", "Next"), ("findPrevious", "Previous"),
        ("asExpression", "Regular expression"), ("replaceOne", "Replace"), ("replaceAll", "Replace all"),
        ("closeFind", "Close the search"), ("findCount", "{count} found"), ("findPlace", "{number} of {count}"),
        ("replacedCount", "{count} replaced"),
        ("commandUnknown", "This editor has no command “{name}”."),
        ("terminalNameWrong", "“{id}” cannot be the name of a terminal."),
        ("terminalNotReady", "The terminal is not there yet. Try again."),
        ("fileMissing", "There is no {name} to be had. A step before may create it."),
        ("fileElsewhere", "Files of other sites can only be opened, not shown or copied here."),
        ("previewOf", "Content of {name}"),
    ]
}
