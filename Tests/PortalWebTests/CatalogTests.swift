import HTTP
import Platform
import Portal
import PortalTesting
import PortalWeb
import Testing

@Suite("The catalogue and the way to it")
struct CatalogTests {
    static func definitions(_ change: (inout TrainingPortalDefinition) -> Void) -> PortalDefinitions {
        var definitions = Fixture.definitions()
        change(&definitions.portal)
        return definitions
    }

    @Test("The first page makes an anonymous visitor known and shows the catalogue")
    func index() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            #expect(await browser.get("/").location == "/accounts/create/")
            let created = await browser.get("/accounts/create/")
            #expect(created.status == 302)
            #expect(created.location == "/workshops/catalog/")
            #expect(browser.cookies["lectern-login"]?.count == SecretToken.length)
            let page = await browser.get("/workshops/catalog/")
            #expect(page.status == 200)
            #expect(page.text.contains("Title of lab-shell"))
            #expect(page.text.contains("5 places free"))
            #expect(page.text.contains("/workshops/environment/lab-w01/create/"))
            #expect(await browser.get("/").location == "/workshops/catalog/")
            #expect(portal.store.allUsers.count == 1)
            #expect(await browser.get("/accounts/create/").location == "/workshops/catalog/")
            #expect(portal.store.allUsers.count == 1)
        }
    }

    @Test("A portal that wants accounts sends a stranger to sign in, and back to where they were going")
    func privateCatalog() async throws {
        try await TestPortal.run(CatalogTests.definitions { $0.registration = .oneStep }) { portal in
            let browser = portal.browser()
            #expect(await browser.get("/").location == "/accounts/login/")
            #expect(
                await browser.get("/workshops/catalog/?notification=session-invalid").location
                    == "/accounts/login/?next=%2Fworkshops%2Fcatalog%2F%3Fnotification%3Dsession-invalid")
            #expect(await browser.get("/accounts/create/").location == "/accounts/login/")
            let target = "/workshops/environment/lab-w01/create/?index_url=%2Fx"
            #expect(await browser.get(target).location == "/accounts/login/?next=" + PercentEncoding.encode(target))
            #expect(portal.store.allUsers.isEmpty)
        }
    }

    @Test("A public catalogue needs no user, and its links start sessions at once")
    func publicCatalog() async throws {
        try await TestPortal.run(CatalogTests.definitions { $0.isCatalogPublic = true }) { portal in
            let browser = portal.browser()
            let page = await browser.get("/workshops/catalog/")
            #expect(page.status == 200)
            #expect(page.headers.all("Set-Cookie").isEmpty)
            #expect(page.text.contains("href=\"/workshops/environment/lab-w01/create/\""))
            #expect(portal.store.allUsers.isEmpty)
        }
    }

    @Test("Each reason has its own words, announced", arguments: ReturnReason.allCases)
    func banners(_ reason: ReturnReason) async throws {
        try await TestPortal.run(CatalogTests.definitions { $0.isCatalogPublic = true }) { portal in
            let page = await portal.browser().get("/workshops/catalog/?notification=\(reason.rawValue)")
            #expect(page.text.contains("role=\"status\""))
            let plain = await portal.browser().get("/workshops/catalog/?notification=nonsense")
            #expect(!plain.text.contains("role=\"status\""))
        }
    }

    @Test("Somebody with a lab continues it, and a full workshop says so")
    func continueAndFull() async throws {
        var definitions = Fixture.definitions([("lab-shell", Fixture.limits(capacity: 1))])
        definitions.portal.isCatalogPublic = true
        definitions.portal.workshops[0].limits.expires = 600
        try await TestPortal.run(definitions) { portal in
            let browser = portal.browser()
            let session = try await browser.launch()
            let page = await browser.get("/workshops/catalog/").text
            #expect(page.contains("/workshops/session/\(session)/"))
            #expect(page.contains("Continue"))
            let other = await portal.browser().get("/workshops/catalog/").text
            #expect(other.contains("Full, next place in about 10 minutes"))
            portal.clock.advance(bySeconds: 120)
            #expect(await portal.browser().get("/workshops/catalog/").text.contains("in about 8 minutes"))
        }
    }

    @Test("An index of another site is where everybody is sent, with the reason kept")
    func externalIndex() async throws {
        let definitions = CatalogTests.definitions {
            $0.isCatalogPublic = true
            $0.index = "https://www.example.com/labs?a=b"
        }
        try await TestPortal.run(definitions) { portal in
            let browser = portal.browser()
            #expect(await browser.get("/workshops/catalog/").location == "https://www.example.com/labs?a=b")
            #expect(
                await browser.get("/workshops/catalog/?notification=session-invalid").location
                    == "https://www.example.com/labs?a=b&notification=session-invalid")
        }
    }

    @Test("Words of a workshop cannot become markup")
    func escaping() async throws {
        var definitions = CatalogTests.definitions { $0.isCatalogPublic = true }
        definitions.workshops["lab-shell"]?.title = "<script>alert(1)</script>"
        definitions.workshops["lab-shell"]?.description = "\" onmouseover=\"x"
        definitions.workshops["lab-shell"]?.url = "javascript:alert(1)"
        definitions.workshops["lab-shell"]?.tags = ["<b>"]
        try await TestPortal.run(definitions) { portal in
            let page = await portal.browser().get("/workshops/catalog/").text
            #expect(!page.contains("<script>alert"))
            #expect(!page.contains("javascript:"))
            #expect(!page.contains("<b>"))
            #expect(!page.contains("\" onmouseover"))
        }
    }

    @Test("A catalogue from before a reload is not shown after it")
    func reload() async throws {
        try await TestPortal.run(CatalogTests.definitions { $0.isCatalogPublic = true }) { portal in
            #expect(await portal.browser().get("/workshops/catalog/").text.contains("<title>Workshops</title>"))
            var changed = portal.service.definitions
            changed.portal.title = "Summer school"
            portal.service.reload(changed)
            #expect(await portal.browser().get("/workshops/catalog/").text.contains("Summer school"))
        }
    }

    @Test("Forgetting a browser asks first and needs the form")
    func logout() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            _ = await browser.get("/accounts/create/")
            let page = await browser.get("/accounts/logout/")
            #expect(page.status == 200)
            #expect(browser.cookies["lectern-login"] != nil)
            #expect(await browser.post("/accounts/logout/", [:]).status == 403)
            #expect(await browser.submit(page, to: "/accounts/logout/").status == 302)
            #expect(browser.cookies["lectern-login"] == nil)
            #expect(await browser.get("/accounts/logout/").location == "/")
        }
    }
}
