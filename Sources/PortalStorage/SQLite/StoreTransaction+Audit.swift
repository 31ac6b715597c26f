internal import Platform
internal import Portal

/// Changes of the log of what staff did.
extension StoreTransaction {
    func insert(_ entry: AuditEntry) throws -> Int {
        try willWrite()
        let statement = try connection.statement(.insertAudit)
        statement.bind(1, entry.moment)
        statement.bind(2, entry.actor.rawValue)
        statement.bind(3, entry.action.rawValue)
        statement.bind(4, entry.target)
        statement.bind(5, entry.outcome.rawValue)
        statement.bind(6, entry.amount)
        try statement.run()
        let number = Int(connection.lastInsertedRow)
        let trim = try connection.statement(.trimAudit)
        trim.bind(1, number - AuditEntry.limit)
        try trim.run()
        return number
    }

    func purgeAudit(before moment: Timestamp, limit: Int) throws -> Int {
        try willWrite()
        return try purge(.purgeAudit, moment, limit)
    }
}
