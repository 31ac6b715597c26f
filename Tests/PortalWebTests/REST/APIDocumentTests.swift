import HTTP
import Platform
import Portal
import PortalTesting
import Testing

@testable import PortalWeb

/// Beside these, `TestProgram` holds every answer that any test gets against the document.
@Suite("The OpenAPI document")
struct APIDocumentTests {
    private static let routes: [APIRoute] =
        [.environments, .workshops, .status(environment: "a"), .request(environment: "a"), .userSessions(user: "a")]
        + APIRoute.Call.allCases.map { .session("a", $0) }

    @Test("has every call of the API with its method, and none that does not exist")
    func isComplete() throws {
        let paths = try #require(APIDocument.current.document["paths"]?.members)
        for route in APIDocumentTests.routes {
            let item = try #require(paths.first { $0.name == DocumentedAnswer.template(of: route) }, "\(route)").value
            let methods = item.keys.filter { $0 != "parameters" }
            #expect(methods == [route.isChange ? "post" : "get"], "\(route)")
        }
        for path in paths {
            let example = path.name.replacing("{name}", with: "a").replacing("{user}", with: "a")
                .replacing("{session}", with: "a")
            guard case .route = PortalRoute.match(example) else {
                Issue.record("\(path.name) leads nowhere")
                continue
            }
        }
    }

    @Test("has an id of its own for each operation, and no reference that leads nowhere")
    func references() throws {
        let document = APIDocument.current
        var ids: [String] = []
        func walk(_ value: JSONValue) {
            if value["$ref"] != nil { #expect(document.resolved(value) != .null, "\(value)") }
            if value["responses"] != nil, let id = value["operationId"]?.string { ids.append(id) }
            for member in value.members { walk(member.value) }
            for element in value.array ?? [] { walk(element) }
        }
        walk(document.document)
        #expect(ids.count > 8 && Set(ids).count == ids.count)
        #expect(document.document["openapi"] == "3.1.0")
    }

    @Test("is there for everybody, as JSON and as a page that fetches nothing from elsewhere")
    func served() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let json = await browser.get("/openapi.json")
            #expect(json.status == 200 && json.headers["Content-Type"] == "application/json")
            #expect(JSONValue(parsing: json.text) == APIDocument.current.document)
            #expect(await browser.get("/docs").location == "/docs/")
            let page = await browser.get("/docs/")
            #expect(page.status == 200)
            #expect(page.headers["Content-Security-Policy"]?.contains("default-src 'none'") == true)
            for wanted in [
                "/workshops/environment/{name}/request/", "index_url", "id=\"requestSession\"", "SessionOffer",
            ] {
                #expect(page.text.contains(wanted), "\(wanted)")
            }
            #expect(!page.text.contains("src=\"http") && !page.text.contains("null\""))
        }
    }
}
