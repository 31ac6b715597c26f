internal import Platform
internal import Portal

extension WorkshopEnvironment {
    /// Reads all columns of the table `environments` in their order.
    init(row: Statement) throws {
        self.init(
            name: try row.value(1), number: row.int(0), workshop: row.text(2), resource: row.text(3),
            revision: row.text(4), state: try row.value(5), position: row.int(6),
            limits: EnvironmentLimits(
                capacity: row.int(7), initial: row.int(8), reserved: row.int(9), expires: row.int(10),
                overtime: row.int(11), deadline: row.int(12), orphaned: row.int(13), overdue: row.int(14),
                refresh: row.int(15)),
            created: row.timestamp(16), nextSession: row.int(17), problem: row.optionalText(18))
    }

    /// Binds all columns of the table `environments` in their order.
    func bind(to statement: Statement) {
        statement.bind(1, number)
        statement.bind(2, name.rawValue)
        statement.bind(3, workshop)
        statement.bind(4, resource)
        statement.bind(5, revision)
        statement.bind(6, state.rawValue)
        statement.bind(7, position)
        statement.bind(8, limits.capacity)
        statement.bind(9, limits.initial)
        statement.bind(10, limits.reserved)
        statement.bind(11, limits.expires)
        statement.bind(12, limits.overtime)
        statement.bind(13, limits.deadline)
        statement.bind(14, limits.orphaned)
        statement.bind(15, limits.overdue)
        statement.bind(16, limits.refresh)
        statement.bind(17, created)
        statement.bind(18, nextSession)
        statement.bind(19, problem)
    }
}
