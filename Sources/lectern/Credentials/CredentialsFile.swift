internal import FoundationEssentials
internal import Glibc
internal import Portal

/// `credentials.json` in a portal's data folder: the secrets that the portal drew for itself, in clear, for its operator's
/// eyes alone (mode 0600). What the definition chooses is not copied here; only its names are, so that `lectern
/// credentials` can tell them.
struct CredentialsFile: Sendable {
    let path: String

    init(folder: String) { path = folder + "/credentials.json" }

    /// What stands in the file.
    struct Content: Codable, Sendable, Equatable {
        /// What was drawn, whether it is in use or not.
        struct Drawn: Codable, Sendable, Equatable {
            var adminPassword: String
            var robotPassword: String
            var clientID: String
            var clientSecret: String
        }
        /// A name in use, and whether the secret that belongs to it is the drawn one.
        struct Name: Codable, Sendable, Equatable {
            var name: String
            var isDrawn: Bool
        }
        var drawn: Drawn
        var admin: Name
        var robot: Name
        var client: Name
    }

    // MARK: Reading

    /// `nil` when there is no file.
    /// - Throws: `StartFailure` when it cannot be read or is not what this program writes.
    func read() throws -> Content? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("cannot be read")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16 * 1024)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw failure("cannot be read") }
            if got == 0 { break }
            count += got
        }
        // The decoder's own words may quote what stands in the file.
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes.prefix(count))), content.isSound
        else {
            throw StartFailure(
                "\(path) is damaged: restore it, or move it away to have new secrets drawn, which REST clients then need"
            )
        }
        return content
    }

    // MARK: Writing

    /// The portal's drawn secrets; draws and keeps them when there are none yet.
    /// - Throws: `StartFailure`.
    func secrets(for portal: TrainingPortalDefinition) throws -> DrawnSecrets {
        let known = try read().map { DrawnSecrets($0.drawn) }
        let drawn = known ?? .random()
        try note(portal, drawn)
        return drawn
    }

    /// Notes which names are in use, after a start and after each reload.
    /// - Throws: `StartFailure`.
    func note(_ portal: TrainingPortalDefinition, _ drawn: DrawnSecrets) throws {
        let content = Content(portal, drawn)
        if try read() != content { try write(content) }
    }

    /// Replaces the file as a whole, so that a reader or a power cut finds the old one or the new one.
    private func write(_ content: Content) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard var bytes = try? [UInt8](encoder.encode(content)) else { throw failure("cannot be written") }
        bytes.append(UInt8(ascii: "\n"))
        let partial = path + ".partial"
        unlink(partial)
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("cannot be written") }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let put = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if put < 0 && errno == EINTR { continue }
            guard put > 0 else { throw failure("cannot be written") }
            rest = rest.dropFirst(put)
        }
        guard fsync(descriptor) == 0, rename(partial, path) == 0 else { throw failure("cannot be written") }
        let folder = open(String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex)), O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        // The secrets are in use from now on; whether they outlive a power cut in this moment, the next start tells.
        fsync(folder)
        close(folder)
    }

    private func failure(_ what: String) -> StartFailure {
        StartFailure("\(path) \(what): \(String(cString: strerror(errno)))")
    }
}

extension CredentialsFile.Content {
    init(_ portal: TrainingPortalDefinition, _ drawn: DrawnSecrets) {
        let credentials = PortalCredentials(portal, drawn: drawn)
        self.drawn = Drawn(
            adminPassword: drawn.adminPassword, robotPassword: drawn.robotPassword, clientID: drawn.clientID,
            clientSecret: drawn.clientSecret)
        admin = Name(name: credentials.admin.name, isDrawn: credentials.admin.secret == drawn.adminPassword)
        robot = Name(name: credentials.robot.name, isDrawn: credentials.robot.secret == drawn.robotPassword)
        client = Name(name: credentials.client.name, isDrawn: credentials.client.secret == drawn.clientSecret)
    }

    /// An empty secret would let everybody in.
    fileprivate var isSound: Bool {
        [drawn.adminPassword, drawn.robotPassword, drawn.clientID, drawn.clientSecret].allSatisfy {
            $0.utf8.count >= 22
        }
    }
}

extension DrawnSecrets {
    init(_ drawn: CredentialsFile.Content.Drawn) {
        self.init(
            adminPassword: drawn.adminPassword, robotPassword: drawn.robotPassword, clientID: drawn.clientID,
            clientSecret: drawn.clientSecret)
    }
}
