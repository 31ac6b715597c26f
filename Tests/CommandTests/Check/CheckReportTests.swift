import Foundation
import FoundationXML
import Portal
import Testing

@testable import lectern

@Suite("The reports of lectern check")
struct CheckReportTests {
    private let load = DefinitionLoader.load(
        text: Array("{apiVersion: v1, kind: \"A\\\"<\"}\n---\na: &x b: c".utf8), file: "f\"")

    private func report(isStrict: Bool = false) -> CheckReport {
        CheckReport(
            load.findings.map(CheckFinding.init), files: load.files.count, portals: 0, workshops: 0,
            isStrict: isStrict)
    }

    private let page = CheckFinding(
        .deadLink, file: "./a b/page.md", line: 3, column: 7, message: "found \"x.md\", which is no page")

    @Test("It lists the findings, counts them, and fails on errors")
    func text() {
        let report = report()
        #expect(report.exitCode == 1)
        #expect(report.count(of: .warning) == 1)
        #expect(report.text.hasSuffix("1 file, 0 portals, 0 workshops: 2 errors, 1 warning, 0 notes\n"))
        #expect(report.text.split(separator: "\n").count == 4)
        let empty = CheckReport([], files: 0, portals: 0, workshops: 0)
        #expect(empty.exitCode == 0)
    }

    @Test("Warnings fail only where that is asked for")
    func strict() {
        let warning = CheckFinding(.deadAnchor, file: "a.md", message: "m")
        let plain = CheckReport([warning], files: 1, portals: 0, workshops: 1)
        let strict = CheckReport([warning], files: 1, portals: 0, workshops: 1, isStrict: true)
        #expect(plain.exitCode == 0)
        #expect(strict.exitCode == 1)
    }

    @Test("A finding in a page names its rule, one in a definition its field")
    func lines() {
        let field = CheckFinding(
            .definition, .error, file: "w.yaml", line: 2, column: 5, field: "spec.title", message: "is missing")
        #expect(page.text == "./a b/page.md:3:7: error: found \"x.md\", which is no page [dead-link]")
        #expect(field.text == "w.yaml:2:5: error: spec.title: is missing")
    }

    @Test("As JSON it can be read back")
    func json() throws {
        let data = Data(report().written(as: .json).utf8)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["errors"] as? Int == 2)
        let findings = try #require(object["findings"] as? [[String: Any]])
        #expect(findings.count == 3)
        let warning = try #require(findings.first { $0["severity"] as? String == "warning" })
        #expect(warning["file"] as? String == "f\"")
        #expect(warning["line"] as? Int == 1)
        #expect(warning["rule"] as? String == "definition")
        #expect(warning["message"] as? String == "passed over: a A\"< of v1 means nothing to a portal")
    }

    @Test("As SARIF it has what the schema of 2.1.0 requires")
    func sarif() throws {
        let whole = CheckReport(
            load.findings.map(CheckFinding.init) + [
                page, CheckFinding(.missingText, file: "/x/y.md", line: 4, message: "m"),
                CheckFinding(.definition, .note, file: "", message: "nothing in particular"),
            ], files: 2, portals: 0, workshops: 0)
        let object = try JSONSerialization.jsonObject(with: Data(whole.written(as: .sarif).utf8))
        let problems = SARIFShape.problems(object)
        #expect(problems == [])
        let run = try #require(((object as? [String: Any])?["runs"] as? [[String: Any]])?.first)
        let results = try #require(run["results"] as? [[String: Any]])
        #expect(results.count == 6)
        let link = try #require(results.first { $0["ruleId"] as? String == "dead-link" })
        let place = try #require(
            ((link["locations"] as? [[String: Any]])?.first?["physicalLocation"]) as? [String: Any])
        #expect((place["artifactLocation"] as? [String: Any])?["uri"] as? String == "a%20b/page.md")
        #expect((place["region"] as? [String: Int]) == ["startLine": 3, "startColumn": 7])
        let rules = try #require(
            ((run["tool"] as? [String: Any])?["driver"] as? [String: Any])?["rules"] as? [[String: Any]])
        for result in results {
            let index = try #require(result["ruleIndex"] as? Int)
            #expect(rules[index]["id"] as? String == result["ruleId"] as? String)
        }
        #expect(SARIFReport.address("/x/ä.md") == "file:///x/%C3%A4.md")
    }

    @Test("Every rule has a name of its own that can stand in an address, and says what it is about")
    func rules() {
        let names = CheckRule.allCases.map(\.rawValue)
        #expect(Set(names).count == names.count)
        for rule in CheckRule.allCases {
            #expect(rule.rawValue.allSatisfy { $0.isLowercase || $0 == "-" })
            #expect(rule.explanation.hasSuffix("."))
        }
    }
}

/// What the schema of SARIF 2.1.0 says of the parts that we write: required members, types, words.
enum SARIFShape {
    static func problems(_ value: Any) -> [String] {
        guard let root = value as? [String: Any] else { return ["no object"] }
        var problems: [String] = []
        if root["version"] as? String != "2.1.0" { problems.append("version") }
        guard let runs = root["runs"] as? [[String: Any]], !runs.isEmpty else { return problems + ["runs"] }
        for run in runs {
            let driver = (run["tool"] as? [String: Any])?["driver"] as? [String: Any]
            if (driver?["name"] as? String ?? "").isEmpty { problems.append("tool.driver.name") }
            for rule in driver?["rules"] as? [[String: Any]] ?? [] {
                if (rule["id"] as? String ?? "").isEmpty { problems.append("rule.id") }
                if (rule["shortDescription"] as? [String: Any])?["text"] as? String == nil {
                    problems.append("rule.shortDescription.text")
                }
                let level = (rule["defaultConfiguration"] as? [String: Any])?["level"] as? String
                if !["none", "note", "warning", "error"].contains(level) { problems.append("rule.level") }
            }
            for result in run["results"] as? [[String: Any]] ?? [["missing": true]] {
                if (result["message"] as? [String: Any])?["text"] as? String == nil { problems.append("message.text") }
                if !["none", "note", "warning", "error"].contains(result["level"] as? String) {
                    problems.append("level")
                }
                for location in result["locations"] as? [[String: Any]] ?? [] {
                    let place = location["physicalLocation"] as? [String: Any]
                    if (place?["artifactLocation"] as? [String: Any])?["uri"] as? String == nil {
                        problems.append("uri")
                    }
                    let region = place?["region"] as? [String: Int]
                    for member in ["startLine", "startColumn"] where (region?[member] ?? 1) < 1 {
                        problems.append(member)
                    }
                }
            }
        }
        return problems
    }
}

@Suite("JUnit reports of lectern test")
struct JUnitReportTests {
    private let report = JUnitReport(
        name: "a & b",
        cases: [
            .init(name: "01.md:3 execute: ls <x>", group: "01.md", time: 0.0314, outcome: .passed),
            .init(
                name: "01.md:9 check \"done\"", group: "01.md", time: 2, outcome: .failed("says \"no\"\nand ends"),
                output: "a\u{1B}[31mb\r\n"),
            .init(name: "02.md:1 copy", group: "02.md", time: 0, outcome: .skipped("nothing to do")),
        ])

    @Test("It is well-formed, counts its cases, and keeps texts as they are")
    func shape() throws {
        let reader = Reader()
        let parser = XMLParser(data: Data(report.text.utf8))
        parser.delegate = reader
        #expect(parser.parse())
        #expect(
            reader.elements.map(\.0) == [
                "testsuites", "testsuite", "testcase", "testcase", "failure", "system-out", "testcase", "skipped",
            ])
        let suite = try #require(reader.elements.first { $0.0 == "testsuite" }?.1)
        #expect(suite["name"] == "a & b")
        #expect(suite["tests"] == "3")
        #expect(suite["failures"] == "1")
        #expect(suite["skipped"] == "1")
        #expect(suite["time"] == "2.031")
        #expect(reader.elements[2].1["name"] == "01.md:3 execute: ls <x>")
        #expect(reader.text.contains("a\u{FFFD}[31mb"))
    }

    @Test("Seconds have three digits behind the point")
    func seconds() {
        #expect(JUnitReport.seconds(0) == "0.000")
        #expect(JUnitReport.seconds(1.0005) == "1.001")
        #expect(JUnitReport.seconds(61.02) == "61.020")
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [(String, [String: String])] = []
        var text = ""
        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) { elements.append((name, attributes)) }
        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
    }
}
