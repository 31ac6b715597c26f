import Foundation
import Testing

@testable import Portal

@Suite("The configuration reference")
struct ConfigurationDocumentTests {
    /// Rows of the tables: the field in the first column with the mark in the last.
    private func rows() throws -> [KnownField] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../Documentation/configuration.md").standardizedFileURL
        let marks: [String: FieldEffect] = [
            "yes": .honoured, "not yet": .notYet, "cluster": .cluster, "packaging": .packaging,
        ]
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard let first = cells.first, first.hasPrefix("`spec."), let effect = marks[cells.last ?? ""] else {
                return nil
            }
            return KnownField(path: first.replacing("`", with: ""), effect: effect)
        }
    }

    /// Like `knownFields`, with the document's one abbreviation.
    private func expected() -> Set<KnownField> {
        Set(
            (knownFields(TrainingPortalFields.all) + knownFields(WorkshopFields.all)).map { field in
                let packages = "spec.workshop.packages[].files[]"
                return field.path.hasPrefix(packages) ? KnownField(path: packages, effect: .honoured) : field
            })
    }

    @Test("It has every field that is read, says truly what becomes of it, and has no other")
    func complete() throws {
        let rows = try rows()
        #expect(Set(rows).subtracting(expected()).map(\.path).sorted() == [])
        #expect(expected().subtracting(rows).map(\.path).sorted() == [])
        #expect(Set(rows).count == rows.count)
    }
}
