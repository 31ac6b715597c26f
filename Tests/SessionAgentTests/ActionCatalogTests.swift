import HTTP
import Testing

@testable import SessionAgent

/// The table of spec/dashboard.md section 6, field by field: `name` is required, `name?` may be left out, `name=value` has
/// a default.
@Suite("The catalogue of actions")
struct ActionCatalogTests {
    static let table: [(name: String, fields: String)] = [
        ("terminal:execute", "command session=1 clear=false"),
        ("terminal:execute-all", "command clear=false"),
        ("terminal:clear", "session=1"),
        ("terminal:clear-all", ""),
        ("terminal:interrupt", "session=1"),
        ("terminal:interrupt-all", ""),
        ("terminal:input", "text session=1 endl=true"),
        ("terminal:select", "session=1"),
        ("workshop:copy", "text"),
        ("workshop:copy-and-edit", "text"),
        ("dashboard:open-dashboard", "name"),
        ("dashboard:create-dashboard", "name url focus=true"),
        ("dashboard:delete-dashboard", "name"),
        ("dashboard:reload-dashboard", "name url? focus=true"),
        ("dashboard:open-url", "url"),
        ("editor:open-file", "file line=1"),
        ("editor:create-file", "file text"),
        ("editor:append-lines-to-file", "file text"),
        ("editor:prepend-lines-to-file", "file text"),
        ("editor:create-directory", "directory"),
        ("editor:insert-lines-before-line", "file line text"),
        ("editor:append-lines-after-line", "file line text"),
        ("editor:insert-lines-before-match", "file match text"),
        ("editor:append-lines-after-match", "file match text"),
        ("editor:select-matching-text", "file text isRegex=false group=0 before? after? start? stop?"),
        ("editor:select-lines-in-range", "file start stop?"),
        ("editor:replace-text-selection", "file text"),
        ("editor:insert-lines-before-selection", "file text"),
        ("editor:append-lines-after-selection", "file text"),
        ("editor:delete-text-selection", "file"),
        ("editor:replace-matching-text", "file match replacement isRegex=false group=0 start? stop? count=1"),
        ("editor:delete-lines-in-range", "file start stop?"),
        ("editor:delete-matching-lines", "file match isRegex=false before? after? count=1"),
        ("editor:replace-lines-in-range", "file start stop? text"),
        ("editor:copy-file", "src dest open=true"),
        ("editor:rename-file", "src dest open=true"),
        ("editor:close-file", "file"),
        ("editor:delete-file", "file"),
        ("editor:set-yaml-value", "file path value"),
        ("editor:add-yaml-item", "file path value"),
        ("editor:replace-yaml-item", "file path value"),
        ("editor:merge-yaml-values", "file path value"),
        ("editor:insert-yaml-item", "file path index=0 value"),
        ("editor:delete-yaml-value", "file path"),
        ("editor:select-yaml-path", "file path="),
        ("editor:insert-value-into-yaml", "file path value"),
        ("editor:execute-command", "command args=[]"),
        ("editor:open-terminal", "session=educates"),
        ("editor:close-terminal", "session=educates"),
        ("editor:interrupt-terminal", "session=educates"),
        ("editor:clear-terminal", "session=educates"),
        ("editor:send-to-terminal", "text session=educates endl=true"),
        ("examiner:execute-test", "name? url? args=[] timeout=15 retries=0 delay=1 inputs?"),
        ("files:download-file", "path? url? download? preview=false"),
        ("files:copy-file", "path? url? download? preview=false"),
        ("files:upload-file", "path"),
        ("files:upload-files", "directory?"),
        ("section:heading", ""),
        ("section:begin", "name=* open=false"),
        ("section:end", "name=* toggle=true"),
    ]

    @Test("It holds every action of the specification with its fields and defaults, and no other")
    func completeness() {
        let known = ActionCatalog.all.map { form in
            let fields = form.fields.map { field in
                switch field.presence {
                case .required: field.name
                case .optional: field.name + "?"
                case .fallback(let value): field.name + "=" + (value.string ?? value.text)
                }
            }
            return form.name + ": " + fields.joined(separator: " ")
        }
        #expect(known.sorted() == ActionCatalogTests.table.map { "\($0.name): \($0.fields)" }.sorted())
        #expect(Set(ActionCatalog.names).count == ActionCatalog.names.count)
        #expect(ActionCatalog.all.allSatisfy { form in form.shows.allSatisfy { form.field($0) != nil } })
    }

    @Test("Every action has a title of its own")
    func titles() {
        #expect(Set(AgentText.actionTitles.keys) == Set(ActionCatalog.all.map(\.name)))
    }

    @Test(
        "Older and newer names lead to the same action",
        arguments: [
            ("dashboard:expose-dashboard", "dashboard:open-dashboard"),
            ("editor:insert-lines-after-line", "editor:append-lines-after-line"),
            ("editor:yaml-set-value", "editor:set-yaml-value"), ("editor:yaml-add-item", "editor:add-yaml-item"),
            ("editor:yaml-replace-item", "editor:replace-yaml-item"),
            ("editor:yaml-insert-item", "editor:insert-yaml-item"),
            ("editor:yaml-delete-value", "editor:delete-yaml-value"),
            ("editor:yaml-merge-values", "editor:merge-yaml-values"),
            ("editor:yaml-select-path", "editor:select-yaml-path"),
        ])
    func aliases(alias: String, name: String) {
        #expect(ActionCatalog.form(alias)?.name == name)
    }

    @Test("An action that is not used rests for as long as its kind asks for")
    func cooldowns() {
        for form in ActionCatalog.all {
            let expected: Double =
                switch form.name {
                case "workshop:copy", "workshop:copy-and-edit": 0
                case "dashboard:open-url", "files:upload-file", "files:upload-files": 3
                default: form.group == "editor" ? 3 : 1
                }
            #expect(form.cooldown == expected, "\(form.name)")
        }
    }

    /// A value that a field takes, as YAML.
    static func sample(_ kind: ActionField.Kind) -> String {
        switch kind {
        case .text, .any: "some text"
        case .address: "/there"
        case .integer, .count, .seconds: "7"
        case .boolean: "true"
        case .texts, .list: "[a, b]"
        case .mapping: "{a: b}"
        }
    }

    static func minimum(_ form: ActionForm, without missing: String = "") -> String {
        var lines = form.fields.filter { $0.isRequired && $0.name != missing }.map { "\($0.name): \(sample($0.kind))" }
        if let choice = form.oneOf.first { lines.append("\(choice): x") }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test("With what is required alone, everything else has its default", arguments: ActionCatalog.all)
    func defaults(form: ActionForm) throws {
        for name in [form.name] + form.aliases {
            let block = try #require(ActionBlock(parsing: name, body: ActionCatalogTests.minimum(form)))
            #expect(block.name == form.name && block.written == name)
            #expect(block.problems.isEmpty && block.isPossible)
            for field in form.fields where field.fallback != nil { #expect(block[field.name] == field.fallback) }
            for field in form.fields where field.isRequired { #expect(block[field.name] != nil) }
            #expect(block.options == ActionBlock.Options(cooldown: form.cooldown))
        }
    }

    @Test("Each required field is missed by its name", arguments: ActionCatalog.all)
    func required(form: ActionForm) throws {
        for field in form.fields where field.isRequired {
            let body = ActionCatalogTests.minimum(form, without: field.name)
            let block = try #require(ActionBlock(parsing: form.name, body: body, line: 12))
            #expect(!block.isPossible && block.problems.count == 1)
            #expect(block.problems.first?.message == "the field \"\(field.name)\" is missing")
            #expect(block.problems.first?.line == 12)
        }
        guard !form.oneOf.isEmpty else { return }
        let block = try #require(ActionBlock(parsing: form.name, body: ""))
        #expect(block.problems.first?.message.contains("is missing") == true)
    }

    @Test("Each field, common ones too, refuses what is not of its kind, and says where", arguments: ActionCatalog.all)
    func wrongKinds(form: ActionForm) throws {
        let base = ActionCatalogTests.minimum(form)
        for field in form.fields + ActionCatalog.common where field.kind != .any {
            let wrong =
                switch field.kind {
                case .text, .address: "[a]"
                case .integer, .count, .seconds, .boolean: "some"
                default: "7"
                }
            let kept = base.split(separator: "\n").filter { !$0.hasPrefix(field.name + ":") }
            let body = (kept + ["\(field.name): \(wrong)"]).joined(separator: "\n")
            let block = try #require(ActionBlock(parsing: form.name, body: body, line: 3, indent: 2))
            #expect(!block.isPossible, "\(field.name)")
            let problem = try #require(block.problems.first)
            #expect(
                problem.message.hasPrefix("\(field.name): found ") && problem.message.contains(field.kind.description))
            #expect(problem.line == 3 + kept.count + 1 && problem.column == 2 + field.name.count + 3)
        }
    }

    @Test("A field that an action does not have is told, and changes nothing", arguments: ActionCatalog.all)
    func unknownFields(form: ActionForm) throws {
        let body = "cascad: true\nzzzzzz: 1\n" + ActionCatalogTests.minimum(form)
        let block = try #require(ActionBlock(parsing: form.name, body: body))
        #expect(block.isPossible && !block.options.cascades)
        #expect(
            block.problems.map(\.message) == [
                "\(form.name) has no field \"cascad\"; did you mean \"cascade\"?",
                "\(form.name) has no field \"zzzzzz\"",
            ])
        #expect(block.problems.map(\.line) == [2, 3] && block.problems.map(\.column) == [1, 1])
    }
}
