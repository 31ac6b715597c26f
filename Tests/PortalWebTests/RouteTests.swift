import HTTP
import Platform
import Portal
import PortalTesting
import Testing

@testable import PortalWeb

@Suite("Addresses of the portal")
struct RouteTests {
    static let routes: [PortalRoute] = [
        .index, .catalog, .accessCode, .environment("lab-w01"), .create("lab-w01"), .session("lab-w01-s001"),
        .progress("lab-w01-s001"), .activate("lab-w01-s001"), .delete("lab-w01-s001"), .createAnonymous, .login,
        .logout, .registration, .registrationComplete, .registrationClosed, .passwordChange, .passwordChanged,
        .passwordReset, .providerLogin, .providerCallback, .authorize, .token, .revoke, .revokeToken, .introspect,
        .authorizationServer, .admin, .adminEvents, .adminLog, .adminAct, .adminLogin, .staticFile("lectern.css"),
        .themeFile("training-portal.css"), .health, .readiness, .metrics, .robots, .favicon, .openAPI, .docs,
        .api(.environments), .api(.workshops),
        .api(.status(environment: "Learn & do / more")),
        .api(.request(environment: "lab-w01")), .api(.userSessions(user: "anon@educates:a/b%")),
        .api(.session("lab-w01-s001", .authorize)), .api(.session("lab-w01-s001", .config)),
        .api(.session("lab-w01-s001", .schedule)), .api(.session("lab-w01-s001", .extend)),
        .api(.session("lab-w01-s001", .terminate)), .api(.session("lab-w01-s001", .event)),
    ]

    @Test("A printed address is parsed back to its route", arguments: routes)
    func roundTrip(_ route: PortalRoute) {
        #expect(PortalRoute.match(route.path) == .route(route))
    }

    @Test(
        "An address without its last slash leads to the one with it",
        arguments: [
            "/workshops/catalog", "/workshops/access", "/workshops/environment/lab-w01",
            "/workshops/environment/lab-w01/create", "/workshops/session/x", "/workshops/session/x/delete",
            "/accounts/create", "/accounts/login", "/oauth2/authorize", "/oauth2/token",
            "/admin", "/admin/log", "/admin/events",
        ])
    func slash(_ path: String) async throws {
        try await TestPortal.run { portal in
            let response = await portal.browser().get(path + "?a=b&index_url=%2Fx")
            #expect(response.status == 301)
            #expect(response.location == path + "/?a=b&index_url=%2Fx")
        }
    }

    @Test(
        "What is no address is a page with status 404",
        arguments: [
            "/nothing", "/workshops/", "/workshops/environment/", "/workshops/environment/a b/create/",
            "/workshops/environment/a%2Fb/", "/workshops/session/x/unknown/", "/workshops//catalog/", "/static/",
            "/static/../etc/passwd", "/static/nothing.css", "//evil.example/", "/accounts/", "", "x",
        ])
    func notFound(_ path: String) async throws {
        try await TestPortal.run { portal in
            let response = await portal.browser().get(path)
            #expect(response.status == 404)
            #expect(response.text.contains("test-request"))
            #expect(response.text.contains("<h1>"))
        }
    }

    @Test("A method that a page does not take is answered with 405 and the ones that it takes")
    func methods() async throws {
        try await TestPortal.run { portal in
            for path in ["/workshops/catalog/", "/", "/oauth2/authorize/", "/healthz", "/workshops/session/x/"] {
                let response = await portal.browser().post(path, [:])
                #expect(response.status == 405, "\(path)")
                #expect(response.headers["Allow"] == "GET, HEAD", "\(path)")
            }
            let response = await portal.browser().get("/workshops/access/", method: .delete)
            #expect(response.status == 405)
            #expect(response.headers["Allow"] == "GET, HEAD, POST")
        }
    }

    @Test("Probes, robots and favicon answer")
    func plain() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            #expect(await browser.get("/healthz").status == 200)
            #expect(await browser.get("/readyz").status == 200)
            #expect(await browser.get("/robots.txt").text.contains("Disallow: /"))
            #expect(await browser.get("/favicon.ico").headers["Content-Type"] == "image/svg+xml")
        }
    }

    @Test("What an address says of who may call it is what happens", arguments: routes)
    func callers(_ route: PortalRoute) async throws {
        var definitions = Fixture.definitions()
        definitions.portal.accessCode = "sesame"
        try await TestPortal.run(definitions) { portal in
            let owner = portal.browser()
            _ = await owner.get("/workshops/access/?redirect_url=%2F&password=sesame")
            let session = try await owner.launch()
            #expect(session == "lab-w01-s001")
            let query =
                route == .authorize
                ? "?response_type=code&client_id=lab-w01-s001&code_challenge_method=S256&code_challenge="
                    + SHA256.challenge(of: "x")
                    + "&redirect_uri=http%3A%2F%2Flab-w01-s001.lectern.localhost%3A8080%2Foauth_callback" : ""
            let response = await portal.browser().get(route.path + query)
            let isGated = response.location.hasPrefix("/workshops/access/?redirect_url=")
            let isNotTheirs =
                response.location == "/workshops/catalog/?notification=session-invalid"
                || response.text == "{\"state\":\"gone\",\"step\":0}"
            switch route.caller {
            case .everybody: #expect(!isGated && !isNotTheirs)
            case .visitor: #expect(isGated)
            case .account: #expect(response.location.hasPrefix("/accounts/login/?next="))
            case .owner, .ownerOrStaff: #expect(isNotTheirs)
            case .operators: #expect(response.status == 404)
            case .client:
                let unknown = await TestClient(portal).token(["grant_type": "client_credentials"], [:])
                #expect(response.status == 405 && unknown.status == 401)
            case .staff:
                #expect(response.location == "/accounts/login/?next=" + PercentEncoding.encode(route.path))
                #expect(await owner.get(route.path).status == 403)
            case .bearer:
                let posted = await portal.browser().post(route.path, [:])
                #expect(response.status == 401 || posted.status == 401)
            }
            #expect(portal.session("lab-w01-s001")?.isLive == true)
        }
    }

    @Test("A request for the host of a session that is gone leads to the session's page at the portal")
    func sessionHost() async throws {
        try await TestPortal.run { portal in
            for host in ["lab-w01-s007.lectern.localhost:8080", "LAB-W01-S007.Lectern.localhost"] {
                let response = await portal.browser().get("/dashboard/?x=1", ["Host": host])
                #expect(response.status == 302)
                #expect(response.location == "http://lectern.localhost:8080/workshops/session/lab-w01-s007/")
            }
            let other = await portal.browser().get("/healthz", ["Host": "evil.example"])
            #expect(other.status == 200)
        }
    }

    @Test("A form that is too large is refused")
    func tooLarge() async throws {
        try await TestPortal.run { portal in
            let response = await portal.browser().post(
                "/workshops/access/", ["password": String(repeating: "x", count: 20_000)])
            #expect(response.status == 413)
        }
    }

    @Test("Our files carry a version for ever and an entity tag otherwise")
    func files() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let page = await browser.get("/accounts/login/").text
            let link = try #require(page.split(separator: "\"").first { $0.hasPrefix("/static/lectern.css") })
            let file = await browser.get(String(link))
            #expect(file.headers["Cache-Control"] == "public, max-age=31536000, immutable")
            #expect(file.headers["Content-Type"] == "text/css; charset=utf-8")
            let tag = try #require(file.headers["ETag"])
            #expect(await browser.get("/static/lectern.css").headers["Cache-Control"] == "no-cache")
            #expect(await browser.get("/static/lectern.css", ["If-None-Match": tag]).status == 304)
        }
    }
}
