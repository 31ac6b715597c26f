/// A changed text, and what of it to show. Every change is a pure function of a text (spec/dashboard.md section 6): lines
/// outside the range it names stay as they are, byte for byte. Line numbers count from 1.
struct TextEdit: Equatable {
    /// The whole text.
    var bytes: [UInt8]
    /// The bytes that are new in it; empty where something was taken away.
    var changed: Range<Int>
    /// What is selected afterwards; `nil` leaves the selection alone.
    var selection: Range<Int>?

    /// Most lines that may be made up before one that lies beyond the end.
    static let paddingLimit = 10_000

    // MARK: Lines at a place

    static func append(_ lines: String, to text: TextLines) -> TextEdit { insert(lines, before: text.count, in: text) }
    static func prepend(_ lines: String, to text: TextLines) -> TextEdit { insert(lines, before: 0, in: text) }

    /// Before a line; a line beyond the end is reached by empty ones.
    static func insert(_ lines: String, beforeLine line: Int, in text: TextLines) throws(EditProblem) -> TextEdit {
        guard line >= 1 else { throw EditProblem(.fields, AgentText.lineFromOne(line)) }
        return try padded(lines, before: line - 1, in: text)
    }

    /// After a line; 0 is the beginning.
    static func append(_ lines: String, afterLine line: Int, in text: TextLines) throws(EditProblem) -> TextEdit {
        guard line >= 0 else { throw EditProblem(.fields, AgentText.lineFromOne(line)) }
        return try padded(lines, before: line, in: text)
    }

    /// Before the first line that holds some words.
    static func insert(_ lines: String, beforeMatch match: String, in text: TextLines) throws(EditProblem) -> TextEdit {
        insert(lines, before: try linesHolding(match, isExpression: false, in: text).lowerBound, in: text)
    }

    static func append(_ lines: String, afterMatch match: String, in text: TextLines) throws(EditProblem) -> TextEdit {
        insert(lines, before: try linesHolding(match, isExpression: false, in: text).upperBound + 1, in: text)
    }

    // MARK: Ranges of lines

    /// - Parameter stop: the last line, which belongs to the range; `nil` for one line only.
    static func deleteLines(from start: Int, to stop: Int?, in text: TextLines) throws(EditProblem) -> TextEdit {
        replace(try bytes(ofLines: start, stop, in: text), with: [], in: text)
    }

    static func replaceLines(from start: Int, to stop: Int?, with lines: String, in text: TextLines)
        throws(EditProblem) -> TextEdit
    {
        let range = try bytes(ofLines: start, stop, in: text)
        // No lines at all are meant by no text.
        guard !lines.isEmpty else { return replace(range, with: [], in: text) }
        return replaceWholeLines(range, with: text.wholeLines(lines), in: text)
    }

    static func selectLines(from start: Int, to stop: Int?, in text: TextLines) throws(EditProblem) -> Range<Int> {
        try bytes(ofLines: start, stop, in: text)
    }

    /// Deletes the first line that holds a match, and lines around it.
    /// - Parameters:
    ///   - before: lines before it to delete as well; negative for all.
    ///   - after: lines after it.
    ///   - count: lines from the match on, itself included; negative for all.
    static func deleteLines(
        holding match: String, isExpression: Bool, before: Int, after: Int, count: Int = 1, in text: TextLines
    ) throws(EditProblem) -> TextEdit {
        var found = try linesHolding(match, isExpression: isExpression, in: text)
        let last = text.count - 1
        let more = count < 0 ? last - found.lowerBound : min(max(count, 1) - 1, last - found.lowerBound)
        found = found.lowerBound...max(found.upperBound, found.lowerBound + more)
        let lines = around(found, before: before, after: after, in: text)
        return replace(text.start(of: lines.lowerBound)..<text.end(of: lines.upperBound), with: [], in: text)
    }

    // MARK: Matches

    /// How a match is looked for.
    struct Search: Equatable {
        var pattern: String
        var isExpression = false
        /// A group of the expression; 0 for all of the match.
        var group = 0
        /// The first line to look in; negative counts from the end.
        var start: Int?
        /// The line after the last one to look in; negative counts from the end.
        var stop: Int?

        func lines(of text: TextLines) -> Range<Int> {
            let count = text.count
            func index(_ line: Int) -> Int { min(count, max(0, line < 0 ? count + line : line - 1)) }
            let first = start.map(index) ?? 0
            return first..<max(first, stop.map(index) ?? count)
        }

        func compiled() throws(EditProblem) -> TextPattern {
            isExpression ? try TextPattern(expression: pattern) : try TextPattern(words: pattern)
        }
    }

    /// - Parameter count: how many matches to replace, first to last; negative for all, 0 for one.
    static func replaceMatches(_ search: Search, with replacement: String, count: Int, in text: TextLines)
        throws(EditProblem) -> TextEdit
    {
        let most = count < 0 ? Int.max : max(1, count)
        let places = try search.compiled().places(
            in: text, lines: search.lines(of: text), group: search.group, most: most)
        guard let first = places.first else { throw notFound(search.pattern) }
        let replacement = text.adapted(replacement)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.bytes.count + places.count * replacement.count)
        var done = 0
        for place in places {
            bytes += text.bytes[done..<place.lowerBound]
            bytes += replacement
            done = place.upperBound
        }
        let end = bytes.count
        bytes += text.bytes[done...]
        let start = end - replacement.count
        return TextEdit(bytes: bytes, changed: first.lowerBound..<end, selection: start..<end)
    }

    /// The first match; with lines before or after it, whole lines.
    static func selectMatch(_ search: Search, before: Int?, after: Int?, in text: TextLines) throws(EditProblem)
        -> Range<Int>
    {
        let places = try search.compiled().places(
            in: text, lines: search.lines(of: text), group: search.group, most: 1)
        guard let place = places.first else { throw notFound(search.pattern) }
        guard before != nil || after != nil else { return place }
        let first = text.line(at: place.lowerBound)
        let last = max(first, text.line(at: max(place.lowerBound, place.upperBound - 1)))
        let lines = around(first...last, before: before ?? 0, after: after ?? 0, in: text)
        return text.start(of: lines.lowerBound)..<text.end(of: lines.upperBound)
    }

    // MARK: The selection

    static func replaceSelection(_ selection: Range<Int>, with new: String, in text: TextLines) -> TextEdit {
        let new = text.adapted(new)
        var edit = replace(clamped(selection, text), with: new, in: text)
        edit.selection = edit.changed
        return edit
    }

    static func insert(_ lines: String, beforeSelection selection: Range<Int>, in text: TextLines) -> TextEdit {
        let selection = clamped(selection, text)
        var edit = insert(lines, before: text.count == 0 ? 0 : lineOfStart(selection, text), in: text)
        let moved = edit.changed.count
        edit.selection = selection.lowerBound + moved..<selection.upperBound + moved
        return edit
    }

    static func append(_ lines: String, afterSelection selection: Range<Int>, in text: TextLines) -> TextEdit {
        let selection = clamped(selection, text)
        // A selection of whole lines ends where the next line begins, which does not belong to it.
        let last = selection.isEmpty ? selection.lowerBound : selection.upperBound - 1
        let isAtEnd = selection.isEmpty && last == text.bytes.count && (text.bytes.last ?? 10) == 10
        let line = text.count == 0 || isAtEnd ? text.count : text.line(at: last) + 1
        var edit = insert(lines, before: line, in: text)
        edit.selection = selection
        return edit
    }

    static func deleteSelection(_ selection: Range<Int>, in text: TextLines) throws(EditProblem) -> TextEdit {
        let selection = clamped(selection, text)
        guard !selection.isEmpty else { throw EditProblem(.notFound, AgentText.nothingSelected) }
        var edit = replace(selection, with: [], in: text)
        edit.selection = edit.changed
        return edit
    }

    // MARK: Parts

    static func replace(_ range: Range<Int>, with new: [UInt8], in text: TextLines) -> TextEdit {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.bytes.count - range.count + new.count)
        bytes += text.bytes[..<range.lowerBound]
        bytes += new
        bytes += text.bytes[range.upperBound...]
        return TextEdit(bytes: bytes, changed: range.lowerBound..<range.lowerBound + new.count, selection: nil)
    }

    /// A last line without a line break keeps the text's end as it is.
    private static func replaceWholeLines(_ range: Range<Int>, with lines: [UInt8], in text: TextLines) -> TextEdit {
        var lines = lines
        let isLast = range.upperBound == text.bytes.count && !range.isEmpty
        if isLast && text.bytes.last != 10 { lines.removeLast(lines.suffix(2) == [13, 10] ? 2 : 1) }
        return replace(range, with: lines, in: text)
    }

    /// Whole lines before the line at an index, which may be the one after the last.
    private static func insert(_ lines: String, before index: Int, in text: TextLines) -> TextEdit {
        let new = text.wholeLines(lines)
        let place = text.start(of: index)
        guard place == text.bytes.count, let last = text.bytes.last, last != 10 else {
            return replace(place..<place, with: new, in: text)
        }
        // The last line had no end so far.
        var edit = replace(place..<place, with: text.lineBreak + new, in: text)
        edit.changed = edit.changed.lowerBound + text.lineBreak.count..<edit.changed.upperBound
        return edit
    }

    private static func padded(_ lines: String, before index: Int, in text: TextLines) throws(EditProblem) -> TextEdit {
        let missing = index - text.count
        guard missing > 0 else { return insert(lines, before: index, in: text) }
        guard missing <= paddingLimit else { throw EditProblem(.fields, AgentText.noSuchLine(index, text.count)) }
        return insert(String(repeating: "\n", count: missing) + lines, before: text.count, in: text)
    }

    private static func bytes(ofLines start: Int, _ stop: Int?, in text: TextLines) throws(EditProblem) -> Range<Int> {
        guard start >= 1 else { throw EditProblem(.fields, AgentText.lineFromOne(start)) }
        let first = min(start, stop ?? start)
        let last = max(start, stop ?? start)
        guard first >= 1 else { throw EditProblem(.fields, AgentText.lineFromOne(first)) }
        guard first <= text.count else { throw EditProblem(.notFound, AgentText.noSuchLine(first, text.count)) }
        return text.start(of: first - 1)..<text.end(of: last - 1)
    }

    /// The lines of the first match. Blanks around words do not count, so that a block of YAML may hold them.
    private static func linesHolding(_ match: String, isExpression: Bool, in text: TextLines) throws(EditProblem)
        -> ClosedRange<Int>
    {
        let pattern = isExpression ? try TextPattern(expression: match) : try TextPattern(words: trimmed(match))
        guard let lines = try pattern.firstLines(in: text, lines: 0..<text.count) else { throw notFound(match) }
        return lines
    }

    private static func around(_ lines: ClosedRange<Int>, before: Int, after: Int, in text: TextLines) -> ClosedRange<
        Int
    > {
        let first = before < 0 ? 0 : lines.lowerBound - min(before, lines.lowerBound)
        let last = after < 0 ? text.count - 1 : lines.upperBound + min(after, text.count - 1 - lines.upperBound)
        return first...max(first, last)
    }

    private static func lineOfStart(_ selection: Range<Int>, _ text: TextLines) -> Int {
        selection.lowerBound == text.bytes.count && text.bytes.last == 10
            ? text.count : text.line(at: selection.lowerBound)
    }

    private static func clamped(_ selection: Range<Int>, _ text: TextLines) -> Range<Int> {
        selection.clamped(to: 0..<text.bytes.count)
    }

    private static func trimmed(_ text: String) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 10 || byte == 13 }
        let bytes = Array(text.utf8)
        guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }

    private static func notFound(_ pattern: String) -> EditProblem {
        EditProblem(.notFound, AgentText.notInFile(pattern))
    }
}
