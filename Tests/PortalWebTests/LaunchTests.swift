import HTTP
import Platform
import Portal
import PortalStorage
import PortalTesting
import PortalWeb
import Testing

@Suite("A click becomes a session")
struct LaunchTests {
    static let index = "https://www.example.com/labs?course=1&empty="

    @Test("A stranger with a link is in the session after one request")
    func launch() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let response = await browser.get(
                "/workshops/environment/lab-w01/create/?index_url=" + PercentEncoding.encode(LaunchTests.index))
            #expect(response.status == 302)
            #expect(response.location.hasPrefix("http://lab-w01-s001.lectern.localhost:8080/oauth_callback?code="))
            #expect(response.locationParameters["state"] == "handover")
            #expect(response.headers["Cache-Control"] == "no-store")
            let cookie = try #require(response.headers["Set-Cookie"])
            #expect(cookie.hasPrefix("lectern-login="))
            #expect(
                cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age=1209600"))
            #expect(!cookie.contains("Secure"))
            let session = try #require(portal.session("lab-w01-s001"))
            #expect(session.indexURL == LaunchTests.index)
            #expect(session.state == .running)
        }
    }

    @Test("The same visitor comes back to the same session, by every name of the workshop")
    func reuse() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let first = try await browser.launch("lab-w01", index: LaunchTests.index)
            #expect(try await browser.launch("lab-shell") == first)
            #expect(try await browser.launch("lab-w01") == first)
            let direct = await browser.get("/workshops/environment/lab-w01/")
            #expect(direct.location.contains(first))
            #expect(portal.store.allUsers.count == 1)
            #expect(portal.store.allSessions.count == 1)
        }
    }

    @Test("The page without create/ leads a stranger to create/ with everything in the link")
    func environment() async throws {
        try await TestPortal.run { portal in
            let response = await portal.browser().get("/workshops/environment/lab-w01/?index_url=%2Fx&a=b")
            #expect(response.location == "/workshops/environment/lab-w01/create/?index_url=%2Fx&a=b")
        }
    }

    @Test("A name that nothing has leads back with workshop-invalid")
    func unknown() async throws {
        try await TestPortal.run { portal in
            let browser = portal.browser()
            let back = await browser.get(
                "/workshops/environment/nope/create/?index_url=" + PercentEncoding.encode(LaunchTests.index))
            #expect(back.location == LaunchTests.index + "&notification=workshop-invalid")
            let catalog = await browser.get("/workshops/environment/nope/create/")
            #expect(catalog.location == "/workshops/catalog/?notification=workshop-invalid")
            #expect(portal.store.allUsers.isEmpty)
        }
    }

    @Test("No place leads back with session-unavailable and leaves no user behind")
    func full() async throws {
        try await TestPortal.run(Fixture.definitions([("lab-shell", Fixture.limits(capacity: 1))])) { portal in
            _ = try await portal.browser().launch()
            let other = portal.browser(address: "192.0.2.2")
            let back = await other.get(
                "/workshops/environment/lab-w01/create/?index_url=" + PercentEncoding.encode(LaunchTests.index))
            #expect(back.location == LaunchTests.index + "&notification=session-unavailable")
            #expect(other.cookies.isEmpty)
            #expect(portal.store.allUsers.count == 1)
        }
    }

    @Test("200 visitors for 5 seats: 5 are in, 195 are sent back, and only 5 are users", arguments: [false, true])
    func race(onDisk: Bool) async throws {
        let folder = try TemporaryFolder()
        let engine: (any PortalStore)? = onDisk ? try SQLitePortalStore(folder: folder.path) : nil
        defer { engine?.close() }
        try await TestPortal.run(on: engine) { portal in
            let answers = await withTaskGroup(of: HTTPResponse.self) { group in
                for number in 0..<200 {
                    let browser = portal.browser(address: "192.0.2.\(number)")
                    group.addTask {
                        await browser.get(
                            "/workshops/environment/lab-w01/create/?index_url=https%3A%2F%2Fwww.example.com%2F")
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count == 200)
            #expect(answers.allSatisfy { $0.status == 302 })
            let inside = answers.filter {
                $0.location.contains("/oauth_callback") || $0.location.hasPrefix("/workshops/session/")
            }
            let back = answers.filter { $0.location == "https://www.example.com/?notification=session-unavailable" }
            #expect(inside.count == 5)
            #expect(back.count == 195)
            #expect(back.allSatisfy { $0.headers["Set-Cookie"] == nil })
            #expect(portal.service.counters[.usersCreated] == 5)
            let active = try portal.service.store.read { try $0.countsOfPortal().active }
            #expect(active == 5)
            if !onDisk { #expect(portal.store.allUsers.count == 5) }
        }
    }

    @Test("Too many launches from one address lead back, and from nowhere are told to wait")
    func throttle() async throws {
        var definitions = Fixture.definitions()
        definitions.portal.launches.perAddressPerMinute = 2
        try await TestPortal.run(definitions) { portal in
            for _ in 0..<2 { _ = try await portal.browser().launch() }
            let back = await portal.browser().get(
                "/workshops/environment/lab-w01/create/?index_url=" + PercentEncoding.encode(LaunchTests.index))
            #expect(back.location == LaunchTests.index + "&notification=session-unavailable")
            let nowhere = await portal.browser().get("/workshops/environment/lab-w01/create/")
            #expect(nowhere.status == 429)
            #expect(Int(nowhere.headers["Retry-After"] ?? "") ?? 0 > 0)
            _ = try await portal.browser(address: "198.51.100.1").launch()
        }
    }

    @Test(
        "An index URL that could lead elsewhere is refused with the reason",
        arguments: [
            "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
            "https:evil.example", "https://user@evil.example/", "https://evil.example\\@good.example/", "http://",
            "https://www.example.com:99999/", "data:text/html,x", "ftp://example.com/", "https://ex%61mple.com/",
            "https://ex\u{e4}mple.com/", "/\t/evil.example", "https://www.example.com/\r\nSet-Cookie: a=b",
            "evil.example",
            "http:/\\evil.example", "https://[::1", "https://1.2.3/",
        ])
    func badIndexURL(_ text: String) async throws {
        try await TestPortal.run { portal in
            let response = await portal.browser().get(
                "/workshops/environment/lab-w01/create/?index_url=" + PercentEncoding.encode(text))
            #expect(response.status == 400)
            #expect(
                response.text.contains("The address to return to") || response.text.contains("The host of the address")
                    || response.text.contains("The port of"))
            #expect(portal.store.allUsers.isEmpty && portal.store.allSessions.isEmpty)
        }
    }

    @Test("Only the origins that the portal allows are returned to")
    func allowedOrigins() async throws {
        var definitions = Fixture.definitions()
        definitions.portal.launches.allowedOrigins = ["https://www.example.com"]
        try await TestPortal.run(definitions) { portal in
            _ = try await portal.browser().launch(index: "https://www.example.com/a")
            let other = await portal.browser().get(
                "/workshops/environment/lab-w01/create/?index_url="
                    + PercentEncoding.encode("https://www.example.com.evil.example/"))
            #expect(other.status == 400)
        }
    }

    @Test("An empty index URL is none")
    func emptyIndexURL() async throws {
        try await TestPortal.run { portal in
            let response = await portal.browser().get("/workshops/environment/lab-w01/create/?index_url=")
            #expect(response.status == 302)
            #expect(portal.session("lab-w01-s001")?.indexURL == nil)
        }
    }

    @Test("A session that is slow to start shows its progress, then opens")
    func slowStart() async throws {
        let gate = Gate()
        try await TestPortal.run(runtime: TroubledRuntime.slow(gate)) { portal in
            let browser = portal.browser()
            async let answer = browser.get("/workshops/environment/lab-w01/create/?index_url=%2Fback")
            try await until("the start is under way") { gate.waiting == 1 }
            portal.clock.advance(byMilliseconds: 600)
            let response = await answer
            #expect(response.location == "/workshops/session/lab-w01-s001/")
            let page = await browser.get("/workshops/session/lab-w01-s001/")
            #expect(page.status == 200)
            #expect(page.text.contains("http-equiv=\"refresh\""))
            #expect(page.text.contains("Title of lab-shell"))
            #expect(page.text.contains("Give up"))
            let progress = await browser.get("/workshops/session/lab-w01-s001/progress/")
            #expect(progress.text == "{\"state\":\"starting\",\"step\":1}")
            let stranger = await portal.browser().get("/workshops/session/lab-w01-s001/progress/")
            #expect(stranger.text == "{\"state\":\"gone\",\"step\":0}")
            #expect(!page.text.contains(">It takes longer than usual this time."))
            portal.clock.advance(bySeconds: 20)
            let late = await browser.get("/workshops/session/lab-w01-s001/")
            #expect(late.text.contains(">It takes longer than usual this time."))
            gate.open()
            try await until("the session is ready") { portal.session("lab-w01-s001")?.isReady == true }
            #expect(
                await browser.get("/workshops/session/lab-w01-s001/progress/").text
                    == "{\"state\":\"ready\",\"step\":2}")
            #expect(await browser.get("/workshops/session/lab-w01-s001/").location.contains("/oauth_callback?code="))
        }
    }

    @Test("A lab that is given up while it starts is ended, back to the index page")
    func giveUp() async throws {
        let gate = Gate()
        try await TestPortal.run(runtime: TroubledRuntime.slow(gate)) { portal in
            let browser = portal.browser()
            async let answer = browser.get("/workshops/environment/lab-w01/create/?index_url=%2Fback")
            try await until("the start is under way") { gate.waiting == 1 }
            portal.clock.advance(byMilliseconds: 600)
            _ = await answer
            let page = await browser.get("/workshops/session/lab-w01-s001/")
            let ended = await browser.submit(page, to: "/workshops/session/lab-w01-s001/delete/")
            #expect(ended.location == "/back?notification=session-deleted")
            gate.open()
        }
    }

    @Test("A session that cannot start in time leads back with startup-timeout")
    func startupTimeout() async throws {
        var definitions = Fixture.definitions()
        definitions.portal.workshops[0].limits.overdue = 30
        let gate = Gate()
        try await TestPortal.run(definitions, runtime: TroubledRuntime.slow(gate)) { portal in
            let browser = portal.browser()
            async let answer = browser.get("/workshops/environment/lab-w01/create/?index_url=%2Fback")
            try await until("the start is under way") { gate.waiting == 1 }
            portal.clock.advance(byMilliseconds: 600)
            _ = await answer
            portal.clock.advance(bySeconds: 31)
            try await until("the session was given up") { portal.session("lab-w01-s001")?.isLive == false }
            #expect(
                await browser.get("/workshops/session/lab-w01-s001/").location == "/back?notification=startup-timeout")
            gate.open()
        }
    }

    @Test("A workshop whose environment is not ready is a page that tries again, never a failure")
    func notReady() async throws {
        try await TestPortal.run(runtime: TroubledRuntime.unprepared(failures: 1_000), waitsForEnvironments: false) {
            portal in
            try await until("the environment exists") { try !portal.service.catalog().entries.isEmpty }
            let response = await portal.browser().get("/workshops/environment/lab-w01/create/?index_url=%2Fback")
            #expect(response.status == 503)
            #expect(response.headers["Retry-After"] != nil)
            #expect(response.text.contains("http-equiv=\"refresh\""))
            #expect(portal.store.allUsers.isEmpty)
        }
    }

    @Test("A portal that is still starting says so, to visitors and to probes")
    func portalStarting() async throws {
        try await TestPortal.run(isAtWork: false) { portal in
            let browser = portal.browser()
            for name in ["lab-w01", "lab-shell"] {
                let response = await browser.get("/workshops/environment/\(name)/create/?index_url=%2Fback")
                #expect(response.status == 503)
                #expect(response.headers["Retry-After"] == "2")
                #expect(response.text.contains("The portal is just starting."))
            }
            let unknown = await browser.get("/workshops/environment/nope/create/?index_url=%2Fback")
            #expect(unknown.location == "/back?notification=workshop-invalid")
            #expect(await browser.get("/readyz").status == 503)
            #expect(await browser.get("/healthz").status == 200)
            #expect(portal.store.allUsers.isEmpty)
        }
    }

    @Test("The name of an environment that was replaced leads to its successor")
    func successor() async throws {
        var definitions = Fixture.definitions()
        definitions.portal.replacesEnvironmentsOnWorkshopUpdate = true
        try await TestPortal.run(definitions) { portal in
            _ = try await portal.browser().launch("lab-w01")
            var changed = portal.service.definitions
            changed.workshops["lab-shell"] = Fixture.workshop("lab-shell", revision: "2")
            portal.service.reload(changed)
            try await until("the successor runs") {
                try portal.service.catalog().entries.contains {
                    $0.environment.name.rawValue == "lab-w02" && $0.environment.state == .running
                }
            }
            #expect(try await portal.browser().launch("lab-w01") == "lab-w02-s001")
            #expect(try await portal.browser().launch("lab-shell") == "lab-w02-s002")
        }
    }

    @Test("A store that cannot write is a page with status 503")
    func storeFails() async throws {
        try await TestPortal.run { portal in
            portal.store.failWrites(1)
            let response = await portal.browser().get("/workshops/environment/lab-w01/create/")
            #expect(response.status == 503)
            #expect(response.headers["Retry-After"] != nil)
            _ = try await portal.browser().launch()
        }
    }
}
