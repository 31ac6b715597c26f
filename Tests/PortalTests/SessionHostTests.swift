import Portal
import Testing

@Suite("Hosts of a portal's sessions")
struct SessionHostTests {
    @Test(
        "The session is found in a host's first label, wherever it stands",
        arguments: [
            ("labs-w01-s001", "labs-w01-s001"), ("app-labs-w01-s001", "labs-w01-s001"),
            ("labs-w01-s001-app", "labs-w01-s001"), ("my-app-labs-w12-s3456", "labs-w12-s3456"),
            ("labs-w01-s001-my-app", "labs-w01-s001"), ("labs-w01-s001-labs-w01-s002", "labs-w01-s002"),
            ("labs-labs-w01-s001", "labs-w01-s001"), ("other-w01-s001", "other-w01-s001"),
            ("app-other-w01-s001", "app-other-w01-s001"), ("labs-w01", "labs-w01"), ("labs-w-s", "labs-w-s"),
        ])
    func label(label: String, session: String) {
        #expect(SessionHosts.session(label: label, portal: "labs")?.rawValue == session)
    }

    @Test("A portal with hyphens, or with a session's shape, is no riddle")
    func portals() {
        #expect(SessionHosts.session(label: "a-my-labs-w01-s001", portal: "my-labs")?.rawValue == "my-labs-w01-s001")
        #expect(
            SessionHosts.session(label: "x-a-w01-s001-w02-s003", portal: "a-w01-s001")?.rawValue
                == "a-w01-s001-w02-s003")
    }

    @Test("A long portal's name is cut in its sessions' names, which are found all the same")
    func longNames() throws {
        let portal = String(repeating: "abcde-", count: 8) + "xy"
        for number in [1, 99, 100, 12_345] {
            let environment = try #require(EnvironmentName(portal: portal, number: number))
            let session = try #require(SessionName(environment: environment, number: 7))
            #expect(SessionHosts.session(label: "a-\(session)".prefix(63).description, portal: portal) == session)
            let expression = try Regex("^" + SessionHosts.pattern(portal: portal) + "$")
            #expect(session.rawValue.firstMatch(of: expression) != nil)
        }
    }

    @Test("The pattern takes the portal's sessions and nobody else's")
    func pattern() throws {
        let expression = try Regex("^" + SessionHosts.pattern(portal: "labs") + "$")
        for (name, isOurs) in [("labs-w01-s001", true), ("xlabs-w01-s001", false), ("labs-w01-s001x", false)] {
            #expect((name.firstMatch(of: expression) != nil) == isOurs)
        }
    }
}
