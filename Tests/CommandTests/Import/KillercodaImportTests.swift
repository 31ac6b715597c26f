import Foundation
import Portal
import Testing

@testable import lectern

@Suite("lectern import killercoda")
struct KillercodaImportTests {
    private func run(_ arguments: [String]) throws -> Int32 {
        try ImportCommand.run(ParsedOptions(arguments, options: ImportCommand.options, environment: [:]))
    }

    private func scenario(in folder: DeskFolder, _ place: String = "lamp-oil") throws {
        try folder.write(
            place + "/index.json",
            #"""
            {
            	"title": "Lamp \"oil\": a début",
            	"description": "How to fill a lamp",
            	"difficulty": "Beginner",
            	"time": "15 minutes",
            	"details": {
            		"intro": { "text": "intro/text.md", "background": "intro/prepare.sh" },
            		"steps": [
            			{ "title": "Fill it", "text": "fill.md", "verify": "fill-verify.sh", "foreground": "fill-fg.sh" },
            			{ "title": "Light it", "text": "light.md", "background": "light-bg.sh" },
            			{ "text": "missing.md" }
            		],
            		"finish": { "text": "finish.md" },
            		"assets": { "host01": [
            			{ "file": "oil.txt", "target": "/root/cellar", "chmod": "+x" },
            			{ "file": "tools/*", "target": "/usr/local/bin" },
            			{ "file": "nothing.*", "target": "~/" }
            		] }
            	},
            	"backend": { "imageid": "ubuntu" },
            	"interface": { "layout": "editor-terminal" },
            	"sponsor": "nobody"
            }
            """#)
        try folder.write(place + "/intro/text.md", "Welcome. ![a lamp](./lamp.png)\n")
        try folder.write(place + "/intro/lamp.png", "png")
        try folder.write(place + "/intro/prepare.sh", "touch ~/prepared\n")
        try folder.write(place + "/fill.md", "Fill: `cat cellar/oil.txt`{{exec}}\n\n[see]({{TRAFFIC_HOST1_8000}})\n")
        try folder.write(place + "/fill-verify.sh", "#!/bin/sh\ntest -e ~/full\n")
        try folder.write(place + "/fill-fg.sh", "echo filling\n")
        try folder.write(place + "/light.md", "```\nsudo apt-get install fire\n```{{execute T2}}\n")
        try folder.write(place + "/light-bg.sh", "sleep 1\n")
        try folder.write(place + "/finish.md", "Done.\n")
        try folder.write(place + "/assets/oil.txt", "oil")
        try folder.write(place + "/assets/tools/wick", "wick")
    }

    @Test("A scenario becomes a workshop that lectern check can use")
    func whole() throws {
        let folder = try DeskFolder()
        try scenario(in: folder)
        let status = try run(["killercoda", folder.path + "/lamp-oil/", "--into", folder.path + "/out"])
        #expect(status == 0)
        let load = DefinitionLoader.load(paths: [folder.path + "/out/lamp-oil"], requiresPortal: false)
        #expect(load.problems.map(\.text) == [])
        let workshop = try #require(load.workshops["lamp-oil"])
        #expect(workshop.title == "Lamp \"oil\": a début")
        #expect(workshop.difficulty == "beginner")
        #expect(workshop.duration == 900)
        #expect(workshop.editor.isEnabled && workshop.examiner.isEnabled)
        #expect(workshop.terminal.layout == "split")
        #expect(workshop.ingresses.map(\.port) == [8000])

        let out = "out/lamp-oil/"
        #expect(try folder.text(out + "workshop/content/intro/lamp.png") == "png")
        let intro = try folder.text(out + "workshop/content/01-intro.md")
        #expect(intro.contains("](intro/lamp.png)"))
        let fill = try folder.text(out + "workshop/content/02-step-1.md")
        #expect(fill.hasPrefix("---\ntitle: \"Fill it\"\nweight: 20\n---\n"))
        #expect(fill.contains("```execute\ncat cellar/oil.txt\n```"))
        #expect(fill.contains("examiner:execute-test\nname: step-1\n"))
        #expect(fill.contains("/opt/workshop/killercoda/step-1-foreground.sh"))
        #expect(try folder.text(out + "workshop/setup.d/intro.sh").hasPrefix("#!/bin/bash\ntouch"))
        #expect(try folder.text(out + "workshop/examiner/tests/step-1") == "#!/bin/sh\ntest -e ~/full\n")
        for script in [
            "setup.d/intro.sh", "examiner/tests/step-1", "killercoda/step-1-foreground.sh",
            "killercoda/step-2-background.sh",
        ] { #expect(folder.isExecutable(out + "workshop/" + script)) }
        #expect(try folder.text(out + "cellar/oil.txt") == "oil")
        #expect(folder.isExecutable(out + "cellar/oil.txt"))
        #expect(folder.exists(out + "tools/wick"))
    }

    @Test("What is left behind is told with file and line")
    func notes() throws {
        let folder = try DeskFolder()
        try scenario(in: folder)
        let name = try #require(WorkshopName.nearest(to: "lamp-oil"))
        let notes = try KillercodaImport(folder: folder.path + "/lamp-oil", name: name).notes
        func has(_ file: String, _ line: Int, _ words: String) -> Bool {
            notes.contains { $0.file == file && $0.line == line && $0.message.contains(words) }
        }
        #expect(has("index.json", 22, "sponsor"))
        #expect(has("index.json", 11, "missing.md is no file"))
        #expect(has("index.json", 16, "/usr/local/bin"))
        #expect(has("index.json", 17, "assets/nothing.* does not exist"))
        #expect(has("light.md", 2, "\"sudo\" needs root"))
        #expect(has("intro/prepare.sh", 0, "before the learner comes in"))
        #expect(notes == notes.sorted(by: ImportNote.isBefore))
    }

    @Test("A course becomes a workshop for each scenario, in its order, and a portal")
    func course() throws {
        let folder = try DeskFolder()
        try folder.write(
            "course/structure.json", #"{"items": [{"path": "second"}, {"path": "first"}, {"path": "../escape"}]}"#)
        for name in ["first", "second"] {
            try folder.write(
                "course/\(name)/index.json", #"{"title": "T", "details": {"steps": [{"text": "a.md"}]}}"#)
            try folder.write("course/\(name)/a.md", "Hello.\n")
        }
        #expect(try run(["killercoda", folder.path + "/course", "--into", folder.path + "/out"]) == 0)
        let load = DefinitionLoader.load(paths: [folder.path + "/out"])
        #expect(!load.hasErrors)
        #expect(load.portal?.workshops.map(\.name) == ["second", "first"])
        #expect(load.portal?.name == "course")
    }

    @Test("What is no scenario is refused, and nothing is written over")
    func refusals() throws {
        let folder = try DeskFolder()
        #expect(throws: StartFailure.self) { try run(["killercoda", folder.path]) }
        try folder.write("a/index.json", "no json")
        #expect(throws: StartFailure.self) { try run(["killercoda", folder.path + "/a", "--into", folder.path]) }
        try folder.write("b/index.json", #"{"title": "no steps"}"#)
        #expect(throws: StartFailure.self) { try run(["killercoda", folder.path + "/b", "--into", folder.path]) }
        try folder.write("c/index.json", #"{"details": {"steps": [{"text": "../../secret"}]}}"#)
        // The scenario lies where the workshop would be written.
        #expect(throws: StartFailure.self) { try run(["killercoda", folder.path + "/c", "--into", folder.path]) }
        #expect(throws: UsageError.self) { try run(["moodle", folder.path]) }
        #expect(throws: UsageError.self) { try run(["killercoda"]) }
    }

    @Test("Nothing outside of the scenario is read")
    func confinement() throws {
        let folder = try DeskFolder()
        try folder.write("secret.txt", "secret")
        try folder.write(
            "s/index.json",
            #"""
            {"details": {"steps": [{"text": "a.md", "verify": "../secret.txt"}],
             "assets": {"host01": [{"file": "../../secret.txt", "target": "~/../../x"}]}}}
            """#)
        try folder.write("s/a.md", "![x](../secret.txt) [y](link.txt)\n")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/s/link.txt", withDestinationPath: folder.path + "/secret.txt")
        let name = try #require(WorkshopName.nearest(to: "s"))
        let workshop = try KillercodaImport(folder: folder.path + "/s", name: name)
        for (_, file) in workshop.files.files {
            #expect(!String(decoding: file.bytes, as: UTF8.self).contains("secret\n"))
        }
        #expect(workshop.files.files.keys.sorted() == ["resources/workshop.yaml", "workshop/content/01-step-1.md"])
    }

    @Test(
        "A target in the home stays in the home",
        arguments: [
            ("~/", ""), ("~", ""), ("/root", ""), ("/root/a/b/", "a/b/"), ("x", "x/"), ("/etc", nil), ("~/../..", nil),
            ("/rooted", nil), ("./a/./b", "a/b/"),
        ] as [(String, String?)])
    func targets(target: String, home: String?) {
        #expect(KillercodaImport.home(target) == home)
    }

    @Test("Times are minutes", arguments: [("15 minutes", 15), ("1 hour", 60), ("about 20m", 20)])
    func times(text: String, minutes: Int) {
        #expect(KillercodaImport.minutes(text) == minutes)
        #expect(KillercodaImport.minutes("soon") == nil)
    }
}
