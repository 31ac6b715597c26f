import Foundation
import HTTP
import Testing

@Suite("Operating a real portal", .serialized)
struct OperatingTests {
    @Test("SIGHUP takes changed definitions; those with mistakes change nothing")
    func reload() throws {
        let portal = try RunningPortal(capacity: 1)
        defer { portal.remove() }
        _ = try portal.get(portal.createPath)
        let full = try portal.get(portal.createPath)
        #expect(full.headers["Location"]?.hasSuffix("notification=session-unavailable") == true)

        try portal.edit { $0.replacing("capacity: 1", with: "capacity: many") }
        portal.signal(SIGHUP)
        try portal.eventually { portal.logText.contains("definitions not taken") ? () : nil }
        #expect(try portal.get("/workshops/catalog/").status == 200)

        try portal.edit { $0.replacing("capacity: many", with: "capacity: 2") }
        portal.signal(SIGHUP)
        try portal.eventually {
            let answer = try portal.get(portal.createPath)
            return answer.headers["Location"]?.contains("test-w01-s002") == true ? () : nil
        }
    }

    @Test("--watch takes changed definitions by itself")
    func watch() throws {
        let portal = try RunningPortal(capacity: 1, options: ["--watch", "--front-door", "none"])
        defer { portal.remove() }
        try portal.edit { $0.replacing("title: Lab", with: "title: Renamed") }
        try portal.eventually {
            String(decoding: try portal.get("/workshops/catalog/").body, as: UTF8.self).contains("Renamed") ? () : nil
        }
    }

    @Test("SIGTERM ends it with status 0, and what was launched is there at the next start")
    func stop() throws {
        let portal = try RunningPortal(capacity: 1, options: ["--front-door", "none"])
        defer { portal.remove() }
        #expect(try portal.get(portal.createPath).status == 302)
        #expect(portal.terminate() == 0)
        try portal.start()
        let full = try portal.get(portal.createPath)
        #expect(full.headers["Location"]?.hasSuffix("notification=session-unavailable") == true)
    }

    @Test("A second portal on the same data says so and ends with status 1")
    func locked() throws {
        let portal = try RunningPortal(capacity: 1, options: ["--front-door", "none"])
        defer { portal.remove() }
        let second = try portal.runAgain()
        #expect(second.status == 1)
        #expect(second.text.contains("is in use by another lectern"))
    }

    @Test("A front door that dies is started again")
    func frontDoor() throws {
        let portal = try RunningPortal(capacity: 1)
        defer { portal.remove() }
        let browser = TestBrowser(portal)
        #expect(try browser.open(portal.url("/workshops/catalog/")).status == 200)
        let first = try #require(portal.frontDoor)
        portal.killFrontDoor()
        try portal.eventually { () -> Void? in
            guard let next = portal.frontDoor, next != first, kill(next, 0) == 0 else { return nil }
            return (try? browser.open(portal.url("/workshops/catalog/")))?.status == 200 ? () : nil
        }
        // Nobody of the first one is left to hold the port: not of its process group, which has its number.
        try portal.eventually { kill(-first, 0) == -1 && errno == ESRCH ? () : nil }
    }
}
