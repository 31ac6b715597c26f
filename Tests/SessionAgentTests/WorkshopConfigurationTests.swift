import Platform
import Testing

@testable import SessionAgent

@Suite("What a workshop says of its pages as a whole")
struct WorkshopConfigurationTests {
    func pages(_ files: String...) -> [InstructionPage] { files.compactMap { InstructionPage(file: $0, text: "") } }

    @Test("config.yaml chooses and orders pages, and its values can be set from outside")
    func configuration() {
        let text = """
            params:
              - {name: colour, value: red}
              - {name: size, value: small, aliases: [SIZE, GROESSE]}
            pathways:
              default: short
              paths:
                short:
                  title: In short
                  steps: [b, missing, a/x.md, b]
                  params: [{name: colour, value: blue}]
                long: {title: All of it}
            """
        let short = WorkshopConfiguration(text, environment: ["GROESSE": "large", "colour": "green", "size": "no"])
        #expect(short.pathway == "short" && short.parameters == ["colour": "green", "size": "large"])
        #expect(short.pathwayTitle == "In short")
        #expect(short.chosen(from: pages("a/x.md", "b.md", "c.md")).map(\.id) == ["b", "a/x"])
        // Every page is in the other pathway.
        #expect(short.allSteps == nil)
        let long = WorkshopConfiguration(text, environment: ["PATHWAY_NAME": "long"])
        #expect(long.pathway == "long" && long.parameters == ["colour": "red", "size": "small"])
        #expect(long.chosen(from: pages("a/x.md", "b.md", "c.md")).map(\.id) == ["a/x", "b", "c"])
    }

    @Test(
        "Titles stand in a list at the top or in a map under pathways",
        arguments: [
            "modules:\n- name: b\n  title: Second\n- {path: a/x, title: First}",
            "pathways:\n  modules:\n    b: {title: Second}\n    a/x: {title: First}",
            "pathways: {modules: {b.md: {title: Second}, a/x/: First}}",
            "modules: {b: Second, /a/x/index.md: {name: First}}",
        ])
    func titles(text: String) {
        let chosen = WorkshopConfiguration(text, environment: [:]).chosen(from: pages("a/x.md", "b.md"))
        #expect(chosen.map(\.title) == ["First", "Second"])
    }

    @Test(
        "What is malformed counts as absent, and is told with its line",
        arguments: [
            ("", []), ("[", [2]), ("params: 3", [1]), ("pathways: []", []), ("params:\n- 1\n- {value: x}", [2, 3]),
            ("pathways: {default: {}, paths: 1}", []), ("pathways:\n  default: no\n  paths:\n    yes: {}", [2]),
            ("- a", [1]), ("html: yes", [1]), ("\nparam: []", [2]), ("colour: red", []), ("modules:\n- name: x", [2]),
            ("pathways:\n  paths: {a: {steps: [x]}}", [2]),
        ] as [(String, [Int])])
    func malformed(text: String, lines: [Int]) {
        let settings = WorkshopConfiguration(text, environment: [:])
        #expect(settings.problems.map(\.line) == lines)
        #expect(settings.steps == nil && settings.parameters.isEmpty && settings.pathway.isEmpty && settings.keepsHTML)
    }

    @Test("A pathway that is asked for and does not exist shows every page")
    func unknownPathway() {
        let text = "pathways: {default: a, paths: {a: {steps: [b]}}}"
        let settings = WorkshopConfiguration(text, environment: ["PATHWAY_NAME": "c"])
        #expect(settings.pathway.isEmpty && settings.problems.count == 1)
        #expect(settings.chosen(from: pages("b.md", "c.md")).count == 2)
    }

    @Test(
        "The countdown follows the workshop's wishes",
        arguments: [
            ("{}", 300, 60, [300, 60], nil), ("{amber: 10m, red: 90s}", 600, 90, [600, 90], nil),
            ("{warnings: [30, 1h, 30s]}", 300, 60, [3600, 30], nil), ("{warnings: []}", 300, 60, [], nil),
            ("{leave: 20s}", 300, 60, [300, 60], 20), ("{leave: never}", 300, 60, [300, 60], nil),
            ("{amber: 30}", 30, 30, [30], nil), ("{amber: 0, red: 0}", 0, 0, [], nil),
        ] as [(String, Int, Int, [Int], Int?)])
    func countdown(text: String, amber: Int, red: Int, warnings: [Int], leave: Int?) {
        let settings = WorkshopConfiguration("countdown: \(text)", environment: [:])
        let rules = settings.countdown
        #expect(rules.amber == amber && rules.red == red && rules.warnings == warnings && rules.leaveAfter == leave)
        #expect(settings.problems.isEmpty)
    }

    @Test(
        "A time that cannot be read is told",
        arguments: [
            "{amber: soon}", "{amber: -1}", "{amber: 25h}", "{red: 1x}", "{warnings: [x]}", "{amber: 1, red: 2}",
        ])
    func badCountdown(text: String) {
        #expect(WorkshopConfiguration("countdown: \(text)", environment: [:]).problems.count == 1)
    }

    @Test("The classic form: order, titles, words on buttons, and values from three places")
    func classic() {
        let modules = """
            config:
              vars:
              - {name: A, value: one}
              - {name: B, value: two, aliases: [BEE]}
              - {name: C, value: three}
            modules:
              index: {name: Welcome, exit_sign: Start}
              x/y: {name: Work}
              unused: {name: Unused}
            """
        let workshop = "name: Short\nmodules:\n  activate:\n  - index\n  - x/y\n  - nowhere\nvars: {A: eins, D: vier}"
        let environment = ["BEE": "zwei", "C": "drei"]
        let settings = WorkshopConfiguration(
            classic: "workshop.yaml", workshop, modules: modules, environment: environment)
        let chosen = settings.chosen(from: pages("unused.md", "x/y.md", "index.md"))
        #expect(chosen.map(\.title) == ["Welcome", "Work"] && chosen.map(\.exitSign) == ["Start", nil])
        let values = settings.parameters
        #expect(values["A"] == "eins" && values["B"] == "zwei" && values["C"] == "drei" && values["D"] == "vier")
        #expect(settings.pathwayTitle == "Short" && settings.problems.isEmpty)
    }

    @Test("Without one of the two files the classic form still shows its pages")
    func classicHalves() {
        let only = WorkshopConfiguration(
            classic: "workshop.yaml", nil, modules: "modules:\n  b: {name: Zwei}\n  a: {}", environment: [:])
        #expect(only.chosen(from: pages("a.md", "b.md")).map(\.id) == ["b", "a"])
        let other = WorkshopConfiguration(
            classic: "w.yaml", "modules: {activate: [b]}", modules: nil, environment: [:])
        #expect(other.chosen(from: pages("a.md", "b.md")).map(\.id) == ["b"])
        let broken = WorkshopConfiguration(classic: "w.yaml", "[", modules: "- a", environment: [:])
        #expect(broken.problems.map(\.file) == ["w.yaml", "modules.yaml"])
    }
}
