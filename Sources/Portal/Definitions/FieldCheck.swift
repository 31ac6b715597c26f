internal import Platform

/// Compares a document with a table of fields and tells of every difference.
struct FieldCheck {
    let file: String
    private(set) var findings: [DefinitionFinding] = []

    /// A file with more findings than this is no definition with mistakes but something else; the rest is not looked at.
    static let mostFindings = 500
    var isFull: Bool { findings.count > FieldCheck.mostFindings }

    init(file: String) { self.file = file }

    /// - Parameters:
    ///   - name: the field's full name for messages; empty for the document itself.
    mutating func check(_ node: YAMLNode, _ rule: ValueRule, _ name: String, isSecret: Bool = false) {
        // As in Kubernetes, null is the same as leaving the field out.
        if node.isNull || isFull { return }
        switch rule {
        case .anything: break
        case .mapping(let fields): checkMapping(node, fields, name)
        case .list(let rule): checkList(node, rule, name)
        case .pairs(let rule): checkPairs(node, rule, name)
        case .text(let rule): checkText(node, rule, name)
        case .secret:
            if case .text? = node.scalar?.value { return }
            if case .scalar(let scalar) = node.content, scalar.text.isEmpty { return }
            expect(
                "text", at: node, name, found: kind(of: node), hint: node.scalar == nil ? "" : "; write it in quotes")
        case .boolean: checkBoolean(node, name)
        case .integer(let range): checkInteger(node, range, name)
        case .duration: checkDuration(node, name)
        case .bytes: checkBytes(node, name)
        }
    }

    private mutating func checkMapping(_ node: YAMLNode, _ fields: [Field], _ name: String) {
        guard let entries = node.mapping else {
            return expect("a mapping with \(list(fields.map(\.name)))", at: node, name)
        }
        for entry in entries where !isFull {
            let full = name.isEmpty ? entry.key : "\(name).\(entry.key)"
            guard let field = fields.first(where: { $0.name == entry.key }) else {
                let shown = shown(entry.key)
                reportUnknown(entry, fields.map(\.name), name.isEmpty ? shown : "\(name).\(shown)")
                continue
            }
            check(entry.value, field.rule, full)
            tellEffect(field, entry, full)
        }
        for field in fields where field.isRequired && (node[field.name]?.isNull ?? true) {
            let full = name.isEmpty ? field.name : "\(name).\(field.name)"
            let place = entries.first { $0.key == field.name }?.keyPlace ?? node.place
            add(.error, place, full, "found nothing, expected \(expectation(of: field.rule)); the field is required")
        }
    }

    private mutating func reportUnknown(_ entry: YAMLEntry, _ known: [String], _ name: String) {
        var message = "unknown field"
        if let nearest = NearestName.of(entry.key, in: known) {
            message += "; did you mean \"\(nearest)\"?"
        } else {
            message += ", expected \(list(known))"
        }
        add(.warning, entry.keyPlace, name, message)
    }

    private mutating func tellEffect(_ field: Field, _ entry: YAMLEntry, _ name: String) {
        if let replacement = field.replacement {
            add(.warning, entry.keyPlace, name, "deprecated; use \(replacement)")
        }
        // What is switched off, or left empty, is not missed.
        if entry.value.isNull || entry.value["enabled"]?.scalar?.value == .boolean(false) { return }
        switch field.effect {
        case .honoured, .bookkeeping: break
        case .notYet: add(.note, entry.keyPlace, name, "is kept, but has no effect on the local runtime yet")
        case .cluster: add(.note, entry.keyPlace, name, "is for Kubernetes clusters; the local runtime ignores it")
        case .packaging: add(.note, entry.keyPlace, name, "is for packaging and publishing; the portal ignores it")
        }
    }

    private mutating func checkList(_ node: YAMLNode, _ rule: ValueRule, _ name: String) {
        guard let items = node.sequence else { return expect("a list", at: node, name) }
        for (index, item) in items.enumerated() where !isFull {
            let full = "\(name)[\(index)]"
            if item.isNull {
                add(.error, item.place, full, "found nothing, expected \(expectation(of: rule))")
            } else {
                check(item, rule, full)
            }
        }
    }

    private mutating func checkPairs(_ node: YAMLNode, _ rule: TextRule, _ name: String) {
        checkList(node, .mapping([Field("name", .text(rule), required: true), Field("value", .anyText)]), name)
        var seen: [String: Int] = [:]
        for (index, item) in (node.sequence ?? []).enumerated() {
            guard let text = item["name"]?.text, let place = item["name"]?.place else { continue }
            if let line = seen[text] {
                let message = "found \"\(shown(text))\" twice, first in line \(line); the last one counts"
                add(.warning, place, "\(name)[\(index)].name", message)
            }
            seen[text] = place.line
        }
    }

    private mutating func checkText(_ node: YAMLNode, _ rule: TextRule, _ name: String) {
        guard let scalar = node.scalar else { return expect(rule.expectation, at: node, name) }
        guard case .text(let text) = scalar.value else {
            return expect(
                rule.expectation, at: node, name, hint: "; write it in quotes: \"\(shown(scalar.text))\"")
        }
        if let bad = text.unicodeScalars.first(where: { $0.value < 32 && $0 != "\n" && $0 != "\t" && $0 != "\r" }) {
            let code = String(bad.value, radix: 16, uppercase: true)
            return add(.error, node.place, name, "found the control character 0x\(code), expected \(rule.expectation)")
        }
        guard !rule.accepts(text) else { return }
        if let nearest = NearestName.of(text, in: rule.choices) {
            let message = "found \"\(shown(text))\", expected \(rule.expectation); did you mean \"\(nearest)\"?"
            return add(.error, node.place, name, message)
        }
        expect(rule.expectation, at: node, name)
    }

    private mutating func checkBoolean(_ node: YAMLNode, _ name: String) {
        if case .boolean? = node.scalar?.value { return }
        var found = found(node)
        switch node.scalar?.text.lowercased() {
        case "true", "false": found += " in quotes"
        case "yes", "on", "y": found += " (since YAML 1.2 that is text; write true)"
        case "no", "off", "n": found += " (since YAML 1.2 that is text; write false)"
        default: break
        }
        expect("true or false", at: node, name, found: found)
    }

    private mutating func checkInteger(_ node: YAMLNode, _ range: ClosedRange<Int>, _ name: String) {
        let expectation = expectation(of: .integer(range))
        guard case .integer(let number)? = node.scalar?.value else {
            var found = found(node)
            if let scalar = node.scalar, !scalar.isPlain, Int(scalar.text) != nil { found += " in quotes" }
            return expect(expectation, at: node, name, found: found)
        }
        if !range.contains(number) { expect(expectation, at: node, name) }
    }

    private mutating func checkDuration(_ node: YAMLNode, _ name: String) {
        if node.scalar.flatMap({ DefinitionQuantities.seconds($0.text) }) != nil { return }
        expect(expectation(of: .duration), at: node, name)
    }

    private mutating func checkBytes(_ node: YAMLNode, _ name: String) {
        if node.scalar.flatMap({ DefinitionQuantities.bytes($0.text) }) != nil { return }
        expect(expectation(of: .bytes), at: node, name)
    }

    // MARK: Messages

    mutating func add(_ severity: DefinitionFinding.Severity, _ place: YAMLPlace, _ field: String, _ message: String) {
        guard !isFull else { return }
        let isLast = findings.count == FieldCheck.mostFindings
        findings.append(
            DefinitionFinding(
                isLast ? .error : severity, file: file, line: place.line, column: place.column,
                field: isLast ? "" : field,
                message: isLast ? "found more than \(FieldCheck.mostFindings) mistakes; the rest is left out" : message)
        )
    }

    private mutating func expect(
        _ expectation: String, at node: YAMLNode, _ name: String, found text: String? = nil, hint: String = ""
    ) {
        add(.error, node.place, name, "found \(text ?? found(node)), expected \(expectation)\(hint)")
    }

    private func expectation(of rule: ValueRule) -> String {
        switch rule {
        case .text(let rule): rule.expectation
        case .secret: "text"
        case .boolean: "true or false"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .duration: "a duration such as \"90s\", \"15m\" or \"2h\", at most ten years"
        case .bytes: "an amount of bytes such as \"512Mi\" or \"1Gi\""
        case .mapping(let fields): "a mapping with \(list(fields.map(\.name)))"
        case .list, .pairs: "a list"
        case .anything: "a value"
        }
    }

    /// The value in words that fit after "found".
    private func found(_ node: YAMLNode) -> String {
        switch node.scalar?.value {
        case .null?: "nothing"
        case .boolean(let value)?: "\(value)"
        case .integer?, .number?: "the number \(shown(node.scalar?.text ?? ""))"
        case .text(let text)?: "\"\(shown(text))\""
        case nil: kind(of: node)
        }
    }

    private func kind(of node: YAMLNode) -> String {
        switch node.content {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let scalar):
            switch scalar.value {
            case .null: "nothing"
            case .boolean: "a boolean"
            case .integer, .number: "a number"
            case .text: "text"
            }
        }
    }

    /// One short line of a text that may be anything.
    private func shown(_ text: String) -> String {
        let short = text.unicodeScalars.prefix(41)
        return DefinitionFinding.printable(String(String.UnicodeScalarView(short.prefix(40))))
            + (short.count > 40 ? "..." : "")
    }

    private func list(_ names: [String]) -> String {
        guard let last = names.last else { return "no fields" }
        if names.count > 8 { return "one of " + names.joined(separator: ", ") }
        let head = names.dropLast().joined(separator: ", ")
        return head.isEmpty ? last : "\(head) or \(last)"
    }
}
