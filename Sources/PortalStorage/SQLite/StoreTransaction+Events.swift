internal import Platform
internal import Portal

/// Changes of the outbox.
extension StoreTransaction {
    func record(_ event: PortalEvent, analyticsURL: String?) throws {
        if let recorder { try add(recorder.entries(of: event, analyticsURL: analyticsURL)) }
    }

    func add(_ entries: [OutboxEntry]) throws {
        guard !entries.isEmpty else { return }
        try willWrite()
        pendingEvents.append(entries)
    }

    /// Writes what the bodies have recorded.
    func writeEvents() throws {
        guard !pendingEvents.batches.isEmpty else { return }
        let statement = try connection.statement(.insertEntries)
        for batch in pendingEvents.batches {
            lastEntry += Int64(batch.count)
            statement.bind(1, lastEntry)
            statement.bind(2, batch.target)
            statement.bind(3, batch.created)
            statement.bind(4, batch.count)
            statement.bind(5, DeliveredEvents(of: batch.count).bits)
            statement.bind(6, batch.bytes)
            try statement.run()
            outboxChange.added[batch.target, default: 0] += batch.count
        }
    }

    func removeFromOutbox(_ numbers: [Int64]) throws -> Int {
        try willWrite()
        var count = 0
        var left = numbers.sorted()[...]
        while let number = left.first {
            guard let row = try outboxRow(holding: number) else {
                left.removeFirst()
                continue
            }
            let meant = left.prefix { $0 <= row.number }
            left = left.dropFirst(meant.count)
            var delivered = row.delivered
            for number in meant where delivered.insert(Int(number - row.first)) { count += 1 }
            try save(delivered, of: row)
        }
        return count
    }

    private func outboxRow(holding number: Int64) throws -> (number: Int64, first: Int64, delivered: DeliveredEvents)? {
        let statement = try connection.statement(.deliveredOfEntry)
        statement.bind(1, number)
        let found = try statement.first { row in
            let count = max(0, row.int(1))
            let last = row.integer(0)
            return (last, last - Int64(count) + 1, DeliveredEvents(row.blob(2), of: count))
        }
        guard let found, found.1 <= number else { return nil }
        return found
    }

    private func save(
        _ delivered: DeliveredEvents, of row: (number: Int64, first: Int64, delivered: DeliveredEvents)
    ) throws {
        guard delivered.bits != row.delivered.bits else { return }
        if delivered.left == 0 {
            let statement = try connection.statement(.deleteEntries)
            statement.bind(1, row.number)
            try statement.run()
        } else {
            let statement = try connection.statement(.setDelivered)
            statement.bind(1, row.number)
            statement.bind(2, delivered.bits)
            try statement.run()
        }
    }

    func removeOldestFromOutbox(_ count: Int) throws -> [Int64] {
        try willWrite()
        var numbers: [Int64] = []
        var rows: [Int64] = []
        let statement = try connection.statement(.deliveredOfAll)
        do {
            defer { statement.reset() }
            while numbers.count < count, try statement.step() {
                let events = max(0, statement.int(1))
                let last = statement.integer(0)
                let delivered = DeliveredEvents(statement.blob(2), of: events)
                rows.append(last)
                for index in 0..<events where !delivered[index] {
                    numbers.append(last - Int64(events - 1 - index))
                }
            }
        }
        let delete = try connection.statement(.deleteEntries)
        for row in rows {
            delete.bind(1, row)
            try delete.run()
        }
        return numbers
    }

    // MARK: Users who are erased

    /// Takes back what waits to be told about a user.
    func withdrawEvents(about user: UserID) throws {
        pendingEvents.forget([user])
        let statement = try connection.statement(.entriesAbout)
        statement.bind(1, Array(user.rawValue.utf8))
        // As a payload has it.
        statement.bind(2, Array(JSONText.quoted(user.rawValue).utf8))
        for row in try statement.all(OutboxRow.init) { try withdraw(from: row, about: [user]) }
    }

    /// Takes back what was recorded about users before a moment. Entries are in order of time, so that a glance at the
    /// oldest shows that there are none, as long as events are given up sooner than users are forgotten.
    func withdrawEvents(about users: Set<UserID>, before moment: Timestamp) throws {
        guard !users.isEmpty else { return }
        pendingEvents.forget(users)
        var rows: [OutboxRow] = []
        let statement = try connection.statement(.allEntries)
        do {
            defer { statement.reset() }
            while try statement.step() {
                let row = try OutboxRow(row: statement)
                guard row.created < moment else { break }
                let events = try row.events(at: connection.path)
                if events.contains(where: { $0?.isAbout(users) ?? false }) { rows.append(row) }
            }
        }
        for row in rows { try withdraw(from: row, about: users) }
    }

    private func withdraw(from row: OutboxRow, about users: Set<UserID>) throws {
        var batch = EventBatch(target: row.target, created: row.created)
        var delivered = row.delivered
        for (index, event) in try row.events(at: connection.path).enumerated() {
            if let event, !event.isAbout(users) {
                batch.append(event)
                continue
            }
            batch.appendWithdrawn()
            if delivered.insert(index) { bodyWithdrawn.append(row.first + Int64(index)) }
        }
        try willWrite()
        if delivered.left == 0 {
            let statement = try connection.statement(.deleteEntries)
            statement.bind(1, row.number)
            return try statement.run()
        }
        let statement = try connection.statement(.setEntries)
        statement.bind(1, row.number)
        statement.bind(2, delivered.bits)
        statement.bind(3, batch.bytes)
        try statement.run()
    }
}
