/// What a check said, as a learner can read it: without the codes that colour a terminal.
enum CheckMessage {
    /// Bytes of a check's output that are told.
    static let limit = 4096

    static func plain(_ output: BoundedText) -> String {
        let text = withoutControls(output.text { _ in "\n…\n" })
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> Substring in
            var line = line
            while let last = line.last, last == " " || last == "\t" { line.removeLast() }
            return line
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        while lines.first?.isEmpty == true { lines.removeFirst() }
        return lines.joined(separator: "\n")
    }

    /// Leaves out escape sequences (ECMA-48: CSI, OSC, and two-byte ones) and control characters but line break and tab.
    static func withoutControls(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var scalars = text.unicodeScalars.makeIterator()
        var next = scalars.next()
        while let scalar = next {
            next = scalars.next()
            guard scalar == "\u{1B}" else {
                let isShown = scalar.value >= 32 && !(0x7f...0x9f).contains(scalar.value)
                if isShown || scalar == "\n" || scalar == "\t" { result.append(scalar) }
                continue
            }
            switch next {
            case "[":
                next = scalars.next()
                while let part = next, !(0x40...0x7e).contains(part.value) { next = scalars.next() }
                next = scalars.next()
            case "]":
                while let part = next, part != "\u{07}", part != "\u{1B}" { next = scalars.next() }
                if next == "\u{1B}" { next = scalars.next() }
                next = scalars.next()
            case nil: break
            default: next = scalars.next()
            }
        }
        return String(result)
    }
}
