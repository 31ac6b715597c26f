internal import Platform

/// What `lectern check` prints, and how it ends.
public struct CheckReport: Sendable {
    private let findings: [DefinitionFinding]
    private let portals: Int
    private let workshops: Int
    private let files: Int

    public init(_ load: DefinitionLoad) {
        findings = load.findings
        portals = load.portal == nil ? 0 : 1
        workshops = load.workshops.count
        files = load.files.count
    }

    public func count(of severity: DefinitionFinding.Severity) -> Int {
        findings.count { $0.severity == severity }
    }

    /// 0, or 1 when there are errors.
    public var exitCode: Int32 { count(of: .error) > 0 ? 1 : 0 }

    /// One line a finding, and one with the counts.
    public var text: String {
        (findings.map(\.text) + [summary]).joined(separator: "\n") + "\n"
    }

    /// One JSON object: the findings, and the counts.
    public var json: String {
        let list = findings.map(\.json).joined(separator: ",")
        return "{\"findings\":[\(list)],\"errors\":\(count(of: .error)),\"warnings\":\(count(of: .warning)),"
            + "\"notes\":\(count(of: .note)),\"files\":\(files),\"portals\":\(portals),\"workshops\":\(workshops)}\n"
    }

    private var summary: String {
        let read = "\(counted(files, "file")), \(counted(portals, "portal")), \(counted(workshops, "workshop"))"
        let found = DefinitionFinding.Severity.allCases.map { counted(count(of: $0), $0.rawValue) }
        return "\(read): \(found.joined(separator: ", "))"
    }

    private func counted(_ count: Int, _ name: String) -> String { "\(count) \(name)\(count == 1 ? "" : "s")" }
}
