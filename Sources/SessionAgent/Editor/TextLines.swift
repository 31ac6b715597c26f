/// A text as lines. What follows the last line break is a line when it holds anything, so that an empty text has none and
/// `a` as well as `a` with a line break after it has one.
struct TextLines: Equatable {
    /// Valid UTF-8.
    let bytes: [UInt8]
    /// Where each line begins; a line goes to the next one's beginning, its line break included.
    let starts: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts: [Int] = bytes.isEmpty ? [] : [0]
        bytes.withUnsafeBufferPointer { bytes in
            for (index, byte) in bytes.enumerated() where byte == 10 && index + 1 < bytes.count {
                starts.append(index + 1)
            }
        }
        self.starts = starts
    }

    init(_ text: String) { self.init(Array(text.utf8)) }

    var count: Int { starts.count }
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Where a line begins; for the one after the last, and all beyond, the end of the text.
    func start(of line: Int) -> Int { line < starts.count ? starts[max(0, line)] : bytes.count }
    /// Where a line ends, after its line break.
    func end(of line: Int) -> Int { start(of: line + 1) }

    /// Where a line's content ends, before its line break.
    func contentEnd(of line: Int) -> Int {
        var end = end(of: line)
        let start = start(of: line)
        if end > start, bytes[end - 1] == 10 { end -= 1 }
        if end > start, bytes[end - 1] == 13 { end -= 1 }
        return end
    }

    /// The index of the line in which a byte stands; the last line for the end of the text.
    func line(at byte: Int) -> Int {
        var low = 0
        var high = starts.count
        while low + 1 < high {
            let middle = (low + high) / 2
            if starts[middle] <= byte { low = middle } else { high = middle }
        }
        return low
    }

    /// The line break that the text is written with: that of its first line.
    var lineBreak: [UInt8] {
        guard let first = bytes.firstIndex(of: 10) else { return [10] }
        return first > 0 && bytes[first - 1] == 13 ? [13, 10] : [10]
    }

    /// A text written with this text's line breaks.
    func adapted(_ text: String) -> [UInt8] {
        let lineBreak = lineBreak
        guard lineBreak.count == 2 else { return Array(text.utf8) }
        var result: [UInt8] = []
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if byte == 10 && previous != 13 { result.append(13) }
            result.append(byte)
            previous = byte
        }
        return result
    }

    /// Whole lines of a text, written with this text's line breaks, the last of them ended. Empty text is one empty line.
    func wholeLines(_ text: String) -> [UInt8] {
        var lines = adapted(text)
        if lines.last != 10 { lines += lineBreak }
        return lines
    }

    /// The place of a byte for an editor: a line from 0, and UTF-16 units from its beginning.
    func position(of byte: Int) -> TextPosition {
        guard !starts.isEmpty else { return TextPosition(line: 0, column: 0) }
        let byte = min(max(0, byte), bytes.count)
        // Behind the last line break there is one more line for an editor.
        if byte == bytes.count, bytes.last == 10 { return TextPosition(line: starts.count, column: 0) }
        let line = line(at: byte)
        return TextPosition(line: line, column: TextLines.units(in: bytes[starts[line]..<byte]))
    }

    /// The byte at which an editor's position stands; the nearest one when there is no such position.
    func byte(of position: TextPosition) -> Int {
        guard position.line < starts.count else { return bytes.count }
        guard position.line >= 0 else { return 0 }
        let end = contentEnd(of: position.line)
        var index = starts[position.line]
        var units = 0
        while index < end, units < position.column {
            units += bytes[index] >= 0xF0 ? 2 : 1
            index += 1
            while index < end, bytes[index] & 0xC0 == 0x80 { index += 1 }
        }
        return index
    }

    /// UTF-16 units of valid UTF-8.
    private static func units(in bytes: ArraySlice<UInt8>) -> Int {
        var count = 0
        for byte in bytes where byte & 0xC0 != 0x80 { count += byte >= 0xF0 ? 2 : 1 }
        return count
    }
}

/// A place between two characters as CodeMirror counts: a line from 0, UTF-16 units from 0.
package struct TextPosition: Equatable, Sendable, Comparable {
    package var line: Int
    package var column: Int
    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
    package static func < (left: TextPosition, right: TextPosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}
