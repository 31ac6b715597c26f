internal import HTTP

/// The API for people: a page made of its OpenAPI document, with nothing fetched from elsewhere.
struct APIPage {
    private let source: APIDocument
    private typealias Text = PortalText.API

    init(_ source: APIDocument) { self.source = source }

    private struct Operation {
        let id: String
        let path: String
        let method: String
        let value: JSONValue
        let shared: [JSONValue]
        var summary: String { value["summary"]?.string ?? id }
        var tag: String { value["tags"]?.array?.first?.string ?? "" }
    }

    private var operations: [Operation] {
        (source.document["paths"]?.members ?? []).flatMap { path in
            path.value.members.compactMap { method in
                guard let id = method.value["operationId"]?.string else { return nil }
                return Operation(
                    id: id, path: path.name, method: method.name.uppercased(), value: method.value,
                    shared: path.value["parameters"]?.array ?? [])
            }
        }
    }

    func html(in frame: PageFrame) -> HTML {
        let operations = operations
        let tags = (source.document["tags"]?.array ?? []).map {
            ($0["name"]?.string ?? "", $0["description"]?.string ?? "")
        }
        return frame.page(Text.docsTitle, isNarrow: false) {
            article(.class("prose")) {
                h1 { source.document["info"]?["title"]?.string ?? Text.docsTitle }
                paragraphs(source.document["info"]?["description"]?.string ?? "")
                p {
                    Text.docsDocument
                    a(.href(PortalRoute.openAPI.path)) { PortalRoute.openAPI.path }
                }
                nav(.aria("label", Text.docsContents)) {
                    ul {
                        for (tag, _) in tags {
                            li {
                                tag
                                ul {
                                    for operation in operations where operation.tag == tag {
                                        li { a(.href("#" + operation.id)) { operation.summary } }
                                    }
                                }
                            }
                        }
                    }
                }
                for (tag, description) in tags {
                    h2 { tag }
                    paragraphs(description)
                    for operation in operations where operation.tag == tag { section(of: operation) }
                }
                h2 { Text.docsMistakes }
                mistakes()
                h2 { Text.docsShapes }
                for schema in source.document["components"]?["schemas"]?.members ?? [] { shape(schema) }
            }
        }
    }

    private func section(of operation: Operation) -> HTML {
        HTML {
            h3(.id(operation.id)) { operation.summary }
            p {
                code { "\(operation.method) \(operation.path)" }
            }
            paragraphs(operation.value["description"]?.string ?? "")
            p(.class("soft")) { access(operation.value) }
            parameters((operation.shared + (operation.value["parameters"]?.array ?? [])).map(source.resolved))
            requestBody(operation.value["requestBody"].map(source.resolved))
            answers(operation.value["responses"]?.members ?? [])
        }
    }

    private func access(_ operation: JSONValue) -> String {
        guard let security = (operation["security"] ?? source.document["security"])?.array, !security.isEmpty else {
            return Text.docsNoToken
        }
        if security.contains(where: { $0["client"] != nil }) { return Text.docsClient }
        return security.contains { $0.members.isEmpty } ? Text.docsOptionalToken : Text.docsToken
    }

    private func parameters(_ parameters: [JSONValue]) -> HTML {
        if parameters.isEmpty { return .empty }
        return HTML {
            h4 { Text.docsParameters }
            table([Text.docsName, Text.docsPlace, Text.docsType, Text.docsMeaning]) {
                for parameter in parameters {
                    row(
                        HTML { code { parameter["name"]?.string ?? "" } }, HTML { parameter["in"]?.string ?? "" },
                        type(parameter["schema"] ?? .null, isRequired: parameter["required"]?.bool == true),
                        HTML { parameter["description"]?.string ?? "" })
                }
            }
        }
    }

    private func requestBody(_ body: JSONValue?) -> HTML {
        guard let body, let content = body["content"]?.members else { return .empty }
        return HTML {
            h4 { Text.docsBody }
            paragraphs(body["description"]?.string ?? "")
            for kind in content {
                p { code { kind.name } }
                properties(of: source.resolved(kind.value["schema"] ?? .null))
            }
        }
    }

    /// What an operation answers when all is well; mistakes are told once for all, below.
    private func answers(_ answers: [JSONValue.Member]) -> HTML {
        HTML {
            h4 { Text.docsAnswers }
            for answer in answers where answer.value["$ref"] == nil {
                p {
                    code { answer.name }
                    " " + (answer.value["description"]?.string ?? "") + " "
                    if let schema = answer.value["content"]?.members.first?.value["schema"] { typeName(schema) }
                }
            }
            if answers.contains(where: { reference($0.value) != nil }) {
                p(.class("soft")) {
                    Text.docsMistakes + ": "
                    for answer in answers {
                        if let name = reference(answer.value) {
                            a(.href("#mistake-" + name)) { answer.name }
                            " "
                        }
                    }
                }
            }
        }
    }

    private func mistakes() -> HTML {
        table([Text.docsStatus, Text.docsMeaning]) {
            for (name, statuses) in usedMistakes() {
                row(
                    HTML {
                        span(.id("mistake-" + name)) { code { statuses } }
                    },
                    HTML { source.document["components"]?["responses"]?[name]?["description"]?.string ?? "" })
            }
        }
    }

    /// Each shared answer with the status that it comes with, by status.
    private func usedMistakes() -> [(name: String, status: String)] {
        var found: [String: String] = [:]
        for operation in operations {
            for answer in operation.value["responses"]?.members ?? [] {
                if let name = reference(answer.value) { found[name] = answer.name }
            }
        }
        return found.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map { (name: $0.key, status: $0.value) }
    }

    private func reference(_ value: JSONValue) -> String? {
        value["$ref"]?.string?.split(separator: "/").last.map(String.init)
    }

    private func shape(_ schema: JSONValue.Member) -> HTML {
        HTML {
            h3(.id("shape-" + schema.name)) { schema.name }
            paragraphs(schema.value["description"]?.string ?? "")
            properties(of: schema.value)
        }
    }

    private func properties(of schema: JSONValue) -> HTML {
        let properties = schema["properties"]?.members ?? []
        if properties.isEmpty { return .empty }
        let required = (schema["required"]?.array ?? []).compactMap(\.string)
        return table([Text.docsName, Text.docsType, Text.docsMeaning]) {
            for property in properties {
                row(
                    HTML { code { property.name } },
                    type(property.value, isRequired: required.contains(property.name)),
                    HTML {
                        property.value["description"]?.string ?? source.resolved(property.value)["description"]?.string
                            ?? ""
                    })
            }
        }
    }

    /// A type in a few words, with a link where it has a name.
    private func type(_ schema: JSONValue, isRequired: Bool = false) -> HTML {
        HTML {
            typeName(schema)
            if isRequired { ", " + Text.docsRequired }
        }
    }

    private func typeName(_ schema: JSONValue) -> HTML {
        if let name = reference(schema) {
            return a(.href("#shape-" + name)) { name }
        }
        if let values = schema["enum"]?.array {
            return HTML { values.compactMap(\.string).joined(separator: " | ") }
        }
        let names = schema["type"]?.array?.compactMap(\.string) ?? [schema["type"]?.string ?? ""]
        let name = (schema["format"]?.string).map { "\($0)" } ?? names.filter { $0 != "null" }.joined(separator: " | ")
        return HTML {
            name + (names.contains("null") ? " | null" : "")
            if let items = schema["items"] {
                " of "
                typeName(items)
            }
        }
    }

    /// Text whose paragraphs are parted by an empty line.
    private func paragraphs(_ text: String) -> HTML {
        HTML {
            for paragraph in text.split(separator: "\n\n") { p { String(paragraph) } }
        }
    }

    private func table(_ headings: [String], @HTMLBuilder rows: () -> HTML) -> HTML {
        element("table", .class("stacked")) {
            element("thead") {
                element("tr") {
                    for heading in headings { element("th", HTML.Attribute("scope", "col")) { heading } }
                }
            }
            element("tbody") { rows() }
        }
    }

    private func row(_ cells: HTML...) -> HTML {
        element("tr") {
            for cell in cells { element("td") { cell } }
        }
    }
}
