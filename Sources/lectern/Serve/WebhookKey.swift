internal import Glibc
internal import Platform
internal import Portal

/// Where the key that signs events comes from.
enum WebhookKey {
    /// The variable that holds it, for those who keep secrets in the environment.
    static let variable = "LECTERN_WEBHOOK_SECRET"

    /// From the environment, else from the file; the standard file is made with a new one when it is missing.
    /// - Throws: `StartFailure` when what is there is no such secret, or a file that was named cannot be read.
    static func load(file: String?, dataFolder: String) throws -> WebhookSecret {
        if let given = getenv(variable).map({ String(cString: $0) }), !given.isEmpty {
            guard let secret = WebhookSecret(given) else { throw wrong(variable) }
            // What is started from here has no business with it.
            unsetenv(variable)
            return secret
        }
        if let file {
            let text: String
            do {
                text = try textOfFile(file)
            } catch {
                throw StartFailure("--webhook-secret-file \(file): \(error)")
            }
            guard let secret = WebhookSecret(text) else { throw wrong(file) }
            return secret
        }
        let standard = dataFolder + "/webhook-secret"
        if access(standard, F_OK) == 0 {
            let text = try textOfFile(standard)
            guard let secret = WebhookSecret(text) else { throw wrong(standard) }
            return secret
        }
        let secret = WebhookSecret.random()
        try replaceFile(standard, with: Array((secret.text + "\n").utf8))
        return secret
    }

    private static func wrong(_ place: String) -> StartFailure {
        StartFailure("\(place): expected whsec_ and base64 of 24 to 64 bytes")
    }
}
