import FoundationEssentials
import Glibc
import Portal
import Testing

@testable import lectern

@Suite("The credentials of a portal")
struct CredentialsTests {
    private final class Folder: Sendable {
        let path: String
        init() throws {
            var template = Array("/tmp/lectern-credentials-XXXXXX".utf8CString)
            let made = mkdtemp(&template)
            try #require(made != nil)
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        deinit {
            unlink(path + "/credentials.json")
            rmdir(path)
        }
        var file: CredentialsFile { CredentialsFile(folder: path) }
        var mode: mode_t {
            var status = stat()
            return stat(file.path, &status) == 0 ? status.st_mode & 0o7777 : 0
        }
    }

    @Test("They are drawn once, kept with mode 0600 whatever the umask, and the same at the next start")
    func drawn() throws {
        let folder = try Folder()
        #expect(try folder.file.read() == nil)
        let portal = TrainingPortalDefinition(name: "lab")
        let first = try folder.file.secrets(for: portal)
        #expect(folder.mode == 0o600)
        #expect(try folder.file.secrets(for: portal) == first)
        let content = try #require(try folder.file.read())
        #expect(DrawnSecrets(content.drawn) == first)
        #expect(content.admin == .init(name: "educates", isDrawn: true))
        let shown = ShownCredentials(content)
        #expect(shown.robot.name == "robot@educates" && shown.robot.secret == first.robotPassword)
        #expect(shown.client.name == first.clientID && shown.client.secret == first.clientSecret)
        #expect(shown.text.contains(first.adminPassword))
    }

    @Test("What the definition chooses is not copied into the data folder; its names are, also after a reload")
    func chosen() throws {
        let folder = try Folder()
        var portal = TrainingPortalDefinition(name: "lab")
        let drawn = try folder.file.secrets(for: portal)
        portal.robotCredentials = Credentials(name: "crane", secret: "a chosen password")
        portal.robotClient = Credentials(name: "site", secret: "")
        try folder.file.note(portal, drawn)
        let content = try #require(try folder.file.read())
        let text = try String(contentsOfFile: folder.file.path, encoding: .utf8)
        #expect(!text.contains("a chosen password"))
        let shown = ShownCredentials(content)
        #expect(shown.robot.name == "crane" && shown.robot.secret == nil)
        #expect(shown.client.name == "site" && shown.client.secret == drawn.clientSecret)
        #expect(try shown.json().contains("\"password\" : null"))
        let full = ShownCredentials(PortalCredentials(portal, drawn: DrawnSecrets(content.drawn)))
        #expect(full.robot.secret == "a chosen password")
        #expect(folder.mode == 0o600)
    }

    @Test(
        "A damaged file is told as such, left alone, and quoted nowhere",
        arguments: ["", "{", "[]", "{\"drawn\":{\"adminPassword\":\"hush\"}}"])
    func damaged(_ text: String) throws {
        let folder = try Folder()
        try Data(text.utf8).write(to: URL(filePath: folder.file.path))
        let error = #expect(throws: StartFailure.self) {
            _ = try folder.file.secrets(for: TrainingPortalDefinition(name: "lab"))
        }
        #expect(error?.description.contains("is damaged") == true && error?.description.contains("hush") == false)
        #expect(try String(contentsOfFile: folder.file.path, encoding: .utf8) == text)
    }

    @Test("A link in its place is not followed")
    func link() throws {
        let folder = try Folder()
        try #require(symlink("/dev/null", folder.file.path) == 0)
        #expect(throws: StartFailure.self) { _ = try folder.file.read() }
    }

    @Test("The command says what to do where no portal has run")
    func nothingYet() throws {
        let folder = try Folder()
        let options = try ParsedOptions(["--data", folder.path], options: CredentialsCommand.options, environment: [:])
        let error = #expect(throws: StartFailure.self) { _ = try CredentialsCommand.run(options) }
        #expect(error?.description.contains("start the portal once") == true)
    }
}
