import HTTP
import Platform
import Portal
import PortalTesting
import Testing

@testable import PortalWeb

@Suite("Pages for staff")
struct AdminTests {
    static func definitions(workshops: Int = 1) -> PortalDefinitions {
        let limits = EnvironmentLimits(capacity: 90, initial: 0, reserved: 0, expires: 3600, deadline: 7200)
        return Fixture.definitions((0..<workshops).map { (name: $0 == 0 ? "lab-shell" : "lab-\($0)", limits: limits) })
    }

    // MARK: Who may

    @Test(
        "Whoever is not signed in is led to the login page and back",
        arguments: ["/admin/?q=x&state=all", "/admin/log/"])
    func signIn(_ path: String) async throws {
        try await TestPortal.run { portal in
            let response = await portal.browser().get(path)
            #expect(response.status == 302)
            #expect(response.location == "/accounts/login/?next=" + PercentEncoding.encode(path))
            #expect(await portal.browser().get("/admin/login/").location == "/accounts/login/?next=%2Fadmin%2F")
            #expect(
                await portal.browser().get("/admin/login/?next=https://evil.example/").location
                    == "/accounts/login/?next=%2Fadmin%2F")
        }
    }

    @Test(
        "Everybody who is signed in as somebody else is refused everything",
        arguments: [PortalUser.Kind.anonymous, .registered, .robot])
    func forbidden(_ kind: PortalUser.Kind) async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let session = try await portal.browser().launch()
            let other = try await portal.signedIn("eve", kind)
            for path in ["/admin/", "/admin/log/", "/admin/events/", "/admin/act/"] {
                let response = await other.get(path)
                #expect(response.status == 403, "\(path)")
                #expect(response.text.contains("For staff only"), "\(path)")
                #expect(!response.text.contains(session), "\(path)")
            }
            let token = FormToken.text(for: try #require(other.cookies["lectern-login"]))
            for wish in try AdminTests.wishes(for: session, portal) {
                let response = await other.post(
                    "/admin/act/", ["do": wish, "confirmed": "yes", FormToken.field: token])
                #expect(response.status == 403, "\(wish)")
            }
            #expect(portal.session(session)?.state == .running)
            #expect(try portal.store.read { try $0.auditEntries(before: nil, limit: 9).isEmpty })
        }
    }

    @Test("Nothing is done for a form that another site sent, or without its token")
    func forged() async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let session = try await portal.browser().launch()
            let staff = try await portal.signedIn("ada", .staff)
            let token = FormToken.text(for: try #require(staff.cookies["lectern-login"]))
            for wish in try AdminTests.wishes(for: session, portal) {
                let form: FormParameters = ["do": wish, "confirmed": "yes"]
                #expect(await staff.post("/admin/act/", form).status == 403, "\(wish)")
                var other = form
                other.add(FormToken.field, FormToken.text(for: "somebody else"))
                #expect(await staff.post("/admin/act/", other).status == 403, "\(wish)")
                other.set(FormToken.field, to: token)
                #expect(
                    await staff.post("/admin/act/", other, ["Sec-Fetch-Site": "cross-site"]).status == 403, "\(wish)")
                #expect(
                    await staff.post("/admin/act/", other, ["Origin": "http://\(session).lectern.localhost:8080"])
                        .status
                        == 403, "\(wish)")
            }
            #expect(portal.session(session)?.state == .running)
            #expect(try portal.store.read { try $0.auditEntries(before: nil, limit: 9).isEmpty })
            // A link does nothing at all.
            #expect(await staff.get("/admin/act/?do=terminate+\(session)&confirmed=yes").location == "/admin/")
            #expect(portal.session(session)?.state == .running)
        }
    }

    // MARK: Deeds

    static func wishes(for session: String, _ portal: TestPortal) throws -> [String] {
        let found = try #require(portal.session(session))
        let owner = try #require(found.owner)
        return [
            "extend 10 \(session) \(found.expires?.milliseconds ?? 0)", "expire \(session)", "terminate \(session)",
            "open \(session)", "refresh lab-w01", "end-sessions \(owner)", "purge",
        ]
    }

    @Test("An extension moves the end and says so on the page that it was asked from", arguments: AdminWish.minutes)
    func extend(_ minutes: Int) async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let session = try await portal.browser().launch()
            let before = try #require(portal.session(session)?.expires)
            let staff = try await portal.signedIn("ada", .staff)
            let page = await staff.get("/admin/?q=lab&order=name")
            #expect(page.status == 200)
            let wish = "extend \(minutes) \(session) \(before.milliseconds)"
            #expect(page.text.contains("value=\"\(wish)\""))
            let done = await staff.submit(page, to: "/admin/act/", ["do": wish])
            #expect(done.status == 303)
            #expect(done.location == "/admin/?q=lab&order=name&done=1")
            #expect(portal.session(session)?.expires == before.advanced(bySeconds: minutes * 60))
            let told = await staff.get(done.location)
            #expect(told.text.contains("<div class=\"banner good\" role=\"status\">"))
            #expect(told.text.contains("\(session) goes on for \(PortalText.length(seconds: minutes * 60)) longer."))
            // The same form once more.
            let again = await staff.submit(page, to: "/admin/act/", ["do": wish])
            #expect(await staff.get(again.location).text.contains("had been moved in the meantime"))
            #expect(portal.session(session)?.expires == before.advanced(bySeconds: minutes * 60))
        }
    }

    @Test("Letting a session expire leaves it a minute")
    func expire() async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let session = try await portal.browser().launch()
            let staff = try await portal.signedIn("ada", .staff)
            let page = await staff.get("/admin/")
            let done = await staff.submit(page, to: "/admin/act/", ["do": "expire \(session)"])
            #expect(await staff.get(done.location).text.contains("\(session) ends in a minute."))
            #expect(portal.session(session)?.expires == portal.clock.now.advanced(bySeconds: 60))
            let seen = await staff.get("/admin/").text
            #expect(seen.contains("ends soon</span>"))
            #expect(!seen.contains("value=\"expire"))
            portal.clock.advance(bySeconds: 61)
            try await until("it is over") { portal.session(session)?.state == .stopped }
            #expect(portal.session(session)?.end == .expired)
        }
    }

    @Test("What cannot be undone is asked about first, and then done once")
    func terminate() async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let session = try await portal.browser().launch(index: SessionTests.index)
            let staff = try await portal.signedIn("ada", .staff)
            let page = await staff.get("/admin/")
            let question = await staff.submit(page, to: "/admin/act/", ["do": "terminate \(session)"])
            #expect(question.status == 200)
            #expect(question.text.contains("<h1>End \(session)?</h1>"))
            #expect(portal.session(session)?.state == .running)
            let done = await staff.submit(question, to: "/admin/act/")
            #expect(done.location == "/admin/?done=1")
            try await until("it is over") { portal.session(session)?.state == .stopped }
            #expect(portal.session(session)?.end == .terminated)
            let again = await staff.submit(question, to: "/admin/act/")
            #expect(await staff.get(again.location).text.contains("had ended before"))
        }
    }

    @Test("Opening leads staff into the session with a token that reaches nothing else")
    func open() async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let session = try await portal.browser().launch()
            let other = try await portal.browser().launch()
            let staff = try await portal.signedIn("ada", .staff)
            let page = await staff.get("/admin/")
            #expect(page.text.contains("value=\"open \(session)\" formtarget=\"_blank\""))
            let opened = await staff.submit(page, to: "/admin/act/", ["do": "open \(session)"])
            #expect(opened.location.hasPrefix("http://\(session).lectern.localhost:8080/oauth_callback?code="))
            #expect(opened.headers.all("Set-Cookie").isEmpty)
            let code = try #require(opened.locationParameters["code"])
            // What the agent in the learner's sandbox can make of it.
            let secret = try portal.clientSecret(of: session)
            let callback = "http://\(session).lectern.localhost:8080/oauth_callback"
            let granted = await portal.agent(
                .post, "/oauth2/token/",
                form: [
                    "grant_type": "authorization_code", "code": code, "redirect_uri": callback, "client_id": session,
                    "client_secret": secret,
                ])
            #expect(granted.status == 200)
            #expect(granted.json["session"]?["staff"]?.bool == true)
            let token = try #require(granted.json["access_token"]?.string)
            let own = await portal.agent(.get, "/workshops/session/\(session)/schedule/", token: token)
            #expect(own.status == 200)
            let stranger = await portal.agent(.post, "/workshops/session/\(other)/terminate/", token: token)
            #expect(stranger.status == 401)
            for cookie in ["lectern-login", "sessionid"] {
                let thief = portal.browser()
                thief.cookies[cookie] = token
                #expect(await thief.get("/admin/").status == 302)
                #expect(await thief.get("/admin/", ["Authorization": "Bearer \(token)"]).status == 302)
            }
            #expect(portal.session(other)?.state == .running)
            let log = await staff.get("/admin/log/").text
            #expect(log.contains("open \(session)"))
        }
    }

    @Test("A session that is over cannot be opened, and the page says so")
    func openTooLate() async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let session = try await portal.browser().launch()
            let staff = try await portal.signedIn("ada", .staff)
            let page = await staff.get("/admin/")
            let question = await staff.submit(page, to: "/admin/act/", ["do": "terminate \(session)"])
            _ = await staff.submit(question, to: "/admin/act/")
            let late = await staff.submit(page, to: "/admin/act/", ["do": "open \(session)"])
            #expect(await staff.get(late.location).text.contains("\(session) is not in use now."))
        }
    }

    @Test("An environment is replaced, and the next learner gets the new one")
    func refresh() async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let session = try await portal.browser().launch()
            let staff = try await portal.signedIn("ada", .staff)
            let page = await staff.get("/admin/")
            let question = await staff.submit(page, to: "/admin/act/", ["do": "refresh lab-w01"])
            let done = await staff.submit(question, to: "/admin/act/")
            #expect(await staff.get(done.location).text.contains("lab-w01 is being replaced."))
            try await until("the new one runs") {
                try portal.service.catalog().entries.map(\.environment.name.rawValue) == ["lab-w02"]
                    && portal.service.catalog().entries.allSatisfy { $0.environment.state == .running }
            }
            #expect(portal.session(session)?.state == .running)
            let next = try await portal.browser().launch("lab-w02")
            #expect(next == "lab-w02-s001")
            let seen = await staff.get("/admin/").text
            #expect(seen.contains(">closing</span>"))
            #expect(!seen.contains("value=\"refresh lab-w01\""))
            #expect(seen.contains("value=\"refresh lab-w02\""))
        }
    }

    @Test("A user's page shows all that they had and have, and ends it together")
    func user() async throws {
        try await TestPortal.run(AdminTests.definitions(workshops: 2)) { portal in
            let learner = portal.browser()
            let first = try await learner.launch("lab-w01")
            let second = try await learner.launch("lab-w02")
            let other = try await portal.browser().launch("lab-w02")
            let owner = try #require(portal.session(first)?.owner)
            let staff = try await portal.signedIn("ada", .staff)
            let all = await staff.get("/admin/")
            let link = "/admin/?owner=" + PercentEncoding.encode(owner.rawValue)
            let details = UserDetails(email: "ada@example.com", firstName: "Ada", lastName: "Lovelace")
            try await portal.service.store.write { try $0.setDetails(details, of: owner) }
            #expect(all.text.contains("href=\"\(link)\""))
            let page = await staff.get(link)
            #expect(page.text.contains("<h1>Labs of \(owner)</h1>"))
            #expect(page.text.contains("Ada Lovelace, ada@example.com"))
            #expect(page.text.contains("id=\"s-\(first)\"") && page.text.contains("id=\"s-\(second)\""))
            #expect(!page.text.contains("id=\"s-\(other)\""))
            #expect(page.text.contains("anonymous visitor"))
            let question = await staff.submit(page, to: "/admin/act/", ["do": "end-sessions \(owner)"])
            let done = await staff.submit(question, to: "/admin/act/")
            #expect(done.location == link + "&done=1")
            #expect(await staff.get(done.location).text.contains("2 labs of \(owner) are being ended."))
            try await until("both are over") {
                portal.session(first)?.state == .stopped && portal.session(second)?.state == .stopped
            }
            #expect(portal.session(other)?.state == .running)
            #expect(await staff.get(link).text.contains("ended: by staff"))
            #expect(await staff.get("/admin/?owner=nobody").text.contains("There is no user of that name."))
        }
    }

    @Test("Ended sessions are forgotten, and the page tells how many")
    func purge() async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let learner = portal.browser()
            let session = try await learner.launch()
            _ = await learner.get("/workshops/session/\(session)/delete/")
            try await until("it is over") { portal.session(session)?.state == .stopped }
            portal.clock.advance(bySeconds: 1)
            let staff = try await portal.signedIn("ada", .staff)
            let page = await staff.get("/admin/?state=stopped")
            #expect(page.text.contains("ended: by its learner"))
            let question = await staff.submit(page, to: "/admin/act/", ["do": "purge"])
            let done = await staff.submit(question, to: "/admin/act/")
            #expect(await staff.get(done.location).text.contains("One ended session is forgotten."))
            #expect(portal.session(session) == nil)
        }
    }

    // MARK: Where it leads back to

    @Test(
        "A deed leads back to a page for staff and nowhere else",
        arguments: [
            ("/admin/?state=all", "/admin/?state=all&done=1"), ("/admin/log/", "/admin/log/?done=1"),
            ("https://evil.example/admin/", "/admin/?done=1"), ("//evil.example/admin/", "/admin/?done=1"),
            ("/workshops/catalog/", "/admin/?done=1"), ("", "/admin/?done=1"), ("/admin/?done=7", "/admin/?done=1"),
            ("/admin/\r\nX: y", "/admin/?done=1"),
        ])
    func target(_ row: (next: String, location: String)) async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let staff = try await portal.signedIn("ada", .staff)
            let token = FormToken.text(for: try #require(staff.cookies["lectern-login"]))
            let response = await staff.post(
                "/admin/act/",
                ["do": "purge", "confirmed": "yes", "next": row.next, FormToken.field: token])
            #expect(response.location == row.location)
        }
    }

    @Test("What came of a deed is told to whoever did it and to nobody else")
    func told() async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let ada = try await portal.signedIn("ada", .staff)
            let page = await ada.get("/admin/")
            let question = await ada.submit(page, to: "/admin/act/", ["do": "purge"])
            let done = await ada.submit(question, to: "/admin/act/")
            #expect(await ada.get(done.location).text.contains("class=\"banner"))
            let bob = try await portal.signedIn("bob", .staff)
            #expect(!(await bob.get(done.location).text.contains("class=\"banner")))
            for number in ["2", "0", "-1", "x", "99999999999999999999"] {
                #expect(!(await ada.get("/admin/?done=\(number)").text.contains("class=\"banner")))
            }
        }
    }

    @Test(
        "Garbage in a form or an address is no server error and does nothing",
        arguments: [
            "", "extend", "extend 10", "extend 10 lab-w01-s001", "extend 11 lab-w01-s001 1", "extend x lab-w01-s001 1",
            "extend 10 lab-w01-s001 99999999999999999999", "extend 10 lab-w01-s001 1 2", "terminate",
            "terminate LAB", "expire a b", "open ../x", "refresh", "end-sessions ", "purge all", "nothing", " ",
            "terminate\u{0}lab-w01-s001", "e\u{301}xpire",
        ])
    func garbage(_ wish: String) async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let staff = try await portal.signedIn("ada", .staff)
            let token = FormToken.text(for: try #require(staff.cookies["lectern-login"]))
            let form: FormParameters = ["do": wish, "confirmed": "yes", FormToken.field: token]
            #expect(await staff.post("/admin/act/", form).status == 400)
            let query = PercentEncoding.encode(wish)
            for name in ["q", "state", "order", "after", "before", "environment", "owner"] {
                let response = await staff.get("/admin/?\(name)=\(query)")
                #expect(response.status == 200 || response.status == 302, "\(name)")
            }
            #expect(await staff.get("/admin/log/?before=\(query)").status == 200)
        }
    }

    @Test(
        "A wish is read as it was written",
        arguments: [
            AdminAction.extend(
                Fixture.sessionName("a-w01-s001"), minutes: 30, seen: Timestamp(milliseconds: 1_795_000_123)),
            .expire(Fixture.sessionName("a-w01-s001")), .terminate(Fixture.sessionName("a-w01-s001")),
            .open(Fixture.sessionName("a-w01-s001")), .refresh(Fixture.environmentName("a-w01")),
            .endSessions(of: Fixture.user("anon@educates:1 two  words")), .purgeEnded,
        ])
    func wish(_ action: AdminAction) {
        #expect(AdminWish(AdminWish(action).text)?.action == action)
    }

    // MARK: Lists

    @Test("Pages lead through all sessions, forwards and back, with every filter kept")
    func paging() async throws {
        try await TestPortal.run(AdminTests.definitions(workshops: 2)) { portal in
            let now = portal.clock.now
            try await portal.store.write { store in
                for number in 1...130 {
                    let environment = number % 2 == 0 ? "lab-w01" : "lab-w02"
                    var session = Fixture.session(
                        "\(environment)-s\(1000 + number)", in: environment, number: 1000 + number, state: .waiting,
                        created: now.advanced(bySeconds: -number))
                    session.isReady = true
                    try store.insert(session)
                }
            }
            let staff = try await portal.signedIn("ada", .staff)
            for (query, count) in [("", 130), ("?order=name", 130), ("?environment=lab-w01", 65), ("?q=S10", 99)] {
                var page = await staff.get("/admin/" + query)
                var names = AdminTests.sessions(page)
                var last = page
                while let next = AdminTests.link("next", page) {
                    page = await staff.get(next)
                    names += AdminTests.sessions(page)
                    last = page
                }
                #expect(names.count == count, "\(query)")
                #expect(Set(names).count == count, "\(query)")
                var back = AdminTests.sessions(last)
                page = last
                while let earlier = AdminTests.link("prev", page) {
                    page = await staff.get(earlier)
                    back = AdminTests.sessions(page) + back
                }
                #expect(back == names, "\(query)")
            }
            // A page whose place has been emptied leads to the first one.
            let gone = await staff.get("/admin/?order=name&after=0.zzz")
            #expect(gone.location == "/admin/?order=name")
        }
    }

    static func sessions(_ page: HTTPResponse) -> [String] {
        page.text.split(separator: "<tr id=\"s-").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }

    static func link(_ rel: String, _ page: HTTPResponse) -> String? {
        for part in page.text.split(separator: "href=\"") {
            let url = part.prefix { $0 != "\"" }
            if part.dropFirst(url.count).hasPrefix("\" rel=\"\(rel)\"") {
                return String(url).replacing("&amp;", with: "&")
            }
        }
        return nil
    }

    @Test("Environments show what they hold, and why one cannot start")
    func environments() async throws {
        let runtime = TroubledRuntime.unprepared(failures: 1000)
        try await TestPortal.run(AdminTests.definitions(), runtime: runtime, waitsForEnvironments: false) { portal in
            let staff = try await portal.signedIn("ada", .staff)
            try await until("the trouble is known") {
                await staff.get("/admin/").text.contains("could not be made ready")
            }
            let page = await staff.get("/admin/").text
            #expect(page.contains("being made ready"))
            #expect(page.contains("data-label=\"Capacity\">90</td>"))
            #expect(page.contains("value=\"refresh lab-w01\""))
        }
    }

    @Test("Names and problems are text, whatever is in them")
    func escaping() async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let staff = try await portal.signedIn("ada", .staff)
            _ = try await portal.signedIn("<script>alert(1)</script>", .registered)
            let query = PercentEncoding.encode("<script>alert(1)</script>\"'&")
            for name in ["q", "owner", "environment"] {
                let page = await staff.get("/admin/?\(name)=\(query)").text
                #expect(!page.contains("<script>alert"), "\(name)")
            }
            let user = PercentEncoding.encode("<script>alert(1)</script>")
            let page = await staff.get("/admin/?owner=\(user)").text
            #expect(page.contains("&lt;script>alert(1)&lt;/script>") || page.contains("&lt;script&gt;"))
            #expect(!page.contains("<script>alert"))
        }
    }

    @Test("The log shows who did what when, the latest first, a page at a time")
    func log() async throws {
        try await TestPortal.run(AdminTests.definitions()) { portal in
            let staff = try await portal.signedIn("ada", .staff)
            #expect(await staff.get("/admin/log/").text.contains("Nothing yet."))
            for number in 1...230 {
                _ = try await portal.store.write { store in
                    try store.insert(
                        AuditEntry(
                            moment: portal.clock.now, actor: Fixture.user("ada"), action: .terminate,
                            target: "lab-w01-s\(number)", outcome: .ended))
                }
            }
            var page = await staff.get("/admin/log/")
            var entries: [String] = []
            while true {
                entries += page.text.split(separator: "id=\"entry-").dropFirst().map {
                    String($0.prefix { $0 != "\"" })
                }
                guard let next = AdminTests.link("next", page) ?? AdminTests.older(page) else { break }
                page = await staff.get(next)
            }
            #expect(entries == (1...230).reversed().map(String.init))
        }
    }

    static func older(_ page: HTTPResponse) -> String? {
        guard let part = page.text.split(separator: "rel=\"next\" href=\"").dropFirst().first else { return nil }
        return String(part.prefix { $0 != "\"" })
    }

    @Test(
        "Numbers are written for people",
        arguments: [
            (PortalText.clock(seconds: 0), "0:00"), (PortalText.clock(seconds: 425), "7:05"),
            (PortalText.clock(seconds: 3600), "1:00:00"), (PortalText.clock(seconds: -5), "0:00"),
            (PortalText.grouped(999), "999"), (PortalText.grouped(10_000), "10,000"),
            (PortalText.grouped(1_234_567), "1,234,567"), (PortalText.grouped(-1000), "-1,000"),
            (PortalText.amount(bytes: 0), "0 MiB"), (PortalText.amount(bytes: 48 << 20), "48 MiB"),
            (PortalText.amount(bytes: 1536 << 20), "1.5 GiB"), (PortalText.percent(nil), "–"),
            (PortalText.percent(12), "12 %"),
        ])
    func numbers(_ row: (found: String, expected: String)) {
        #expect(row.found == row.expected)
    }
}

extension TestPortal {
    /// A browser that is signed in as a user of a kind.
    func signedIn(_ name: String, _ kind: PortalUser.Kind) async throws -> TestBrowser {
        let secret = SecretToken.random()
        let now = clock.now
        try await service.store.write { store in
            try store.insert(PortalUser(id: Fixture.user(name), kind: kind, joined: now))
            try store.insert(
                LoginCookie(
                    digest: secret.digest, user: Fixture.user(name), created: now,
                    expires: now.advanced(bySeconds: 86_400)))
        }
        let browser = browser()
        browser.cookies["lectern-login"] = secret.text
        return browser
    }
}

extension TestPortal {
    /// The secret that a session's agent proves itself with.
    func clientSecret(of session: String) throws -> String {
        let key = try service.store.read { try $0.setting("session-secrets-key") }
        let stored = try #require(key.flatMap { DerivationKey(stored: $0) })
        return SessionSecrets(key: stored).clientSecret(of: Fixture.sessionName(session)).text
    }

    /// Sends what a session's agent sends.
    func agent(
        _ method: HTTPMethod, _ path: String, form: FormParameters = [:], token: String? = nil
    ) async -> (status: Int, json: JSONValue) {
        var headers: HTTPHeaders = ["Content-Type": "application/x-www-form-urlencoded"]
        if let token { headers["Authorization"] = "Bearer \(token)" }
        let response = await web.agents.send(
            HTTPRequest(method: method, path: path, headers: headers, body: Array(form.encoded.utf8)))
        return (response.status, JSONValue(parsing: response.text) ?? .null)
    }
}
