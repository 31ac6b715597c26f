import Foundation
import HTTP
import Platform
import Portal
import PortalStorage
import PortalTesting
import Testing

@testable import PortalWeb

/// What `Deploy/` and `Documentation/` say of metrics is what there is.
@Suite("Files for those who watch a portal")
struct DashboardFileTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../..").standardizedFileURL

    private func file(_ path: String) throws -> String {
        try String(contentsOf: DashboardFileTests.root.appendingPathComponent(path), encoding: .utf8)
    }

    /// Names of metrics in a text.
    private func metrics(in text: String) -> Set<String> {
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        return Set(words.filter { $0.hasPrefix("lectern_") || $0.hasPrefix("process_") })
    }

    /// The families of a page of which every part has happened once.
    private func families() async throws -> Set<String> {
        let folder = try TemporaryFolder()
        let store = try SQLitePortalStore(folder: folder.path + "/data")
        defer { store.close() }
        var found: Set<String> = []
        try await TestPortal.run(on: store) { portal in
            let session = try await portal.browser().launch()
            try await until("the sandbox is there") { portal.service.measures.runtimeStart.snapshot.count > 0 }
            _ = session
            let text = await portal.web.operators.send(HTTPRequest(path: "/metrics")).text
            for line in text.split(separator: "\n") where line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ").map(String.init)
                if words[3] == "histogram" {
                    found.formUnion(["_bucket", "_sum", "_count"].map { words[2] + $0 })
                } else {
                    found.insert(words[2])
                }
            }
        }
        return found
    }

    @Test("Every metric that the dashboard asks for exists, and every expression names the job")
    func dashboard() async throws {
        let data = Data(try file("Deploy/grafana/lectern.json").utf8)
        let dashboard = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let panels = try #require(dashboard["panels"] as? [[String: Any]])
        let expressions = panels.flatMap {
            ($0["targets"] as? [[String: Any]] ?? []).compactMap { $0["expr"] as? String }
        }
        #expect(expressions.count > 25)
        let known = try await families()
        for expression in expressions {
            let wanted = metrics(in: expression)
            #expect(!wanted.isEmpty, "\(expression)")
            #expect(wanted.isSubset(of: known), "\(wanted.subtracting(known)) in \(expression)")
            #expect(expression.contains("{job=~\"$job\""))
        }
        let numbers = panels.compactMap { $0["id"] as? Int }
        #expect(Set(numbers).count == panels.count)
    }

    @Test("Every metric that an alert looks at exists")
    func alerts() async throws {
        let known = try await families()
        let lines = try file("Deploy/prometheus/lectern.rules.yml").split(separator: "\n")
        let expressions = lines.filter { !$0.contains("summary:") && !$0.contains("description:") }.joined(
            separator: "\n")
        let wanted = metrics(in: expressions)
        #expect(wanted.count > 8)
        #expect(wanted.isSubset(of: known), "\(wanted.subtracting(known))")
    }

    @Test("The list of metrics in the documentation is complete, and has no other")
    func list() async throws {
        let known = try await families()
        let histograms = Set(known.filter { $0.hasSuffix("_bucket") }.map { String($0.dropLast("_bucket".count)) })
        let names = histograms.union(
            known.filter { name in !histograms.contains { name.hasPrefix($0 + "_") && name != $0 } })
        let rows = try file("Documentation/operating.md").split(separator: "\n").filter { $0.hasPrefix("| `lectern_") }
        let listed = Set(rows.flatMap { metrics(in: String($0.split(separator: "|")[0])) })
        #expect(names.filter { $0.hasPrefix("lectern_") }.subtracting(listed) == [])
        #expect(listed.subtracting(names) == [])
    }
}
