import HTTP
import Platform
import Portal
import PortalTesting
import Testing

@testable import PortalWeb

@Suite("Signing in")
struct AccountTests {
    static let password = "ten of them and more"

    static func definitions(_ change: (inout TrainingPortalDefinition) -> Void = { _ in }) -> PortalDefinitions {
        var definitions = Fixture.definitions()
        definitions.portal.registration = .oneStep
        definitions.portal.adminCredentials = Credentials(name: "harbour", secret: "lighthouse")
        change(&definitions.portal)
        return definitions
    }

    static let launch = "/workshops/environment/lab-w01/create/?index_url=https%3A%2F%2Fwww.example.com%2Flabs%3Fa%3Db"

    @Test("A launch that a login interrupts goes on afterwards, back to its own index page")
    func interruptedLaunch() async throws {
        try await TestPortal.run(Self.definitions()) { portal in
            let browser = portal.browser()
            let first = await browser.get(Self.launch)
            #expect(first.location == "/accounts/login/?next=" + PercentEncoding.encode(Self.launch))
            let page = await browser.get(first.location)
            #expect(page.status == 200)
            // Somebody new registers first, and is not led astray by it.
            let registration = "/accounts/register/?next=" + PercentEncoding.encode(Self.launch)
            #expect(page.text.contains("href=\"\(registration.replacing("&", with: "&amp;"))\""))
            let form = await browser.get(registration)
            let registered = await browser.submit(
                form, to: "/accounts/register/",
                ["username": "ada", "password1": Self.password, "password2": Self.password])
            #expect(registered.status == 303)
            #expect(registered.location == Self.launch)
            let launched = await browser.get(registered.location)
            let session = try #require(portal.store.allSessions.first)
            #expect(launched.location.hasPrefix("http://\(session.name).lectern.localhost:8080/oauth_callback?code="))
            #expect(session.owner?.rawValue == "ada")
            #expect(session.indexURL == "https://www.example.com/labs?a=b")
        }
    }

    @Test(
        "Whatever an owner asks for without the cookie, the login leads back to it",
        arguments: [
            "/workshops/session/NAME/", "/workshops/session/NAME/?missed", "/workshops/session/NAME/delete/",
            "/workshops/environment/lab-w01/", "/workshops/catalog/", "/accounts/password_change/",
        ])
    func interruptedPages(path: String) async throws {
        try await TestPortal.run(Self.definitions()) { portal in
            let browser = portal.browser()
            try await browser.register("ada")
            let session = try await browser.launch()
            let target = path.replacing("NAME", with: session)
            let other = portal.browser()
            let sent = await other.get(target)
            #expect(sent.location == "/accounts/login/?next=" + PercentEncoding.encode(target))
            let back = await other.signIn("ada", Self.password, at: sent.location)
            #expect(back.status == 303)
            #expect(back.location == target)
        }
    }

    @Test("An agent's question who its visitor is survives the login")
    func interruptedAuthorization() async throws {
        try await TestPortal.run(Self.definitions()) { portal in
            let browser = portal.browser()
            try await browser.register("ada")
            let session = try await browser.launch()
            let callback = "http://\(session).lectern.localhost:8080/oauth_callback"
            let target =
                "/oauth2/authorize/?response_type=code&client_id=\(session)&redirect_uri="
                + PercentEncoding.encode(callback) + "&state=s&code_challenge="
                + String(repeating: "x", count: 43) + "&code_challenge_method=S256"
            let other = portal.browser()
            let sent = await other.get(target)
            #expect(sent.location == "/accounts/login/?next=" + PercentEncoding.encode(target))
            let back = await other.signIn("ada", Self.password, at: sent.location)
            #expect(back.location == target)
            #expect(await other.get(back.location).location.hasPrefix(callback + "?code="))
        }
    }

    @Test("Somebody whose session had no account is not sent to a login that cannot help")
    func anonymousOwner() async throws {
        try await TestPortal.run { portal in
            let session = try await portal.browser().launch()
            #expect(
                await portal.browser().get("/workshops/session/\(session)/").location
                    == "/workshops/catalog/?notification=session-invalid")
        }
    }

    @Test(
        "Only pages of this portal are gone on to",
        arguments: ["//evil.example/", "https://evil.example/", "/\\evil", "x"])
    func openRedirect(next: String) async throws {
        try await TestPortal.run(Self.definitions()) { portal in
            let browser = portal.browser()
            try await browser.register("ada")
            let other = portal.browser()
            let page = "/accounts/login/?next=" + PercentEncoding.encode(next)
            #expect(await other.signIn("ada", Self.password, at: page).location == "/")
            #expect(await other.get(page).location == "/")
            let third = portal.browser()
            let form = await third.get("/accounts/login/")
            var fields: FormParameters = ["username": "ada", "password": Self.password, "next": next]
            for (name, value) in hiddenFields(of: form.text) where name != "next" { fields.add(name, value) }
            #expect(await third.post("/accounts/login/", fields).location == "/")
        }
    }

    @Test("A wrong password and an unknown name are answered alike, and the name stays in its field")
    func wrong() async throws {
        try await TestPortal.run(Self.definitions()) { portal in
            try await portal.browser().register("ada")
            var pages: [String] = []
            for name in ["ada", "eve"] {
                let browser = portal.browser()
                let page = await browser.signIn(name, "wrong")
                #expect(page.status == 200)
                #expect(page.text.contains("do not belong together"))
                #expect(page.text.contains("value=\"\(name)\""))
                #expect(!page.text.contains("value=\"wrong\""))
                #expect(browser.cookies["lectern-login"] == nil)
                let token = hiddenFields(of: page.text).first { $0.0 == "form-token" }?.1 ?? ""
                pages.append(page.text.replacing(token, with: "").replacing("value=\"\(name)\"", with: ""))
            }
            #expect(pages[0] == pages[1])
        }
    }

    @Test("Many wrong passwords are answered with 429 and when to come again")
    func throttled() async throws {
        try await TestPortal.run(Self.definitions { $0.signIn.failuresPerAddress = 2 }) { portal in
            let browser = portal.browser()
            for number in 0..<3 { #expect(await browser.signIn("eve\(number)", "wrong").status == 200) }
            let page = await browser.signIn("eve9", "wrong")
            #expect(page.status == 429)
            #expect(page.headers["Retry-After"] == "2")
            #expect(page.text.contains("Try again in 2 seconds"))
            #expect(await portal.browser(address: "192.0.2.77").signIn("eve9", "wrong").status == 200)
        }
    }

    @Test("A login gives a new cookie: one that was planted before is worth nothing")
    func fixation() async throws {
        try await TestPortal.run(Self.definitions { $0.accessCode = "tide" }) { portal in
            let browser = portal.browser()
            let gate = await browser.get("/workshops/access/?redirect_url=%2F")
            _ = await browser.submit(gate, to: "/workshops/access/", ["password": "tide"])
            let planted = try #require(browser.cookies["lectern-login"])
            try await browser.register("ada")
            let own = try #require(browser.cookies["lectern-login"])
            #expect(own != planted)
            let thief = portal.browser()
            thief.cookies["lectern-login"] = planted
            #expect(await thief.get("/accounts/password_change/").status == 302)
            // That the access code was shown is remembered.
            #expect(await browser.get("/workshops/catalog/").status == 200)
            _ = await browser.signIn("ada", Self.password)
        }
    }

    @Test("A login from another site's form is refused")
    func crossSite() async throws {
        try await TestPortal.run(Self.definitions()) { portal in
            try await portal.browser().register("ada")
            let browser = portal.browser()
            let page = await browser.get("/accounts/login/")
            var fields: FormParameters = ["username": "ada", "password": Self.password]
            #expect(await browser.post("/accounts/login/", fields).status == 403)
            for (name, value) in hiddenFields(of: page.text) { fields.add(name, value) }
            #expect(
                await browser.post("/accounts/login/", fields, ["Origin": "https://evil.example"]).status == 403)
            #expect(
                await browser.post("/accounts/login/", fields, ["Sec-Fetch-Site": "same-site"]).status == 403)
            #expect(browser.cookies["lectern-login"] == nil)
            #expect(await browser.post("/accounts/login/", fields).status == 303)
        }
    }

    @Test("Signing out takes a question and a POST")
    func logout() async throws {
        try await TestPortal.run(Self.definitions()) { portal in
            let browser = portal.browser()
            try await browser.register("ada")
            let question = await browser.get("/accounts/logout/")
            #expect(question.status == 200)
            #expect(question.text.contains("Sign out?"))
            let cookie = browser.cookies
            #expect(await browser.post("/accounts/logout/", [:]).status == 403)
            #expect(browser.cookies == cookie)
            #expect(await browser.submit(question, to: "/accounts/logout/").status == 302)
            #expect(browser.cookies["lectern-login"] == nil)
            let thief = portal.browser()
            thief.cookies = cookie
            #expect(await thief.get("/accounts/password_change/").status == 302)
        }
    }

    @Test("Registering tells each mistake beside its field")
    func registrationMistakes() async throws {
        try await TestPortal.run(Self.definitions()) { portal in
            try await portal.browser().register("ada")
            let cases: [(name: String, one: String, two: String, text: String)] = [
                ("eve", "ten of them and more", "ten of them and less", "not the same"),
                ("ADA", Self.password, Self.password, "is taken"),
                ("admin", Self.password, Self.password, "kept for the portal"),
                ("harbour", Self.password, Self.password, "kept for the portal"),
                ("e", Self.password, Self.password, "at least 2 characters"),
                ("аdа", Self.password, Self.password, "several scripts"),
                ("eve<", Self.password, Self.password, "has to begin with"),
                ("evelyn", "short", "short", "at least 10 characters"),
                ("evelyn-hall", "evelyn-hall", "evelyn-hall", "too much like the name"),
                ("evelyn", "password2026", "password2026", "first that anybody tries"),
            ]
            for (name, one, two, text) in cases {
                let browser = portal.browser()
                let form = await browser.get("/accounts/register/")
                let page = await browser.submit(
                    form, to: "/accounts/register/", ["username": name, "password1": one, "password2": two])
                #expect(page.status == 200, "\(name)")
                #expect(page.text.contains(text), "\(name)")
                #expect(page.text.contains("aria-invalid=\"true\""), "\(name)")
                #expect(!page.text.contains("type=\"password\" value=\"\(one)\""))
                #expect(browser.cookies["lectern-login"] == nil)
            }
            #expect(portal.store.allUsers.count == 1)
        }
    }

    @Test("Without another place to go, a new account ends on a page that welcomes it")
    func welcome() async throws {
        try await TestPortal.run(Self.definitions()) { portal in
            let browser = portal.browser()
            let page = try await browser.register("ada")
            #expect(page.location == "/accounts/register/complete/")
            #expect(await browser.get(page.location).text.contains("Your account is ready"))
            let catalogue = await browser.get("/workshops/catalog/")
            #expect(catalogue.text.contains(">ada<"))
            #expect(
                catalogue.text.contains("/accounts/logout/") && catalogue.text.contains("/accounts/password_change/"))
            // Both pages make no sense any more.
            #expect(await browser.get("/accounts/register/").location == "/workshops/catalog/")
            #expect(await browser.get("/accounts/login/").location == "/")
        }
    }

    @Test("The login offers to register only where one may")
    func closed() async throws {
        try await TestPortal.run(Self.definitions { $0.isRegistrationEnabled = false }) { portal in
            let browser = portal.browser()
            #expect(await !browser.get("/accounts/login/").text.contains("/accounts/register/"))
            #expect(await browser.get("/accounts/register/").location == "/accounts/register/closed/")
            #expect(await browser.get("/accounts/register/closed/").text.contains("takes no new accounts"))
            let page = await browser.get("/accounts/login/")
            let post = await browser.submit(
                page, to: "/accounts/register/",
                ["username": "eve", "password1": Self.password, "password2": Self.password])
            #expect(post.location == "/accounts/register/closed/")
            #expect(portal.store.allUsers.isEmpty)
        }
        try await TestPortal.run { portal in
            let page = await portal.browser().get("/accounts/login/").text
            #expect(page.contains("You need no account here") && !page.contains("/accounts/register/"))
        }
    }

    @Test("No page promises mail")
    func noMail() async throws {
        try await TestPortal.run(Self.definitions()) { portal in
            let browser = portal.browser()
            let page = await browser.get("/accounts/password_reset/")
            #expect(page.status == 200)
            #expect(page.text.contains("sends no mail"))
            for path in ["/accounts/password_reset/done/", "/accounts/reset/a/b/", "/accounts/reset/done/"] {
                #expect(await browser.get(path).status == 404, "\(path)")
            }
            for path in ["/accounts/login/", "/accounts/register/"] {
                #expect(await !browser.get(path).text.lowercased().contains("email"))
            }
        }
    }

    @Test("A password is changed with the old one, and every other browser has to sign in again")
    func passwordChange() async throws {
        try await TestPortal.run(Self.definitions()) { portal in
            let here = portal.browser()
            let there = portal.browser()
            try await here.register("ada")
            _ = await there.signIn("ada", Self.password)
            let form = await here.get("/accounts/password_change/")
            let wrong = await here.submit(
                form, to: "/accounts/password_change/",
                ["old_password": "wrong", "new_password1": "another long one", "new_password2": "another long one"])
            #expect(wrong.text.contains("That is not your password"))
            #expect(await there.get("/accounts/password_change/").status == 200)
            let done = await here.submit(
                wrong, to: "/accounts/password_change/",
                [
                    "old_password": Self.password, "new_password1": "another long one",
                    "new_password2": "another long one",
                ])
            #expect(done.location == "/accounts/password_change/done/")
            #expect(await here.get("/accounts/password_change/").status == 200)
            #expect(await there.get("/accounts/password_change/").status == 302)
            #expect(await there.signIn("ada", Self.password).text.contains("do not belong together"))
            #expect(await there.signIn("ada", "another long one").status == 303)
        }
    }

    @Test("Staff come in by the same door, also where learners need none, and a learner is told that it is not theirs")
    func staff() async throws {
        for kind in [TrainingPortalDefinition.Registration.oneStep, .anonymous] {
            try await TestPortal.run(Self.definitions { $0.registration = kind }) { portal in
                let browser = portal.browser()
                let page = await browser.get("/admin/login/?next=%2Fadmin%2Fx")
                #expect(page.location == "/accounts/login/?next=%2Fadmin%2Fx")
                #expect(await browser.signIn("harbour", "lighthouse", at: page.location).location == "/admin/x")
                #expect(await browser.get(page.location).location == "/admin/x")
                #expect(await browser.get("/accounts/password_change/").text.contains("definition"))
            }
        }
        try await TestPortal.run(Self.definitions()) { portal in
            let learner = portal.browser()
            try await learner.register("ada")
            let page = await learner.get("/accounts/login/?next=%2Fadmin%2Fx")
            #expect(page.status == 200)
            #expect(page.text.contains("You are signed in as ada"))
            #expect(
                await learner.signIn("harbour", "lighthouse", at: "/accounts/login/?next=%2Fadmin%2Fx").location
                    == "/admin/x")
        }
    }

    @Test("A name that looks like markup is shown as text")
    func markup() async throws {
        try await TestPortal.run(Self.definitions()) { portal in
            let page = await portal.browser().signIn("\"><script>alert(1)</script>", "wrong")
            #expect(!page.text.contains("<script>alert"))
        }
    }
}

extension TestBrowser {
    func signIn(_ name: String, _ password: String, at page: String = "/accounts/login/") async -> HTTPResponse {
        let form = await get(page)
        return await submit(form, to: "/accounts/login/", ["username": name, "password": password])
    }

    @discardableResult
    func register(_ name: String, _ password: String = AccountTests.password) async throws -> HTTPResponse {
        let form = await get("/accounts/register/")
        let response = await submit(
            form, to: "/accounts/register/", ["username": name, "password1": password, "password2": password])
        try #require(response.status == 303, "\(response.status)")
        return response
    }
}
