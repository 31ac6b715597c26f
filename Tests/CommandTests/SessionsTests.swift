import FoundationEssentials
import HTTP
import Platform
import Portal
import PortalStorage
import Testing

@testable import PortalWeb
@testable import lectern

@Suite("lectern sessions")
struct SessionsTests {
    @Test("Asked wrongly, or without a portal, it says so")
    func wrong() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/lectern-sessions-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for words in [[], ["extend"], ["list", "x"], ["drop", "x"], ["terminate", "Not A Name"]] {
            #expect(Lectern.run(["sessions"] + words + ["--data", folder]) == 2, "\(words)")
        }
        #expect(Lectern.run(["sessions", "extend", "labs-w01-s001", "--minutes", "0", "--data", folder]) == 2)
        #expect(Lectern.run(["sessions", "list", "--data", folder]) == 1)
        #expect(Lectern.run(["sessions", "terminate", "labs-w01-s001", "--data", folder]) == 1)
        #expect(!FileManager.default.fileExists(atPath: folder))
        try SQLitePortalStore(folder: folder).close()
        #expect(Lectern.run(["sessions", "list", "--data", folder]) == 0)
        // It knows of sessions, but no portal runs that could act.
        #expect(Lectern.run(["sessions", "terminate", "labs-w01-s001", "--data", folder]) == 1)
    }

    @Test("What the command sends is what the portal reads")
    func form() throws {
        let name = try #require(SessionName(rawValue: "labs-w01-s001"))
        for action in [SessionAction.extend(name, minutes: 30), .expire(name), .terminate(name)] {
            #expect(ControlRequest.action(ControlRequest.form(of: action)) == action)
        }
        for form: FormParameters in [
            [:], ["action": "terminate"], ["action": "drop", "session": "labs-w01-s001"],
            ["action": "extend", "session": "labs-w01-s001"],
            ["action": "extend", "session": "labs-w01-s001", "minutes": "-5"],
            ["action": "expire", "session": "../x"],
        ] {
            #expect(ControlRequest.action(form) == nil)
        }
    }
}
