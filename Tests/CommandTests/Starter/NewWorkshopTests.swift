import Foundation
import Portal
import Testing

@testable import lectern

@Suite("lectern new")
struct NewWorkshopTests {
    private func run(_ arguments: [String]) throws -> Int32 {
        try NewCommand.run(ParsedOptions(arguments, options: NewCommand.options, environment: [:]))
    }

    @Test("It writes a workshop in which lectern check finds nothing")
    func written() throws {
        let folder = try DeskFolder()
        let status = try run(["tide-tables", "--into", folder.path, "--title", "Tide: \"high\" # low"])
        #expect(status == 0)
        let load = DefinitionLoader.load(paths: [folder.path], requiresPortal: false)
        #expect(load.problems.map(\.text) == [])
        let workshop = try #require(load.workshops["tide-tables"])
        #expect(workshop.title == "Tide: \"high\" # low")
        #expect(workshop.contentFolder.hasSuffix("/tide-tables"))
        #expect(folder.exists("tide-tables/workshop/content/01-welcome.md"))
        #expect(folder.isExecutable("tide-tables/workshop/examiner/tests/letter-has-an-answer"))
        #expect(folder.isExecutable("tide-tables/resources/solutions/letter-has-an-answer.sh"))
        #expect(!folder.isExecutable("tide-tables/letters/from-the-lighthouse.txt"))
    }

    @Test("Its title comes from the name when none is given")
    func title() throws {
        #expect(try WorkshopName("git-without-fear").title == "Git without fear")
    }

    @Test("What is there is never touched, an empty folder may be filled")
    func occupied() throws {
        let folder = try DeskFolder()
        try folder.write("mine/notes.txt", "keep")
        let error = #expect(throws: StartFailure.self) { try run(["mine", "--into", folder.path]) }
        #expect(error?.description.contains("exists already") == true)
        #expect(try folder.text("mine/notes.txt") == "keep")
        #expect(!folder.exists("mine/resources"))
        try FileManager.default.createDirectory(
            atPath: folder.path + "/empty", withIntermediateDirectories: true)
        #expect(try run(["empty", "--into", folder.path]) == 0)
        try folder.write("file", "")
        #expect(throws: StartFailure.self) { try run(["file", "--into", folder.path]) }
    }

    @Test(
        "A name that cannot be one is explained, with one that can",
        arguments: [
            ("My Workshop!", "my-workshop"), ("Übung", "bung"), ("-x-", "x"), ("9-lives", "lives"),
            ("a_b.c", "a-b-c"), (String(repeating: "a", count: 60), String(repeating: "a", count: 50)),
        ])
    func names(wrong: String, near: String) {
        let error = #expect(throws: UsageError.self) { _ = try WorkshopName(wrong) }
        #expect(error?.description.contains("small letters") == true)
        #expect(error?.description.hasSuffix("for example \(near)") == true)
    }

    @Test("A name of which nothing is left gets no example")
    func hopeless() {
        let error = #expect(throws: UsageError.self) { _ = try WorkshopName("???") }
        #expect(error?.description.contains("for example") == false)
        #expect(throws: UsageError.self) { _ = try WorkshopName("") }
        #expect(throws: UsageError.self) { try run([]) }
        #expect(throws: UsageError.self) { try run(["a", "--title", "two\nlines"]) }
    }
}
