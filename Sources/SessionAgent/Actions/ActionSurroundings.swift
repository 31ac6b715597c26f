internal import HTTP
package import Platform

/// What a session has that actions need.
package struct ActionSurroundings: Sendable {
    /// Ids of the terminals of the layout: "1", "2", "3".
    package var terminals: [String]
    /// Groups of actions (`editor`, `files`, …) that the workshop has not asked for, each with what it would have to say.
    package var missing: [String: String]
    /// Whether an author looks at the workshop: mistakes are told with their reasons.
    package var isPreview: Bool
    /// Whether files may be taken out of the session, and brought into it.
    package var hasFiles = true
    package var hasUploads = true

    package init(terminals: [String], missing: [String: String] = [:], isPreview: Bool = false) {
        self.terminals = terminals
        self.missing = missing
        self.isPreview = isPreview
    }

    package init(_ manifest: SessionManifest, terminals: [String]) {
        let applications = manifest.applications
        var missing: [String: String] = [:]
        if !applications.hasEditor { missing["editor"] = "the editor (session.applications.editor)" }
        if !applications.hasExaminer { missing["examiner"] = "checks (session.applications.examiner)" }
        self.init(terminals: terminals, missing: missing, isPreview: manifest.isPreview)
        hasFiles = applications.filesFolder != nil
        hasUploads = applications.uploadsFolder != nil
    }

    /// Why an action cannot be carried out in this session, for its author; `nil` if it can.
    package func objection(to block: ActionBlock) -> String? {
        guard let form = block.form else { return nil }
        if let reason = missing[form.group] { return "\(form.name) needs \(reason)" }
        if form.name.hasPrefix("files:upload-") && !hasUploads {
            return "\(form.name) needs uploads (session.applications.uploads)"
        }
        if form.group == "files" && !form.name.hasPrefix("files:upload-") && !hasFiles && block["url"] == nil {
            return "\(form.name) needs files (session.applications.files)"
        }
        guard form.group == "terminal" else { return nil }
        if form.field("session") == nil || block["session"]?.string == "*" {
            return terminals.isEmpty ? "\(form.name) needs a terminal, and the workshop's layout shows none" : nil
        }
        // Other names are those of tabs, which may come and go.
        guard let session = block["session"]?.string, ["1", "2", "3"].contains(session), !terminals.contains(session)
        else { return nil }
        return "\(form.name) needs terminal \(session), and the workshop's layout shows "
            + (terminals.isEmpty ? "none" : terminals.count == 1 ? "one" : String(terminals.count))
    }
}
