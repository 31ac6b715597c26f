internal import HTTP
internal import Portal

/// What `lectern check` prints, and how it ends.
struct CheckReport: Sendable {
    enum Format: String, CaseIterable { case text, json, sarif }

    let findings: [CheckFinding]
    let files: Int
    let portals: Int
    let workshops: Int
    /// Whether warnings count as errors.
    var isStrict = false

    init(_ findings: [CheckFinding], files: Int, portals: Int, workshops: Int, isStrict: Bool = false) {
        self.findings = findings.sorted(by: CheckFinding.isBefore)
        self.files = files
        self.portals = portals
        self.workshops = workshops
        self.isStrict = isStrict
    }

    func count(of severity: CheckFinding.Severity) -> Int { findings.count { $0.severity == severity } }

    /// 0, or 1 when there are errors, or, where that was asked for, warnings.
    var exitCode: Int32 {
        count(of: .error) > 0 || (isStrict && count(of: .warning) > 0) ? 1 : 0
    }

    func written(as format: Format) -> String {
        switch format {
        case .text: text
        case .json: String(decoding: json.encoded, as: UTF8.self) + "\n"
        case .sarif: String(decoding: SARIFReport.document(findings).encoded, as: UTF8.self) + "\n"
        }
    }

    /// One line a finding, and one with the counts.
    var text: String { (findings.map(\.text) + [summary]).joined(separator: "\n") + "\n" }

    /// The findings, and the counts.
    var json: JSONValue {
        [
            "findings": .array(findings.map(CheckReport.json)), "errors": .int(count(of: .error)),
            "warnings": .int(count(of: .warning)), "notes": .int(count(of: .note)), "files": .int(files),
            "portals": .int(portals), "workshops": .int(workshops),
        ]
    }

    private static func json(_ finding: CheckFinding) -> JSONValue {
        [
            "rule": .string(finding.rule.rawValue), "severity": .string(finding.severity.rawValue),
            "file": .string(finding.file), "line": .int(finding.line), "column": .int(finding.column),
            "field": .string(finding.field), "message": .string(finding.message),
        ]
    }

    private var summary: String {
        let read = "\(counted(files, "file")), \(counted(portals, "portal")), \(counted(workshops, "workshop"))"
        let found = CheckFinding.Severity.allCases.map { counted(count(of: $0), $0.rawValue) }
        return "\(read): \(found.joined(separator: ", "))"
    }
}

/// `1 page`, `2 pages`.
func counted(_ count: Int, _ name: String) -> String { "\(count) \(name)\(count == 1 ? "" : "s")" }
