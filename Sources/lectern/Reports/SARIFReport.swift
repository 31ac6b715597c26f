internal import HTTP
internal import Portal

/// Findings in the format that code reviews read: SARIF 2.1.0 (OASIS).
enum SARIFReport {
    static func document(_ findings: [CheckFinding]) -> JSONValue {
        let rules = CheckRule.allCases.filter { rule in findings.contains { $0.rule == rule } }
        return [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
            "runs": [
                [
                    "tool": [
                        "driver": [
                            "name": "lectern check", "version": .string(Lectern.version),
                            "rules": .array(rules.map(rule)),
                        ]
                    ],
                    // Section 3.14.17: what columns count.
                    "columnKind": "unicodeCodePoints",
                    "results": .array(
                        findings.map { finding in result(finding, index: rules.firstIndex(of: finding.rule) ?? 0) }),
                ]
            ],
        ]
    }

    private static func rule(_ rule: CheckRule) -> JSONValue {
        [
            "id": .string(rule.rawValue), "shortDescription": ["text": .string(rule.explanation)],
            "defaultConfiguration": ["level": .string(level(rule.severity))],
        ]
    }

    private static func result(_ finding: CheckFinding, index: Int) -> JSONValue {
        let message = finding.field.isEmpty ? finding.message : "\(finding.field): \(finding.message)"
        var members: [JSONValue.Member] = [
            .init("ruleId", .string(finding.rule.rawValue)), .init("ruleIndex", .int(index)),
            .init("level", .string(level(finding.severity))), .init("message", ["text": .string(message)]),
        ]
        if !finding.file.isEmpty {
            var place: [JSONValue.Member] = [.init("artifactLocation", ["uri": .string(address(finding.file))])]
            // Section 3.30.5: a region without a line would say nothing.
            if finding.line > 0 {
                var region: [JSONValue.Member] = [.init("startLine", .int(finding.line))]
                if finding.column > 0 { region.append(.init("startColumn", .int(finding.column))) }
                place.append(.init("region", .object(region)))
            }
            members.append(.init("locations", [["physicalLocation": .object(place)]]))
        }
        return .object(members)
    }

    private static func level(_ severity: CheckFinding.Severity) -> String { severity.rawValue }

    /// A path as a URI reference (section 3.4.3): relative ones stay relative, so that a review finds them in its tree.
    static func address(_ path: String) -> String {
        let plain = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        let encoded = plain.split(separator: "/", omittingEmptySubsequences: false).map {
            PercentEncoding.encode(String($0))
        }.joined(separator: "/")
        return plain.hasPrefix("/") ? "file://" + encoded : encoded
    }
}
