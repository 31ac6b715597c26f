internal import HTTP

/// The description of the API in OpenAPI 3.1: `Assets/openapi.json`, compiled in. It is written by hand; tests hold it
/// against the routes and against what every endpoint really answers.
struct APIDocument: Sendable {
    let document: JSONValue
    let bytes: HTTPResponse.Body

    static let current = APIDocument(PortalAssets.files["openapi.json"]?.body ?? .empty)

    init(_ body: HTTPResponse.Body) {
        bytes = body
        switch body {
        case .bytes(let bytes): document = JSONValue(parsing: bytes) ?? .null
        case .permanent(let bytes):
            document =
                JSONValue(parsing: Array(UnsafeRawBufferPointer(start: bytes.start, count: bytes.count))) ?? .null
        default: document = .null
        }
    }

    /// What a `$ref` points to, or the value itself.
    func resolved(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.string, reference.hasPrefix("#/") else { return value }
        return reference.dropFirst(2).split(separator: "/").reduce(document) { $0[String($1)] ?? .null }
    }
}

extension JSONValue {
    var members: [Member] { if case .object(let members) = self { members } else { [] } }
}

extension BrowserHandler {
    /// `/openapi.json`.
    func apiDocument() -> HTTPReply {
        .now(
            HTTPResponse(
                headers: [
                    "Content-Type": "application/json", "Cache-Control": "no-cache",
                    "X-Content-Type-Options": "nosniff",
                    "Access-Control-Allow-Origin": "*",
                ], body: APIDocument.current.bytes))
    }

    /// `/docs/`.
    func apiPage(on site: PortalSite) -> HTTPReply {
        .now(site.page(APIPage(.current).html(in: site.frame)))
    }
}
