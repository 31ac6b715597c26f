internal import HTTP
internal import Platform

/// Changes of single values in a YAML text. Only the lines of the value change: comments, order, indentation and quotes of
/// everything else stay as they are (spec/dashboard.md section 6). Of several documents the first is meant.
enum YAMLEdit {
    /// Sets a value; what leads to it is made where it is missing.
    static func set(_ path: YAMLPath, to value: JSONValue, in text: TextLines) throws(EditProblem) -> TextEdit {
        let document = try YAMLDocument(text)
        let (steps, node, rest) = try document.walk(path.parts)
        guard let node else { return try document.checked(document.appendToDocument(nested(rest, value, path))) }
        guard let next = rest.first else { return try document.checked(document.replace(steps, node, with: value)) }
        let inner = try nested(rest.dropFirst(), value, path)
        switch (node.content, next) {
        case (.mapping, .key(let key)):
            return try document.checked(document.addEntry(key, inner, to: node, steps))
        case (.sequence(let items), .index(let index)) where index == items.count:
            return try document.checked(document.addItem(inner, to: node, steps))
        default:
            guard node.isNull else { throw document.missing(path, next) }
            return try document.checked(document.replace(steps, node, with: nested(rest, value, path)))
        }
    }

    /// Adds an item to the end of a list.
    static func addItem(_ value: JSONValue, to path: YAMLPath, in text: TextLines) throws(EditProblem) -> TextEdit {
        let document = try YAMLDocument(text)
        let (steps, node) = try document.find(path)
        if node.isNull { return try document.checked(document.replace(steps, node, with: .array([value]))) }
        guard case .sequence = node.content else { throw EditProblem(.content, AgentText.noYAMLList(path.text)) }
        return try document.checked(document.addItem(value, to: node, steps))
    }

    /// - Parameter index: where the item will stand, from 0 to the number of items.
    static func insertItem(_ value: JSONValue, at index: Int, of path: YAMLPath, in text: TextLines)
        throws(EditProblem) -> TextEdit
    {
        let document = try YAMLDocument(text)
        let (steps, node) = try document.find(path)
        if node.isNull, index == 0 { return try document.checked(document.replace(steps, node, with: .array([value]))) }
        guard case .sequence(let items) = node.content else {
            throw EditProblem(.content, AgentText.noYAMLList(path.text))
        }
        guard index >= 0, index <= items.count else {
            throw EditProblem(.notFound, AgentText.noYAMLItem(path.text, index, items.count))
        }
        guard index < items.count else { return try document.checked(document.addItem(value, to: node, steps)) }
        return try document.checked(document.insertItem(value, before: index, of: node, steps))
    }

    /// Puts another value in the place of one that is there.
    static func replace(_ path: YAMLPath, with value: JSONValue, in text: TextLines) throws(EditProblem) -> TextEdit {
        let document = try YAMLDocument(text)
        let (steps, node) = try document.find(path)
        return try document.checked(document.replace(steps, node, with: value))
    }

    /// Sets each key of a mapping; others stay.
    static func merge(_ value: JSONValue, into path: YAMLPath, in text: TextLines) throws(EditProblem) -> TextEdit {
        guard case .object(let members) = value else { throw EditProblem(.fields, AgentText.mappingExpected) }
        let document = try YAMLDocument(text)
        let (_, node) = try document.find(path)
        if !node.isNull {
            guard case .mapping = node.content else { throw EditProblem(.content, AgentText.noYAMLMapping(path.text)) }
        }
        var now = text
        for member in members {
            let part = YAMLPath(parts: path.parts + [.key(member.name)])
            now = TextLines(try set(part, to: member.value, in: now).bytes)
        }
        return YAMLDocument.edit(from: text, to: now.bytes)
    }

    static func delete(_ path: YAMLPath, in text: TextLines) throws(EditProblem) -> TextEdit {
        let document = try YAMLDocument(text)
        let (steps, node) = try document.find(path)
        return try document.checked(document.delete(steps, node))
    }

    /// The bytes of a value with its key.
    static func select(_ path: YAMLPath, in text: TextLines) throws(EditProblem) -> Range<Int> {
        let document = try YAMLDocument(text)
        let (steps, node) = try document.find(path)
        guard case .entry(let mapping, let index) = steps.last else {
            guard case .item(let sequence, let index) = steps.last, node.range.isEmpty else { return node.range }
            let dash = document.dash(of: index, in: sequence)
            return dash..<dash + 1
        }
        guard case .mapping(let entries) = mapping.content else { return node.range }
        let key = entries[index].key.range
        return key.lowerBound..<max(key.upperBound, node.range.upperBound)
    }

    /// The older way to add: keys to a mapping, items to a list.
    static func insert(_ value: JSONValue, into path: YAMLPath, in text: TextLines) throws(EditProblem) -> TextEdit {
        let document = try YAMLDocument(text)
        let (steps, node) = try document.find(path)
        switch node.content {
        case .mapping: return try merge(value, into: path, in: text)
        case .sequence:
            guard case .array(let items) = value else { return try addItem(value, to: path, in: text) }
            var now = text
            for item in items { now = TextLines(try addItem(item, to: path, in: now).bytes) }
            return YAMLDocument.edit(from: text, to: now.bytes)
        default:
            guard node.isNull else { throw EditProblem(.content, AgentText.noYAMLMapping(path.text)) }
            return try document.checked(document.replace(steps, node, with: value))
        }
    }

    /// A value with the keys around it that lead to it.
    private static func nested(_ parts: ArraySlice<YAMLPath.Part>, _ value: JSONValue, _ path: YAMLPath)
        throws(EditProblem) -> JSONValue
    {
        var value = value
        for part in parts.reversed() {
            switch part {
            case .key(let key): value = .object([JSONValue.Member(key, value)])
            case .index(0): value = .array([value])
            default: throw EditProblem(.notFound, AgentText.notInYAML(YAMLPath(parts: [part]).text, of: path.text))
            }
        }
        return value
    }
}
