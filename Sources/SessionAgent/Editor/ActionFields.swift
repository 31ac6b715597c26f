internal import HTTP

/// The fields of an action on a file, each asked for with what it must be.
struct ActionFields {
    let values: JSONValue

    /// Text; a number or a word of YAML counts as it is written.
    func text(_ name: String) throws(EditProblem) -> String {
        guard let text = optionalText(name) else { throw EditProblem(.fields, AgentText.missingField(name)) }
        return text
    }

    func optionalText(_ name: String) -> String? {
        switch values[name] {
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        default: nil
        }
    }

    func number(_ name: String) throws(EditProblem) -> Int {
        guard let number = try optionalNumber(name) else { throw EditProblem(.fields, AgentText.missingField(name)) }
        return number
    }

    func optionalNumber(_ name: String) throws(EditProblem) -> Int? {
        guard let value = values[name], !value.isNull else { return nil }
        guard let number = value.int ?? value.string.flatMap({ Int($0) }), abs(number) < 1 << 40 else {
            throw EditProblem(.fields, AgentText.wholeNumberExpected(name))
        }
        return number
    }

    func flag(_ name: String, default value: Bool) throws(EditProblem) -> Bool {
        switch values[name] {
        case nil, .null: return value
        case .bool(let flag): return flag
        case .string("true"): return true
        case .string("false"): return false
        default: throw EditProblem(.fields, AgentText.yesOrNoExpected(name))
        }
    }

    /// Any value; nothing written counts as nothing.
    func value(_ name: String) throws(EditProblem) -> JSONValue {
        guard let value = values[name] else { throw EditProblem(.fields, AgentText.missingField(name)) }
        return value
    }

    /// - Parameter pattern: the field that says what to look for.
    func search(_ pattern: String) throws(EditProblem) -> TextEdit.Search {
        TextEdit.Search(
            pattern: try text(pattern), isExpression: try flag("isRegex", default: false),
            group: try optionalNumber("group") ?? 0, start: try optionalNumber("start"),
            stop: try optionalNumber("stop"))
    }
}
