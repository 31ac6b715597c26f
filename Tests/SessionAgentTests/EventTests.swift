import HTTP
import Synchronization
import Testing

@Suite("What the portal is told of")
struct EventTests {
    private static let pages = [
        "workshop/content/01-one.md": "# One\n\n```terminal:execute\ncommand: ls\nevent: listed\n```\n",
        "workshop/content/02-two.md": "# Two\n", "workshop/content/03-three.md": "# Three\n",
    ]

    /// Waits until the portal has been told of so many events.
    private func events(_ fixture: AgentFixture, _ count: Int) async throws -> [(
        name: String, data: String, token: String
    )] {
        for _ in 0..<2000 {
            let events = fixture.portal.state.withLock { $0.events }
            if events.count >= count { return events }
            try await Task.sleep(for: .milliseconds(5))
        }
        return fixture.portal.state.withLock { $0.events }
    }

    @Test("Pages that the owner opens are told of in order, with what lies before and behind them")
    func pages() async throws {
        let fixture = try AgentFixture(pages: EventTests.pages)
        let cookie = try await fixture.enter()
        _ = await fixture.send(.get, "/dashboard/", cookie: cookie)
        _ = await fixture.send(.get, "/workshop/content/02-two/?fragment", cookie: cookie)
        _ = await fixture.send(.get, "/workshop/content/03-three/?fragment", cookie: cookie)
        _ = await fixture.send(.get, "/dashboard/?page=02-two", cookie: cookie)
        let events = try await events(fixture, 9)
        #expect(
            events.map(\.name) == [
                "Workshop/Load", "Workshop/Start", "Workshop/First", "Workshop/View", "Workshop/View", "Workshop/View",
                "Workshop/Last", "Workshop/Load", "Workshop/View",
            ])
        #expect(events.allSatisfy { $0.token == "Bearer token-1" })
        #expect(
            events[3].data
                == #"{"prev_page":null,"current_page":"01-one","next_page":"02-two","page_number":1,"pages_total":3}"#)
        #expect(
            events[6].data
                == #"{"prev_page":"02-two","current_page":"03-three","next_page":null,"page_number":3,"pages_total":3}"#
        )
        #expect(events[0].data == "{}")
    }

    @Test("How the learner left is told before the session ends: on the last page it was finished")
    func leaving() async throws {
        for (page, name) in [("03-three", "Workshop/Finish"), ("02-two", "Workshop/Terminate")] {
            let fixture = try AgentFixture(pages: EventTests.pages)
            let cookie = try await fixture.enter()
            _ = await fixture.send(.get, "/dashboard/?page=\(page)", cookie: cookie)
            let token = try await fixture.formToken(cookie)
            _ = await fixture.send(.get, "/workshop/content/\(page)/?fragment", cookie: cookie)
            let answer = await fixture.send(.post, "/session/end", cookie: cookie, body: "csrf=\(token)")
            #expect(answer.status == 303)
            #expect(fixture.portal.state.withLock { $0.events.last?.name } == name)
        }
    }

    @Test("An action with an event is told of; others' forms and what is no JSON are not")
    func actions() async throws {
        let fixture = try AgentFixture(pages: EventTests.pages)
        let cookie = try await fixture.enter()
        let page = await fixture.send(.get, "/dashboard/", cookie: cookie).text
        #expect(page.contains("&quot;event&quot;:&quot;listed&quot;"))
        let token = try await fixture.formToken(cookie)
        let before = try await events(fixture, 7).count
        #expect(await fixture.send(.get, "/session/event", cookie: cookie).status == 405)
        #expect(await fixture.send(.post, "/session/event", cookie: cookie, body: "event=1").status == 403)
        let long = "%22" + String(repeating: "x", count: 4096) + "%22"
        for bad in ["event=\(long)", "event=", "event=listed", "event=%7B", "other=1"] {
            let answer = await fixture.send(.post, "/session/event", cookie: cookie, body: "csrf=\(token)&\(bad)")
            #expect(answer.status == 400, "\(bad)")
        }
        let good = await fixture.send(
            .post, "/session/event", cookie: cookie, body: "csrf=\(token)&event=%7B%22name%22%3A%22listed%22%7D")
        #expect(good.status == 204)
        let told = try await events(fixture, before + 1)
        #expect(told.count == before + 1 && told.last?.name == "Action/Event")
        #expect(
            told.last?.data
                == #"{"prev_page":null,"current_page":"01-one","next_page":"02-two","page_number":1,"pages_total":3,"#
                + #""event_name":{"name":"listed"}}"#)
    }

    @Test("A page that cannot be shown is told of, once, with its name")
    func unreadablePage() async throws {
        var pages = EventTests.pages
        pages["workshop/content/04-four.md"] = String(repeating: "much ", count: 1_000_000)
        let fixture = try AgentFixture(pages: pages)
        let cookie = try await fixture.enter()
        for _ in 0..<2 { _ = await fixture.send(.get, "/dashboard/", cookie: cookie) }
        _ = try await events(fixture, 6)
        let errors = fixture.portal.state.withLock { $0.events }.filter { $0.name == "Workshop/Error" }
        #expect(errors.map(\.data) == [#"{"error":"the page 04-four.md cannot be read"}"#])
    }

    @Test("Staff who look on are not told of")
    func staff() async throws {
        let fixture = try AgentFixture(pages: EventTests.pages)
        let response = await fixture.send(.get, "/oauth_callback?code=staff&state=handover")
        let staff = try #require(response.cookie(named: "lectern-session"))
        _ = await fixture.send(.get, "/dashboard/?page=03-three", cookie: staff)
        _ = await fixture.send(.get, "/workshop/content/02-two/?fragment", cookie: staff)
        let cookie = try await fixture.enter()
        _ = await fixture.send(.get, "/dashboard/", cookie: cookie)
        let names = try await events(fixture, 4).map(\.name)
        #expect(names == ["Workshop/Load", "Workshop/Start", "Workshop/First", "Workshop/View"])
    }

    @Test("What the portal cannot take now is told later, in order and once; the oldest of too many are forgotten")
    func patience() async throws {
        let fixture = try AgentFixture(pages: EventTests.pages)
        let cookie = try await fixture.enter()
        for status in [503, 429, nil] as [Int?] {
            fixture.portal.state.withLock {
                $0.eventStatus = status
                $0.events = []
            }
            _ = await fixture.send(.get, "/workshop/content/01-one/?fragment", cookie: cookie)
            for _ in 0..<40 { _ = await fixture.send(.get, "/workshop/content/02-two/?fragment", cookie: cookie) }
            #expect(fixture.portal.state.withLock { $0.events.isEmpty })
            fixture.portal.state.withLock { $0.eventStatus = 200 }
            for _ in 0..<200 {
                _ = await fixture.send(.get, "/session/poll", cookie: cookie)
                let told = fixture.portal.state.withLock { $0.events.count }
                if told >= 42 { break }
                try await Task.sleep(for: .milliseconds(5))
            }
            let names = fixture.portal.state.withLock { $0.events.map(\.name) }
            #expect(names == ["Workshop/First"] + [String](repeating: "Workshop/View", count: 41))
        }
        fixture.portal.state.withLock {
            $0.eventStatus = 503
            $0.events = []
        }
        for _ in 0..<300 { _ = await fixture.send(.get, "/workshop/content/02-two/?fragment", cookie: cookie) }
        fixture.portal.state.withLock { $0.eventStatus = 200 }
        _ = await fixture.send(.get, "/workshop/content/03-three/?fragment", cookie: cookie)
        var names: [String] = []
        for _ in 0..<2000 where names.last != "Workshop/Last" {
            names = try await events(fixture, 1).map(\.name)
            try await Task.sleep(for: .milliseconds(5))
        }
        // Those under way while the last two came may be more than there is room for.
        #expect((64...66).contains(names.count) && names.last == "Workshop/Last")
    }

    @Test("A portal that takes no events holds up neither pages nor the end of the session")
    func unhurt() async throws {
        let fixture = try AgentFixture(pages: EventTests.pages)
        let cookie = try await fixture.enter()
        let token = try await fixture.formToken(cookie)
        fixture.portal.state.withLock { $0.eventStatus = nil }
        #expect(await fixture.send(.get, "/dashboard/", cookie: cookie).status == 200)
        let answer = await fixture.send(.post, "/session/end", cookie: cookie, body: "csrf=\(token)")
        #expect(answer.status == 303)
    }

    @Test("An end that comes with the end of its time is told of once")
    func expiry() async throws {
        let fixture = try AgentFixture(pages: EventTests.pages)
        let cookie = try await fixture.enter()
        _ = await fixture.send(.get, "/session/schedule", cookie: cookie)
        // Ended by somebody else, with time left.
        fixture.portal.state.withLock { $0.statuses["schedule"] = (404, "{}") }
        _ = await fixture.send(.get, "/session/schedule", cookie: cookie)
        fixture.clock.advance(seconds: 600)
        for _ in 0..<3 { _ = await fixture.send(.get, "/session/schedule", cookie: cookie) }
        let told = try await events(fixture, 1).map(\.name)
        #expect(told == ["Workshop/Expired"])
    }
}
