import HTTP

@testable import PortalWeb

/// Holds an answer against the OpenAPI document.
enum DocumentedAnswer {
    /// What is wrong with it; nothing for addresses and methods that the document leaves out.
    static func problems(with response: HTTPResponse, to method: HTTPMethod, _ path: String) -> [String] {
        guard case .route(.api(let route)) = PortalRoute.match(path), method != .options, method != .head else {
            return []
        }
        let document = APIDocument.current
        let template = template(of: route)
        guard let item = document.document["paths"]?[template] else { return ["\(template) is not documented"] }
        // GET is accepted where POST is documented.
        guard let operation = item[route.isChange ? "post" : "get"] else { return ["\(template) lacks a method"] }
        guard let answer = operation["responses"]?[String(response.status)].map(document.resolved) else {
            return ["status \(response.status)"]
        }
        var problems: [String] = []
        for header in answer["headers"]?.members ?? [] {
            guard let value = response.headers[header.name] else {
                problems.append("header \(header.name) is missing")
                continue
            }
            if header.value["schema"]?["type"] == "integer", Int(value) == nil {
                problems.append("\(header.name) \(value)")
            }
        }
        guard let content = answer["content"]?.members.first, response.headers["Content-Type"] == content.name,
            let schema = content.value["schema"]
        else { return problems + ["content type"] }
        guard let body = JSONValue(parsing: response.text) else { return problems + ["no JSON"] }
        return problems + SchemaCheck(document).problems(of: body, schema, at: "")
    }

    static func template(of route: APIRoute) -> String {
        switch route {
        case .environments, .workshops: route.path
        case .status: "/workshops/environment/{name}/status/"
        case .request: "/workshops/environment/{name}/request/"
        case .userSessions: "/workshops/user/{user}/sessions/"
        case .session(_, let call): "/workshops/session/{session}/\(call.rawValue)/"
        }
    }
}

/// As much of JSON Schema (2020-12) as the document uses. A keyword that is not known here is a problem too, and so is a
/// member that a schema with properties does not name.
struct SchemaCheck {
    let document: APIDocument

    init(_ document: APIDocument) { self.document = document }

    private static let known: Set<String> = [
        "type", "description", "properties", "required", "items", "enum", "format", "minimum", "maximum", "minLength",
        "maxLength", "maxItems", "pattern", "additionalProperties", "deprecated", "default", "$ref",
    ]

    func problems(of value: JSONValue, _ schema: JSONValue, at place: String) -> [String] {
        let schema = document.resolved(schema)
        var problems = schema.keys.filter { !SchemaCheck.known.contains($0) }.map { "\(place): keyword \($0)" }
        if schema == .null { problems.append("\(place): a reference that leads nowhere") }
        let types = schema["type"]?.array?.compactMap(\.string) ?? [schema["type"]?.string ?? ""]
        guard types.contains(where: { isOf($0, value) }) else {
            return problems + ["\(place): \(value) is no \(types)"]
        }
        if value == .null { return problems }
        if let allowed = schema["enum"]?.array, !allowed.contains(value) { problems.append("\(place): \(value)") }
        if let least = schema["minimum"]?.int, let number = value.int, number < least {
            problems.append("\(place): \(value)")
        }
        if schema["format"] == "date-time", !isMoment(value.string ?? "") { problems.append("\(place): \(value)") }
        if let items = schema["items"] {
            for (index, element) in (value.array ?? []).enumerated() {
                problems += self.problems(of: element, items, at: "\(place)[\(index)]")
            }
        }
        for name in (schema["required"]?.array ?? []).compactMap(\.string) where value[name] == nil {
            problems.append("\(place): \(name) is missing")
        }
        for member in value.members {
            if let property = schema["properties"]?[member.name] ?? schema["additionalProperties"] {
                problems += self.problems(of: member.value, property, at: "\(place).\(member.name)")
            } else {
                problems.append("\(place): \(member.name) is not documented")
            }
        }
        return problems
    }

    private func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("integer", .int), ("number", .int), ("number", .double),
            ("string", .string), ("array", .array), ("object", .object):
            true
        default: false
        }
    }

    /// ISO 8601 in UTC with milliseconds (spec/portal-http.md, section 0).
    private func isMoment(_ text: String) -> Bool {
        let shape = text.map { $0.isNumber ? "0" : String($0) }.joined()
        return shape == "0000-00-00T00:00:00.000Z"
    }
}
