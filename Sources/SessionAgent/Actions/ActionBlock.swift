package import HTTP
internal import Platform

/// A fenced block that names an action, read and checked (spec/dashboard.md section 6).
package struct ActionBlock: Sendable, Equatable {
    /// Something that its author should change.
    package struct Problem: Sendable, Equatable {
        /// In the file that the block stands in, from 1; a column is a Unicode scalar.
        package let line: Int
        package let column: Int
        /// What was found and what is expected.
        package let message: String
        /// Whether the action cannot be carried out because of it.
        package let isFatal: Bool

        package init(line: Int, column: Int, message: String, isFatal: Bool) {
            self.line = line
            self.column = column
            self.message = message
            self.isFatal = isFatal
        }
    }

    /// What every action with a YAML body may say about itself.
    package struct Options: Sendable, Equatable {
        package var prefix: String?
        package var title: String?
        package var description: String?
        /// Begins by itself when the page is shown, or the section that it stands in is opened.
        package var hasAutostart = false
        /// Begins the next action of the page once it is done.
        package var cascades = false
        /// Milliseconds between its end and the start of the next one.
        package var pause = 750
        /// Seconds in which it cannot be used again; -1 for ever.
        package var cooldown: Double
        package var isHidden = false
        /// What the portal is told of each use.
        package var event: JSONValue?
    }

    /// The first word behind the fence.
    package let written: String
    /// The name in the catalogue, whichever alias or plain form was written; what was written if there is no such action.
    package let name: String
    package let form: ActionForm?
    /// An object of the fields that were given, checked, and of the defaults of the others. Without meaning while
    /// `isPossible` is false.
    package let fields: JSONValue
    package let options: Options
    /// In the order of the file.
    package private(set) var problems: [Problem]
    /// What was written between the fences, with the values of its shortcodes.
    package let body: String
    /// The line of the fence in the file.
    package let line: Int

    /// Whether it can be carried out, as far as the block itself says.
    package var isPossible: Bool { !problems.contains(where: \.isFatal) }

    /// - Parameters:
    ///   - info: what stands behind the fence.
    ///   - body: what stands between the fences. Shortcodes in it are still words of their own, so that a value can be
    ///     nothing but a piece of text inside a field, whatever it holds.
    ///   - line: the line of the opening fence in the file.
    ///   - indent: columns that the file has before each line of the body.
    ///   - restore: puts values in the place of shortcodes.
    /// - Returns: `nil` for an ordinary code block.
    package init?(
        parsing info: String, body: String, line: Int = 1, indent: Int = 0,
        restore: @escaping (String) -> String = { $0 }
    ) {
        let word = info.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        guard ActionCatalog.isActionName(word) else { return nil }
        written = word
        self.line = line
        self.body = restore(body)
        if let plain = ActionCatalog.plainForm(word) {
            let reading = ActionBlock.read(plain, self.body)
            form = ActionCatalog.form(reading.name)
            name = reading.name
            fields = reading.fields
            options = Options(cooldown: form?.cooldown ?? 0)
            problems =
                reading.problem.map { [Problem(line: line, column: indent + 1, message: $0, isFatal: true)] } ?? []
            return
        }
        guard let form = ActionCatalog.form(word) else {
            form = nil
            name = word
            fields = .object([])
            options = Options(cooldown: 0)
            let meant = NearestName.of(word, in: ActionCatalog.names).map { "; did you mean \"\($0)\"?" } ?? ""
            problems = [
                Problem(
                    line: line, column: indent + 1, message: "no action is called \"\(word)\"" + meant, isFatal: true)
            ]
            return
        }
        self.form = form
        name = form.name
        var reader = ActionFieldReader(form: form, line: line, indent: indent, restore: restore)
        reader.read(body)
        fields = .object(reader.fields)
        options = reader.options
        problems = reader.problems
    }

    /// The value of a field, given or by default.
    package subscript(_ field: String) -> JSONValue? { fields[field] }

    /// The same block with one more reason why it cannot be carried out.
    func objected(_ message: String) -> ActionBlock {
        var block = self
        block.problems.append(Problem(line: line, column: 1, message: message, isFatal: true))
        return block
    }

    /// A section's begin or end whose partner is missing; any other block as it is.
    func unpaired() -> ActionBlock {
        guard isPossible, name == "section:begin" || name == "section:end" else { return self }
        let (other, place) = name == "section:begin" ? ("section:end", "after") : ("section:begin", "before")
        let section = self["name"]?.string ?? "*"
        let called = section == "*" ? "" : " named \"\(section)\""
        return objected("found no \(other)\(called) \(place) it, expected one in the same list item or quotation")
    }

    private static func read(
        _ plain: PlainActionForm, _ body: String
    ) -> (name: String, fields: JSONValue, problem: String?) {
        let text = body.trimmed
        let isInterrupt = ["<ctrl+c>", "<ctrl-c>"].contains(text.lowercased()) && plain.field == "command"
        var name = plain.action
        if isInterrupt { name = name.hasSuffix("-all") ? "terminal:interrupt-all" : "terminal:interrupt" }
        var fields: [JSONValue.Member] = []
        for field in ActionCatalog.form(name)?.fields ?? [] {
            let given = plain.given.first { $0.name == field.name }?.value
            if field.name == plain.field {
                fields.append(.init(field.name, .string(text)))
            } else if let value = given ?? field.fallback {
                fields.append(.init(field.name, value))
            }
        }
        return (name, .object(fields), text.isEmpty ? "found nothing between the fences, expected text" : nil)
    }
}

extension String {
    /// Without white space around it.
    var trimmed: String {
        let start = drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}
