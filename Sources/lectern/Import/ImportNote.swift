/// Something that an import could not carry over, or did in another way.
struct ImportNote: Equatable {
    /// Relative to what is imported.
    var file: String
    /// 1-based; 0 for the file as a whole.
    var line: Int
    var message: String

    var text: String { line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)" }

    static func isBefore(_ left: ImportNote, _ right: ImportNote) -> Bool {
        (left.file, left.line, left.message) < (right.file, right.line, right.message)
    }
}
