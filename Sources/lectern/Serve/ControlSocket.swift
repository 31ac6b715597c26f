internal import Platform

/// The socket over which commands speak to a portal that runs. Its path is noted in the data folder, because the folder of
/// sockets may be anywhere.
enum ControlSocket {
    private static func note(_ data: String) -> String { data + "/portal.control" }

    /// Where a portal on that data listens; `nil` when none has said so.
    static func path(data: String) -> String? {
        // Whatever the reason, the portal cannot be asked.
        guard let text = try? textOfFile(note(data)), text.hasPrefix("/") else { return nil }
        return text
    }

    /// Notes where this portal listens.
    /// - Throws: `StartFailure`.
    static func announce(_ path: String, data: String) throws {
        try replaceFile(note(data), with: Array(path.utf8))
    }
}
