internal import HTTP
internal import HTTPEngine
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

    /// Asks the portal that runs on that data.
    /// - Throws: `StartFailure` when none has announced itself, `HTTPClientError` when it does not answer.
    static func ask(_ path: String, _ form: FormParameters, data: String) throws -> HTTPClientResponse {
        guard let socket = self.path(data: data) else {
            throw StartFailure("no portal of this version runs with \(data)")
        }
        var request = HTTPClientRequest(
            method: .post, url: "http://portal" + path, unixSocket: socket,
            headers: ["Content-Type": "application/x-www-form-urlencoded"], body: Array(form.encoded.utf8))
        request.timeout = 30
        return try UnixSocketClient().send(request)
    }

    /// Notes where this portal listens.
    /// - Throws: `StartFailure`.
    static func announce(_ path: String, data: String) throws {
        try replaceFile(note(data), with: Array(path.utf8))
    }
}
