internal import HTTP
internal import Platform

/// Reads the YAML of one action: every field checked, every default filled in, every mistake with its place.
struct ActionFieldReader {
    private let form: ActionForm
    private let line: Int
    private let indent: Int
    private let restore: (String) -> String

    private(set) var fields: [JSONValue.Member] = []
    private(set) var options: ActionBlock.Options
    private(set) var problems: [ActionBlock.Problem] = []

    init(form: ActionForm, line: Int, indent: Int, restore: @escaping (String) -> String) {
        self.form = form
        self.line = line
        self.indent = indent
        self.restore = restore
        options = ActionBlock.Options(cooldown: form.cooldown)
    }

    mutating func read(_ body: String) {
        // A block is small, and none unfolds into much more than it is.
        let limits = YAMLLimits(
            bytes: 1 << 20, nodes: 10_000, unfoldedBytes: 4096 + 4 * body.utf8.count, depth: 32, directives: 8,
            problems: 10)
        let stream = YAMLStream(parsing: body, limits: limits)
        for problem in stream.problems { note(problem.place, problem.message) }
        if stream.documents.count > 1 {
            note(stream.documents[1].place, "found a second document, expected only the fields of one action")
        }
        guard problems.isEmpty else { return }
        var entries: [YAMLEntry] = []
        if let root = stream.documents.first {
            guard let mapping = root.mapping else {
                let example = form.fields.first { $0.isRequired } ?? form.fields.first ?? ActionField("title")
                let found = root.sequence == nil ? "text" : "a list"
                note(root.place, "found \(found), expected fields such as \"\(example.name): …\"")
                return
            }
            entries = mapping
        }
        read(entries)
        problems.sort { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    private mutating func read(_ entries: [YAMLEntry]) {
        var given: [String: JSONValue] = [:]
        let known = form.fields + ActionCatalog.common
        for entry in entries {
            let key = restore(entry.key)
            // A field of its own has the word before a common one of the same name.
            guard let field = known.first(where: { $0.name == key }) else {
                let meant = NearestName.of(key, in: known.map(\.name)).map { "; did you mean \"\($0)\"?" } ?? ""
                note(entry.keyPlace, "\(form.name) has no field \"\(key)\"" + meant, isFatal: false)
                continue
            }
            // A key without a value is as good as none.
            if entry.value.isNull, field.kind != .any { continue }
            do {
                given[key] = try value(of: entry.value, field.kind)
            } catch {
                note(error.place, "\(key): found \(error.found), expected \(field.kind.description)")
                given[key] = .null
            }
        }
        for field in form.fields {
            if let value = given[field.name] {
                fields.append(.init(field.name, value))
            } else if let value = field.fallback {
                fields.append(.init(field.name, value))
            } else if field.isRequired {
                noteMissing("the field \"\(field.name)\" is missing")
            }
        }
        if !form.oneOf.isEmpty, !form.oneOf.contains(where: { given[$0] != nil }) {
            noteMissing("one of the fields \(form.oneOf.map { "\"\($0)\"" }.joined(separator: " and ")) is missing")
        }
        readOptions(given)
    }

    private mutating func readOptions(_ given: [String: JSONValue]) {
        // What an action calls its own is no option of it.
        func option(_ name: String) -> JSONValue? { form.field(name) == nil ? given[name] : nil }
        func text(_ name: String) -> String? { option(name)?.string.flatMap { $0.isEmpty ? nil : $0 } }
        options.prefix = text("prefix")
        options.title = text("title")
        options.description = text("description")
        options.hasAutostart = option("autostart")?.bool ?? false
        options.cascades = option("cascade")?.bool ?? false
        options.pause = option("pause")?.int ?? options.pause
        options.cooldown = option("cooldown")?.double ?? options.cooldown
        options.isHidden = option("hidden")?.bool ?? false
        options.event = option("event").flatMap { $0.isNull || $0 == "" ? nil : $0 }
    }

    // MARK: Problems

    private mutating func note(_ place: YAMLPlace, _ message: String, isFatal: Bool = true) {
        problems.append(
            ActionBlock.Problem(
                line: line + place.line, column: indent + place.column, message: message, isFatal: isFatal))
    }

    /// What is not there has no place of its own: the fence stands for it.
    private mutating func noteMissing(_ message: String) {
        problems.append(ActionBlock.Problem(line: line, column: indent + 1, message: message, isFatal: true))
    }

    // MARK: Values

    private struct WrongKind: Error {
        let place: YAMLPlace
        let found: String
    }

    private func value(of node: YAMLNode, _ kind: ActionField.Kind) throws(WrongKind) -> JSONValue {
        switch kind {
        case .any: return json(node)
        case .mapping where node.mapping != nil: return json(node)
        case .list:
            guard let items = node.sequence else { throw wrong(node) }
            return .array(items.map(json))
        case .texts:
            guard let items = node.sequence else { throw wrong(node) }
            var texts: [JSONValue] = []
            for item in items {
                guard let scalar = item.scalar else { throw wrong(item) }
                texts.append(.string(restore(scalar.text)))
            }
            return .array(texts)
        default: break
        }
        guard let scalar = resolved(node) else { throw wrong(node) }
        switch kind {
        case .text: return .string(scalar.text)
        case .address(let isTab):
            guard ActionAddress.isAllowed(scalar.text, isTab: isTab) else { throw wrong(node) }
            return .string(scalar.text)
        case .boolean:
            switch scalar.text {
            case "true", "True", "TRUE": return true
            case "false", "False", "FALSE": return false
            default: throw wrong(node)
            }
        case .integer(let least):
            guard let number = Int(scalar.text), number >= least else { throw wrong(node) }
            return .int(number)
        case .count:
            if isForever(scalar) { return -1 }
            guard let number = Int(scalar.text), number >= 0 else { throw wrong(node) }
            return .int(number)
        case .seconds(let hasForever):
            if hasForever && isForever(scalar) { return -1 }
            // What is written in quotes is a number here all the same.
            let number: Double
            switch YAMLScalar(scalar.text, isPlain: true).value {
            case .integer(let value): number = Double(value)
            case .number(let value): number = value
            default: throw wrong(node)
            }
            // Longer than any session, and still a number of milliseconds that a timer takes.
            guard number >= 0, number <= 2_000_000 else { throw wrong(node) }
            return Int(exactly: number).map { .int($0) } ?? .double(number)
        case .any, .mapping, .list, .texts: throw wrong(node)
        }
    }

    private func isForever(_ scalar: YAMLScalar) -> Bool {
        scalar.text == "-1" || YAMLScalar(scalar.text, isPlain: true).value == .number(.infinity)
    }

    /// A scalar with values in place of its shortcodes. What it means is decided after that, what it is was decided before.
    private func resolved(_ node: YAMLNode) -> YAMLScalar? {
        guard let scalar = node.scalar else { return nil }
        let text = restore(scalar.text)
        return text == scalar.text ? scalar : YAMLScalar(text, isPlain: scalar.isPlain, tag: scalar.tag)
    }

    private func json(_ node: YAMLNode) -> JSONValue {
        switch node.content {
        case .sequence(let items): return .array(items.map(json))
        case .mapping(let entries): return .object(entries.map { .init(restore($0.key), json($0.value)) })
        case .scalar(let written):
            let scalar = resolved(node) ?? written
            switch scalar.value {
            case .null: return .null
            case .boolean(let value): return .bool(value)
            case .integer(let value): return .int(value)
            // JSON has no word for infinity.
            case .number(let value): return value.isFinite ? .double(value) : .string(scalar.text)
            case .text(let value): return .string(value)
            }
        }
    }

    private func wrong(_ node: YAMLNode) -> WrongKind {
        let found: String
        switch node.content {
        case .sequence: found = "a list"
        case .mapping: found = "fields"
        case .scalar(let scalar):
            let text = restore(scalar.text)
            found = text.isEmpty ? "nothing" : "\"\(text.count <= 60 ? text : text.prefix(57) + "…")\""
        }
        return WrongKind(place: node.place, found: found)
    }
}
