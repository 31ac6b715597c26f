internal import Platform
internal import Portal

extension AuditEntry {
    /// Reads the columns of the table `audit` in their order.
    init(row: Statement) throws {
        self.init(
            number: row.int(0), moment: row.timestamp(1), actor: try row.value(2), action: try row.value(3),
            target: row.text(4), outcome: try row.value(5), amount: row.int(6))
    }
}
