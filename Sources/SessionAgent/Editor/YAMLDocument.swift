internal import HTTP
internal import Platform

/// A YAML text with the places of its values, and the changes of its lines that `YAMLEdit` is made of.
struct YAMLDocument {
    typealias Node = YAMLLayout.Node

    /// How one gets from a value to one within it.
    enum Step {
        case entry(mapping: Node, index: Int)
        case item(sequence: Node, index: Int)

        var container: Node {
            switch self {
            case .entry(let mapping, _): mapping
            case .item(let sequence, _): sequence
            }
        }
    }

    let text: TextLines
    let root: Node?

    init(_ text: TextLines) throws(EditProblem) {
        self.text = text
        do {
            root = try YAMLLayout(parsing: text.bytes).root
        } catch {
            throw EditProblem(.content, AgentText.notYAML(error.place.line, error.message))
        }
    }

    // MARK: Finding

    /// As far as a path leads; `nil` for an empty document.
    func walk(_ parts: [YAMLPath.Part]) throws(EditProblem) -> ([Step], Node?, ArraySlice<YAMLPath.Part>) {
        guard var node = root else { return ([], nil, parts[...]) }
        var steps: [Step] = []
        for (index, part) in parts.enumerated() {
            guard let step = try step(part, from: node) else { return (steps, node, parts[index...]) }
            steps.append(step.0)
            node = step.1
        }
        return (steps, node, [])
    }

    func find(_ path: YAMLPath) throws(EditProblem) -> ([Step], Node) {
        let (steps, node, rest) = try walk(path.parts)
        if let node, rest.isEmpty { return (steps, node) }
        guard let missing = rest.first else {
            // Nothing but comments: as good as a value that was not written.
            return ([], Node(content: .scalar(YAMLScalar("", isPlain: true), .plain), range: end..<end, isFlow: false))
        }
        throw self.missing(path, missing)
    }

    func missing(_ path: YAMLPath, _ part: YAMLPath.Part) -> EditProblem {
        EditProblem(.notFound, AgentText.notInYAML(YAMLPath(parts: [part]).text, of: path.text))
    }

    private func step(_ part: YAMLPath.Part, from node: Node) throws(EditProblem) -> (Step, Node)? {
        if case .alias(let name) = node.content { throw EditProblem(.content, AgentText.yamlAlias(name)) }
        switch (part, node.content) {
        case (.key(let key), .mapping(let entries)):
            guard let index = entries.firstIndex(where: { $0.key.scalar?.text == key }) else { return nil }
            return (.entry(mapping: node, index: index), entries[index].value)
        case (.index(let index), .sequence(let items)):
            guard index < items.count else { return nil }
            return (.item(sequence: node, index: index), items[index])
        case (.item(let key, let value), .sequence(let items)):
            let index = items.firstIndex { item in
                guard case .mapping(let entries) = item.content else { return false }
                return entries.contains { $0.key.scalar?.text == key && $0.value.scalar?.text == value }
            }
            guard let index else { return nil }
            return (.item(sequence: node, index: index), items[index])
        default: return nil
        }
    }

    // MARK: Values

    /// Another value in the place of a node.
    func replace(_ steps: [Step], _ node: Node, with value: JSONValue) throws(EditProblem) -> [UInt8] {
        if isWithinBrackets(steps) { return replaceInFlow(steps, node, with: value) }
        let form = YAMLWriter.form(value)
        // A single value for a single value: nothing else of the line changes.
        if case .inline = form, !node.range.isEmpty, !isProperty(node), isOnOneLine(steps.last, node) {
            var style = YAMLLayout.Style.plain
            if case .scalar(_, let old) = node.content { style = old }
            return spliced(node.range, YAMLWriter.scalar(value, like: style))
        }
        guard let last = steps.last else { return replaceRoot(node, with: value) }
        let slot = slot(of: last)
        var end = max(node.range.upperBound, slot.end)
        var comment = headComment(slot.end, node)
        if !isBlockScalar(node) {
            // What stands behind the value on its line is a comment, which goes to the key.
            let lineEnd = max(end, text.contentEnd(of: text.line(at: max(0, end - 1))))
            if comment.isEmpty {
                comment = YAMLDocument.comment(in: String(decoding: text.bytes[end..<lineEnd], as: UTF8.self))
            }
            end = lineEnd
        }
        var new = render(form, slot, comment)
        if end >= text.bytes.count, new.utf8.contains(10) { new += "\n" }
        return spliced(slot.end..<end, new)
    }

    private func replaceRoot(_ node: Node, with value: JSONValue) -> [UInt8] {
        guard !node.range.isEmpty else { return appendToDocument(value) }
        let lines: [String] =
            switch YAMLWriter.form(value) {
            case .inline(let text): [text]
            case .literal(let head, let lines): [head] + lines.map(YAMLWriter.indented)
            case .block(let lines): lines
            }
        return spliced(node.range, lines.joined(separator: "\n"))
    }

    /// The first value of a document that had none.
    func appendToDocument(_ value: JSONValue) -> [UInt8] {
        let lines: [String] =
            switch YAMLWriter.form(value) {
            case .inline(let text): [text]
            case .literal(let head, let lines): [head] + lines.map(YAMLWriter.indented)
            case .block(let lines): lines
            }
        let start = text.bytes.isEmpty || text.bytes.last == 10 ? "" : "\n"
        return spliced(end..<end, start + lines.joined(separator: "\n") + "\n")
    }

    private func replaceInFlow(_ steps: [Step], _ node: Node, with value: JSONValue) -> [UInt8] {
        var new = flow(value)
        if case .scalar(_, let style) = node.content, !isJSON, style == .doubleQuoted || style == .singleQuoted {
            new = YAMLWriter.scalar(value, like: style)
        }
        guard node.range.isEmpty, case .entry(let mapping, let index) = steps.last,
            case .mapping(let entries) = mapping.content
        else { return spliced(node.range, new) }
        // `{a}` and `{a: }`: a key whose value was not written.
        let key = entries[index].key.range
        var at = key.upperBound
        while at < text.bytes.count, text.bytes[at] == 32 { at += 1 }
        if at < text.bytes.count, text.bytes[at] == UInt8(ascii: ":") { return spliced(at + 1..<at + 1, " " + new) }
        return spliced(key.upperBound..<key.upperBound, ": " + new)
    }

    // MARK: Entries and items

    func addEntry(_ key: String, _ value: JSONValue, to mapping: Node, _ steps: [Step]) throws(EditProblem) -> [UInt8] {
        guard case .mapping(let entries) = mapping.content else { return text.bytes }
        if mapping.isFlow {
            if entries.isEmpty, !isWithinBrackets(steps), !steps.isEmpty {
                return try replace(steps, mapping, with: .object([JSONValue.Member(key, value)]))
            }
            let new = isJSON ? JSONValue.string(key).text + ": " + value.text : YAMLWriter.flowEntry(key, value)
            guard let last = entries.last else {
                return spliced(mapping.range.upperBound - 1..<mapping.range.upperBound - 1, new)
            }
            let end = max(last.key.range.upperBound, last.value.range.upperBound)
            return spliced(end..<end, ", " + new)
        }
        guard let first = entries.first, let last = entries.last else { return text.bytes }
        let column = column(of: first.key.range.lowerBound)
        return insertAfter(
            max(last.key.range.upperBound, last.value.range.upperBound), YAMLWriter.entry(key, value), column: column)
    }

    func addItem(_ value: JSONValue, to sequence: Node, _ steps: [Step]) throws(EditProblem) -> [UInt8] {
        guard case .sequence(let items) = sequence.content else { return text.bytes }
        if sequence.isFlow {
            if items.isEmpty, !isWithinBrackets(steps), !steps.isEmpty {
                return try replace(steps, sequence, with: .array([value]))
            }
            let new = flow(value)
            guard let last = items.last else {
                return spliced(sequence.range.upperBound - 1..<sequence.range.upperBound - 1, new)
            }
            return spliced(last.range.upperBound..<last.range.upperBound, ", " + new)
        }
        guard let last = items.last else { return text.bytes }
        let dash = dash(of: items.count - 1, in: sequence)
        let column = column(of: self.dash(of: 0, in: sequence))
        return insertAfter(max(dash + 1, last.range.upperBound), YAMLWriter.item(value), column: column)
    }

    func insertItem(_ value: JSONValue, before index: Int, of sequence: Node, _ steps: [Step]) throws(EditProblem)
        -> [UInt8]
    {
        guard case .sequence(let items) = sequence.content else { return text.bytes }
        if sequence.isFlow {
            let start = items[index].range.lowerBound
            return spliced(start..<start, flow(value) + ", ")
        }
        let dash = dash(of: index, in: sequence)
        let column = column(of: dash)
        let indent = String(repeating: " ", count: column)
        let lines = YAMLWriter.item(value)
        var line = text.line(at: dash)
        guard isFirstOnLine(dash) else {
            return spliced(dash..<dash, lines.joined(separator: "\n" + indent) + "\n" + indent)
        }
        // Comments right above an item are about it.
        let floor = index == 0 ? line : text.line(at: max(0, items[index - 1].range.upperBound - 1))
        while line > floor + 1, isComment(line - 1, column: column) { line -= 1 }
        let start = text.start(of: line)
        return spliced(start..<start, lines.map { $0.isEmpty ? "\n" : indent + $0 + "\n" }.joined())
    }

    // MARK: Taking away

    func delete(_ steps: [Step], _ node: Node) throws(EditProblem) -> [UInt8] {
        guard let last = steps.last else { return try replace(steps, node, with: .object([])) }
        let parents = Array(steps.dropLast())
        switch last {
        case .entry(let mapping, let index):
            guard case .mapping(let entries) = mapping.content else { return text.bytes }
            guard entries.count > 1 else { return try replace(parents, mapping, with: .object([])) }
            func range(_ index: Int) -> Range<Int> {
                let key = entries[index].key.range
                return key.lowerBound..<max(key.upperBound, entries[index].value.range.upperBound)
            }
            if mapping.isFlow { return removeFromFlow(index, entries.count, range) }
            return removeLines(range(index), next: index + 1 < entries.count ? range(index + 1).lowerBound : nil)
        case .item(let sequence, let index):
            guard case .sequence(let items) = sequence.content else { return text.bytes }
            guard items.count > 1 else { return try replace(parents, sequence, with: .array([])) }
            if sequence.isFlow { return removeFromFlow(index, items.count) { items[$0].range } }
            let dash = dash(of: index, in: sequence)
            let next = index + 1 < items.count ? self.dash(of: index + 1, in: sequence) : nil
            return removeLines(dash..<max(dash + 1, items[index].range.upperBound), next: next)
        }
    }

    private func removeFromFlow(_ index: Int, _ count: Int, _ range: (Int) -> Range<Int>) -> [UInt8] {
        if index + 1 < count { return spliced(range(index).lowerBound..<range(index + 1).lowerBound, "") }
        return spliced(range(index - 1).upperBound..<range(index).upperBound, "")
    }

    private func removeLines(_ range: Range<Int>, next: Int?) -> [UInt8] {
        let last = text.line(at: max(range.lowerBound, range.upperBound - 1))
        if isFirstOnLine(range.lowerBound) {
            return spliced(text.start(of: text.line(at: range.lowerBound))..<text.end(of: last), "")
        }
        // Behind a dash: the next one takes its place, with the comments between them below the dash.
        guard let next else { return spliced(range.lowerBound..<text.contentEnd(of: last), "") }
        guard text.bytes[range.upperBound..<next].contains(UInt8(ascii: "#")) else {
            return spliced(range.lowerBound..<next, "")
        }
        var start = range.lowerBound
        while start > 0, text.bytes[start - 1] == 32 { start -= 1 }
        return spliced(start..<text.contentEnd(of: last), "")
    }

    // MARK: Places

    private var end: Int { text.bytes.count }

    /// All in brackets: JSON, most likely, and to be read as such afterwards.
    private var isJSON: Bool { root?.isFlow ?? false }
    private func flow(_ value: JSONValue) -> String { isJSON ? value.text : YAMLWriter.flow(value) }

    private func isWithinBrackets(_ steps: [Step]) -> Bool { steps.contains { $0.container.isFlow } }

    private func isBlockScalar(_ node: Node) -> Bool {
        if case .scalar(_, let style) = node.content { style == .literal || style == .folded } else { false }
    }

    /// With an anchor or a tag before it.
    private func isProperty(_ node: Node) -> Bool {
        guard let first = text.bytes[node.range].first else { return false }
        return first == UInt8(ascii: "&") || first == UInt8(ascii: "!")
    }

    /// The value, with what it hangs at.
    private func isOnOneLine(_ step: Step?, _ node: Node) -> Bool {
        let start = step.map { min(slot(of: $0).end, node.range.lowerBound) } ?? node.range.lowerBound
        return !text.bytes[start..<node.range.upperBound].contains(10)
    }

    private func column(of byte: Int) -> Int { byte - text.start(of: text.line(at: byte)) }

    private func isFirstOnLine(_ byte: Int) -> Bool {
        text.bytes[text.start(of: text.line(at: byte))..<byte].allSatisfy { $0 == 32 }
    }

    private func isComment(_ line: Int, column: Int) -> Bool {
        let content = text.bytes[text.start(of: line)..<text.contentEnd(of: line)]
        let blanks = content.prefix { $0 == 32 }.count
        return blanks == column && content.dropFirst(blanks).first == UInt8(ascii: "#")
    }

    /// Where a value hangs: what ends right before it (`:` or `-`), and how far its lines are indented.
    private struct Slot {
        var end: Int
        var indent: Int
        var startsInline: Bool
    }

    private func slot(of step: Step) -> Slot {
        switch step {
        case .entry(let mapping, let index):
            guard case .mapping(let entries) = mapping.content else {
                return Slot(end: end, indent: 0, startsInline: false)
            }
            let key = entries[index].key.range
            let column = column(of: key.lowerBound)
            return Slot(end: colon(after: key.upperBound) + 1, indent: column + YAMLWriter.step, startsInline: false)
        case .item(let sequence, let index):
            let dash = dash(of: index, in: sequence)
            return Slot(end: dash + 1, indent: column(of: dash) + YAMLWriter.step, startsInline: true)
        }
    }

    private func colon(after byte: Int) -> Int {
        var at = byte
        while at < end, text.bytes[at] != UInt8(ascii: ":") { at += 1 }
        return min(at, max(0, end - 1))
    }

    /// The dash of an item, which libyaml does not tell: the next one behind the item before, past comments.
    func dash(of index: Int, in sequence: Node) -> Int {
        guard case .sequence(let items) = sequence.content else { return sequence.range.lowerBound }
        var at = sequence.range.lowerBound
        if index > 0 { at = items[index - 1].range.upperBound }
        return nextDash(at)
    }

    private func nextDash(_ start: Int) -> Int {
        var at = start
        while at < end {
            switch text.bytes[at] {
            case UInt8(ascii: "-"): return at
            case UInt8(ascii: "#"), UInt8(ascii: "&"), UInt8(ascii: "!"):
                let isComment = text.bytes[at] == UInt8(ascii: "#")
                while at < end, text.bytes[at] != 10, isComment || text.bytes[at] != 32 { at += 1 }
            default: at += 1
            }
        }
        return min(start, max(0, end - 1))
    }

    /// A comment behind the key, before a value that begins on a line of its own.
    private func headComment(_ start: Int, _ node: Node) -> String {
        let line = text.line(at: max(0, start - 1))
        let stop = min(max(start, node.range.lowerBound), text.contentEnd(of: line))
        guard stop > start else { return "" }
        return YAMLDocument.comment(in: String(decoding: text.bytes[start..<stop], as: UTF8.self))
    }

    /// ` # …`, when there is nothing but a comment.
    private static func comment(in rest: String) -> String {
        let trimmed = rest.drop { $0 == " " || $0 == "\t" }
        guard trimmed.first == "#" else { return "" }
        return " " + trimmed
    }

    private func render(_ form: YAMLWriter.Form, _ slot: Slot, _ comment: String) -> String {
        let indent = String(repeating: " ", count: slot.indent)
        func below(_ lines: some Sequence<String>) -> String {
            lines.map { $0.isEmpty ? "\n" : "\n" + indent + $0 }.joined()
        }
        switch form {
        case .inline(let text): return " " + text + comment
        case .literal(let head, let lines): return " " + head + comment + below(lines)
        case .block(let lines):
            guard slot.startsInline, comment.isEmpty, let first = lines.first else { return comment + below(lines) }
            return " " + first + below(lines.dropFirst())
        }
    }

    /// Lines below the line in which something ends.
    private func insertAfter(_ byte: Int, _ lines: [String], column: Int) -> [UInt8] {
        let line = text.line(at: max(0, byte - 1))
        let place = max(byte, text.contentEnd(of: line))
        let indent = String(repeating: " ", count: column)
        var new = lines.map { $0.isEmpty ? "\n" : "\n" + indent + $0 }.joined()
        if place >= end { new += "\n" }
        return spliced(place..<place, new)
    }

    private func spliced(_ range: Range<Int>, _ new: String) -> [UInt8] {
        TextEdit.replace(range, with: text.adapted(new), in: text).bytes
    }

    // MARK: The result

    /// - Throws: when the result could not be read any more; then the text was written in a way that is not understood here.
    func checked(_ bytes: [UInt8]) throws(EditProblem) -> TextEdit {
        do {
            _ = try YAMLLayout(parsing: bytes)
        } catch {
            throw EditProblem(.content, AgentText.yamlTooUnusual)
        }
        return YAMLDocument.edit(from: text, to: bytes)
    }

    /// What is new between two texts: everything but the same beginning and the same end.
    static func edit(from old: TextLines, to new: [UInt8]) -> TextEdit {
        let shorter = min(old.bytes.count, new.count)
        var start = 0
        while start < shorter, old.bytes[start] == new[start] { start += 1 }
        var tail = 0
        while tail < shorter - start, old.bytes[old.bytes.count - 1 - tail] == new[new.count - 1 - tail] { tail += 1 }
        // Not within a character.
        while start > 0, start < new.count, new[start] & 0xC0 == 0x80 { start -= 1 }
        var stop = new.count - tail
        while stop < new.count, new[stop] & 0xC0 == 0x80 { stop += 1 }
        return TextEdit(bytes: new, changed: start..<max(start, stop), selection: nil)
    }
}
