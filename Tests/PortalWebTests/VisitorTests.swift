import HTTP
import Platform
import Portal
import PortalTesting
import Testing

@testable import PortalWeb

@Suite("Who only looks costs nothing")
struct VisitorTests {
    static let previewers: [HTTPHeaders] = [
        ["Sec-Purpose": "prefetch"], ["Sec-Purpose": "prefetch;prerender"], ["Purpose": "prefetch"],
        ["X-Moz": "prefetch"],
        ["Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"],
        ["Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"],
        ["User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"],
        ["User-Agent": "Twitterbot/1.0"], ["User-Agent": "facebookexternalhit/1.1"],
        ["User-Agent": "WhatsApp/2.23.20.0"],
        ["User-Agent": "TelegramBot (like TwitterBot)"], ["User-Agent": "Mozilla/5.0 (compatible; Discordbot/2.0)"],
        ["User-Agent": "LinkedInBot/1.0 (compatible)"], ["User-Agent": "SkypeUriPreview Preview/0.5"],
        ["User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"],
        ["User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0)"],
    ]

    @Test("Programs that preview, prefetch or crawl get a page about the workshop", arguments: previewers)
    func preview(_ headers: HTTPHeaders) async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            for path in [
                "/workshops/environment/lab-w01/create/?index_url=%2Fback", "/workshops/environment/lab-w01/",
                "/accounts/create/",
            ] {
                let response = await browser.get(path, headers)
                #expect(response.status == 200, "\(path)")
                #expect(response.text.contains("og:title"), "\(path)")
            }
            #expect(
                await browser.get("/workshops/environment/lab-w01/create/", headers).text.contains("About lab-shell."))
            #expect(portal.store.allUsers.isEmpty && portal.store.allSessions.isEmpty)
            #expect(browser.cookies.isEmpty)
        }
    }

    @Test("HEAD costs no session and no user")
    func head() async throws {
        try await TestPortal.run { portal in
            for path in [
                "/", "/accounts/create/", "/workshops/environment/lab-w01/create/",
                "/workshops/environment/nope/create/",
            ] {
                let response = await portal.browser().get(path, method: .head)
                #expect(response.status < 400, "\(path)")
                #expect(response.headers.all("Set-Cookie").isEmpty)
            }
            #expect(portal.store.allUsers.isEmpty && portal.store.allSessions.isEmpty)
        }
    }

    @Test("A person who was taken for a program starts with the button")
    func button() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let response = await browser.post(
                "/workshops/environment/lab-w01/create/?index_url=%2Fback", [:], ["User-Agent": "Mozilla/5.0 preview"])
            #expect(response.location.contains("/oauth_callback?code="))
            let session = portal.session("lab-w01-s001")
            #expect(session?.indexURL == "/back")
        }
    }

    @Test(
        "Browsers and plain clients are visitors",
        arguments: [
            "curl/8.5.0", "Python-urllib/3.11",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        ])
    func people(_ agent: String) {
        #expect(!LinkPreview.isPreviewer(agent))
    }
}

@Suite("The access code")
struct AccessCodeTests {
    static var definitions: PortalDefinitions {
        var definitions = Fixture.definitions()
        definitions.portal.accessCode = "open sesame"
        return definitions
    }
    static let target = "/workshops/environment/lab-w01/create/?index_url=https%3A%2F%2Fwww.example.com%2F"
    static let gate = "/workshops/access/?redirect_url=" + PercentEncoding.encode(target)

    @Test(
        "Every way in leads through it and keeps where one was going",
        arguments: [
            "/", "/workshops/catalog/?notification=session-invalid", target,
            "/workshops/environment/lab-w01/?index_url=%2Fx", "/accounts/create/",
        ])
    func gates(_ path: String) async throws {
        try await TestPortal.run(AccessCodeTests.definitions) { portal in
            let response = await portal.browser().get(path)
            #expect(response.status == 302)
            #expect(response.location == "/workshops/access/?redirect_url=" + PercentEncoding.encode(path))
            #expect(portal.store.allUsers.isEmpty && portal.store.allSessions.isEmpty)
        }
    }

    @Test("The right code leads on, once for all")
    func right() async throws {
        try await TestPortal.run(AccessCodeTests.definitions) { portal in
            let browser = portal.browser()
            let page = await browser.get(AccessCodeTests.gate)
            #expect(page.status == 200)
            let response = await browser.submit(page, to: "/workshops/access/", ["password": "open sesame"])
            #expect(response.status == 303)
            #expect(response.location == AccessCodeTests.target)
            let launched = await browser.get(response.location)
            #expect(launched.location.contains("/oauth_callback?code="))
            // The login that came with the launch has shown the code, too.
            #expect(await browser.get("/workshops/catalog/").status == 200)
            #expect(await browser.get(AccessCodeTests.gate).location == AccessCodeTests.target)
        }
    }

    @Test("A wrong code says so")
    func wrong() async throws {
        try await TestPortal.run(AccessCodeTests.definitions) { portal in
            let browser = portal.browser()
            let page = await browser.get(AccessCodeTests.gate)
            #expect(!page.text.contains("That is not the access code."))
            let response = await browser.submit(page, to: "/workshops/access/", ["password": "open Sesame"])
            #expect(response.status == 200)
            #expect(response.text.contains("That is not the access code."))
            #expect(await browser.get("/workshops/catalog/").location.hasPrefix("/workshops/access/"))
        }
    }

    @Test("Guessing gets slower and slower, for this address only")
    func guessing() async throws {
        try await TestPortal.run(AccessCodeTests.definitions) { portal in
            let browser = portal.browser()
            let page = await browser.get(AccessCodeTests.gate)
            var last = HTTPResponse()
            for number in 0..<9 {
                last = await browser.submit(page, to: "/workshops/access/", ["password": "guess \(number)"])
            }
            #expect(last.status == 200)
            for number in 9..<11 {
                last = await browser.submit(page, to: "/workshops/access/", ["password": "guess \(number)"])
            }
            #expect(last.status == 429)
            let seconds = try #require(last.headers["Retry-After"].flatMap { Int($0) })
            #expect(await browser.submit(page, to: "/workshops/access/", ["password": "open sesame"]).status == 429)
            let other = portal.browser(address: "198.51.100.7")
            let otherPage = await other.get(AccessCodeTests.gate)
            #expect(await other.submit(otherPage, to: "/workshops/access/", ["password": "open sesame"]).status == 303)
            portal.clock.advance(bySeconds: seconds)
            #expect(await browser.submit(page, to: "/workshops/access/", ["password": "open sesame"]).status == 303)
        }
    }

    @Test("A code in the address is taken out of it")
    func inAddress() async throws {
        try await TestPortal.run(AccessCodeTests.definitions) { portal in
            let wrong = await portal.browser().get(AccessCodeTests.gate + "&password=guess")
            #expect(wrong.status == 302)
            #expect(wrong.location == AccessCodeTests.gate + "&wrong=1")
            let browser = portal.browser()
            let right = await browser.get(AccessCodeTests.gate + "&password=open+sesame")
            #expect(right.location == AccessCodeTests.target)
            #expect(browser.cookies["lectern-login"] != nil)
        }
    }

    @Test(
        "It leads to pages of this portal only",
        arguments: [
            "", "https://evil.example/", "//evil.example", "/\\evil.example", "word", "/a b", "/\u{e4}",
            "/\t/evil.example",
        ])
    func localOnly(_ target: String) async throws {
        try await TestPortal.run(AccessCodeTests.definitions) { portal in
            let response = await portal.browser().get(
                "/workshops/access/?password=open+sesame&redirect_url=" + PercentEncoding.encode(target))
            #expect(response.status == 400)
            #expect(await portal.browser().get("/workshops/access/").status == 400)
        }
    }

    @Test("A form from elsewhere is refused")
    func crossSite() async throws {
        try await TestPortal.run(AccessCodeTests.definitions) { portal in
            let browser = portal.browser()
            let page = await browser.get(AccessCodeTests.gate)
            var form: FormParameters = ["password": "open sesame"]
            #expect(
                await browser.post("/workshops/access/", ["password": "open sesame", "redirect_url": "/"]).status == 403
            )
            for (name, value) in hiddenFields(of: page.text) { form.add(name, value) }
            #expect(await browser.post("/workshops/access/", form, ["Origin": "https://evil.example"]).status == 403)
            #expect(await browser.post("/workshops/access/", form, ["Sec-Fetch-Site": "cross-site"]).status == 403)
            #expect(await portal.browser().post("/workshops/access/", form).status == 403)
            #expect(
                await browser.post("/workshops/access/", form, ["Origin": "http://lectern.localhost:8080"]).status
                    == 303)
        }
    }
}
