internal import Platform

/// What the store remembers of the robot's credentials, so that a change is noticed that was made while the portal was
/// stopped. Not enough to use them: what the operator chose is hashed as passwords are.
struct RobotRecord: Sendable, Equatable {
    /// The OAuth2 client's id, and the robot's name.
    let client: String
    let robot: String
    private let check: Check

    private enum Check: Equatable {
        /// Of secrets that were drawn: nobody guesses them, however fast that goes.
        case digest(TokenDigest)
        /// Of secrets of which one was chosen.
        case password(PasswordHash)
    }

    /// Takes a tenth of a second where something was chosen.
    /// - Throws: `PasswordHashFailure`.
    init(_ credentials: PortalCredentials, drawn: DrawnSecrets, cost: PasswordCost) throws {
        client = credentials.client.name
        robot = credentials.robot.name
        let text = RobotRecord.text(of: credentials)
        let isDrawn =
            credentials.robot.secret == drawn.robotPassword && credentials.client.secret == drawn.clientSecret
        check =
            isDrawn
            ? .digest(SecretToken(presented: text).digest) : .password(try PasswordHash.make(text, cost: cost))
    }

    /// Whether the credentials are those of this record. Takes as long as making it.
    func isOf(_ credentials: PortalCredentials) -> Bool {
        guard client == credentials.client.name, robot == credentials.robot.name else { return false }
        let text = RobotRecord.text(of: credentials)
        switch check {
        case .digest(let digest): return SecretToken(presented: text).digest == digest
        case .password(let hash): return hash.verify(text)
        }
    }

    /// Both secrets in one text of a fixed length.
    private static func text(of credentials: PortalCredentials) -> String {
        var digest = ContentDigest()
        digest.update(field: credentials.client.secret)
        digest.update(field: credentials.robot.secret)
        return digest.finish()
    }

    // MARK: In the store

    static let setting = "robot-credentials"

    /// Three lines. Neither an id nor a name has a line break.
    var stored: [UInt8] {
        let last =
            switch check {
            case .digest(let digest): Base64.url(digest.bytes)
            case .password(let hash): hash.text
            }
        return Array("\(client)\n\(robot)\n\(last)".utf8)
    }

    /// `nil` for what `stored` does not write, as after a reload that was cut short.
    init?(stored bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 3 else { return nil }
        client = String(lines[0])
        robot = String(lines[1])
        if let hash = PasswordHash(stored: String(lines[2])) {
            check = .password(hash)
        } else if let digest = Base64.decodeURL(lines[2]).flatMap({ TokenDigest(stored: $0) }) {
            check = .digest(digest)
        } else {
            return nil
        }
    }
}

extension TokenIssuer {
    /// Compares the robot's credentials with those of the last start. If they are others, its tokens end.
    /// - Throws: `PortalStoreError`, `PasswordHashFailure`.
    static func compareWithLastStart(_ context: PortalContext) async throws {
        let credentials = context.credentials
        let known = try context.store.read { try $0.setting(RobotRecord.setting) }.flatMap(RobotRecord.init(stored:))
        if let known, known.isOf(credentials) { return }
        let record = try RobotRecord(credentials, drawn: context.drawn, cost: context.settings.passwordCost)
        let count = try await context.store.write { store in
            var count = try revokeRobot(credentials, in: store)
            if let known {
                count += try store.deleteTokens(.client(known.client))
                if let robot = UserID(rawValue: known.robot) { count += try store.deleteTokens(.user(robot)) }
            }
            try store.setSetting(RobotRecord.setting, to: record.stored)
            return count
        }
        if known != nil {
            context.log.info("the robot's credentials are not those of the last start", ("tokensRevoked", count))
        }
    }

    /// Takes back all tokens of the robot when its name, password or client is another now.
    func credentialsChanged(from old: PortalCredentials) {
        let new = context.credentials
        guard !new.isSameRobot(as: old) else { return }
        context.store.write(
            { store in
                // Until the new record is there, a start takes the credentials for changed.
                try store.setSetting(RobotRecord.setting, to: [])
                return try TokenIssuer.revokeRobot(old, new, in: store)
            },
            completion: { [log = context.log] result in
                switch result {
                case .success(let count): log.info("the robot's credentials have changed", ("tokensRevoked", count))
                case .failure(let error): log.error("the robot's tokens are not revoked", ("error", "\(error)"))
                }
            })
        _ = records.run { [context] in
            do {
                let record = try RobotRecord(new, drawn: context.drawn, cost: context.settings.passwordCost)
                context.store.write(
                    { store in
                        guard context.credentials.isSameRobot(as: new) else { return }
                        try store.setSetting(RobotRecord.setting, to: record.stored)
                    },
                    completion: { [log = context.log] result in
                        if case .failure(let error) = result { TokenIssuer.tellUnrecorded(error, log) }
                    })
            } catch {
                TokenIssuer.tellUnrecorded(error, context.log)
            }
        }
    }

    private static func tellUnrecorded(_ error: any Error, _ log: Log) {
        log.warning("the next start will end the robot's tokens once more", ("error", "\(error)"))
    }

    private static func revokeRobot(_ credentials: PortalCredentials..., in store: any PortalTransaction) throws -> Int
    {
        var count = 0
        for credentials in credentials {
            count += try store.deleteTokens(.client(credentials.client.name))
            if let robot = UserID(rawValue: credentials.robot.name) { count += try store.deleteTokens(.user(robot)) }
        }
        return count
    }
}
