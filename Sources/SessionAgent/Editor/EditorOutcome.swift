package import HTTP

/// What an action on a file has done, for whoever shows the file.
package struct EditorOutcome: Equatable, Sendable {
    /// The file to show, below the home or absolute; `nil` when none is to be shown.
    package var file: String?
    /// Of the file's content after the action.
    package var version: String?
    /// What is selected in it; empty for a place.
    package var selection: Range<TextPosition>?
    /// What is new in it.
    package var changed: Range<TextPosition>?
    /// A file that is there no longer, or only under another name: editors close it.
    package var closed: String?
    /// Whether files came or went.
    package var changesFolders = false

    package init(file: String? = nil) { self.file = file }

    package var json: JSONValue {
        func positions(_ range: Range<TextPosition>?) -> JSONValue {
            guard let range else { return .null }
            func position(_ place: TextPosition) -> JSONValue {
                ["line": .int(place.line), "ch": .int(place.column)]
            }
            return ["from": position(range.lowerBound), "to": position(range.upperBound)]
        }
        return [
            "file": file.map { .string($0) } ?? .null, "version": version.map { .string($0) } ?? .null,
            "selection": positions(selection), "changed": positions(changed),
            "closed": closed.map { .string($0) } ?? .null, "changesFolders": .bool(changesFolders),
        ]
    }
}
