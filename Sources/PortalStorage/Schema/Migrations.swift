internal import Portal

/// One step from a schema to the next. Its SQL never changes after a release: a mistake is mended by the next one.
struct Migration: Sendable {
    /// The schema's version once this has run, kept in `PRAGMA user_version`.
    let version: Int
    let sql: String
}

enum Schema {
    /// In order, without gaps. A new step is a new file beside this one and a new entry here.
    static let migrations: [Migration] = [.portal, .tokens, .events, .audit, .userDetails, .accounts, .eventBatches]

    /// The newest version that this program knows.
    static var newest: Int { migrations.last?.version ?? 0 }

    /// Marks the file as one of ours: `LECT` in ASCII, in `PRAGMA application_id`.
    static let applicationID: Int64 = 0x4C45_4354

    /// Brings the database to the newest version, all steps in one transaction: it is the old schema or the new one.
    /// - Throws: `PortalStoreError.newer` when a newer program made it, `.damaged` when another program did.
    static func migrate(_ connection: Connection, steps: [Migration] = migrations) throws {
        let known = steps.last?.version ?? 0
        let found = Int(try connection.integer("PRAGMA user_version"))
        let application = try connection.integer("PRAGMA application_id")
        let isEmpty = try connection.integer("SELECT count(*) FROM sqlite_schema") == 0
        guard application == applicationID || (application == 0 && found == 0 && isEmpty) else {
            throw PortalStoreError.damaged(path: connection.path, detail: "it is another program's database")
        }
        guard found <= known else { throw PortalStoreError.newer(found: found, known: known) }
        guard found < known else { return }
        try connection.execute("BEGIN EXCLUSIVE")
        do {
            try connection.execute("PRAGMA application_id = \(applicationID)")
            for step in steps where step.version > found { try connection.execute(step.sql) }
            try connection.execute("PRAGMA user_version = \(known)")
            try connection.execute("COMMIT")
        } catch {
            connection.rollBack()
            throw error
        }
    }
}
